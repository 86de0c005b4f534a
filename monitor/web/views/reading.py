"""Pages that a visitor only reads and that need no store of their own: the method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.web.contents import method
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked


@view("/method")
def method_page(asked: Asked) -> Response:
    return asked.page("method", method(asked.lang))

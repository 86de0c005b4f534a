"""The interface for programs under /api/v1, each operation of config/api.yaml as a view, and the document on them."""

from __future__ import annotations

import functools
from importlib import metadata
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from monitor.web import api, openapi
from monitor.web.views import view

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked

for _name, _operation in api.api().operations.items():
    view(api.ROOT + _operation.path.replace("{id}", "{key}"), methods=(_operation.method,), role=_operation.role,
         both=False, token=False, upload=1 << 16)(functools.partial(api.answer, _name))


@view(f"{api.ROOT}/openapi.json", free=True, both=False)
def document(asked: Asked) -> Response:
    lang = asked.query("lang")
    return JSONResponse(openapi.document("en" if lang == "en" else "zh" if lang == "zh" else asked.lang,
                                         metadata.version("nianbao")))

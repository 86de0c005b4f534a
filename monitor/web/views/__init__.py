"""Every page and answer of the server: one module a matter, one function a view, found by being here.

Promises: importing this package imports no view; `registered()` imports them all once, in a fixed order. Leaves alone:
who may see what (server.py asks), words and looks (pages.py, templates).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.web.asked import Asked

Make = Callable[["Asked"], "Response"]
_views: list[View] = []


@dataclass(frozen=True, slots=True)
class View:
    """One path and what answers it. `role`: the least role that may; `free`: without a login too; `both`: under the
    other language's prefix as well; `token`: a form must carry the session's token; `upload`: bytes a form may have."""

    path: str
    make: Make
    methods: tuple[str, ...]
    role: str
    free: bool
    both: bool
    token: bool
    upload: int


def view(path: str, *, methods: tuple[str, ...] = ("GET",), role: str = "viewer", free: bool = False, both: bool = True,
         token: bool = True, upload: int = 1 << 20) -> Callable[[Make], Make]:
    """Register a function as the answer to `path` (Starlette's notation: /report/{key})."""
    def register(make: Make) -> Make:
        _views.append(View(path, make, methods, role, free, both, token, upload))
        return make
    return register


def registered() -> list[View]:
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{name}")
    return list(_views)

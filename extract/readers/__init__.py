"""Registry of readers: one module per medium, imported only when a document of its medium comes.

Promises: a module dropped into this folder whose function carries `@reader("media/type", ..., name="...")` is found
without touching anything else; its sha256, medium and reader name are set here and nowhere else. Leaves alone: what a
medium looks like inside (the modules) and what its type is (extract.sniffing).
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import re
from collections.abc import Callable
from pathlib import Path

from extract import sniffing
from extract.exceptions import UnreadableDocumentError
from extract.model import Document, Hints

Read = Callable[[bytes, Hints], Document]

_DECLARATION = re.compile(r"^@reader\((?P<arguments>[^)]*)\)", re.MULTILINE)
_MEDIA_TYPE = re.compile(r"[\"']([a-z]+/[a-z0-9.+-]+)[\"']")
_registered: dict[str, tuple[str, Read]] = {}


def reader(*media_types: str, name: str) -> Callable[[Read], Read]:
    """Declare a function `read(data, hints) -> Document` as the reader `name` of these media types.

    The types must stand as literal strings in the decorator: they are found by reading the module's text, so that a
    medium's libraries are loaded only for documents of that medium.
    """

    def register(function: Read) -> Read:
        for media_type in media_types:
            _registered[media_type] = (name, function)
        return function

    return register


@functools.cache
def modules() -> dict[str, str]:
    """Media type → name of the module in this folder that declares it."""
    found: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.name == Path(__file__).name:
            continue
        for declaration in _DECLARATION.finditer(path.read_text("utf-8")):
            for media_type in _MEDIA_TYPE.findall(declaration["arguments"]):
                found[media_type] = f"{__name__}.{path.stem}"
    return found


def media_types() -> list[str]:
    """Every media type that has a reader."""
    return sorted(modules())


def read(data: bytes, media_type: str, hints: Hints | None = None) -> Document:
    """The document in `data`, read by the reader of its true media type (see extract.sniffing).

    Raises UnreadableDocumentError when no reader knows the type or the reader can make nothing of the bytes.
    """
    hints = hints or Hints()
    module = modules().get(media_type)
    if module is None:
        named = f"{hints.name}: " if hints.name else ""
        if media_type == sniffing.EMPTY:
            raise UnreadableDocumentError(f"{named}the file is empty; fetch it again")
        raise UnreadableDocumentError(f"{named}there is no reader for {media_type} yet (readers: "
                                      f"{', '.join(media_types())}); save the document as PDF, docx or HTML")
    if media_type not in _registered:
        importlib.import_module(module)
    name, function = _registered[media_type]
    document = function(data, hints)
    document.sha256 = hashlib.sha256(data).hexdigest()
    document.medium, document.reader = media_type, name
    return document

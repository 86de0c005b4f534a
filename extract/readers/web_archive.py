"""Web pages saved in one file (mht, by Word and WPS often named .doc): the page in it, with its pictures.

Hands over: what extract.readers.markup makes of the page; pictures of the archive as bytes of the Images that show
them.
Leaves alone: frames beside the first page.
"""

from __future__ import annotations

import email
import email.policy
import posixpath
from dataclasses import replace
from email.message import EmailMessage
from urllib.parse import unquote

from extract.exceptions import UnreadableDocumentError
from extract.limits import current_limits
from extract.model import Document, Hints, Image
from extract.readers import markup, reader


@reader("multipart/related", name="web_archive")
def read(data: bytes, hints: Hints) -> Document:
    """The page of a web archive. Raises UnreadableDocumentError where there is none."""
    named = hints.name or "web archive"
    message = email.message_from_bytes(data, _class=EmailMessage, policy=email.policy.default.clone(
        raise_on_defect=False))
    page: tuple[bytes, str] | None = None
    pictures: dict[str, bytes] = {}
    for number, part in enumerate(message.walk()):
        if number > current_limits().members:
            break
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or not content:
            continue
        kind = part.get_content_type()
        if kind in ("text/html", "application/xhtml+xml") and (page is None or len(content) > len(page[0])):
            charset = part.get_content_charset()
            page = content, f"text/html; charset={charset}" if charset else "text/html"
        elif kind.startswith("image/"):
            for key in (str(part.get("Content-Location", "")), "cid:" + str(part.get("Content-ID", "")).strip("<> ")):
                pictures[_key(key)] = content
    if page is None:
        raise UnreadableDocumentError(f"{named}: a web archive without a page, or cut off; ask for another copy")
    document = markup.read(page[0], replace(hints, media_type=page[1]))
    for block in document.blocks:
        if isinstance(block, Image) and block.data is None:
            block.data = pictures.get(_key(block.source))
    if not data.rstrip().endswith(b"--"):
        document.damaged = True
        document.problems.append("the web archive's end is missing: it was cut off")
    return document


def _key(address: str) -> str:
    """What an address and the part it names have in common: the folders before the name differ by writer."""
    return unquote(address) if address.startswith("cid:") else posixpath.basename(unquote(address).replace("\\", "/"))

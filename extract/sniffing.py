"""What a document truly is, by its bytes: extensions and Content-Type headers of public portals are often wrong.

Promises a media type for any bytes, never an exception, without inflating more of an archive than its directory.
Leaves alone: whether the document can be read (readers) and how large it may be (limits).
"""

from __future__ import annotations

import codecs
import io
import json
import mimetypes
import re
import struct
import zipfile
from pathlib import PurePosixPath

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
OFD = "application/ofd"
DOC = "application/msword"
WPS = "application/vnd.ms-works"
XLS = "application/vnd.ms-excel"
PPT = "application/vnd.ms-powerpoint"
ENCRYPTED = "application/x-encrypted-office"
OLE = "application/x-ole-storage"
RTF = "application/rtf"
ZIP = "application/zip"
RAR = "application/vnd.rar"
SEVEN_ZIP = "application/x-7z-compressed"
HTML = "text/html"
WEB_ARCHIVE = "multipart/related"
WORD_XML = "application/vnd.ms-word.document+xml"
EXCEL_XML = "application/vnd.ms-excel.workbook+xml"
XML = "application/xml"
PLAIN = "text/plain"
JSON = "application/json"
CSV = "text/csv"
EMPTY = "application/x-empty"
UNKNOWN = "application/octet-stream"

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", RTF),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"Rar!\x1a\x07", RAR),
    (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
)
_BY_EXTENSION = {
    ".pdf": PDF, ".docx": DOCX, ".xlsx": XLSX, ".pptx": PPTX, ".odt": ODT, ".ods": ODS, ".ofd": OFD, ".doc": DOC,
    ".wps": WPS, ".xls": XLS, ".et": XLS, ".ppt": PPT, ".rtf": RTF, ".zip": ZIP, ".html": HTML, ".htm": HTML,
    ".shtml": HTML, ".jsp": HTML, ".xhtml": HTML, ".xml": XML, ".txt": PLAIN, ".json": JSON, ".csv": CSV,
    ".mht": WEB_ARCHIVE, ".mhtml": WEB_ARCHIVE, ".xlsb": XLSX, ".rar": RAR, ".7z": SEVEN_ZIP,
}
ENDINGS = r"pdf|docx?|docm|wps|wpt|ofd|rtf|odt|xlsx?|xls[bm]|et|ods|csv|tsv|txt|mht(?:ml)?|zip|rar|7z"
"""Endings of files that hang on pages, as a pattern: of every medium that has a reader but pages and pictures. A file
whose ending is missing here is no attachment: it is neither fetched nor a doubt."""
_OLE_STREAMS: tuple[tuple[str, str], ...] = (
    ("EncryptedPackage", ENCRYPTED), ("WordDocument", DOC), ("Workbook", XLS), ("Book", XLS),
    ("PowerPoint Document", PPT), ("CONTENTS", WPS),
)
_BMP_HEADERS = (12, 40, 52, 56, 108, 124)
_PDF_JUNK = 1024
"""Readers of the format accept that many bytes before the header."""
_LOOK = 65536
_TAG = re.compile(
    r"<(?:!doctype\s+html|html|head|body|meta|title|link|script|style|table|div|p|span|h[1-6]|br|a|img|form|iframe|ul"
    r"|center|font|tbody|tr|td)\b[^<>]*/?>", re.IGNORECASE)
_WHOLE_PAGE = re.compile(r"<(?:!doctype\s+html|html|body)\b", re.IGNORECASE)
_LEADING = re.compile(r"\A(?:\s|\ufeff|<!--.*?-->|<\?(?:xml|mso-)[^>]*\?>)*", re.DOTALL)
_ARCHIVED = re.compile(r"\A\s*(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,20}?Content-Type:\s*multipart/related",
                       re.IGNORECASE)
_OFFICE_XML = (
    ("http://schemas.microsoft.com/office/word/2003/wordml", WORD_XML),
    ("http://schemas.microsoft.com/office/2006/xmlPackage", WORD_XML),
    ("urn:schemas-microsoft-com:office:spreadsheet", EXCEL_XML),
)
"""Namespaces of the root element of office files saved as XML, whatever they are named."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def media_type(data: bytes, name: str = "", declared: str = "") -> str:
    """The media type of `data` by its content.

    `name` (a file name or address) and `declared` (a Content-Type) decide only between types that the bytes leave
    open: OLE files whose streams say nothing, CSV against plain text. "application/octet-stream" when nothing fits,
    "application/x-empty" for no bytes at all.
    """
    if not data:
        return EMPTY
    claimed = _claimed(name, declared)
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith(b"BM") and len(data) > 26 and struct.unpack_from("<I", data, 14)[0] in _BMP_HEADERS:
        return "image/bmp"
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole(data, claimed)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip(data, claimed)
    text = _text(data)
    if b"%PDF-" in data[:_PDF_JUNK + 5] and (text is None or not _TAG.search(text[:text.find("%PDF-")])):
        return PDF
    if text is None:
        return UNKNOWN
    return _textual(text, claimed)


def _claimed(name: str, declared: str) -> str:
    path = re.split(r"[?#]", name.strip(), maxsplit=1)[0]
    suffix = PurePosixPath(path.replace("\\", "/")).suffix.lower()
    known = _BY_EXTENSION.get(suffix) or mimetypes.types_map.get(suffix, "")
    return known or declared.split(";")[0].strip().lower()


def _ole(data: bytes, claimed: str) -> str:
    """Directory entries hold stream names as UTF-16 in sectors that can lie anywhere, so the names are sought."""
    for stream, kind in _OLE_STREAMS:
        if stream.encode("utf-16-le") + b"\x00\x00" in data:
            return WPS if kind == DOC and claimed == WPS else kind
    return claimed if claimed in (DOC, WPS, XLS, PPT) else OLE


def _zip(data: bytes, claimed: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except Exception:  # a broken directory: zipfile has many ways to say so, and the local headers still name members
        names = {match.decode("utf-8", "replace") for match in re.findall(rb"PK\x03\x04.{26}([\x20-\x7e]{1,80})", data,
                                                                        re.DOTALL)}
        names = {name.split("PK")[0] for name in names}
    if any(name.startswith("word/") for name in names):
        return DOCX
    if any(name.startswith("xl/") for name in names):
        return XLSX
    if any(name.startswith("ppt/") for name in names):
        return PPTX
    if any(name.rsplit("/", 1)[-1].upper() == "OFD.XML" for name in names):
        return OFD
    if "content.xml" in names:
        head = data[:200]
        # The first member says which it is, unless some program compressed it.
        told = claimed == ODS if b"opendocument" not in head else b"opendocument.spreadsheet" in head
        return ODS if told else ODT
    return ZIP


def _text(data: bytes) -> str | None:
    """The first part of the bytes as text, or None where no encoding used on the web makes text of them."""
    head = data[:_LOOK]
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
                           (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return head[len(mark):].decode(encoding, "replace")
    if len(head) >= 8 and head[:8].count(0) >= 3:
        encoding = "utf-16-le" if head[1] == 0 else "utf-16-be"
        text = head.decode(encoding, "replace")
        return text if "<" in text[:64] else None
    for encoding in ("utf-8", "gb18030"):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head, final=False)
        except UnicodeDecodeError:
            continue
        return text if _printable(text) else None
    text = head.decode("gb18030", "replace")  # pages cut together from two encodings are still pages
    return text if _printable(text) and (text.count("\ufffd") < len(text) / 50 or _TAG.search(text)) else None


def _printable(text: str) -> bool:
    return len(_CONTROL.findall(text)) <= len(text) / 100


def _textual(text: str, claimed: str) -> str:
    if _ARCHIVED.match(text[:8192].replace("\r\n", "\n")):
        return WEB_ARCHIVE
    start = text[_LEADING.match(text).end():]  # type: ignore[union-attr]  # the pattern matches the empty string too
    if start[:1] in ("{", "[") and _is_json(text, start):
        return JSON
    tag = _TAG.search(text)
    root = re.match(r"<(?!html\b)[a-zA-Z_][^>]*>", start, re.IGNORECASE)
    for namespace, kind in _OFFICE_XML if root else ():
        if re.search(rf"""xmlns(?::\w+)?=["']{re.escape(namespace)}["']""", root.group()):  # type: ignore[union-attr]
            return kind
    if _TAG.match(start):
        return HTML
    if re.match(r"<[a-zA-Z_][\w:.-]*[\s/>]", start) and claimed != HTML and not _WHOLE_PAGE.search(text):
        return XML
    if claimed in (CSV, PLAIN) and not start.startswith("<"):
        return claimed
    return HTML if tag else PLAIN


def _is_json(text: str, start: str) -> bool:
    if len(text) >= _LOOK // 3:  # only a part is at hand
        return re.match(r"[\[{]\s*(?:[\"\[{\]}]|-?\d|true|false|null)", start) is not None
    try:
        json.loads(start)
    except (ValueError, RecursionError):
        return False
    return True

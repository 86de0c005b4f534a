r"""Rich text (rtf, often named .doc): paragraphs, tables and pictures in the order of the file.

Hands over: Text with heading level and the printed list numbers; Grids whose columns come from the cells' true edges
(\cellx) with merges; PNG and JPEG pictures with their bytes. Hidden and deleted text, field instructions, notes,
headers and footers don't count.
Promises: characters of every code page the fonts name, the Chinese ones first; unknown groups are skipped as the
format asks. Leaves alone: layout and drawn shapes but for the text in them.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field

from extract import office
from extract.exceptions import LimitExceededError, UnreadableDocumentError
from extract.flow import Edge, Flow
from extract.model import Document, Hints, Image
from extract.readers import reader

_TOKEN = re.compile(rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)",
                    re.DOTALL)
_CODE_PAGES = {936: "gb18030", 950: "big5", 932: "cp932", 949: "cp949", 65001: "utf-8", 10008: "gb18030"}
_CHARSETS = {134: "gb18030", 136: "big5", 128: "cp932", 129: "cp949", 238: "cp1250", 204: "cp1251", 161: "cp1253"}
_WESTERN = re.compile(rb"(?:[\x00-\x7f]|[\x80-\xa0\xb0\xb7\xd7](?![\x80-\xff]))*")
"""Quotes and dashes of a Western font among plain characters."""
_CHINESE = re.compile(rb"[\x00-\x7f]*(?:[\xa1-\xf7][\xa1-\xfe][\x00-\x7f]*)+")
"""Bytes that make sense as GB 2312."""
_SIGNS = {"tab": "\t", "line": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“",
          "rdblquote": "”", "bullet": "·", "emspace": " ", "enspace": " ", "qmspace": " ", "softline": "\n"}
_SKIPPED = {"colortbl", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf",
            "footnote", "annotation", "atnid", "atnauthor", "nonshppict", "nonesttables", "objdata", "fldinst",
            "listtable", "listoverridetable", "revtbl", "rsidtbl", "generator", "sn", "sv", "xe", "tc", "private",
            "filetbl", "bkmkstart", "bkmkend", "comment", "do", "pnseclvl", "themedata", "colorschememapping",
            "datastore", "latentstyles", "ftnsep", "ftnsepc", "aftnsep", "aftnsepc", "panose", "falt", "objclass",
            "template"}
_KNOWN_STARS = {"shppict", "shpinst", "nesttableprops", "ud", "listtext", "pntext"}
_LISTED = re.compile(r"^([(（]?(?:[一二三四五六七八九十百]{1,4}|\d{1,3}|[a-zA-Z])[)）]?[、.．,，]?)\t\s*")
"""A list's number and the tab after it."""
_TWIPS_PER_PIXEL = 15
_MOST_GROUPS = 5000
"""Depth of groups; writers stay below fifty."""


@dataclass(slots=True)
class _State:
    """What a group inherits and gives back at its end."""

    kind: str = "body"
    """body · skip · fonts · styles · info · title · picture"""
    skip_after: int = 1
    """How many characters stand for one that \\u gives."""
    font: int = -1
    hidden: bool = False
    deleted: bool = False
    struck: bool = False
    raised: bool = False
    opening: bool = True
    """Nothing but \\* has come in this group."""
    starred: bool = False


@dataclass(slots=True)
class _Paragraph:
    level: int | None = None
    in_table: bool = False
    depth: int = 0

    @property
    def place(self) -> int:
        return self.depth or int(self.in_table)


@dataclass(slots=True)
class _Saved:
    """What comes back at a group's end."""

    state: _State
    row: _Row | None = None
    pieces: list[str] | None = None
    paragraph: _Paragraph | None = None


@dataclass(slots=True)
class _Row:
    edges: list[Edge] = field(default_factory=list)
    left: int = 0
    next: Edge = field(default_factory=lambda: Edge(0, 0))


@reader("application/rtf", name="rtf")
def read(data: bytes, hints: Hints) -> Document:
    """The document in an RTF file. Raises UnreadableDocumentError, LimitExceededError (groups without end)."""
    named = hints.name or "RTF file"
    reading = _Reading()
    reading.run(data)
    document = Document("", "", "rtf", reading.flow.finish(), reading.title.strip())
    if reading.depth_left:
        document.problems.append("the file's end is missing: it was cut off")
        document.damaged = True
    if reading.lost:
        document.problems.append(f"{reading.lost} characters could not be decoded")
    if not document.blocks:
        if reading.depth_left:
            raise UnreadableDocumentError(f"{named}: damaged RTF, cut off before any text; ask for another copy")
        document.problems.append("the file holds no text")
    document.text = office.visible_text(document.blocks)
    return document


class _Reading:
    """One pass over the file."""

    def __init__(self) -> None:
        self.flow = Flow()
        self.title = ""
        self.lost = 0
        self.depth_left = 0
        self._state = _State()
        self._stack: list[_Saved] = []
        self._pieces: list[str] = []
        self._bytes = bytearray()
        self._skip = 0
        self._ansi = "cp1252"
        self._fonts: dict[int, str] = {}
        self._western: set[int] = set()
        self._default_font = -1
        self._levels: dict[int, int] = {}
        self._style: int | None = None
        self._style_name = ""
        self._style_level: int | None = None
        self._paragraph = _Paragraph()
        self._row = _Row()
        self._picture: dict[str, int | None] = {}
        self._hex: list[bytes] = []
        self._pictures = 0
        self._alternatives: list[int] = []
        """Depths of \\upr groups, whose first part is the second in plain."""

    def run(self, data: bytes) -> None:
        at, end = 0, len(data)
        while at < end:
            match = _TOKEN.match(data, at)
            if match is None:
                at += 1  # a line break, which means nothing, or a stray backslash at the end
                continue
            at = match.end()
            word, number, byte, sign, brace, plain = match.groups()
            if plain is not None:
                self._raw(plain)
            elif byte is not None:
                self._raw(bytes([int(byte, 16)]))
            elif brace == b"{":
                self._begin()
            elif brace == b"}":
                self._end()
                if not self._stack:
                    break
            elif sign is not None:
                self._sign(sign)
            elif word == b"bin":
                at += min(max(0, int(number or 0)), end - at)
            else:
                self._word(word.decode("ascii"), int(number) if number is not None else None)
        self._flush()
        self.depth_left = len(self._stack)
        if "".join(self._pieces).strip():
            self._end_paragraph()

    # ------------------------------------------------------------ groups
    def _begin(self) -> None:
        self._flush()
        self._skip = 0
        if len(self._stack) >= _MOST_GROUPS:
            raise LimitExceededError(f"its groups are nested more than {_MOST_GROUPS} deep")
        self._stack.append(_Saved(self._state))
        self._state = copy.copy(self._state)
        self._state.opening, self._state.starred = True, False
        if self._alternatives and self._alternatives[-1] == len(self._stack) - 1:
            self._state.kind = "skip"  # the plain part; the one in Unicode begins with \ud and undoes this

    def _end(self) -> None:
        self._flush()
        self._skip = 0
        if not self._stack:
            return
        kind = self._state.kind
        if self._alternatives and self._alternatives[-1] >= len(self._stack):
            self._alternatives.pop()
        saved = self._stack.pop()
        self._state = saved.state
        if saved.row is not None:
            self._row = saved.row
        if saved.pieces is not None:
            self._end_paragraph()
            self._pieces = saved.pieces
        if saved.paragraph is not None:
            self._paragraph = saved.paragraph
        if kind == "picture" and self._state.kind != "picture":
            self._end_picture()
        elif kind == "styles" and self._state.kind == "styles":
            self._end_style()

    # ------------------------------------------------------------ characters
    def _raw(self, plain: bytes) -> None:
        if self._skip:
            taken = min(self._skip, len(plain))
            plain, self._skip = plain[taken:], self._skip - taken
        self._state.opening = False
        if plain and self._state.kind != "skip":
            self._bytes += plain

    def _flush(self) -> None:
        """Decode the bytes that came since the last control word."""
        if not self._bytes:
            return
        plain, self._bytes = bytes(self._bytes), bytearray()
        if self._state.kind == "picture":
            self._hex.append(plain)
            return
        if plain.isascii():
            self._text(plain.decode("ascii"))
            return
        if self._state.font in self._western and _WESTERN.fullmatch(plain):
            self._text(plain.decode("cp1252", "replace"))
            return
        font = self._fonts.get(self._state.font, self._fonts.get(self._default_font, ""))
        if not font and _CHINESE.fullmatch(plain):
            font = "gb18030"  # whatever code page the head names: no Western text has such pairs only
        for coding in dict.fromkeys(coding for coding in (font, self._ansi, "gb18030") if coding):
            try:
                self._text(plain.decode(coding))
                return
            except UnicodeDecodeError:
                continue
        text = plain.decode(font or self._ansi, "replace")
        self.lost += text.count("\ufffd")
        self._text(text)

    def _text(self, text: str) -> None:
        state = self._state
        if state.kind == "body" and not (state.hidden or state.deleted or state.struck):
            self._pieces.append(office.Raised(text) if state.raised else text)
        elif state.kind == "title":
            self.title += text
        elif state.kind == "styles":
            self._style_name += text

    def _sign(self, sign: bytes) -> None:
        self._flush()
        if sign == b"*":
            self._state.starred = True
            return
        self._state.opening = False
        if self._skip:
            self._skip -= 1
        elif sign in (b"\n", b"\r"):
            self._end_paragraph()
        elif sign in b"\\{}":
            self._text(sign.decode("ascii"))
        elif sign == b"~":
            self._text(" ")
        elif sign == b"_":
            self._text("-")

    # ------------------------------------------------------------ control words
    def _word(self, word: str, number: int | None) -> None:
        self._flush()
        state = self._state
        if state.opening:
            state.opening = False
            if self._destination(word):
                return
        if word == "u" and number is not None:
            self._skip = 0
            self._text(chr(number & 0xFFFF) if number < 0x10000 else chr(min(number, 0x10FFFF)))
            self._skip = state.skip_after
        elif word == "uc":
            state.skip_after = min(max(0, number if number is not None else 1), 100)
        elif word in _SIGNS:
            self._text(_SIGNS[word])
        elif word == "f":
            state.font = number or 0
        elif word == "plain":
            state.hidden = state.deleted = state.struck = state.raised = False
            state.font = self._default_font
        elif word == "v":
            state.hidden = number != 0
        elif word in ("super", "nosupersub", "sub"):
            state.raised = word == "super" and number != 0
        elif word == "up":
            state.raised = (number if number is not None else 6) > 0
        elif word in ("strike", "striked"):
            state.struck = number != 0
        elif word == "deleted":
            state.deleted = number != 0
        elif state.kind == "fonts":
            if word == "fcharset" and number == 0:
                self._western.add(state.font)
            elif word == "fcharset" and number in _CHARSETS:
                self._fonts[state.font] = _CHARSETS[number]
            elif word == "cpg" and number in _CODE_PAGES:
                self._fonts[state.font] = _CODE_PAGES[number]
        elif state.kind == "styles":
            if word == "s":
                self._style = number or 0
            elif word == "outlinelevel":
                self._style_level = number
        elif state.kind == "picture":
            self._picture[word] = number
        elif state.kind == "body":
            self._layout(word, number)
        if word == "ansicpg" and number in _CODE_PAGES:
            self._ansi = _CODE_PAGES[number]
        elif word == "ansicpg" and number:
            self._ansi = f"cp{number}" if number in (1250, 1251, 1252, 1253, 1254, 1257, 1258, 437, 850) else "cp1252"
        elif word == "deff":
            self._default_font = number or 0

    def _destination(self, word: str) -> bool:
        """Take a group's first word as what the group is for; False where it is but formatting."""
        state = self._state
        if word == "ud" and state.kind == "skip" and self._alternatives:
            state.kind = self._stack[self._alternatives[-1]].state.kind
            return True
        if state.kind == "skip":
            return True
        if word in ("fonttbl", "stylesheet"):
            state.kind = "fonts" if word == "fonttbl" else "styles"
        elif word == "info":
            state.kind = "info"
        elif word == "title" and state.kind == "info":
            state.kind = "title"
        elif word == "pict":
            state.kind, self._picture, self._hex = "picture", {}, []
        elif word == "upr":
            self._alternatives.append(len(self._stack))
        elif word == "nesttableprops":
            self._stack[-1].row, self._row = self._row, _Row()
        elif word == "shptxt":
            self._stack[-1].pieces, self._pieces = self._pieces, []
            self._stack[-1].paragraph, self._paragraph = self._paragraph, _Paragraph()
        elif word in ("listtext", "pntext"):
            self._stack[-1].paragraph, self._paragraph = self._paragraph, _Paragraph()
        elif word in _SKIPPED or (state.starred and word not in _KNOWN_STARS and state.kind not in ("fonts", "styles")):
            state.kind = "skip"
        elif state.starred and state.kind == "styles":
            return False  # character styles are starred
        elif state.starred and state.kind == "fonts":
            state.kind = "skip"
        else:
            return word in _KNOWN_STARS
        return True

    def _layout(self, word: str, number: int | None) -> None:
        """Paragraphs and tables."""
        paragraph, row = self._paragraph, self._row
        if word in ("par", "sect", "page", "column"):
            self._end_paragraph()
        elif word == "cell" or word == "nestcell":
            self.flow.cell(self._taken(), 1 if word == "cell" else max(2, paragraph.depth))
        elif word == "row" or word == "nestrow":
            self.flow.row(row.edges, 1 if word == "row" else max(2, paragraph.depth))
        elif word == "pard":
            self._paragraph = _Paragraph()
        elif word == "intbl":
            paragraph.in_table = number != 0
        elif word == "itap":
            paragraph.depth = min(max(0, number or 0), 20)
        elif word == "s":
            paragraph.level = self._levels.get(number or 0)
        elif word == "outlinelevel":
            paragraph.level = min(6, number + 1) if number is not None and 0 <= number <= 8 else None
        elif word == "trowd":
            self._row = _Row()
        elif word == "trleft":
            row.left = number or 0
        elif word == "clmrg":
            row.next.joined = True
        elif word == "clvmgf":
            row.next.first = True
        elif word == "clvmrg":
            row.next.under = True
        elif word == "cellx":
            row.next.left, row.next.right = row.edges[-1].right if row.edges else row.left, number or 0
            row.edges.append(row.next)
            row.next = Edge(0, 0)
            office.count_cells(len(row.edges))

    # ------------------------------------------------------------ what ends
    def _taken(self) -> str:
        """The text since the last paragraph's end; halves of characters beyond the first plane joined."""
        text = office.unmarked(self._pieces)
        self._pieces = []
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return _LISTED.sub(r"\1", text.replace("\xa0", " ").strip())

    def _end_paragraph(self) -> None:
        self.flow.paragraph(self._taken(), self._paragraph.level, self._paragraph.place)

    def _end_style(self) -> None:
        style, level, name = self._style, self._style_level, self._style_name
        self._style, self._style_level, self._style_name = None, None, ""
        if style is None:
            return  # of characters, or of tables
        heading = re.match(r"\s*(?:heading|标题)\s*([1-9])\b", name, re.IGNORECASE)
        if level is not None and 0 <= level <= 8:
            self._levels[style] = min(6, level + 1)
        elif heading:
            self._levels[style] = min(6, int(heading[1]))
        elif re.match(r"\s*(?:title|标题)\s*;", name, re.IGNORECASE):
            self._levels[style] = 1

    def _end_picture(self) -> None:
        self._pictures += 1
        kinds = {"pngblip": "png", "jpegblip": "jpg"}
        kind = next((name for word, name in kinds.items() if word in self._picture), "")
        data = None
        if kind:
            digits = re.sub(rb"[^0-9a-fA-F]", b"", b"".join(self._hex))
            data = bytes.fromhex(digits[:len(digits) // 2 * 2].decode("ascii")) or None
        across, down = ((self._picture.get(word) or 0) // _TWIPS_PER_PIXEL for word in ("picwgoal", "pichgoal"))
        name = f"picture {self._pictures}" + (f".{kind}" if kind else "")
        self.flow.image(Image(name, width=across or None, height=down or None, data=data), self._paragraph.place)
        self._picture, self._hex = {}, []

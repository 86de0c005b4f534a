"""An office's list of bodies as it comes: title rows, merged cells, two-line headings, tails – down to rows of fields.

Promises: the heading is found by the names columns have in config/roster.yaml; every row below it is either an entry,
or a row left aside with its place and text; values are cleaned, and what can't be true is left out with a remark.
Leaves alone: reading the file (tables.py), comparing with the roster (importing.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from crawler import divisions
from crawler.exceptions import ImportingError
from crawler.roster_files import COLUMNS, KINDS, LEVELS
from crawler.tables import Sheet
from extract import configuration, titles

_HEADING_ROWS = 60
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_BLANKS = re.compile(r"[\s\u3000\xa0\u200b\ufeff]+")
_LISTS = frozenset({"aliases", "former_names", "plates", "hosts", "channels", "covers"})
_EVENT = ("kind", "day", "other", "document")
_NUMBERED = re.compile(r"[（(]?[一二三四五六七八九十]+[、.）)]")
_LEVEL_BY_ENDING = (("自治区", "province"), ("省", "province"), ("自治州", "prefecture"), ("地区", "prefecture"),
                    ("盟", "prefecture"), ("县", "county"), ("旗", "county"), ("区", "county"))
_NOTHING = frozenset({"", "无", "/", "-", "—", "－", "暂无", "N/A", "n/a"})


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KindOfName(_Facts):
    """Names of this pattern belong to bodies of this kind, unless the list says otherwise."""

    name: str
    kind: str
    obligation: str
    level: str = ""


class ListFacts(_Facts):
    """config/roster.yaml."""

    columns: dict[str, list[str]]
    ignored: list[str]
    tails: list[str]
    kind_words: dict[str, str]
    obligation_words: dict[str, str]
    level_words: dict[str, str]
    event_words: dict[str, str] = {}
    kinds: list[KindOfName]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a row that a person should know; `key` names its sentence."""

    key: str
    value: str = ""


@dataclass(slots=True)
class Entry:
    """One body of the list: cleaned values by roster column, only where the list has one."""

    sheet: str
    row: int
    values: dict[str, str]
    remarks: list[Remark] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.values.get("name", "")

    @property
    def place(self) -> str:
        """Sheet and row as people count them."""
        return f"{self.sheet}!{self.row}" if self.sheet else str(self.row)


@dataclass(slots=True)
class OfficeList:
    """An office's list as read: its bodies, and what was left aside."""

    entries: list[Entry]
    aside: list[tuple[str, int, str]] = field(default_factory=list)
    """Rows that are no bodies: sheet, row, text."""
    unknown: list[str] = field(default_factory=list)
    """Headings nobody knows."""


def facts() -> ListFacts:
    """config/roster.yaml, loaded once. Raises ConfigurationError with file and line."""
    loaded: ListFacts = configuration.load("roster.yaml", ListFacts)
    return loaded


def entries_of(sheets: list[Sheet], named: str) -> OfficeList:
    """The bodies of every sheet that has a heading with a column of names. Raises ImportingError where none has."""
    found = OfficeList([])
    tails = re.compile("|".join(f"(?:{tail})" for tail in facts().tails))
    headed = 0
    for sheet in sheets:
        heading = _heading(sheet)
        if heading is None:
            found.aside += [(sheet.name, number, _said(cells)) for number, cells in sheet.rows[:1]]
            continue
        headed += 1
        place, columns = heading
        found.unknown += _unknown(sheet, place, columns)
        found.aside += [(sheet.name, number, _said(cells)) for number, cells in sheet.rows[:place]]
        titles_of = [_squeezed(cell) for cell in sheet.rows[place][1]]
        for number, cells in sheet.rows[place + 1:]:
            filled = {index: cell for index, cell in enumerate(cells) if cell.strip()}
            repeated = sum(_squeezed(cell) == title for cell, title in zip(cells, titles_of, strict=False) if title)
            if repeated > 1 or _heads_a_group(filled, columns) or tails.match(_squeezed(next(iter(filled.values())))):
                found.aside.append((sheet.name, number, _said(cells)))
            else:
                entry = _entry(sheet.name, number, cells, columns)
                entry.remarks += [Remark("hidden_row")] * (number in sheet.hidden)
                found.entries.append(entry)
    if not headed:
        raise ImportingError(f"{named}: no row names a column 单位名称 or the like within the first {_HEADING_ROWS} "
                             "rows; add a heading row, or its name to facts/roster.yaml")
    return found


def _heads_a_group(filled: dict[int, str], columns: dict[int, str]) -> bool:
    """Whether a row says one thing only, and not in a column of its own: 一、市政府部门, over the whole width."""
    if len(set(filled.values())) > 1 or len(columns) < 2:
        return False
    text = _squeezed(next(iter(filled.values())))
    return len(filled) > 1 or next(iter(filled)) not in columns or bool(_NUMBERED.match(text))


def _heading(sheet: Sheet) -> tuple[int, dict[int, str]] | None:
    """(index of the last heading row, column index → roster column). A heading of two rows counts as one."""
    best: tuple[int, int, dict[int, str]] | None = None
    for place, (_, cells) in enumerate(sheet.rows[:_HEADING_ROWS]):
        columns = _columns(cells)
        if "name" not in columns.values():
            continue
        last = place
        if place + 1 < len(sheet.rows):
            below = _columns(sheet.rows[place + 1][1])
            # The second row of a heading repeats merged cells and divides others (联系人: 姓名 | 电话).
            if len(below) >= 2 and sum(below.get(index) == name for index, name in columns.items()) * 2 >= len(columns):
                columns, last = {**columns, **below}, place + 1
        if best is None or len(columns) > best[0]:
            best = (len(columns), last, columns)
    return (best[1], best[2]) if best else None


def _columns(cells: list[str]) -> dict[int, str]:
    known = {alias: name for name, aliases in facts().columns.items() for alias in aliases} | {
        name: name for name in COLUMNS}
    found: dict[int, str] = {}
    for index, cell in enumerate(cells):
        name = known.get(_squeezed(re.sub(r"[（(【\[][^）)】\]]*[）)】\]]", "", cell)).strip("*＊:：")) or known.get(
            cell.strip())
        if name and name not in found.values():
            found[index] = name
    return found


def _unknown(sheet: Sheet, place: int, columns: dict[int, str]) -> list[str]:
    cells = sheet.rows[place][1]
    return [text for index, cell in enumerate(cells)
            if index not in columns and (text := _squeezed(cell)) and text not in facts().ignored]


def _entry(sheet: str, number: int, cells: list[str], columns: dict[int, str]) -> Entry:
    entry = Entry(sheet, number, {})
    for index, column in columns.items():
        raw = unicodedata.normalize("NFC", cells[index]) if index < len(cells) else ""
        if _squeezed(raw) in _NOTHING:
            continue
        cleaned = _CLEANED.get(column, _plain)(raw, entry.remarks)
        if cleaned:
            entry.values[column] = cleaned
    _join_event(entry)
    return entry


def _join_event(entry: Entry) -> None:
    """kind|day|other|document from the columns that tell of a change; without a day nothing can follow from it. A day
    of founding or ending tells its kind itself; one before any report that counts is left out."""
    said, day, other, document = (entry.values.pop(f"event_{part}", "") for part in _EVENT)
    kind = next((kind for word, kind in facts().event_words.items() if word in said), "")
    for column, its_kind in (("abolished_day", "abolished"), ("founded_day", "founded")):
        its_day = entry.values.pop(column, "")
        if its_day and not day and kind in ("", its_kind):
            kind, day = its_kind, its_day
    if kind and day:
        entry.values["events"] = "|".join((kind, day, other.replace("|", ""), document.replace("|", "")))
    elif said:
        entry.remarks.append(Remark("event_without_day" if kind else "unknown_event", said))


# ---------------------------------------------------------------- values
def _squeezed(text: str) -> str:
    return _BLANKS.sub("", text)


def _plain(text: str, _: list[Remark]) -> str:
    return _BLANKS.sub(" ", text).strip()


def _name(text: str, _: list[Remark]) -> str:
    """教 育 局 over two lines is one name; brackets of either width stay."""
    return _squeezed(text)


def _names(text: str, _: list[Remark]) -> str:
    parts = (_squeezed(part) for part in re.split(r"[;；、,，/\n]+", text))
    return ";".join(part for part in parts if part not in _NOTHING)


def _ascii(text: str) -> str:
    return _squeezed(unicodedata.normalize("NFKC", text))


def _uscc(text: str, remarks: list[Remark]) -> str:
    code = _ascii(text).upper()
    if valid_uscc(code):
        return code
    remarks.append(Remark("bad_uscc", code))
    return ""


def valid_uscc(code: str) -> bool:
    """18 characters with the check character of GB 32100-2015."""
    if not re.fullmatch(r"[0-9A-HJ-NPQRTUWXY]{18}", code):
        return False
    total = sum(_USCC.index(character) * weight for character, weight in zip(code, _WEIGHTS, strict=False))
    return _USCC[(31 - total % 31) % 31] == code[-1]


def _division(text: str, remarks: list[Remark]) -> str:
    code = _ascii(text).removesuffix(".0")
    if divisions.known(code):
        return code
    remarks.append(Remark("bad_division", code))
    return ""


def _address(text: str, remarks: list[Remark]) -> str:
    """The first address of the cell, with its scheme."""
    found = [part for part in re.split(r"[;；、,，\s]+", unicodedata.normalize("NFKC", text)) if "." in part]
    address = found[0] if found else ""
    if address and not re.match(r"https?://", address, re.I):
        address = f"http://{address.lstrip('/')}"
    try:
        parts = urlsplit(address)
        right = bool(re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.hostname or "")) and parts.port != 0
    except ValueError:
        right = False
    if not right:
        remarks.append(Remark("bad_address", text.strip()[:80]))
        return ""
    if len(found) > 1:
        remarks.append(Remark("more_addresses", ";".join(found[1:])))
    return address if parts.path else f"{address}/"


def _year(text: str, remarks: list[Remark]) -> str:
    match = re.search(r"(19|20)\d\d", _ascii(text))
    if not match:
        remarks.append(Remark("bad_year", text.strip()))
    return match.group() if match else ""


def _day(text: str, remarks: list[Remark]) -> str:
    match = re.search(r"(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})", _ascii(text))
    if not match:
        remarks.append(Remark("bad_day", text.strip()))
        return ""
    return f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}"


def _recent_day(text: str, remarks: list[Remark]) -> str:
    """A day since the form in force began; most bodies are older, and that changes nothing."""
    return "" if re.search(r"(?<!\d)(19\d\d|200\d|201[0-8])(?!\d)", _ascii(text)) else _day(text, remarks)


def _number(text: str, remarks: list[Remark]) -> str:
    number = _ascii(text).removesuffix(".0")
    if number.isdigit():
        return str(int(number))
    remarks.append(Remark("bad_number", text.strip()))
    return ""


def _word(words: str, allowed: frozenset[str], remark: str) -> Callable[[str, list[Remark]], str]:
    def word(text: str, remarks: list[Remark]) -> str:
        said = _squeezed(text)
        found = said if said in allowed else getattr(facts(), words).get(said, "")
        if not found:
            remarks.append(Remark(remark, said))
        return found
    return word


_CLEANED: dict[str, Callable[[str, list[Remark]], str]] = {
    "name": _name, "publishes_as": _name, "letter_name": _name, "parent": _name, "successor": _name,
    "uscc": _uscc, "division_code": _division, "home": _address, "since": _year, "until": _year,
    "confirmed_on": _day, "event_day": _day, "founded_day": _recent_day, "abolished_day": _recent_day,
    "event_other": _name, "sort_order": _number,
    **dict.fromkeys(_LISTS, _names),
    "kind": _word("kind_words", KINDS, "unknown_kind"),
    "level": _word("level_words", LEVELS - {""}, "unknown_level"),
    "obligation": _word("obligation_words", frozenset({"must", "expected", "voluntary", "none"}), "unknown_obligation"),
}


# ---------------------------------------------------------------- guesses
def guesses(values: dict[str, str]) -> dict[str, str]:
    """kind, obligation and level as the name and the division code suggest them; only what the list doesn't say."""
    name = re.sub(r"[（(][^）)]*[）)]$", "", titles.normalise(values.get("name", "")))
    matched = next((kind for kind in facts().kinds if re.search(kind.name, name)), None)
    kind = values.get("kind") or (matched.kind if matched else "")
    by_kind = matched if matched and matched.kind == kind else next(
        (each for each in facts().kinds if each.kind == kind), None)
    found = {"kind": kind, "obligation": by_kind.obligation if by_kind else "",
             "level": (by_kind.level if by_kind else "") or _level(values, name)}
    return {column: value for column, value in found.items() if value and column not in values}


def _level(values: dict[str, str], name: str) -> str:
    """By the code, else by the last place that leads the name: in the data, or by its own ending."""
    if values.get("division_code"):
        return divisions.level(values["division_code"])
    place = (divisions.leading_all(name) or ("",))[-1]
    levels = {divisions.level(code) for code in divisions.codes_of(place)}
    if len(levels) == 1:
        return levels.pop()
    return next((level for ending, level in _LEVEL_BY_ENDING if place.endswith(ending)), "")


def _said(cells: list[str]) -> str:
    return " ".join(dict.fromkeys(_BLANKS.sub(" ", cell).strip() for cell in cells if cell.strip()))[:80]

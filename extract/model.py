"""The nouns of reading: what a reader hands over (Document) and what reading makes of it (Report).

Promises plain immutable-by-convention data with a JSON shape (schema 1 of docs/architecture.md) that survives a round
trip. Leaves alone: how anything is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from extract.exceptions import RecordError

SCHEMA = 1
CONFIDENT = 0.9
"""Figures at or above this confidence may support a finding of severity E (domain: "high confidence")."""

State = Literal["number", "blank", "dash", "text", "absent"]
Scope = Literal["own", "consolidated", "system", "unknown"]
STATES: tuple[State, ...] = ("number", "blank", "dash", "text", "absent")
SCOPES: tuple[Scope, ...] = ("own", "consolidated", "system", "unknown")
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points from the page's top left corner."""


# ---------------------------------------------------------------- what readers hand over
@dataclass(slots=True)
class Cell:
    """One printed cell of a table, anchored at its top left place in the grid."""

    text: str
    row: int
    column: int
    rowspan: int = 1
    colspan: int = 1
    page: int | None = None
    box: Box | None = None
    span: tuple[int, int] | None = None
    """Character span in the medium's text, where the medium is text."""
    confidence: float = 1.0
    alternatives: tuple[str, ...] = ()
    """Other texts a recogniser took into account for the same print, likeliest first; sums may choose among them."""
    place: tuple[int, int, int] | None = None
    """Which grid of the document, and row and column there as printed; set by extract.report, which may turn a grid."""


@dataclass(slots=True)
class Grid:
    """A table as the medium shows it. `loose` = columns aren't reliable (a dump, one cell a line): only order is."""

    cells: list[Cell]
    page: int | None = None
    loose: bool = False

    @property
    def height(self) -> int:
        return max((cell.row + cell.rowspan for cell in self.cells), default=0)

    @property
    def width(self) -> int:
        return max((cell.column + cell.colspan for cell in self.cells), default=0)

    def rows(self) -> list[list[Cell | None]]:
        """The full matrix, every spanned place filled with the cell that covers it; None where nothing is."""
        width = self.width
        matrix: list[list[Cell | None]] = [[None] * width for _ in range(self.height)]
        for cell in self.cells:
            for row in range(cell.row, cell.row + cell.rowspan):
                for column in range(cell.column, cell.column + cell.colspan):
                    if matrix[row][column] is None:
                        matrix[row][column] = cell
        return matrix


@dataclass(slots=True)
class Text:
    """A paragraph or heading, inner line breaks kept as newlines. `level` 1–6 where the medium marks a heading."""

    text: str
    level: int | None = None
    page: int | None = None
    box: Box | None = None


@dataclass(slots=True)
class Image:
    """A picture in the body. `source` is its address or name as printed, `data` its bytes where they are at hand."""

    source: str
    alt: str = ""
    page: int | None = None
    width: int | None = None
    height: int | None = None
    data: bytes | None = None


Block = Text | Grid | Image


@dataclass(slots=True)
class Link:
    """An attachment or embedded viewer target of a page, address as printed."""

    address: str
    text: str = ""


@dataclass(slots=True)
class DatedHint:
    """A publication date as some source states it; `source` is one of the keys of extract.dates (meta:PubDate, …)."""

    date: str
    source: str


@dataclass(slots=True)
class Document:
    """What a reader saw, in reading order, before anybody knows what it means."""

    sha256: str
    medium: str
    """True media type by content, e.g. text/html, application/pdf."""
    reader: str
    blocks: list[Block] = field(default_factory=list)
    title: str = ""
    """The medium's own title (HTML <title> or ArticleTitle, core properties); may be empty or a site's name."""
    meta: dict[str, str] = field(default_factory=dict)
    text: str = ""
    """The whole visible text for dates and indexes that stand outside the body (发布日期 lines, index tables)."""
    links: list[Link] = field(default_factory=list)
    pages: int | None = None
    recognised: bool = False
    """Set where characters were recognised in pictures; cells so read carry a confidence below 1."""
    damaged: bool = False
    """Set where the medium shows it lost something; tables missing from it are then `uncertain`, never absent."""
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Hints:
    """What the crawler knows of a document from outside. Everything optional; nothing here outweighs the print."""

    title: str | None = None
    year: int | None = None
    body: str | None = None
    scope: Scope | None = None
    url: str | None = None
    list_date: str | None = None
    last_modified: str | None = None
    first_seen: str | None = None
    media_type: str | None = None
    name: str | None = None
    resources: dict[str, bytes] = field(default_factory=dict)
    """Pictures that a page refers to, by their address as the page prints it or by their whole address."""


# ---------------------------------------------------------------- what reading makes of it
_PLAIN = frozenset(("table", "row", "column", "page", "document", "grid"))
"""Parts of a Source that a record holds as they are."""


@dataclass(slots=True)
class Source:
    """Where a figure stands. `table` is the form's table number (1 for the statistics form, 2, 3, 4); `grid` counts the
    grids of the document from 0, row and column count from 0 in that grid, with spans expanded."""

    table: int | None = None
    row: int | None = None
    column: int | None = None
    page: int | None = None
    box: Box | None = None
    span: tuple[int, int] | None = None
    document: str | None = None
    """sha256 of the document, where it isn't the record's own: a table taken from an attachment."""
    grid: int | None = None

    def to_record(self) -> dict[str, Any]:
        """The place as the record has it; what isn't known is left out."""
        pairs = {name: getattr(self, name) for name in self.__slots__}
        return {name: list(value) if isinstance(value, tuple) else value
                for name, value in pairs.items() if value is not None}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Source:
        """The place of a stored record; fields it doesn't know are passed over."""
        if "box" not in record and "span" not in record and record.keys() <= _PLAIN:
            return cls(**record)
        box, span = record.get("box"), record.get("span")
        return cls(record.get("table"), record.get("row"), record.get("column"), record.get("page"),
                   tuple(box) if box else None, tuple(span) if span else None, record.get("document"),
                   record.get("grid"))


@dataclass(slots=True)
class Figure:
    """One figure by canonical key. `value` is a number only for the states number and text."""

    value: int | float | None
    state: State
    raw: str = ""
    confidence: float = 1.0
    source: Source = field(default_factory=Source)
    recognised: bool = False
    """Read from pixels, not from characters; only while reading, no part of the record."""
    alternatives: tuple[str, ...] = ()
    """Cell.alternatives; only while reading, no part of the record."""
    placed: float = 1.0
    """How sure its place in the form is, a factor of `confidence`; only while reading, no part of the record."""

    @property
    def confident(self) -> bool:
        return self.confidence >= CONFIDENT

    def to_record(self) -> dict[str, Any]:
        """value, state, raw, confidence and source; alternatives of recognised cells are not kept."""
        return {"value": self.value, "state": self.state, "raw": self.raw,
                "confidence": round(self.confidence, 3), "source": self.source.to_record()}

    @classmethod
    def from_record(cls, key: str, record: Mapping[str, Any]) -> Figure:
        """The figure of a stored record. Raises RecordError for a state or value that can't be."""
        state = record.get("state", "number")
        value = record.get("value")
        if state == "number" and type(value) is int:
            # By far the most; stored reports are judged by the hundred thousand.
            return cls(value, state, str(record.get("raw", "")), float(record.get("confidence", 1.0)),
                       Source.from_record(record.get("source") or {}))
        if state not in STATES:
            raise RecordError(f"figure {key}: state {state!r} is none of {', '.join(STATES)}")
        if isinstance(value, str):
            # A record may hold a number with words as printed (2笔): read as that cell would be. A mere numeral in
            # quotes is a slip of whoever wrote the record, and refused below.
            from extract.figures import parse_cell

            number, told = parse_cell(value, "decimal" if key.endswith(".amount") else "signed")
            if told == "text" and number is not None:
                value, state, record = number, told, {"raw": value, **record}
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise RecordError(f"figure {key}: value {value!r} is no number; write null where nothing is printed")
        if value is not None and state not in ("number", "text"):
            raise RecordError(f"figure {key}: state {state} can't carry the value {value!r}")
        return cls(value, state, str(record.get("raw", "")), float(record.get("confidence", 1.0)),
                   Source.from_record(record.get("source") or {}))


@dataclass(slots=True)
class Section:
    """A section's prose without its tables. number 0 is the text before section 1."""

    number: int
    title: str
    text: str
    page: int | None = None

    def to_record(self) -> dict[str, Any]:
        """number, title and text as the record has them."""
        return {"number": self.number, "title": self.title, "text": self.text}


@dataclass(slots=True)
class TableReading:
    """What became of one table of the form."""

    table: int
    found: bool
    image: bool = False
    rows_missing: list[str] = field(default_factory=list)
    """Row keys of the form that were not found, e.g. applications.granted."""
    rows_extra: list[str] = field(default_factory=list)
    """Printed labels that the form doesn't know."""
    columns_missing: list[str] = field(default_factory=list)
    columns_extra: list[str] = field(default_factory=list)
    page: int | None = None
    one_row_closed: bool = False
    """（六）其他处理 printed as one row, as the 2019 form has it."""
    form: str = ""
    """Era whose labels this table carries."""

    def to_record(self) -> dict[str, Any]:
        """What became of one table, as the record has it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Claim:
    """A number in the prose with what it says. See extract.claims for the metrics."""

    phrase: str
    value: int | float
    unit: str
    metric: str
    section: int
    span: tuple[int, int]
    """Character span of the phrase within the section's text."""
    scope: str = ""
    """"own" or "consolidated" where the clause says 我局/全区; empty where it doesn't."""
    qualifier: str = ""
    parts: list[int | float] = field(default_factory=list)
    """For totals with parts."""
    exhaustive: bool = False
    """Whether the listed parts claim to cover the total."""
    detail: dict[str, Any] = field(default_factory=dict)
    """Extra facts a rule may use: applicant class, year spoken of, splits in brackets, named pair of a percentage."""
    confidence: float = 1.0
    """Below 1 where the prose was recognised from pixels."""

    def to_record(self) -> dict[str, Any]:
        """One claim as the record has it; what is empty or usual is left out."""
        record = {name: getattr(self, name) for name in self.__slots__}
        record["span"] = list(self.span)
        optional = {"scope": "", "qualifier": "", "parts": [], "exhaustive": False, "detail": {}, "confidence": 1.0}
        return {name: value for name, value in record.items() if name not in optional or value != optional[name]}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Claim:
        """The claim of a stored record. Raises RecordError for a field of another kind."""
        try:
            known = {name: record[name] for name in cls.__slots__ if name in record}
            known["span"] = tuple(known.get("span") or (0, 0))
            for name, kind in _CLAIM_KINDS.items():
                if name in known and (not isinstance(known[name], kind) or isinstance(known[name], bool)):
                    raise TypeError(f"{name} {known[name]!r} is of another kind")
            _check_several("parts", known.get("parts", ()), (int, float))
            for name, kind in _DETAIL_KINDS.items() if known.get("detail") else ():
                given = known["detail"].get(name)
                if given is not None:
                    _check_several(name, given if name in _DETAIL_LISTS else (given,), kind)
            if len(known["span"]) != 2 or not all(isinstance(place, int) for place in known["span"]):
                raise TypeError(f"span {known['span']!r} is no pair of places")
            return cls(**known)
        except TypeError as fault:
            raise RecordError(f"claim {record!r}: {fault}") from None


_CLAIM_KINDS: dict[str, type | tuple[type, ...]] = {
    "phrase": str, "value": (int, float), "unit": str, "metric": str, "section": int, "scope": str, "qualifier": str,
    "parts": list, "detail": dict, "confidence": (int, float)}
_DETAIL_KINDS: dict[str, type | tuple[type, ...]] = {
    "also": str, "routes": str, "part_metrics": str, "denominators": (int, float), "numerator": (int, float),
    "decimals": int}
"""What rules reckon with; anything else of a claim's detail is words."""
_DETAIL_LISTS = frozenset(("also", "routes", "part_metrics", "denominators"))


def _check_several(name: str, values: Any, kind: type | tuple[type, ...]) -> None:
    """Raises TypeError where one of the values is of another kind, or they are no list."""
    if not isinstance(values, list | tuple):
        raise TypeError(f"{name} {values!r} is no list")
    for value in values:
        if not isinstance(value, kind) or isinstance(value, bool):
            raise TypeError(f"{name} {value!r} is of another kind")


@dataclass(slots=True)
class Published:
    """The best publication date of one document and every other with its source (ISO days)."""

    date: str
    source: str
    all: list[DatedHint] = field(default_factory=list)

    def to_record(self) -> dict[str, Any]:
        """The best day with its source, and all others."""
        return {"date": self.date, "source": self.source,
                "all": [{"date": hint.date, "source": hint.source} for hint in self.all]}


@dataclass(slots=True)
class Report:
    """One read document as every later step sees it; `to_record` is schema 1."""

    title: str
    body: str | None
    year: int | None
    scope: Scope
    form: str | None
    """Era of the labels really used: "2014", "2019", "2021"; None where no table told."""
    medium: str
    sha256: str
    reader: str = ""
    version: int = 0
    published: Published | None = None
    sections: list[Section] = field(default_factory=list)
    tables: list[TableReading] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    period: str | None = None
    """The sentence part that states the statistical period, as printed."""
    damaged: bool = False
    roster: dict[str, Any] = field(default_factory=dict)
    """kind, level, parent, rulemaking… of the body as the roster knows it; filled by the monitor, not by reading."""

    def section(self, number: int) -> Section | None:
        """The section of that number; None where the report has none."""
        return next((section for section in self.sections if section.number == number), None)

    def prose(self, *numbers: int) -> Iterator[Section]:
        """The sections with these numbers, all where none is named."""
        return (section for section in self.sections if not numbers or section.number in numbers)

    def value(self, key: str) -> int | float | None:
        """The number of a figure; None where it has none or isn't there."""
        figure = self.figures.get(key)
        return None if figure is None else figure.value

    def to_record(self) -> dict[str, Any]:
        """The whole report as JSON-serialisable data of schema 1."""
        record: dict[str, Any] = {
            "schema": SCHEMA, "title": self.title, "body": self.body, "year": self.year, "scope": self.scope,
            "form": self.form, "medium": self.medium, "sha256": self.sha256,
            "reader": {"name": self.reader, "version": self.version},
            "published": self.published.to_record() if self.published else None,
            "period": self.period, "damaged": self.damaged,
            "sections": [section.to_record() for section in self.sections],
            "tables": [table.to_record() for table in self.tables],
            "figures": {key: figure.to_record() for key, figure in self.figures.items()},
            "claims": [claim.to_record() for claim in self.claims],
            "problems": list(self.problems),
        }
        if self.roster:
            record["roster"] = self.roster
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Report:
        """The report a record describes. Raises RecordError naming the offending place."""
        if record.get("schema") != SCHEMA:
            raise RecordError(f"schema is {record.get('schema')!r}; this version reads schema {SCHEMA}")
        figures = record.get("figures")
        if not isinstance(figures, Mapping):
            raise RecordError("figures is missing or no object")
        scope = record.get("scope") or "unknown"
        if scope not in SCOPES:
            raise RecordError(f"scope {scope!r} is none of {', '.join(SCOPES)}")
        year = record.get("year")
        if year is not None and (not isinstance(year, int) or not 1900 <= year <= 2200):
            raise RecordError(f"year {year!r} is no year of a report")
        form = record.get("form")
        reader = record.get("reader") or {}
        published = record.get("published")
        for name in ("body", "period"):
            if not isinstance(record.get(name), str | None):
                raise RecordError(f"{name} {record[name]!r} is no text")
        try:
            return cls(
                title=str(record.get("title") or ""), body=record.get("body"), year=year, scope=scope,
                form=None if form is None else str(form),
                medium=str(record.get("medium") or ""), sha256=str(record.get("sha256") or ""),
                reader=str(reader.get("name", "")), version=int(reader.get("version", 0)),
                published=None if not published else Published(
                    _day(published["date"]), str(published.get("source", "")),
                    [DatedHint(_day(hint["date"]), str(hint.get("source", "")))
                     for hint in published.get("all") or []]),
                sections=[Section(int(part["number"]), str(part.get("title", "")), str(part.get("text", "")))
                          for part in record.get("sections") or []],
                tables=[_table(part) for part in record.get("tables") or []],
                figures={key: Figure.from_record(key, figure) for key, figure in figures.items()},
                claims=[Claim.from_record(claim) for claim in record.get("claims") or []],
                problems=[str(said) for said in record.get("problems") or []],
                period=record.get("period"), damaged=bool(record.get("damaged", False)),
                roster=dict(record.get("roster") or {}),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise RecordError(f"not a record of schema {SCHEMA}: {type(fault).__name__}: {fault}") from None


_LISTED = frozenset(("rows_missing", "rows_extra", "columns_missing", "columns_extra"))
_TABLE_KINDS: dict[str, type] = {"table": int, "found": bool, "image": bool, "one_row_closed": bool, "form": str}


def _table(part: Mapping[str, Any]) -> TableReading:
    known = {name: part[name] for name in TableReading.__slots__ if name in part}
    for name, kind in _TABLE_KINDS.items():
        if name in known and type(known[name]) is not kind:
            raise TypeError(f"{name} {known[name]!r} of a table is of another kind")
    return TableReading(**known | {name: [str(one) for one in known[name]] for name in _LISTED & known.keys()})


def _day(text: str) -> str:
    """An ISO day as it stands. Raises ValueError for anything else: rules reckon with it."""
    return date.fromisoformat(text).isoformat()

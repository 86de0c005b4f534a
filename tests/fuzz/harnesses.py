"""Every reader and parser that takes bytes or text of strangers, as a function a fuzzer can call.

Promises: a harness passes when what it calls returns, or raises one of the errors it is documented to raise; anything
else – another exception, an answer that can't be written as JSON – is a fault of the product. `HARNESSES` is driven by
test_fuzz.py (a bounded number of changed seeds, always the same) and by guided.py (coverage-guided, as long as wanted).
Leaves alone: whether what was read is right (the other tests).
"""

from __future__ import annotations

import atexit
import copy
import csv
import io
import json
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from crawler import articles, conduct, families, navigation, office_list, outcomes
from crawler.exceptions import ImportingError
from crawler.families import cut_titles, numbering, pagers, paging, rows, subcolumns
from crawler.model import Item
from crawler.tables import Sheet
from extract import (
    claims,
    clauses,
    configuration,
    dates,
    decoding,
    figures,
    labels,
    literals,
    readers,
    report,
    scripted,
    sections,
    sniffing,
    titles,
)
from extract.exceptions import ConfigurationError, ExtractError, UnreadableDocumentError
from extract.limits import Guard, Limits
from extract.model import Document, Hints, Report, Section, Text
from tests.fuzz import small_documents as small

HERE = Path(__file__).resolve().parent
_TESTS = HERE.parent
_ADDRESS = "http://www.county.example/zwgk/ndbg/index.html"


@dataclass(frozen=True, slots=True)
class Harness:
    """`run` raises nothing but `refusals`; `seeds` are well-formed inputs, `words` what a change may insert."""

    name: str
    run: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    seeds: Callable[[], list[bytes]]
    words: str

    def __call__(self, data: bytes) -> None:
        try:
            self.run(data)
        except self.refusals:
            return

    @property
    def kept(self) -> list[Path]:
        """Inputs that broke it once."""
        return sorted((HERE / "kept" / self.name).glob("*"))


HARNESSES: dict[str, Harness] = {}


def harness(name: str, *seeds: str | bytes | Callable[[], bytes], refusals: tuple[type[Exception], ...] = (),
            words: str = "prose", more: Callable[[], list[bytes]] = list) -> Callable[[Callable[[bytes], object]], Any]:
    """Register a function of bytes. A seed may be made when it is asked for; `more` gives further ones."""

    def made() -> list[bytes]:
        given = [seed() if callable(seed) else seed.encode() if isinstance(seed, str) else seed for seed in seeds]
        return given + more()

    def register(function: Callable[[bytes], object]) -> Callable[[bytes], object]:
        HARNESSES[name] = Harness(name, function, refusals, made, words)
        return function

    return register


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "replace")


# ---------------------------------------------------------------- parsers of text
@harness("cell", "31", "1,234.5", "增12件", "１．１５万元", "一百二十", " / ", "3 4", "２０２１\n12", "约1.2亿元",
         words="numbers")
def _cell(data: bytes) -> None:
    text = text_of(data)
    for kind in ("integer", "signed", "decimal"):
        value, state = figures.parse_cell(text, kind)  # type: ignore[arg-type]
        json.dumps([value, state], allow_nan=False)
    figures.is_value(text)
    figures.is_footnote_mark(text)


@harness("number", "1.15万余", "一百二十", "１，２３４", "万亿", "3千万", "二〇二一", words="numbers")
def _number(data: bytes) -> None:
    json.dumps(figures.parse_number(text_of(data)), allow_nan=False)


@harness("day", "2022年1月20日", "发布日期：2022-01-20", "20220120", "二〇二二年一月二十日", "2022.1.3 10:00",
         words="numbers")
def _day(data: bytes) -> None:
    text = text_of(data)
    dates.find_day(text)
    rows.find_day(text)
    dates.day_in_address(text)
    document = Document("", "text/html", "x", [Text(text)], title=text, meta={"PubDate": text, "created": text},
                        text=text)
    dates.publication(document, Hints(url=text, list_date=text, last_modified=text, first_seen=text), 2021)


@harness("title", small.TITLE, "关于印发《示例省2021年政府信息公开工作年度报告》的通知",
         "示例区人民政府办公室：2020-2021年政务公开年报（本级）")
def _title(data: bytes) -> None:
    text = text_of(data)
    titles.parse(text)
    titles.normalise(text)
    rows.names_report(text)


@harness("label", "（三）不予公开", "3.危及“三安全一稳定”", "1．属于国家秘密")
def _label(data: bytes) -> None:
    text = text_of(data)
    table = _labels()
    table.match(text)
    table.alike(text)
    sections.heading(text)


@cache
def _labels() -> labels.Labels:
    return labels.Labels([labels.Label.of("a", "予以公开", ["全部公开"], [["予以", "公开"]], ["不予"]),
                          labels.Label.of("b", "不予公开", [], [["不予公开"]]),
                          labels.Label.of("c", "本年新收政府信息公开申请数量", [], [["新收", "申请"]])])


@harness("claims", small.PROSE[1], "全年共收到政府信息公开申请12件，其中自然人9件，办结11件，结转1件；占比75.5%。",
         "本年度未收到政府信息公开申请。行政复议3件，维持2件，纠正1件，行政诉讼0件。",
         "制发规范性文件4件，废止2件，现行有效30件。", "收取信息处理费1.2万元。主动公开各类信息1,234条，同比增长20%。")
def _claims(data: bytes) -> None:
    text = text_of(data)
    parts = [Section(number, f"{'〇一二三四五六'[number]}、总体情况", text) for number in (0, 1, 2, 3, 4, 6)]
    for sentence in clauses.sentences(parts):
        sentence.span(0, len(sentence.text))
    found = claims.find_claims(parts, 2021)
    for claim in found:
        start, end = claim.span
        assert 0 <= start <= end <= len(text)
    claims.processing_fee(parts)
    claims.narrative(parts, 2021)
    claims.stated_period(parts)
    json.dumps([claim.to_record() for claim in found], allow_nan=False)


@harness("sections", lambda: small.plain())
def _sections(data: bytes) -> None:
    lines = [Text(line) for line in text_of(data).split("\n\n")]
    record = report.build(Document("", "text/plain", "x", lines, text=text_of(data)), Hints()).to_record()
    json.dumps(record, allow_nan=False)


@harness("literals", "{a: 1, 'b': [2, 3.5e2, \"\\u4e2d\"], c: f(x), d: true, /* x */ e: `t`}", "var x = [{'a': {}},];",
         words="script")
def _literals(data: bytes) -> None:
    text = text_of(data)
    literals.literal(text)
    literals.literal_after(text, "x")


@harness("decoding", small.page, "中文".encode("gb18030"), "中文".encode("utf-16"), words="markup")
def _decoding(data: bytes) -> None:
    decoding.decode(data, "text/html; charset=gb2312")
    decoding.decode(data, data[:60].decode("latin-1"))
    outcomes.decode(data, data[:60].decode("latin-1"))


@harness("sniffing", small.page, small.rtf, small.pdf, small.web_archive, small.word_xml,
         lambda: small.stored(small.docx()), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), words="markup")
def _sniffing(data: bytes) -> None:
    kind = sniffing.media_type(data, text_of(data[:30]), text_of(data[:30]))
    assert "/" in kind


@harness("robots", "User-agent: *\nDisallow: /a\nAllow: /a/*.html$\nCrawl-delay: 4\nRequest-rate: 1/5s\n",
         words="markup")
def _robots(data: bytes) -> None:
    text = text_of(data)
    robots = conduct.Robots(text)
    robots.allows(_ADDRESS)
    assert robots.delay >= 0
    conduct.retry_after(text, 1e9)
    conduct.HostRule(["www.county.example"]).refusal(text)


# ---------------------------------------------------------------- pages of portals
def _listings(*names: str) -> Callable[[], list[bytes]]:
    def read() -> list[bytes]:
        folders = [_TESTS / "listings" / name for name in names] or sorted((_TESTS / "listings").iterdir())
        return [path.read_bytes() for folder in folders for path in sorted(folder.glob("*.html"))
                if path.stat().st_size < 20_000]

    return read


@harness("page", small.page, words="markup", more=_listings())
def _page(data: bytes) -> None:
    """What is asked of every page a portal sends."""
    text = outcomes.decode(data)
    families.recognise(text)
    paging.stated(text)
    pagers.script_pager(text, 3)
    shown = numbering.numbering(paging.Answer(_ADDRESS, text))
    if shown is not None:
        shown(2)
    subcolumns.parts(text, _ADDRESS)
    subcolumns.only_by_script(text, [])
    navigation.links(text, _ADDRESS)
    navigation.links(text, _ADDRESS, inside=True, column=True)
    navigation.search_address(text, _ADDRESS)
    navigation.describe(text, _ADDRESS)
    for status in (200, 403, 412):
        for expect in ("page", "file", "data"):
            outcomes.of_response(outcomes.Received(_ADDRESS, _ADDRESS, status, data), expect)  # type: ignore[arg-type]


@harness("article", small.page, words="markup")
def _article(data: bytes) -> None:
    text = outcomes.decode(data)
    articles.read_article(text, _ADDRESS)
    articles.links_of(text, _ADDRESS)
    articles.is_list_instead(text, _ADDRESS, {_ADDRESS})
    scripted.with_article(text)


@harness("address", "javascript:open('/a/b.html')", "//a@[::1]:80/x?y#z", "../../a b.htm", "data:text/html,x",
         words="script")
def _address(data: bytes) -> None:
    text = text_of(data)
    rows.absolute(_ADDRESS, text)
    rows.absolute(text, "a.html")
    conduct.HostRule(["www.county.example", "[::1]:8080"]).refusal(text)
    address = rows.absolute(_ADDRESS, text)
    for guess in numbering.guesses(address) if address else ():
        guess(2)
    cut_titles.undecided(Item(url=text, title=text, day=""))


_BREAK = b"\n=====\n"
"""Parts the first page of a list from the answers to what is asked next."""


def _walk(family: Any, data: bytes) -> None:
    first, *answers = data.split(_BREAK)
    waiting = iter(answers)

    async def get(asked: str | paging.Ask) -> paging.Answer:
        url = asked.url if isinstance(asked, paging.Ask) else asked
        if isinstance(asked, paging.Ask):
            assert [type(part) for part in asked.key] == [str, str]
        return paging.Answer(url, text_of(next(waiting, first)), asked=url)

    text = text_of(first)
    if not family.recognise(text):
        family.listing(text, _ADDRESS)
    _finish(family.enumerate_list(paging.Answer(_ADDRESS, text), get, 5))


def _finish(walk: Coroutine[Any, Any, Any]) -> None:
    """Drive a coroutine that never really waits."""
    try:
        walk.send(None)
    except StopIteration:
        return
    raise AssertionError("the walk waited for something that no page gives")


for _family, _module in families.FAMILIES.items():
    harness(f"family_{_family}", words="markup", more=_listings(_family))(partial(_walk, _module))


# ---------------------------------------------------------------- documents
def _check_record(found: Report) -> None:
    record = found.to_record()
    held = json.loads(json.dumps(record, allow_nan=False, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    Report.from_record(held)


def _read(media_type: str, data: bytes) -> None:
    """A reader and everything that reading makes of its Document."""
    hints = Hints(name="a")
    _check_record(report.build(readers.read(data, media_type, hints), hints))


_REFUSALS = (UnreadableDocumentError,)
_WHOLE = {
    "html": ("text/html", small.page), "plain": ("text/plain", small.plain), "csv": ("text/csv", small.delimited),
    "rtf": ("application/rtf", small.rtf), "mht": ("multipart/related", small.web_archive),
    "word_xml": ("application/vnd.ms-word.document+xml", small.word_xml),
    "excel_xml": ("application/vnd.ms-excel.workbook+xml", small.excel_xml),
}
for _name, (_type, _seed) in _WHOLE.items():
    harness(_name, _seed, refusals=_REFUSALS, words="markup")(partial(_read, _type))


def _samples(*endings: str) -> Callable[[], list[bytes]]:
    return lambda: [path.read_bytes() for ending in endings
                    for path in sorted((_TESTS / "documents" / "samples").glob(f"*.{ending}"))]


harness("doc", refusals=_REFUSALS, words="bytes", more=_samples("doc"))(partial(_read, "application/msword"))
harness("wps", refusals=_REFUSALS, words="bytes", more=_samples("wps"))(partial(_read, "application/vnd.ms-works"))


# ---------------------------------------------------------------- documents read by compiled libraries
def _read_guarded(name: str, data: bytes) -> None:
    """In a guarded child, as documents are read in earnest: a library that aborts or eats memory is refused there. What
    counts as a fault is a reader of ours that fails, or a guard that doesn't hold."""
    try:
        _guard().read(data, Hints(name=name))
    except UnreadableDocumentError as refusal:
        if "the reader failed on this file" in str(refusal) or "without an answer" in str(refusal):
            raise AssertionError(str(refusal)) from None


@cache
def _guard() -> Guard:
    guard = Guard(Limits(memory_bytes=1 << 30, picture_memory_bytes=1 << 30, cpu_seconds=10, picture_cpu_seconds=10))
    atexit.register(guard.close)
    return guard


harness("xls", words="bytes", more=_samples("xls"))(partial(_read_guarded, "a.xls"))

_PACKAGES: dict[str, tuple[str, Callable[[], small.Parts]]] = {
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", small.docx),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", small.xlsx),
    "odt": ("application/vnd.oasis.opendocument.text", small.odt),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", small.ods),
    "ofd": ("application/ofd", small.ofd), "zip": ("application/zip", small.bundle),
}


@cache
def _parts(name: str) -> dict[str, bytes]:
    return dict(_PACKAGES[name][1]())


def repacked(name: str, data: bytes) -> bytes:
    """The small package of this medium with one member replaced: the first byte says which, the others are it."""
    parts = _parts(name)
    chosen = list(parts)[data[0] % len(parts)] if data else ""
    return small.stored({**parts, chosen: data[1:]} if chosen else parts)


def _read_package(name: str, data: bytes) -> None:
    _read(_PACKAGES[name][0], repacked(name, data))


def _members(name: str) -> list[bytes]:
    return [bytes([place]) + content for place, content in enumerate(_parts(name).values())]


harness("xlsx_bytes", lambda: small.stored(small.xlsx()), words="bytes")(partial(_read_guarded, "a.xlsx"))
harness("xlsx_members", words="markup", more=partial(_members, "xlsx"))(
    lambda data: _read_guarded("a.xlsx", repacked("xlsx", data)))
harness("pdf", small.pdf, words="markup")(partial(_read_guarded, "a.pdf"))
for _name, (_type, _made) in _PACKAGES.items():
    if _name == "xlsx":
        continue
    harness(f"{_name}_members", refusals=_REFUSALS, words="markup", more=partial(_members, _name))(
        partial(_read_package, _name))
    harness(f"{_name}_bytes", lambda made=_made: small.stored(made()), refusals=_REFUSALS,  # type: ignore[misc]
            words="bytes")(partial(_read, _type))


@harness("picture", refusals=_REFUSALS, words="bytes",
         more=lambda: [_picture(kind) for kind in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP")])
def _frames(data: bytes) -> None:
    from extract import pictures

    for frame in pictures.frames(data, "a"):
        assert frame.pixels.size


def _picture(kind: str) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("L", (24, 12), 200).save(buffer, kind)
    return buffer.getvalue()


# ---------------------------------------------------------------- what offices hand in
@harness("records", lambda: json.dumps(_record(), ensure_ascii=False).encode(), refusals=(ExtractError,),
         words="script")
def _records(data: bytes) -> None:
    """A record given to `check` in place of a document, judged, and its findings written."""
    from monitor import judging
    from monitor.commands import documents, showing

    with _file(data, ".json") as path:
        results = list(documents.read_files([path]))
    judged = judging.judge_documents({result.file: result.report for result in results if not result.fault})
    for judgement in judged.values():
        for finding in judgement.findings:
            for lang in ("zh", "en"):
                json.dumps(showing.finding_record(finding, lang), ensure_ascii=False)


def _record() -> dict[str, Any]:
    source = Document("", "text/plain", "x", [Text(line) for line in small.plain().decode().split("\n")])
    record = report.build(source, Hints()).to_record()
    for key, value in (("new.natural_person", 3), ("new.total", 4), ("carried_in.total", 1), ("concluded.total", 4)):
        record["figures"][f"applications.{key}"] = {"value": value, "state": "number", "raw": str(value),
                                                    "confidence": 1.0}
    record["form"] = "2021"
    return record


_ODD: list[Any] = [None, True, -1, 0, 10 ** 30, 1.5, float("nan"), "", "x" * 300, "2022-13-45", "\ud800", [], [[]], {},
                   {"a": 1}, ["x"], [None]]


@harness("record_shapes", *(bytes([place, odd]) for place in (3, 40, 90) for odd in (0, 5)), refusals=(ExtractError,),
         words="bytes")
def _record_shapes(data: bytes) -> None:
    """A record in which the values at some places are of another kind: two bytes say where and what."""
    record = _record()
    for place, odd in zip(data[::2], data[1::2], strict=False):
        holders = [(holder, key) for holder in _holders(record)
                   for key in (holder if isinstance(holder, dict) else range(len(holder)))]
        holder, key = holders[(place * 37) % len(holders)]
        holder[key] = copy.deepcopy(_ODD[odd % len(_ODD)])
    _records(json.dumps(record).encode())


def _holders(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        if value:
            yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _holders(inner)


@harness("office_list", "序号,单位名称,统一社会信用代码,网址,联系电话\n1,示例县教育局,,http://a.example/,0570-1\n2,示例县财政局,,,\n",
         refusals=(ImportingError,))
def _office_list(data: bytes) -> None:
    cells = list(csv.reader(io.StringIO(text_of(data.replace(b"\0", b"")), newline="")))
    numbered = [(number, row[:200]) for number, row in enumerate(cells, 1) if any(cell.strip() for cell in row)]
    office_list.entries_of([Sheet("", numbered)], "a.csv")


@harness("returned", refusals=(), words="markup", more=lambda: [b"\0" + _ledger_sheet(), b"\x01", b"\x02<a/>"])
def _returned(data: bytes) -> None:
    from monitor.exceptions import UsageError
    from monitor.exports import returned

    parts = _parts("xlsx")
    chosen = list(parts)[data[0] % len(parts)] if data else ""
    with _file(small.stored({**parts, chosen: data[1:]}), ".xlsx") as path:
        try:
            list(returned.rows(path))
        except UsageError:
            return


def _ledger_sheet() -> bytes:
    from monitor import wording
    from monitor.exports.ledger_book import HIDDEN_HEADS

    filled = ("decision", "reason", "until", "author")
    heads = [*HIDDEN_HEADS, *(wording.say(f"ledger_{name}", "zh") for name in filled)]
    rows = [heads, ["f1", "e1", "new", "确认", "核实", "2022-03-01", "经办"]]
    return ("<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>" + "".join(
        f'<row r="{number}">' + "".join(f'<c r="{"ABCDEFG"[place]}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
                                        for place, cell in enumerate(row)) + "</row>"
        for number, row in enumerate(rows, 1)) + "</sheetData></worksheet>").encode()


@harness("robot_answer", '{"errcode": 0, "errmsg": "ok"}', '{"code": "19001", "msg": "x"}', '{"StatusCode": "-5"}',
         '{"errcode": "²"}', '{"code": "--1"}', words="script")
def _robot_answer(data: bytes) -> None:
    """What a chat's server says to a message."""
    from monitor.alerts import chat
    from monitor.exceptions import DeliveryError

    for channel in ("dingtalk", "wecom", "feishu", "webhook"):
        for status in (200, 204, 302, 429, 500):
            try:
                chat.judge(channel, status, data)
            except DeliveryError:
                continue


@harness("settings", lambda: configuration.path_of("settings.toml").read_bytes()[:3000],
         '[watch]\nscan = "mon 02:00"\n[general]\nlanguage = "zh"\n', words="script")
def _settings(data: bytes) -> None:
    from monitor import settings
    from monitor.exceptions import SettingsError

    with _file(data, ".toml") as path:
        try:
            settings.load(path)
        except SettingsError:
            return


@harness("facts", lambda: configuration.path_of("alerts.yaml").read_bytes()[:2000],
         lambda: configuration.path_of("deadlines.yaml").read_bytes()[:2000], "a: &a [1]\nb: [*a, *a]\n<<: *a\n",
         refusals=(ConfigurationError,), words="script")
def _facts(data: bytes) -> None:
    from monitor.alerts.recipients import Alerts

    with _file(data, ".yaml") as path:
        configuration.load_path(path, Alerts)
    with _file(data, ".csv") as path:
        configuration.read_rows(path)


class _file:  # noqa: N801  # used as a function
    """A file that holds `data` while it is looked at."""

    def __init__(self, data: bytes, ending: str) -> None:
        self._path = _scratch() / f"input{ending}"
        self._data = data

    def __enter__(self) -> Path:
        self._path.write_bytes(self._data)
        return self._path

    def __exit__(self, *_: object) -> None:
        self._path.unlink()


@cache
def _scratch() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="nianbao-fuzz-")
    _held.append(folder)
    return Path(folder.name)


_held: list[tempfile.TemporaryDirectory[str]] = []


def every() -> Iterator[Harness]:
    yield from HARNESSES.values()

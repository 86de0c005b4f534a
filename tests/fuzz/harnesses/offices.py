"""What offices and other servers hand in: records, lists, returned workbooks, settings, facts."""

from __future__ import annotations

import copy
import csv
import io
import json
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from crawler import office_list
from crawler.exceptions import ImportingError
from crawler.tables import Sheet
from extract import (
    configuration,
    report,
)
from extract.exceptions import ConfigurationError, ExtractError
from extract.model import Document, Hints, Text
from tests.fuzz import small_documents as small
from tests.fuzz.harnesses.documents import parts_of
from tests.fuzz.harnesses.frame import harness, text_of


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
    record["tables"][1] |= {"found": True, "form": "2021", "rows_missing": ["applications.granted"],
                            "rows_extra": ["（一）公开"], "columns_missing": ["total"], "columns_extra": ["合计"]}
    told: list[tuple[str, int, dict[str, Any]]] = [
        ("applications.new", 3, {"detail": {"also": ["answered"], "applicant": "natural_person"}}),
        ("applications.refused", 1, {"detail": {"row": "refused.state_secret"}}),
        ("total", 5, {"parts": [3, 2], "exhaustive": True, "detail": {
            "part_metrics": ["applications.new", ""], "metric": "applications.answered"}}),
        ("percentage", 50, {"detail": {"numerator": 1, "denominators": [3, 4], "decimals": 1}}),
        ("disputes.none", 0, {"detail": {"routes": ["reconsideration", "litigation"]}})]
    record["claims"] += [{"phrase": "共3件", "value": value, "unit": "件", "metric": metric, "section": 1,
                          "span": [0, 3], **rest} for metric, value, rest in told]
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


@harness("returned", refusals=(), words="markup", more=lambda: [b"\0" + ledger_sheet(), b"\x01", b"\x02<a/>"])
def _returned(data: bytes) -> None:
    from monitor.exceptions import UsageError
    from monitor.exports import returned

    parts = parts_of("xlsx")
    chosen = list(parts)[data[0] % len(parts)] if data else ""
    with _file(small.stored({**parts, chosen: data[1:]}), ".xlsx") as path:
        try:
            list(returned.rows(path))
        except UsageError:
            return


def ledger_sheet() -> bytes:
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

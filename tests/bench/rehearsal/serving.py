"""The rehearsal's portals in a process of their own: python -m tests.bench.rehearsal.serving PORT PORTALS BODIES SEED.

Promises: every county's host answers on one port as its publishing system would, faults included; `/day?set=…` on
127.0.0.1 moves the season, `/tally` tells requests, bytes and statuses since it was last asked; reports are made when
asked for, the same bytes each time. Leaves alone: what stands where (world.py).
"""

from __future__ import annotations

import asyncio
import functools
import io
import json
import re
import signal
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.bench.rehearsal import reports
from tests.bench.rehearsal.world import CHANGED, SHOWN_LATE, YEAR, Body, County, Nation
from tests.portals import faults
from tests.portals.serving import Portals, Request, Response, Visit
from tests.portals.sites import Content, Entry, Part, Site

_BLIND = {"challenge": faults.challenge, "soft_404": faults.soft_404, "drawn_by_script": faults.drawn_by_script,
          "robots_out_of_order": faults.robots_out_of_order}
_OTHER = ("关于召开{year}年政务公开工作例会的通知", "{place}{year}年法治政府建设年度报告",
          "{place}{year}年度部门决算公开", "{place}政府信息公开指南（{year}年修订）",
          "{place}{year}年政府网站工作年度报表", "{place}{year}年政务公开工作要点",
          "关于做好{year}年政府信息公开工作年度报告编制工作的通知", "{place}主动公开基本目录（{year}版）")
_FILE = re.compile(r"([0-9a-f]{32})\.(?:pdf|docx)")


@dataclass(slots=True)
class Row(Entry):
    """An entry whose content is made when asked for and forgotten again; a nation's would not fit into memory."""

    def content(self, today: date) -> Content:
        later = self.revised is not None and self.remake is not None and today >= self.revised
        return self.remake() if later and self.remake else self.make()


class Tally:
    """What stands in for the log of visits: counts."""

    def __init__(self) -> None:
        self.requests = self.files = 0
        self.statuses: Counter[int] = Counter()
        self.busiest: Counter[str] = Counter()

    def append(self, visit: Visit) -> None:
        self.requests += 1
        self.statuses[visit.status] += 1
        self.busiest[visit.host] += 1

    def told(self) -> dict[str, object]:
        return {"requests": self.requests, "statuses": dict(self.statuses),
                "busiest": max(self.busiest.values(), default=0), "hosts": len(self.busiest)}


class Country(Portals):
    """The whole nation on one listening socket."""

    def __init__(self, nation: Nation, port: int, day: date) -> None:
        counties = list(nation.counties())
        super().__init__({county.host: functools.partial(answer, county, nation.seed) for county in counties}, day,
                         port)
        self.log = Tally()  # type: ignore[assignment]

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stop.set)
        server = await asyncio.start_server(self._converse, "0.0.0.0", self.port, backlog=4096, limit=2 ** 20)
        print("ready", flush=True)
        await self._stop.wait()
        server.close()

    def _control(self, request: Request) -> Response:
        if request.path == "/tally":
            told, self.log = self.log.told(), Tally()  # type: ignore[attr-defined, assignment]
            return Response(json.dumps(told).encode(), 200, "application/json")
        return super()._control(request)


def answer(county: County, seed: int, request: Request, today: date) -> Response:
    """What the county's portal answers."""
    if county.fault in _BLIND:
        return _BLIND[county.fault](request, today)
    if county.out(today):
        return Response.page("<html><body><h1>503 Service Unavailable</h1></body></html>", 503)
    made = site(county, seed)
    # Systems look a file up among all their articles; making each of them again for that would take minutes.
    named = _FILE.search(request.target)
    held = _HOLDERS.get((county.host, named.group(1))) if named else None
    if held is not None:
        made = replace(made, entries=[entry for entry in made.entries if entry.number == held])
    return county.plan.answer(made, request, today)


_HOLDERS: dict[tuple[str, str], int] = {}
"""(host, digest of a file) → the number of the article it hangs on, once that was shown."""


@functools.lru_cache(512)
def site(county: County, seed: int) -> Site:
    entries: list[Entry] = []
    if county.fault != "emptied":
        for body in county.bodies:
            entries += _rows(county, body, seed)
    entries += [_announcement(county, place) for place in range(county.others if county.fault != "emptied" else 0)]
    return Site(county.host, f"{county.name}人民政府", "政府信息公开年报", entries, county.plan.base,
                county.plan.per_page, failing_pages=frozenset({2}) if county.fault == "page_fails" else frozenset(),
                dialect=county.plan.dialect)


def _rows(county: County, body: Body, seed: int) -> list[Entry]:
    name = body.printed if body.fate != "misprinted" else _misprinted(body.printed)
    title = body.title.format(name=name, year=YEAR)
    make = functools.partial(_report, county.host, body, seed, False)
    row = Row(body.number, title, body.day, make)
    if not body.publishes:
        # A row that never shows: some systems list their bodies whether or not anything was published.
        row.shown = date.max
    match body.fate:
        case "no_text":
            row.make = functools.partial(Content, "<p></p>")
        case "cover_letter":
            row.make = functools.partial(Content, f"<p>现将{title}予以公布。</p>")
        case "file_gone":
            row.broken_attachments = True
        case "withdrawn":
            row.until = CHANGED
        case "off_the_list":
            row.delisted = CHANGED
        case "revised":
            row.revised, row.remake = CHANGED, functools.partial(_report, county.host, body, seed, True)
        case "back_dated":
            row.shown = SHOWN_LATE
        case "moved":
            row.until = CHANGED
    made: list[Entry] = [row]
    if body.fate == "moved":
        made.append(Row(body.number + 50000, title, body.day, functools.partial(
            _report, county.host, body, seed, False, body.number + 50000), shown=CHANGED))
    before = body.written(seed).before if body.chained or body.faulty else None
    if before is not None:
        made.append(Row(body.number + 20000, f"{body.printed}{YEAR - 1}年政府信息公开工作年度报告",
                        body.day.replace(year=YEAR, month=1, day=min(body.day.day, 28)),
                        functools.partial(_last_year, body, seed)))
    return made


def _misprinted(name: str) -> str:
    """One character of the name as a typist took it for another, so that nobody's roster row claims it."""
    return name[:3] + "某" + name[4:]


@functools.lru_cache(2048)
def _made(host: str, printed: str, kind: str, key: str, flags: tuple[bool, bool], medium: str,
          revised: bool) -> Content:
    faulty, chained = flags
    made = reports.written(printed, kind, key, faulty=faulty, chained=chained).made
    if revised:
        penalties = "disclosure.penalties.decided"
        made = replace(made, figures={**made.figures, penalties: made.value(penalties) + 9})
    content = reports.content(made, medium)
    return replace(content, attachments=tuple(_steady(part) for part in content.attachments))


def _report(host: str, body: Body, seed: int, revised: bool, number: int = 0) -> Content:
    content = _made(host, body.printed, body.text_kind, f"{seed}/{body.id}", (body.faulty, body.chained), body.medium,
                    revised)
    for part in content.attachments:
        _HOLDERS[host, part.digest] = number or body.number
    return content


def _last_year(body: Body, seed: int) -> Content:
    before = body.written(seed).before
    assert before is not None
    return reports.content(before, "html")


def _steady(part: Part) -> Part:
    """A Word file with fixed times of its members, so that it keeps its bytes."""
    if not part.name.endswith(".docx"):
        return part
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(part.data)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), source.read(name), zipfile.ZIP_DEFLATED)
    return replace(part, data=buffer.getvalue())


def _announcement(county: County, number: int) -> Entry:
    year = YEAR - 1 - number % 3
    title = _OTHER[number % len(_OTHER)].format(year=year, place=county.name)
    day = date(year, 3, 1) + timedelta(days=(number * 37 + county.number) % 240)
    return Row(9001 + number, f"{title}（第{number + 1}号）", day, functools.partial(Content, f"<p>{title}。</p>"))


def main() -> None:
    port, portals, bodies, seed = (int(each) for each in sys.argv[1:5])
    country = Country(Nation(portals, bodies, seed), port, date(2026, 1, 5))
    asyncio.run(country._serve())


if __name__ == "__main__":
    main()

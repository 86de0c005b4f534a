"""Reports put on the shelves of an `Office`: read, held and stood for, as a round would leave them."""

from __future__ import annotations

from dataclasses import replace

from crawler.roster import Roster
from crawler.store import Store
from extract.model import Report
from monitor import records, searching
from tests.monitor.office import SCANNED, Office
from tests.monitor.reports import report

ADDRESS = "http://www.city.example/nb/{body}/{year}.html"


def shelve(office: Office, body: str, year: int = 2025, text: dict[int, str] | None = None, *, version: int = 6,
           content: str = "c1", index: bool = True, **more: object) -> str:
    """Store a report of one body and year, let its standing rest on it, index it; its id."""
    made: Report = report(year, text, **more)
    office.loaded()
    store, address = office.store, ADDRESS.format(body=body, year=year)
    with store.write() as connection:
        records.ensure_figures(connection)
        identity = records.put_report(
            connection, made, address=address, content=content, portal="city", body=body, scope="own", year=year,
            verdict="report", reason="", version=version, first=(SCANNED, "r1"), last=(SCANNED, "r1"))
        held = {(each.body, each.scope, each.year): each for each in records.standings(connection)}
        like = held.get((body, "own", year)) or replace(held["edu", "own", 2025], body=body, year=year)
        held[body, "own", year] = replace(like, report=identity, address=address)
        records.put_standings(connection, held.values(), SCANNED)
    if index:
        searching.update(store, Roster.load())
    return identity


def found(store: Store, question: str, **filters: object) -> list[tuple[str, int]]:
    """Body and year of every hit, newest first."""
    with store.read() as connection:
        return [(each.body, each.year) for each in searching.search(connection, question, **filters).hits]  # type: ignore[arg-type]

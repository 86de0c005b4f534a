"""A made county with its office, departments and a vertical body, whose reports have figures of their own."""

from __future__ import annotations

from pathlib import Path

from crawler.model import Body, Event
from crawler.roster import Roster
from extract.model import Figure, Section
from monitor import records
from tests.monitor import reports
from tests.monitor.captured import Pages
from tests.monitor.history import HOST

COLUMNS = ("id", "name", "kind", "level", "parent", "portal", "scopes", "obligation", "covers")


class County(Pages):
    """Reports are put in with `publish`; the roster stands in facts/ for the commands."""

    def __init__(self, folder: Path, more: tuple[Body, ...] = ()) -> None:
        def body(identity: str, name: str, kind: str = "department", **given: object) -> Body:
            return Body(**{"id": identity, "name": name, "kind": kind, "level": "county", "parent": "gov",
                           "portal": "p", **given})

        self.listed = [
            body("gov", "示例县人民政府", "government", parent="", scopes=("consolidated",)),
            body("office", "示例县人民政府办公室", "government_office"), body("fin", "示例县财政局"),
            body("edu", "示例县教育局"), body("town", "示例县甲镇人民政府", "township"),
            body("agri", "示例县农业农村局", scopes=("own", "system")),
            body("tax", "国家税务总局示例县税务局", "vertical"),
            body("water", "示例县供水公司", "public_enterprise", obligation="none"), *more]
        super().__init__(folder, self.listed)
        self.runs = 0

    def publish(self, body: str, year: int = 2025, scope: str = "own", form: str = "2021", page: str = "",
                doubtful: tuple[str, ...] = (), published: str = "", sections: list[Section] | None = None,
                **figures: object) -> str:
        """A report with all zeros but three requests, `figures` by key with __ for dots; its id."""
        self.runs += 1
        run, url = f"p{self.runs:03}", f"{HOST}/nb/{body}-{scope}-{year}.html"
        at = f"{year + 1}-01-20T09:00"
        named = next(each.name for each in self.listed if each.id == body)
        made = reports.report(year, title=f"{named}{year}年政府信息公开工作年度报告", body=named, form=form,
                              figures=figures.pop("all_figures", None) or reports.figures(**figures), scope=scope)
        for key in doubtful:
            made.figures[key] = Figure(made.figures[key].value, "number", made.figures[key].raw, 0.5)
        if sections:
            made.sections = sections
        sha256 = self.evidence.put((page or f"<html><body><h1>{made.title}</h1><p>{named}</p></body></html>").encode())
        made.sha256 = sha256
        self.capture(run, url, at, content=f"c{self.runs}", parts=[
            {"role": "page", "url": url, "sha256": sha256, "media_type": "text/html", "outcome": "ok"}])
        with self.store.write() as connection:
            fetch = connection.execute("SELECT id FROM fetch WHERE run = ? AND url = ?", (run, url)).fetchone()["id"]
            connection.execute("UPDATE fetch SET sha256 = ? WHERE id = ?", (sha256, fetch))
            connection.execute("UPDATE capture SET parts = json_set(parts, '$[0].fetch', ?) WHERE run = ?",
                               (fetch, run))
            connection.execute("INSERT OR IGNORE INTO run (id, kind, state, started, simulated, plan) "
                               "VALUES (?, 'scan', 'done', ?, 1, '{}')", (run, at))
            return records.put_report(connection, made, address=url, content=f"c{self.runs}", portal="p", body=body,
                                      scope=scope, year=year, verdict="report", reason="", version=1,
                                      first=(f"{at}:00+08:00", run), last=(f"{at}:00+08:00", run))

    def judged(self, at: str = "2026-03-01T09:00") -> None:
        self.judge(at)
        self.install(at)

    def install(self, now: str) -> None:
        super().install(now)
        facts = self.store.path.parent / "facts" / "bodies.csv"
        facts.write_text(",".join(COLUMNS) + ",events\n" + "".join(
            ",".join(";".join(value) if isinstance(value := getattr(each, name), tuple) else str(value)
                     for name in COLUMNS) + "," + ";".join(map(_event, each.events)) + "\n"
            for each in self.listed), "utf-8")
        self.roster = Roster.of(self.listed, [self.portal])


def _event(event: Event) -> str:
    return f"{event.kind}:{event.day}:{event.other}".rstrip(":")



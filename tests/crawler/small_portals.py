"""Small loopback portals for the tests of the scan: one host a case, and the facts and plan to scan them with."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from crawler.model import ScanPlan
from tests.portals.serving import Portals, Request, Response

Answers = dict[str, Callable[[Request], Response] | Response | str]
REPORT = "{name}{year}年政府信息公开工作年度报告"


@dataclass(frozen=True)
class Case:
    """One portal: what its host answers by path (robots.txt 404 unless given), and deviations of its YAML."""

    answers: Answers
    facts: dict[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ("/nb/",)


def listing(name: str, years: range = range(2021, 2024), after: str = "") -> str:
    rows = "".join(f'<li><a href="./t{year + 1}0115_{year}.html">{REPORT.format(name=name, year=year)}</a>'
                   f"<span>{year + 1}-01-15</span></li>" for year in reversed(years))
    return f"<html><body><div class='list'><ul>{rows}</ul></div>{after}</body></html>"


def article(text: str = "收到申请3件，办结3件，结转下年度0件。", inside: str = "") -> str:
    return ("<html><body><a href='/'>首页</a><div>发布日期：2022-01-15</div><div class='TRS_Editor'>"
            f"<p>{text}</p>{inside}</div></body></html>")


def name_of(case: str) -> str:
    """A body's name that no other case shares: 示例甲局, 示例乙局 …"""
    return f"示例市{case}局"


class World:
    """Serves the cases and knows the plan that scans them."""

    def __init__(self, folder: Path, cases: dict[str, Case]) -> None:
        self.folder, self.cases = folder, cases
        self.hosts = {case: f"127.0.9.{number}" for number, case in enumerate(cases, 1)}
        self.portals = Portals({host: self._answer(cases[case].answers) for case, host in self.hosts.items()},
                               day=None)  # type: ignore[arg-type]

    def __enter__(self) -> World:
        self.portals.start()
        self._write_facts()
        return self

    def __exit__(self, *_: object) -> None:
        self.portals.stop()

    def address(self, case: str, path: str = "/nb/") -> str:
        return f"http://{self.hosts[case]}:{self.portals.port}{path}"

    def paths(self, case: str) -> list[str]:
        return [visit.path for visit in self.portals.visits(self.hosts[case])]

    def plan(self, **changes: Any) -> ScanPlan:
        values: dict[str, Any] = {
            "run": uuid.uuid4().hex[:8], "database": str(self.folder / "n.db"),
            "evidence": str(self.folder / "evidence"),
            "facts": str(self.folder / "facts"), "portals": sorted(self.cases), "delay": 0.0, "timeout": 3.0,
            "allow_private_addresses": True, "contact": "test@office.example"}
        return ScanPlan(**{**values, **changes})

    def _answer(self, answers: Answers) -> Callable[[Request, Any], Response]:
        def answer(request: Request, _: Any) -> Response:
            found = answers.get(request.path.split("?")[0])
            if found is None:
                return Response.page("<html>404</html>", 404)
            if callable(found):
                return found(request)
            return found if isinstance(found, Response) else Response.page(found)
        return answer

    def _write_facts(self) -> None:
        facts = self.folder / "facts"
        (facts / "portals").mkdir(parents=True)
        with (facts / "bodies.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "name", "kind", "level", "portal"])
            writer.writerows([f"body-{case}", name_of(case), "department", "prefecture", case] for case in self.cases)
        for case, made in self.cases.items():
            columns = [{"id": f"c{number}", "name": "年报", "url": self.address(case, path)}
                       for number, path in enumerate(made.columns)]
            portal = {"id": case, "name": case, "hosts": [f"{self.hosts[case]}:{self.portals.port}"],
                      "columns": columns, **made.facts}
            (facts / "portals" / f"{case}.yaml").write_text(yaml.safe_dump(portal, allow_unicode=True), "utf-8")

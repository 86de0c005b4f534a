"""The same 200 questions to nianbao and to other tools: `python -m tests.bench.comparison`, `make comparison`.

80 times "is this report there?", 60 times "when was it published?" of an invented nation's portals (one of every family
and dialect, faults included), 60 times "do its sums hold?" of pages, PDF in many layouts and Word files.
The truth is the generator's. Tools of others are asked by their default output through the simple adapters of
rivals.py, each in a throw-away environment made from requirements.txt; what can't be installed is named. "Can't tell"
is right where nobody could look, else it counts as no answer.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.bench.rehearsal import facts, reports, stages
from tests.bench.rehearsal.__main__ import serving
from tests.bench.rehearsal.world import SCANS, YEAR, Body, County, Nation, truth
from tests.documents import layouts, making
from tests.documents.making import ReportText
from tests.portals.sites import Site

HERE = Path(__file__).parent
THERE, WHEN, SUMS = 80, 60, 60
_SHARES = (("yes", 40), ("no", 25), ("unknown", 15))
_PUBLISHED = {"on_time", "late", "late_by_rule", "undated"}
_READERS = {"pdfplumber": "pdfplumber", "camelot": "camelot-py", "tabula": "tabula-py", "pandas": "pandas[html]"}
_WATCHERS = {"scrapy": "scrapy", "urlwatch": "urlwatch", "changedetection.io": "changedetection.io"}
_CALLED = {"pdfplumber": "pdfplumber extract_tables", "camelot": "camelot", "tabula": "tabula-py",
           "pandas": "pandas.read_html", "scrapy": "bare Scrapy spider", "urlwatch": "urlwatch",
           "changedetection.io": "changedetection.io core"}


@dataclass(slots=True)
class Questions:
    """The questions with their right answers, by body id or path."""

    there: dict[str, str]
    when: dict[str, str]
    sums: dict[str, bool]
    bodies: dict[str, dict[str, str]]
    columns: dict[str, str]


@dataclass(slots=True)
class Answers:
    """What one tool said. There: yes, no, unknown; when: an ISO day; sums: whether they hold. Absent: no answer."""

    there: Mapping[str, str] | None = None
    when: Mapping[str, str | None] | None = None
    sums: Mapping[str, bool | None] | None = None
    cpu: float = 0.0
    note: str = ""


# ---------------------------------------------------------------- the questions
def questions(nation: Nation, port: int, folder: Path, seed: int) -> Questions:
    chance = random.Random(seed)
    known: dict[str, list[tuple[County, Body]]] = {"yes": [], "no": [], "unknown": []}
    columns = {}
    for county in nation.counties():
        columns[county.id] = _column(county, port)
        for body in county.bodies:
            answer = _answer(truth(county, body, nation.seed).statuses)
            if answer:
                known[answer].append((county, body))
    lacking = [answer for answer, count in _SHARES if len(known[answer]) < count]
    if lacking:
        raise SystemExit(f"too few bodies here whose right answer is {', '.join(lacking)}: take more --bodies")
    chosen = [(answer, *each) for answer, count in _SHARES for each in chance.sample(known[answer], count)]
    dated = chance.sample([each for each in known["yes"] if each[1].fate in ("on_time", "late")], WHEN)
    bodies = {body.id: {"portal": county.id, "name": body.printed} for county, body in
              [*((county, body) for _, county, body in chosen), *dated]}
    return Questions({body.id: answer for answer, _, body in chosen},
                     {body.id: body.day.isoformat() for _, body in dated}, documents(folder, chance), bodies, columns)


def _answer(statuses: frozenset[str]) -> str:
    """What is right of "is it there?"; empty where the law leaves a choice."""
    if statuses <= _PUBLISHED:
        return "yes"
    return {"missing": "no", "withdrawn": "no", "unverified": "unknown"}.get("".join(statuses), "")


def _column(county: County, port: int) -> str:
    host = f"{county.host}:{facts.CLOSED_PORT if county.fault == 'unreachable' else port}"
    return f"http://{host}" + county.plan.column(
        Site(county.host, county.name, "", [], county.plan.base, dialect=county.plan.dialect))


def documents(folder: Path, chance: random.Random) -> dict[str, bool]:
    """60 documents, every second with one sum broken: 24 pages, 24 PDF in layouts by chance, 12 Word files."""
    made = {}
    for number in range(SUMS):
        body, holds = f"青岩县第{number + 1}局", bool(number % 2)
        report = reports.written(body, "department", f"sums/{number}", faulty=False, chained=False).made
        if not holds:
            report, _ = reports.broken_sum(report, chance.choice(reports.SUMS), chance)
        medium = ("html", "pdf", "html", "pdf", "docx")[number // 2 % 5]
        path = folder / f"{number + 1:02}.{medium}"
        text = ReportText(report.title, body, report.year, dict(report.figures))
        if medium == "html":
            shown = reports.content(report, "html").html
            path.write_text(f"<html><head><meta charset='utf-8'><title>{report.title}</title></head><body><h1>"
                            f"{report.title}</h1><div class='content'>{shown}</div></body></html>", "utf-8")
        elif medium == "pdf":
            layout = layouts.some_layout(number, ruleless=number % 20 in (2, 3))
            path.write_bytes(layouts.pdf(text, replace(layout, zero="0", wide_digits=False)))
        else:
            path.write_bytes(making.docx(text))
        made[str(path)] = holds
    return made


# ---------------------------------------------------------------- the answers
def ours(nation: Nation, folder: Path, asked: Questions, port: int) -> Answers:
    """The product's own scans of two weeks, and `check` on the documents."""
    settings = facts.write(folder, nation, port, 9, 0.05, 2)
    cost = 0.0
    for day in SCANS:
        _move(port, day.isoformat())
        cost += sum(stages.room(stage, settings, f"{day}T{hour}").cpu
                    for stage, hour in (("scan", "02:00"), ("read", "07:00"), ("judge", "08:00")))
    rows = stages.command("status", settings, f"{SCANS[-1]}T12:00", "status", "--json").told["rows"]
    checked = stages.command("check", settings, f"{SCANS[-1]}T12:00", "check", *asked.sums, "--json")
    said = {row["body"]: row for row in rows}  # type: ignore[attr-defined]
    there = {"on_time": "yes", "late": "yes", "late_by_rule": "yes", "undated": "yes", "missing": "no",
             "withdrawn": "no", "invalid": "no"}
    return Answers({body: there.get(said[body]["status"], "unknown") for body in asked.there},
                   {body: said[body]["published"] for body in asked.when}, _held(checked.told, asked),
                   cost + checked.cpu, "reads, judges and keeps evidence as well")


def _held(told: Mapping[str, Any], asked: Questions) -> dict[str, bool | None]:
    failed, unsure = set(), set()
    for each in told["findings"]:
        if each["rule"] in reports.SUMS:
            (failed if each["outcome"] == "fail" else unsure).add(Path(each["file"]).name)
    read = {Path(name).name for name, state in told["files"].items() if set(state["passed"]) & set(reports.SUMS)}
    answers: dict[str, bool | None] = {}
    for path in asked.sums:
        name = Path(path).name
        answers[path] = False if name in failed else None if name in unsure or name not in read else True
    return answers


def theirs(tool: str, python: Path, asked: Questions) -> Answers:
    """What a tool of others says through its adapter."""
    given = {"documents": list(asked.sums), "columns": asked.columns, "bodies": asked.bodies, "year": YEAR}
    before = os.times()
    done = subprocess.run([str(python), str(HERE / "rivals.py"), tool], input=json.dumps(given), capture_output=True,
                          text=True, check=False, timeout=1800,
                          env={**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"})
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    if done.returncode:
        return Answers(note=f"ended with {done.returncode}: {done.stderr.strip().splitlines()[-1][:120]}", cpu=cpu)
    said = json.loads(done.stdout)
    if tool in _READERS:
        return Answers(sums=said, cpu=cpu)
    return Answers({body: said[body][0] for body in asked.there}, {body: said[body][1] for body in asked.when}, cpu=cpu)


def _move(port: int, day: str) -> None:
    urllib.request.urlopen(f"http://127.0.0.1:{port}/day?set={day}", timeout=30).close()


# ---------------------------------------------------------------- environments
def environments(folder: Path) -> Iterator[tuple[str, Path | None, str]]:
    """Each tool with the Python of its own environment, or None and why there is none."""
    wanted = dict(line.split("==") for line in (HERE / "requirements.txt").read_text("utf-8").splitlines()
                  if "==" in line)
    for tool, package in {**_READERS, **_WATCHERS}.items():
        if tool == "tabula" and shutil.which("java") is None:
            yield tool, None, "skipped: tabula-py needs java, and there is none here"
            continue
        home = folder / tool
        python = home / "bin" / "python"
        if not (home / ".ready").exists():
            venv.create(home, with_pip=True)
            done = subprocess.run([str(python), "-m", "pip", "install", "--quiet", f"{package}=={wanted[package]}"],
                                  capture_output=True, text=True, check=False)
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
                yield tool, None, f"could not be installed: {last[:120]}"
                continue
            (home / ".ready").touch()
        yield tool, python, f"{package}=={wanted[package]}"


# ---------------------------------------------------------------- the table
def line(name: str, said: Answers, asked: Questions) -> str:
    """One tool: right answers of those asked, wrong ones apart; – where it isn't made for the question."""
    cells = []
    for answers, right in ((said.there, asked.there), (said.when, asked.when), (said.sums, asked.sums)):
        if answers is None:
            cells.append("–")
            continue
        good = sum(answers.get(key) == value for key, value in right.items())
        wrong = sum(answers.get(key) not in (value, None, "unknown") for key, value in right.items())
        cells.append(f"{good} of {len(right)}" + (f", {wrong} wrong" if wrong else ""))
    accused = sum(value == "yes" and said.there.get(key) == "no" for key, value in asked.there.items()
                  ) if said.there else 0
    accused += sum(value is True and said.sums.get(key) is False for key, value in asked.sums.items()
                   ) if said.sums else 0
    return f"| {name} | {' | '.join(cells)} | {accused} | {said.cpu:.1f} | {said.note} |"


def compare(portals: int, bodies: int, seed: int, kept: Path | None) -> list[str]:
    nation = Nation(portals, bodies, seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "documents").mkdir()
        (folder / "office").mkdir()
        with serving(nation) as port:
            asked = questions(nation, port, folder / "documents", seed)
            lines = [f"| tool | is it there? ({THERE}) | when? ({WHEN}) | do the sums hold? ({SUMS}) "
                     "| false accusations | CPU s | |", "|---|---|---|---|---|---|---|",
                     line("**nianbao**", ours(nation, folder / "office", asked, port), asked)]
            for tool, python, note in environments(kept or folder / "environments"):
                print(f"  {tool}: {note}", file=sys.stderr, flush=True)
                said = Answers(note=note) if python is None else theirs(tool, python, asked)
                lines.append(line(_CALLED[tool], said, asked))
    return lines


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--portals", type=int, default=80)
    given.add_argument("--bodies", type=int, default=600)
    given.add_argument("--seed", type=int, default=8)
    given.add_argument("--environments", type=Path, metavar="DIR", help="make them here and keep them for another time")
    chosen = given.parse_args()
    print("\n".join(compare(chosen.portals, chosen.bodies, chosen.seed, chosen.environments)))


if __name__ == "__main__":
    main()

"""One report beside its source, and the versions of it that were seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from monitor import audit, wording
from monitor.commands.reviewing import action_word
from monitor.web import figures as printed
from monitor.web import history
from monitor.web.asked import AbsentError
from monitor.web.contents import Contents
from monitor.web.views import view
from monitor.web.views.bodies import contents_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from extract.model import Report
    from monitor.model import Standing
    from monitor.web.asked import Asked

Row = dict[str, Any]
LOGGED = 60
"""Steps of a report's case log that are shown, the newest."""


@dataclass
class Seen:
    """A report that this person may see, with the pages' data of its body."""

    contents: Contents
    identity: str

    @cached_property
    def standing(self) -> Standing:
        return self.contents.standing_of(self.identity)

    @property
    def row(self) -> Row:
        return self.contents.read(self.identity)[0]

    @property
    def report(self) -> Report:
        return self.contents.read(self.identity)[1]

    @cached_property
    def concerned(self) -> set[str]:
        return self.contents.concerned(self.identity)


def report_asked(asked: Asked, identity: str = "") -> Seen:
    """The report that the address, or `identity`, names. Raises AbsentError where this person sees none."""
    identity = identity or asked.key
    owners = dict.fromkeys(row["body"] for row in asked.connection.execute(
        "SELECT body FROM owned_report WHERE id = ?", (identity,)) if row["body"] and asked.sees(row["body"]))
    for owner in owners:
        seen = Seen(contents_of(asked, owner), identity)
        try:
            if seen.standing.body == owner:
                return seen
        except KeyError:
            continue
    raise AbsentError(identity)


@view("/report/{key}")
def report(asked: Asked) -> Response:
    from monitor.web.views import sources

    seen = report_asked(asked)
    content = seen.contents.report(seen.identity, asked.lang)
    here = asked.links.page("report", seen.identity)
    at = sources.places(asked, seen.row, seen.report)
    for cell in (cell for table in content["tables"] for row in table["rows"] for cell in row["cells"] if cell):
        cell["at"] = at.get(cell["key"], "")
    content["source"] = sources.beside(asked, seen.row, seen.report, seen.concerned, here)
    content["versions"] = _versions(asked, seen)
    content["trend"] = history.trend(asked.connection, seen.contents, seen.standing, asked.lang)
    content["log"] = log(asked, seen.contents, seen.standing)
    return asked.page("report", content)


def _versions(asked: Asked, seen: Seen) -> list[Row]:
    found = []
    for each in history.versions(asked.connection, seen.row, seen.standing):
        found.append({**each, "here": each["id"] == seen.identity, "first": asked.day(each["first_seen"][:16]),
                      "last": asked.day(each["last_seen"][:16])})
    return found


def log(asked: Asked, contents: Contents, standing: Standing) -> list[Row]:
    """What became of a report's findings, step by step, newest first; who took a step is for reviewers only."""
    held = {each.finding.id: each for each in (*contents.findings_of(standing), *contents.past_of(standing))}
    if not held:
        return []
    steps = audit.steps(asked.connection, list(held))[-LOGGED:]
    names = contents.name(standing.body)
    return [{"at": asked.day(step.at[:16]), "finding": step.finding,
             "message": wording.message(held[step.finding].finding, asked.lang, names),
             "what": action_word(step.action, asked.lang),
             "state": wording.state_phrase(step.after, asked.lang, step.until),
             "who": (step.author or asked.t("by_run")) if asked.person.may("reviewer") else ""}
            for step in reversed(steps)]


@view("/versions/{key}")
def versions(asked: Asked) -> Response:
    """What changed between two versions; the one before it at the same address unless the query names another."""
    seen = report_asked(asked)
    listed = _versions(asked, seen)
    mine = next(each for each in listed if each["here"])
    other = asked.query("with") or mine["before"] or next((each["id"] for each in listed if not each["here"]), "")
    if other and other not in {each["id"] for each in listed}:
        raise AbsentError(other)
    content: Row = {"id": seen.identity, "body": seen.standing.body, "name": seen.contents.name(seen.standing.body),
                    "year": seen.standing.year, "scope": seen.standing.scope, "versions": listed, "figures": [],
                    "texts": [], "left": None, "right": None, "reread": False,
                    "as_of": seen.contents.view.as_of[:16]}
    if other:
        row, before, _ = seen.contents.read(other)
        content |= {"left": next(each for each in listed if each["id"] == other), "right": mine,
                    "reread": row["reader_version"] != seen.row["reader_version"],
                    "figures": [each for each in printed.compared(before, seen.report, asked.lang)
                                if each["left"] != each["right"]],
                    "texts": [{**each, "section": wording.place(f"section.{each['section']}", asked.lang)}
                              for each in printed.texts(before, seen.report)
                              if any(part["kind"] != "same" for part in each["segments"])]}
    return asked.page("versions", content)

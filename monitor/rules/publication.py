"""PUB-05, 08, 09, 10, 11, 13, 15, 17, 18: dates against what we saw, several versions, columns and scopes.

Promises: each rests on rows of the store that prove it, and says what was seen, never why; menus, counters and layout
are no changes, since only figures and sentences of the report are compared. Leaves alone: whether a report is there and
in time (timing.py), looking it up (circumstances.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from extract.model import Report
from monitor.model import Status
from monitor.rules import passages
from monitor.rules.catalogue import Verdict, Watched, rule

_PUBLISHED = (Status.ON_TIME, Status.LATE_BY_RULE, Status.LATE, Status.UNDATED)
_SHOWN, _PIECE, _LEAST = 5, 24, 6
_DISORDER = 2
"""Rows out of order from which a list is called unordered; one may be put on top on purpose."""
_TABLES = ("disclosure.", "applications.", "disputes.", "processing_fee.")


# ---------------------------------------------------------------- dates and scopes
@rule("PUB-05", over="standing")
def judge_backdating(watched: Watched) -> Iterator[Verdict]:
    """No report dated by its due day was absent in a healthy observation after that date and first seen after the due
    day; both snapshots belong to it, and only a person may raise it."""
    if watched.around is None or watched.standing.status not in _PUBLISHED:
        return
    absent = watched.around.absent
    if not absent:
        yield Verdict("pass")
        return
    yield Verdict("fail", parameters={
        "published": absent["dated"], "t1": absent["at"], "first_seen": absent["first_seen"]},
        evidence={"snapshots": absent["snapshots"], "first_snapshots": absent["first_snapshots"],
                  "dates": watched.standing.evidence.get("dates", [])})


@rule("PUB-09", over="standing")
def judge_past_years(watched: Watched) -> Iterator[Verdict]:
    """No older year since 2019 (or since the body exists) is missing from the columns; one finding lists the years."""
    if watched.around is None or not watched.standing.evidence.get("newest"):
        return
    years = watched.around.years_missing
    channels = watched.standing.evidence.get("channels", [])
    if years:
        yield Verdict("fail", parameters={
            "list": [f"{year}年" for year in years], "n": len(years),
            "channel": [channel["name"] for channel in channels], "url": [channel["url"] for channel in channels]})
    elif watched.standing.status in _PUBLISHED:
        yield Verdict("pass")


@rule("PUB-18", over="standing")
def judge_other_scope(watched: Watched) -> Iterator[Verdict]:
    """An own or a consolidated report is not missing while the office's other one is there; which of the two the one
    found is must be asked before anybody is told of a missing report."""
    around, standing = watched.around, watched.standing
    if around is None or standing.status is not Status.MISSING:
        return
    if around.sibling is None:
        yield Verdict("not_applicable")
        return
    yield Verdict("fail", parameters={
        "url": around.sibling.address, "published": around.sibling.published,
        **({"variant": "consolidated"} if standing.scope == "consolidated" else {})},
        evidence={"sibling": [around.sibling.body, around.sibling.scope, around.sibling.report]})


# ---------------------------------------------------------------- versions and copies
@rule("PUB-10", over="standing")
def judge_copies(watched: Watched) -> Iterator[Verdict]:
    """What stands at several addresses as one report agrees in its figures, and in its sentences where the media are
    the same; ignores other scopes, and copies of which a table was not read."""
    copies = watched.around.copies if watched.around else ()
    if len(copies) < 2:
        return
    first = copies[0]
    for other in copies[1:]:
        changes = differences(first["report"], other["report"], sentences=first["medium"] == other["medium"])
        if changes:
            yield Verdict("fail", parameters={
                "n": len(copies), "list": [copy["address"] for copy in copies], **_told(changes),
                "where": _places(changes)}, evidence={"differences": changes})
            return
    yield Verdict("pass")


@rule("PUB-11", over="standing")
def judge_changes(watched: Watched) -> Iterator[Verdict]:
    """Figures and sentences stand as they did when first captured; ignores what isn't part of the report, and versions
    read in part."""
    versions = watched.around.versions if watched.around else ()
    if watched.around is None or watched.standing.status not in _PUBLISHED:
        return
    changes = differences(versions[0]["report"], versions[1]["report"]) if versions else []
    if not changes:
        yield Verdict("pass")
        return
    verdict = Verdict("fail", evidence={"differences": changes}, parameters={
        "first_seen": versions[0]["first_seen"], "changed_on": versions[1]["first_seen"], **_told(changes)})
    if any(version["report"].damaged for version in versions):
        verdict.outcome, verdict.reason = "uncertain", "damaged"
    yield verdict


def differences(before: Report, after: Report, sentences: bool = True) -> list[list[Any]]:
    """What changed: [figure, value before, value after] for figures read with confidence in both, then
    ["sentence", what is gone, what is new]."""
    found: list[list[Any]] = []
    for key, figure in before.figures.items():
        other = after.figures.get(key)
        if not key.startswith(_TABLES) or other is None or "absent" in (figure.state, other.state):
            continue
        if figure.confident and other.confident and figure.value != other.value:
            found.append([key, figure.value, other.value])
    if not sentences:
        return found
    old, new = _sentences(before), _sentences(after)
    gone = [text for bare, text in old.items() if bare not in new]
    come = [text for bare, text in new.items() if bare not in old]
    found += [["sentence", gone[place] if place < len(gone) else "", come[place] if place < len(come) else ""]
              for place in range(max(len(gone), len(come)))]
    return found


def _sentences(report: Report) -> dict[str, str]:
    """Sentences by their bare words; short pieces are headings and page numbers."""
    bare = {re.sub(r"\W", "", sentence): sentence for _, sentence in passages.sentences(report)}
    return {words: sentence for words, sentence in bare.items() if len(words) >= _LEAST}


def _told(changes: list[list[Any]]) -> dict[str, Any]:
    shown = [change if change[0] != "sentence" else "→".join(f"“{text[:_PIECE]}”" for text in change[1:] if text)
             for change in changes[:_SHOWN]]
    return {"n": len(changes), "diff_list": shown}


def _places(changes: list[list[Any]]) -> list[str]:
    tables = {"disclosure": "table.2", "applications": "table.3", "disputes": "table.4"}
    places = [tables.get(str(change[0]).partition(".")[0], "section.1") for change in changes]
    return sorted(set(places))


# ---------------------------------------------------------------- other hosts
@rule("PUB-13", over="standing")
def judge_host(watched: Watched) -> Iterator[Verdict]:
    """No row of the columns that speaks of the report leads to a host nobody registered; told to the operator only,
    since such an address is no evidence until the roster holds it."""
    if watched.around is None or watched.standing.status is Status.NOT_APPLICABLE:
        return
    outside: dict[str, list[Any]] = {}
    for each in watched.around.outside:
        outside.setdefault(each["host"], []).append(each)
    for host, rows in sorted(outside.items()):
        yield Verdict("fail", host, parameters={"host": host, "url": rows[0]["url"], "n": len(rows)},
                      evidence={"rows": [[row["url"], row["title"], row["at"]] for row in rows]})
    if not outside and watched.standing.status in _PUBLISHED:
        yield Verdict("pass")


@rule("LNG-03", over="standing")
def judge_links(watched: Watched) -> Iterator[Verdict]:
    """No link of the report page leads to a host that is neither the government's nor lawful, nor to a page that two
    fetches on different days did not find; ignores links never fetched, menus, and pages whose links are not known."""
    links = watched.around.links if watched.around else None
    if links is None or watched.standing.status not in _PUBLISHED:
        return
    for kind in ("dead", "foreign"):
        found = [each for each in links if each["kind"] == kind]
        if not found:
            yield Verdict("pass", kind)
            continue
        first = found[0]
        told = {name: first[name] for name in ("outcome", "t1", "t2") if name in first}
        yield Verdict("fail", kind, parameters={
            "url": watched.standing.address, "list": [each["url"] for each in found[:_SHOWN]], "n": len(found),
            "variant": kind, **told}, evidence={"links": [dict(each) for each in found]})


# ---------------------------------------------------------------- columns
@rule("PUB-08", "PUB-17", over="standing")
def judge_column(watched: Watched) -> Iterator[Verdict]:
    """A report found is listed in the columns the roster names: seen in the body's own column but not in the collective
    one (PUB-17),
    or only in a column nobody named (PUB-08). Ignores columns not enumerated since it was due and seen."""
    columns = watched.around.columns if watched.around else ()
    named = [column for column in columns if column["named"]]
    if not named or watched.standing.status not in _PUBLISHED:
        return
    own = [column for column in columns if column["role"] == "own" and column["listed"]]
    collective = [column for column in named if column["role"] != "own"]
    lacking = [column for column in collective if column["absent"]]
    if own and collective:
        if lacking and not any(column["listed"] for column in collective):
            yield _column("PUB-17", watched, lacking[0])
        elif any(column["listed"] for column in collective):
            yield Verdict("pass", rule="PUB-17")
    elsewhere = [column for column in columns if column["listed"] and not column["named"] and column not in own]
    if elsewhere and all(column["absent"] for column in named):
        yield _column("PUB-08", watched, named[0])
    elif any(column["listed"] for column in named):
        yield Verdict("pass", rule="PUB-08")


def _column(name: str, watched: Watched, column: Any) -> Verdict:
    return Verdict("fail", rule=name, subject=f"{column['portal']}/{column['column']}", parameters={
        "url": watched.standing.address, "channel": column["name"], "t1": column["looked"]})


@rule("PUB-15", over="standing")
def judge_list_order(watched: Watched) -> Iterator[Verdict]:
    """The column's list is in order of date, newest or oldest first; told once, of its owner. Ignores one row put on
    top, lists without days and lists not enumerated to their end."""
    for column in watched.around.columns if watched.around else ():
        if not column["named"] or not column["owner"]:
            continue
        subject = f"{column['portal']}/{column['column']}"
        if column["out_of_order"] >= _DISORDER:
            yield Verdict("fail", subject, parameters={"channel": column["name"], "url": column["url"],
                                                       "n": column["out_of_order"]})
        else:
            yield Verdict("pass", subject)

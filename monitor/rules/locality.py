"""LOC-01: what a locality's office asks of a report beside the form.

Promises: nothing is asked but by a local pack, which names the notice; a topic is looked for by its words, and what
stands in a section that was not found, or in a document read in part, accuses nobody. Leaves alone: which pack holds
for whom (monitor/packs.py).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from extract.model import Report
from monitor.rules import passages
from monitor.rules.catalogue import Verdict, rule


@functools.lru_cache(maxsize=256)
def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(word)


@rule("LOC-01", over="report")
def judge_required(report: Report) -> Iterator[Verdict]:
    """The prose holds every topic and sentence that the local packs require of this body, by their words; ignores
    bodies without a pack and records without prose."""
    required = report.roster.get("pack", {}).get("required", ())
    wanted = [each for each in required if not each["scopes"] or report.scope in each["scopes"]]
    if not any(section.text for section in report.sections):
        return
    for each in wanted:
        text = passages.said(report, *each["sections"])
        found = any(_pattern(word).search(text) for word in each["words"])
        verdict = Verdict("pass" if found else "fail", f"{each['pack'].partition('@')[0]}.{each['id']}",
                          severity=each["severity"], parameters={"item": each["title"], "item_en": each["title_en"],
                                                                 "where": [f"section.{one}" for one in each["sections"]]
                                                                 or ["section.0"]},
                          evidence={"pack": each["pack"], "notice": each["notice"]})
        if not found and (report.damaged or any(report.section(one) is None for one in each["sections"])):
            verdict.outcome = "uncertain"
            verdict.reason = "damaged" if report.damaged else "structure"
        yield verdict

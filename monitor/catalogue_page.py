"""The catalogue of rules as a page, from rules.yaml and the rules' docstrings: `python -m monitor.catalogue_page`.

Promises: every rule with its id, severity by year, kind and scope, category, basis, version, the test in one sentence
and what a reader is told; the same facts give the same text. Leaves alone: what rules test.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from monitor import wording
from monitor.rules import catalogue
from monitor.rules.catalogue import OF_REPORTS, Over, RuleText

PAGE = Path("docs/rules.md")
_OVER: dict[Over, str] = {"report": "one report", "years": "a body's reports from year to year",
                          "levels": "a consolidated report and the bodies below", "standing": "an obligation",
                          "pair": "the reports of two bodies on one year"}
_HEAD = """# The rules

Written by `python -m monitor.catalogue_page`; change config/rules.yaml or the docstrings, then run it again.

Severity: **E** to be corrected · **W** please verify · **I** note. Outcome: pass · fail · uncertain · not applicable.
E fails only on figures read with confidence of 0.9 or more, or, where it rests on no figure, on a document read whole;
else it is uncertain. Lower severities stand behind the rule's own: by report year, scope or kind of body.
"""


def render() -> str:
    """The whole page as Markdown."""
    groups: dict[str, list[str]] = {}
    for key in sorted(catalogue.registered_ids()):
        groups.setdefault(key.partition("-")[0], []).append(_entry(key))
    parts = [_HEAD]
    for name, entries in groups.items():
        parts += [f"## {name}\n", *entries]
    parts += ["## Changes\n", *_changes()]
    return "\n".join(parts).rstrip() + "\n"


def _changes() -> list[str]:
    """The changelog of rules, newest first."""
    told = [(change.since, key, version, change) for key in catalogue.registered_ids()
            for version, change in catalogue.text_of(key).history.items()]
    return [f"- {since} · {key} version {version}: {change.en} · {change.zh}"
            for since, key, version, change in sorted(told, key=lambda each: (-each[0].toordinal(), each[1], -each[2]))]


def data() -> list[dict[str, Any]]:
    """Every rule as plain data for a page of methods: what it tests in one sentence, what it weighs by year, scope and
    kind, what readers are told, its basis, version and changes."""
    found = []
    for key in sorted(catalogue.registered_ids()):
        text, (over, sentence) = catalogue.text_of(key), _test_of(key)
        keys = text.basis.values() if isinstance(text.basis, dict) else text.basis
        basis = [catalogue.catalogue().basis[each] for each in dict.fromkeys(keys)]
        found.append({
            "id": key, "version": text.version, "severity": text.severity, "severity_in": dict(text.severity_in),
            "at_most": dict(text.at_most), "category": text.category, "nature": text.nature, "over": over,
            "addressee": text.addressee, "subsumes": list(text.subsumes), "person_only": text.person_only,
            "operator_only": text.operator_only, "test": sentence, "short": text.short, "fact": text.fact,
            "ask": text.ask, "room": text.room, "en": text.en, "basis": [each.zh for each in basis],
            "basis_en": [each.en for each in basis],
            "history": [{"version": version, "since": change.since.isoformat(), "zh": change.zh, "en": change.en}
                        for version, change in sorted(text.history.items(), reverse=True)]})
    return found


def _entry(key: str) -> str:
    text, (over, sentence) = catalogue.text_of(key), _test_of(key)
    facts = [f"severity {_severity(text)}", f"category {wording.term('categories', text.category, 'en')}",
             f"looks at {_OVER[over]}", f"version {text.version}"]
    if text.addressee != "body":
        facts.append(f"addressed to {wording.term('addressees', text.addressee, 'en').strip(' ()')}")
    if text.person_only or text.operator_only:
        facts.append("for the operator only" if text.operator_only else "only a person may raise it")
    if text.subsumes:
        facts.append(f"subsumes {', '.join(text.subsumes)}")
    lines = [f"### {key} {text.short}", "", sentence, "", f"- {' · '.join(facts)}", f"- {text.fact}"]
    if named := _basis(text):
        lines.append(f"- {named}")
    return "\n".join(lines) + "\n"


def _test_of(key: str) -> tuple[Over, str]:
    """What kind of thing the rule looks at, and its function's docstring on one line."""
    kinds: tuple[Over, ...] = (*OF_REPORTS, "standing", "pair")
    for over in kinds:
        for entry in catalogue.rules(over):
            if key in entry.ids:
                shared = f" (Evaluated together: {', '.join(entry.ids)}.)" if len(entry.ids) > 1 else ""
                return over, re.sub(r"\s+", " ", inspect.getdoc(entry.judge) or "") + shared
    raise KeyError(key)


def _severity(text: RuleText) -> str:
    lower = [f"{year}: {severity}" for year, severity in sorted(text.severity_in.items())]
    lower += [f"{who} at most {severity}" for who, severity in sorted(text.at_most.items())]
    return text.severity + (f" ({', '.join(lower)})" if lower else "")


def _basis(text: RuleText) -> str:
    keys = text.basis.values() if isinstance(text.basis, dict) else text.basis
    return "；".join(dict.fromkeys(catalogue.catalogue().basis[key].zh for key in keys))


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")

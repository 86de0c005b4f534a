"""`status --why`: one body's status explained in words, from what monitor/explaining.py found.

Promises: everything a person needs to follow or dispute the status, in one reading order; the wording stands in
config/explanations.yaml. Leaves alone: the facts.
"""

from __future__ import annotations

import difflib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from monitor import printing

if TYPE_CHECKING:
    from monitor.session import Session
    from monitor.wording import Lang

LATEST, TITLES, CHANGES = 6, 8, 12
"""Looks of one column, titles and changes that are told; the rest as a number."""
Row = dict[str, Any]


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str
    en: str


class Explanations(BaseModel):
    """config/explanations.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    statuses: dict[str, Said]
    outcome_sentence: Said
    changes: dict[str, list[Said]]
    strings: dict[str, Said]
    kinds: dict[str, Said]


def explanations() -> Explanations:
    """config/explanations.yaml, loaded once. Raises ConfigurationError with file and line."""
    from extract import configuration

    loaded: Explanations = configuration.load("explanations.yaml", Explanations)
    return loaded


def explain(session: Session, body: str, year: int, *, scope: str | None, at: str | None, as_json: bool) -> None:
    """Print why a body's report of `year` stands as it does, as last judged or as of `at`. Raises UsageError."""
    from crawler import clock
    from extract.model import SCOPES
    from monitor import explaining, records
    from monitor.exceptions import UsageError

    roster = session.roster()
    known = roster.bodies.get(body) or roster.find(body)
    if known is None:
        near = difflib.get_close_matches(body, [*roster.bodies, *(each.name for each in roster.bodies.values())], n=3)
        raise UsageError(f"--why {body}: no body of the roster has this id or name"
                         + (f"; did you mean {', '.join(near)}?" if near else ""))
    if scope is not None and scope not in SCOPES:
        raise UsageError(f"--scope {scope}: known are {', '.join(SCOPES)}")
    with session.store().read() as connection:
        moment = clock.parse(at or records.judged_at(connection) or clock.stamp())
        found = explaining.explain(connection, roster, session.settings, known.id, year, moment, scope)
    if not found:
        raise UsageError(f"--why {body} {year}: {known.name} owes no report of this scope; its scopes are "
                         f"{', '.join(known.scopes)}")
    if as_json:
        printing.document(document(found, session.lang))
    else:
        print_all(found, session.lang)


def document(records: list[Row], lang: Lang) -> Row:
    """The document of `status --why --json`: the facts with the sentences people read."""
    return {"explanations": [{**record, "sentence": sentence(record, lang), "would_change": changes(record, lang)}
                             for record in records]}


def print_all(records: list[Row], lang: Lang) -> None:
    for number, record in enumerate(records):
        if number:
            printing.line()
        _Teller(record, lang).tell()


def sentence(record: Row, lang: Lang) -> str:
    """The status in one paragraph, with what it rests on."""
    from monitor import wording

    known = explanations()
    values = _values(record, lang)
    without_day = f"{record['status']}_without_day"
    key = without_day if without_day in known.statuses and not record["due"] else record["status"]
    spoken = known.outcome_sentence
    values["outcome_sentence"] = wording.fill(_of(spoken, lang), values) if values["outcome"] else ""
    # English has no 。 to cut sentences at, and an empty note is no reason to leave one out.
    if lang == "en":
        return " ".join(_filled(each, values) for each in _of(known.statuses[key], lang).split(". ") if each).strip()
    return wording.fill(_of(known.statuses[key], lang), values, frozenset({"due_note", "outcome_sentence"}))


def changes(record: Row, lang: Lang) -> list[str]:
    """What would change the status: the reason's own where it has some."""
    from monitor import wording

    known, values = explanations().changes, _values(record, lang)
    listed = known.get(f"{record['status']}.{record['reason']}") or known.get(record["status"], [])
    return [text for each in listed if (text := wording.fill(_of(each, lang), values))]


def _of(said: Said, lang: Lang) -> str:
    return said.zh if lang == "zh" else said.en


def _filled(text: str, values: dict[str, str]) -> str:
    """One English sentence; empty where a placeholder that matters has no value."""
    from monitor import wording

    done = wording.fill(text, values, frozenset({"due_note", "outcome_sentence"}))
    return f"{done.rstrip('. ')}." if done.strip() else ""


def _values(record: Row, lang: Lang) -> dict[str, str]:
    from crawler import clock
    from monitor import wording

    evidence = record["evidence"]
    flaw: dict[str, Any] = next(iter(evidence.get("flaws", ())), {})
    said, job, mend = (wording.unverified_reason(record["reason"], record["outcome"], lang)
                       if record["status"] == "unverified" else ("", "", ""))
    reason = wording.term("reasons", record["reason"], lang) or said
    days = record["days_late"]
    if record["due"] and record["status"] in ("missing", "due_soon"):
        until = evidence.get("t2", record["as_of"])
        days = abs((clock.parse(until).date() - clock.parse(record["due"]).date()).days)
    outcome = wording.outcome_words(record["outcome"], lang)[0] if record["outcome"] else ""
    scope = record["scope"] if record["scope"] in ("consolidated", "system") else "own"
    last = evidence.get("t1") or flaw.get("at")
    return {
        "body": record["name"], "report": wording.say(f"report_{scope}", lang, year=record["year"]),
        "due": wording.day(record["due"], lang), "due_note": wording.due_note(record["due"], lang),
        "tier": wording.term("tiers", record["tier"], lang), "days": str(days or ""),
        "published": wording.day(record["published"], lang),
        "date_source": wording.date_source(record["published_source"], lang), "url": record["address"] or "",
        "reason": reason, "outcome": outcome, "job": job, "mend": mend.rstrip("。."),
        "since": wording.day(flaw.get("since", "")[:10], lang), "t1": wording.day(last, lang),
        "t2": wording.day(evidence.get("t2"), lang), "next": _next(evidence, lang),
        "first_seen": wording.day((evidence.get("first_seen") or "")[:10], lang),
        "last_seen": wording.day((evidence.get("last_seen") or "")[:10], lang)}


def _next(evidence: Row, lang: Lang) -> str:
    """From when on a second look may prove it: six hours later and on another day."""
    from crawler import clock
    from monitor import wording
    from monitor.observations import APART

    if "t1" not in evidence:
        return ""
    first = clock.parse(evidence["t1"]).astimezone(clock.ZONE)
    midnight = first.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    return wording.day(max(first + APART, midnight).isoformat(timespec="seconds"), lang)


class _Teller:
    """One explanation on the terminal."""

    def __init__(self, record: Row, lang: Lang) -> None:
        self.record, self.lang = record, lang
        self.strings = explanations().strings

    def say(self, key: str, **values: Any) -> str:
        from monitor import wording

        return wording.fill(_of(self.strings[key], self.lang), {
            name: wording.shown(value, self.lang) for name, value in values.items()},
            frozenset({"due_note", "basis", "verdict", "printed"}))

    def tell(self) -> None:
        from monitor import wording

        record = self.record
        values = _values(record, self.lang)
        printing.line(self.say("heading", body=record["name"], report=values["report"]))
        phrase = wording.vocabulary().statuses[record["status"]]
        printing.line(self.say("status", status=f"{phrase.symbol} {phrase.say(self.lang)}", at=record["as_of"]))
        printing.line(f"  {sentence(record, self.lang)}")
        for part in (self._duty, self._columns, self._titles, self._dates, self._versions, self._changes):
            printing.line()
            part()
        printing.line()
        printing.line(self.say("proof", id=record["body"], year=str(record["year"])))
        printing.line(self.say("remark"))

    def _duty(self) -> None:
        from monitor import wording

        duty = self.record["duty"]
        kind = explanations().kinds.get(duty["kind"])
        printing.line(self.say("duty_heading"))
        told = [self.say("duty", duty=wording.term("duties", duty["duty"], self.lang),
                         kind=_of(kind, self.lang) if kind else duty["kind"],
                         scope=wording.term("scopes", self.record["scope"], self.lang))]
        if duty["basis"]:
            told.append(self.say("duty_basis", basis=basis_words(duty["basis"], self.lang)))
        if duty["confirmed_on"]:
            told.append(self.say("confirmed" if duty["confirmed_by"] else "confirmed_by_nobody",
                                 day=duty["confirmed_on"], who=duty["confirmed_by"]))
        printing.line("  " + ("" if self.lang == "zh" else " ").join(told))
        for day in duty["days"]:
            printing.line("  " + self.say(
                "day_passed" if day["passed"] else "day_ahead", due=day["day"], days=str(day["days"]),
                due_note=wording.due_note(day["day"], self.lang), tier=wording.term("tiers", day["tier"], self.lang),
                basis=basis_words(day["basis"], self.lang)))

    def _columns(self) -> None:
        from monitor import wording

        printing.line(self.say("columns_heading"))
        if not self.record["columns"]:
            printing.line("  " + self.say("columns_none"))
        for column in self.record["columns"]:
            printing.line("  " + self.say("column", name=column["name"], portal=column["portal_name"],
                                          role=self.say(f"role_{column['role']}"), url=column["url"]))
            looks = column["looks"]
            shown = [look for number, look in enumerate(looks) if look["proof"] or number >= len(looks) - LATEST]
            if not looks:
                printing.line("    " + self.say("looks_none"))
                continue
            printing.line("    " + self.say("looks_all" if len(shown) == len(looks) else "looks", n=str(len(looks)),
                                            healthy=str(column["healthy"])))
            printing.table([self.say(key) for key in ("time", "result", "items", "extent", "found", "use")], [
                [wording.day(look["at"], self.lang), wording.outcome_words(look["outcome"], self.lang)[0],
                 str(look["items"]) if look["extent"] != "none" else "", self.say(f"extent_{look['extent']}"),
                 self.say(f"found_{look['found']}"), self._use(look)] for look in shown])

    def _use(self, look: Row) -> str:
        from monitor import wording

        if look["proof"]:
            return self.say("use_proof")
        if look["flaw"]:
            return self.say("use_no", reason=wording.term("reasons", look["flaw"], self.lang))
        return self.say({"listed": "use_listed", "candidate": "use_blocked"}.get(look["found"]) or (
            "use_early" if look["early"] else "use_yes"))

    def _titles(self) -> None:
        from monitor import wording

        printing.line(self.say("titles_heading"))
        titles = self.record["titles"]
        if not titles:
            printing.line("  " + self.say("titles_none"))
        for each in titles[:TITLES]:
            what = self.say(f"what_{each['what']}", year=str(each["year"] or ""),
                            scope=wording.term("scopes", each["scope"], self.lang))
            printing.line("  " + self.say("title_seen", title=each["title"], what=what))
            printing.line("    " + self.say("title_at", url=each["url"], first=each["first"][:10],
                                            last=each["last"][:10]))
        self._more(len(titles) - TITLES)

    def _dates(self) -> None:
        from monitor import wording

        printing.line(self.say("dates_heading"))
        dates = self.record["dates"]
        if not dates:
            printing.line("  " + self.say("dates_none"))
            return
        for url in dict.fromkeys(each["url"] for each in dates):
            printing.line("  " + self.say("version_page", url=url))
            printing.table([self.say(key) for key in ("date", "source", "kind", "side", "shown_span")], [
                [wording.day(each["date"], self.lang), wording.date_source(each["source"], self.lang),
                 self.say(f"date_{each['kind']}"), self._side(each),
                 self.say("span", first=each["first"][:10], last=each["last"][:10])]
                for each in dates if each["url"] == url])

    def _side(self, each: Row) -> str:
        after = each["days_after"]
        if after is None or each["kind"] == "incredible":
            return ""
        return self.say("date_after", n=str(after)) if after > 0 else self.say("date_before")

    def _versions(self) -> None:
        from monitor import wording

        printing.line(self.say("versions_heading"))
        versions = self.record["versions"]
        if not versions:
            printing.line("  " + self.say("versions_none"))
        address = ""
        for number, each in enumerate(versions, 1):
            if each["address"] != address:
                address = each["address"]
                printing.line("  " + self.say("version_page", url=address))
            span = self.say("span", first=each["first_seen"][:10], last=each["last_seen"][:10])
            printing.line("  " + self.say("version", n=str(number), span=span, medium=each["medium"], id=each["id"]))
            if each["verdict"] != "report":
                printing.line("     " + self.say("version_verdict", reason=wording.term(
                    "reasons", each["reason"], self.lang) or each["verdict"]))
            self._changed(each)
        if moved := self.record["evidence"].get("moved_to"):
            printing.line("  " + self.say("moved", url=moved))
        for each in self.record["unopened"]:
            printing.line("  " + self.say("unopened", t1=each["t1"], t2=each["t2"], url=each["url"],
                                          outcome=wording.outcome_words(each["outcome"], self.lang)[0]))

    def _changed(self, version: Row) -> None:
        """What changed against the version before: dates, figures by their place, sentences as gone and new."""
        from monitor import wording

        for each in version.get("dates_changed", ()):
            printing.line("     " + self.say("version_date", source=wording.date_source(each["source"], self.lang),
                                             before=each["before"] or self.say("no_date"),
                                             after=each["after"] or self.say("no_date")))
        listed = version["changes"]
        if listed is None:
            if version.get("compared") is False:
                printing.line("     " + self.say("version_other_reader"))
            return
        if not listed:
            printing.line("     " + self.say("version_same"))
            return
        printing.line("     " + self.say("version_changes", n=str(len(listed))))
        for place, before, after in listed[:CHANGES]:
            if place == "sentence":
                for key, text in (("sentence_gone", before), ("sentence_new", after)):
                    if text:
                        printing.line("       " + _of(self.strings[key], self.lang).replace("{text}", text))
            else:
                printing.line("       " + wording.parameter("diff_list", [[place, before, after]], self.lang))
        self._more(len(listed) - CHANGES)

    def _changes(self) -> None:
        printing.line(self.say("changes_heading"))
        for text in changes(self.record, self.lang):
            printing.line(f"  · {text}")

    def _more(self, n: int) -> None:
        if n > 0:
            printing.line("  " + self.say("more", n=str(n)))


def basis_words(key: str, lang: Lang) -> str:
    """A due day's basis in words: the dictionary of rules.yaml, else the local notice with its number."""
    from monitor import obligations
    from monitor.rules import catalogue

    said = catalogue.catalogue().basis.get(key)
    if said is not None:
        return said.zh if lang == "zh" else said.en
    for notice in obligations.deadlines().local:
        if key == f"L-{notice.id}":
            return f"{notice.notice}{f'（{notice.number}）' if notice.number else ''}"
    return key

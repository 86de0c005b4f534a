"""Keys and numbers to sentences: vocabulary.yaml and rules.yaml rendered in Chinese and English.

Promises: dates as 2027年1月31日, numbers without separators, places of the form by their names; a sentence whose
placeholder has no value is left out as a whole, so that no sentence ever says "None"; every key of the model has its
word (checked when the vocabulary is loaded). Leaves alone: layout (printing.py, the templates of alerts/).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crawler.model import Outcome
from extract import configuration
from extract.model import SCOPES, STATES
from monitor import workdays
from monitor.model import Finding, FindingState, Status

if TYPE_CHECKING:
    from monitor.review import StoredFinding

Lang = Literal["zh", "en"]
_OPTIONAL = frozenset({"due_note", "cell_hint"})
"""Placeholders that qualify a sentence: without them it still stands."""
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:[+-]\d{2}:\d{2}|Z)?)?")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_BROKEN = {"=": "≠", "≥": "＜", "≤": "＞", "＝": "≠"}


class Term(BaseModel):
    """One word in both languages. `short` stands in matrices, `symbol` beside it, `meaning` explains it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    zh: str
    en: str
    symbol: str = ""
    short: str = ""
    short_en: str = ""
    meaning: str = ""

    def say(self, lang: Lang, *, short: bool = False) -> str:
        if lang == "en":
            return (self.short_en or self.en) if short else self.en
        return (self.short or self.zh) if short else self.zh


Terms = dict[str, Term]


class Vocabulary(BaseModel):
    """config/vocabulary.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    statuses: Terms
    tiers: Terms
    duties: Terms
    scopes: Terms
    verdicts: Terms
    severities: Terms
    categories: Terms
    natures: Terms
    addressees: Terms
    states: Terms
    reasons: Terms
    date_sources: Terms
    tables: Terms
    sections: Terms
    section_titles: Terms
    columns: Terms
    rows: Terms
    measures: Terms
    words: Terms
    figure_states: Terms
    strings: Terms
    doctor: Terms
    doctor_texts: Terms
    commands: Terms = Field(default_factory=dict)
    options: Terms = Field(default_factory=dict)

    @model_validator(mode="after")
    def _every_key_has_its_word(self) -> Vocabulary:
        wanted: tuple[tuple[str, Iterable[str]], ...] = (
            ("statuses", (status.value for status in Status)), ("states", (state.value for state in FindingState)),
            ("scopes", SCOPES), ("figure_states", STATES), ("severities", "EWI"),
            ("tiers", ("statutory", "national", "local", "list")),
            ("duties", ("must", "expected", "voluntary", "none")),
            ("verdicts", ("pass", "fail", "uncertain", "not_applicable")))
        for group, keys in wanted:
            missing = [key for key in keys if key not in getattr(self, group)]
            if missing:
                raise ValueError(f"{group}: no word for {', '.join(missing)}")
        return self


def vocabulary() -> Vocabulary:
    """config/vocabulary.yaml, loaded once. Raises ConfigurationError with file and line."""
    loaded: Vocabulary = configuration.load("vocabulary.yaml", Vocabulary)
    return loaded


# ---------------------------------------------------------------- words
def term(group: str, key: str | None, lang: Lang, *, short: bool = False) -> str:
    """The word for `key` in one group of the vocabulary; the key itself where a fact file brought a new one."""
    if not key:
        return ""
    found = getattr(vocabulary(), group).get(key)
    return found.say(lang, short=short) if found else key


def symbol(group: str, key: str) -> str:
    found = getattr(vocabulary(), group).get(key)
    return found.symbol if found else ""


def say(key: str, lang: Lang, **values: Any) -> str:
    """One of the `strings` of the vocabulary, filled."""
    return fill(vocabulary().strings[key].say(lang), {name: shown(value, lang) for name, value in values.items()})


def status_phrase(status: str, lang: Lang, days: int | None = None) -> str:
    """Symbol and matrix phrase, e.g. ▲ 逾法定+74天; without the number of days where none is known."""
    entry = vocabulary().statuses[status]
    phrase = entry.say(lang, short=True)
    if "{n}" in phrase:
        phrase = entry.say(lang) if days is None else phrase.replace("{n}", str(abs(days)))
    return f"{entry.symbol} {phrase}"


def state_phrase(state: str, lang: Lang, until: str | None = None) -> str:
    """A finding's state, with the day it is put off to where it is snoozed."""
    text = term("states", state, lang)
    return text.replace("{date}", day(until, lang) if until else "").strip()


def review_phrase(stored: StoredFinding, lang: Lang, *, named: bool = True) -> str:
    """The state of a stored finding; of an open one that somebody looks into, that it is, and `named` who does, for
    those who decide."""
    if stored.claimed_by:
        return say("claimed" if named else "claimed_by_some", lang, **({"who": stored.claimed_by} if named else {}))
    return state_phrase(stored.state.value, lang, stored.decision.until if stored.decision else None)


def date_source(source: str | None, lang: Lang) -> str:
    """Where a publication date comes from, by the part of its key before the colon."""
    return term("date_sources", (source or "").split(":")[0], lang)


# ---------------------------------------------------------------- dates and numbers
def day(value: str | date | None, lang: Lang) -> str:
    """2027年1月31日 from a date or ISO text, with 9时05分 where it holds a time; ISO in English."""
    text = value.isoformat() if isinstance(value, (date, datetime)) else str(value or "")
    found = _ISO.fullmatch(text)
    if found is None:
        return text
    year, month, number, hour, minute = found.groups()
    if lang == "en":
        return f"{year}-{month}-{number}" + (f" {hour}:{minute}" if hour else "")
    return f"{year}年{int(month)}月{int(number)}日" + (f"{int(hour)}时{minute}分" if hour else "")


def due_note(due: Any, lang: Lang) -> str:
    """A remark that a due day falls on a weekend or holiday and doesn't move; empty on workdays and for no day."""
    try:
        day = date.fromisoformat(str(due)[:10])
    except ValueError:
        return ""
    name = workdays.holiday(day)
    if name is not None:
        return say("due_note", lang, holiday=say("holiday_off", lang, holiday=name))
    if day.weekday() < 5 or workdays.is_workday(day):
        return ""
    return say("due_note", lang, holiday=say("saturday" if day.weekday() == 5 else "sunday", lang))


def number(value: float) -> str:
    """Without separators and without a tail of zeros; never in scientific notation."""
    if isinstance(value, int) or float(value).is_integer():
        return str(int(value))
    return f"{value:.10f}".rstrip("0")


def shown(value: Any, lang: Lang) -> str:
    """A placeholder's value as a sentence shows it: days, numbers, lists; empty for nothing."""
    if value is None or value is False:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    if isinstance(value, (list, tuple)):
        return term("words", "separator", lang).join(filter(None, (shown(item, lang) for item in value)))
    return day(value, lang) if isinstance(value, (str, date)) else str(value)


def names(listed: list[str], limit: int, lang: Lang) -> str:
    """At most `limit` names, and more said where there are more."""
    text = term("words", "separator", lang).join(listed[:limit])
    return text + (term("words", "and_more", lang) if len(listed) > limit else "")


# ---------------------------------------------------------------- places of the form
def place(key: Any, lang: Lang) -> str:
    """A key of a place – 3 or table.3, section.5, column.research, applications.new, a figure – or a printed label."""
    text = str(key)
    words = vocabulary()
    kind, _, rest = text.partition(".")
    if kind == "table" and rest in words.tables:
        return words.tables[rest].say(lang)
    if kind == "section" and rest in words.sections:
        titled = words.section_titles.get(rest)
        return titled.say(lang) if titled else words.sections[rest].say(lang)
    if kind == "column" and rest in words.columns:
        return words.columns[rest].say(lang)
    if text in words.rows:
        return words.rows[text].say(lang)
    if text in words.columns:
        return words.columns[text].say(lang)
    return figure(text, lang)


def figure(key: str, lang: Lang) -> str:
    """A canonical key in words, e.g. 本年新收／总计; the key itself where the vocabulary doesn't know it."""
    words = vocabulary()
    row, _, last = key.rpartition(".")
    if row in words.rows:
        column = words.columns.get(last) if row.startswith("applications.") else words.measures.get(last)
        return f"{words.rows[row].say(lang)}／{column.say(lang) if column else last}"
    if row.startswith("disputes.") and last in words.measures:
        route = words.columns.get(row.removeprefix("disputes."))
        return f"{route.say(lang) if route else row}／{words.measures[last].say(lang)}"
    return key


# ---------------------------------------------------------------- sentences
def fill(template: str, values: Mapping[str, str], optional: frozenset[str] = _OPTIONAL) -> str:
    """The template with its placeholders filled; a sentence one of whose placeholders is empty is left out."""
    kept = []
    for sentence in re.findall(r"[^。]*。[”）]?|[^。]+", template):
        named = _PLACEHOLDER.findall(sentence)
        if all(values.get(name) or name in optional for name in named):
            kept.append(_PLACEHOLDER.sub(lambda found: values.get(found.group(1)) or "", sentence))
    return "".join(kept)


def expression(text: str, outcome: str, lang: Lang) -> str:
    """Arithmetic written out: 31＋1＝29＋3 √ where it holds, 31＋1≠29＋4 where it doesn't."""
    if not text:
        return ""
    if outcome == "fail":
        text = "".join(_BROKEN.get(character, character) for character in text)
    if lang == "zh":
        text = re.sub(r"(?<=\d)\s*-\s*(?=\d)", "－", text).replace(" ", "").replace("+", "＋").replace("=", "＝")
    if outcome == "uncertain":
        return f"{text}（{term('verdicts', 'uncertain', lang)}）"
    return f"{text} {symbol('verdicts', 'pass')}" if outcome == "pass" else text


def values_of(finding: Finding, lang: Lang, body: str = "") -> dict[str, str]:
    """Every placeholder of a finding's sentences. `body` is the name to print where finding.body is a roster id."""
    scope = finding.scope if finding.scope in ("consolidated", "system") else "own"
    values = {
        "body": body or finding.body, "year": str(finding.year or ""),
        "expr": expression(finding.expression, finding.outcome, lang),
        "left": shown(finding.left, lang), "right": shown(finding.right, lang),
        "diff": number(abs(finding.difference)) if finding.difference is not None else "",
        "report": say(f"report_{scope}", lang, year=finding.year),
        "pack": pack_note(finding, lang).strip("（） ()"),
    }
    for name, value in finding.parameters.items():
        values[name] = parameter(name, value, lang)
    values["due_note"] = due_note(finding.parameters.get("due"), lang)
    if isinstance(hint := finding.parameters.get("cell_hint"), Mapping):
        from monitor.rules import catalogue

        told = catalogue.catalogue().cell_hint
        values["cell_hint"] = fill(told.zh if lang == "zh" else told.en,
                                   {name: parameter(name, value, lang) for name, value in hint.items()})
    return values


def parameter(name: str, value: Any, lang: Lang) -> str:
    """One parameter of a verdict in words: a key where its name says so (see rules/catalogue.py), else as it is."""
    if value is None or value == "" or value == []:
        return ""
    if name == "table":
        return term("tables", str(value), lang)
    if name == "section":
        return term("sections", str(value), lang)
    if name in ("row", "col", "list", "missing", "extra", "where"):
        many = value if isinstance(value, (list, tuple)) else [value]
        return term("words", "separator", lang).join(place(each, lang) for each in many)
    if name == "tier":
        return term("tiers", str(value), lang)
    if name == "date_source":
        return date_source(str(value), lang)
    if name == "outcome":
        return outcome_words(str(value), lang)[0]
    if name == "diff_list":
        return term("words", "separator", lang).join(_difference(each, lang) for each in value)
    if name == "diff" and isinstance(value, (int, float)):
        return number(abs(value))
    return shown(value, lang)


def _difference(change: Any, lang: Lang) -> str:
    """A figure's place with what stood there before and stands there now; a text as it is."""
    if isinstance(change, (list, tuple)) and len(change) == 2:
        return f"{place(change[0], lang)} {shown(change[1], lang)}"
    if isinstance(change, (list, tuple)) and len(change) == 3:
        before, after = (shown(value, lang) or term("figure_states", "blank", lang) for value in change[1:])
        return f"{place(change[0], lang)} {before}→{after}"
    return shown(change, lang)


def outcome_words(outcome: str, lang: Lang) -> tuple[str, str, str]:
    """A fetch outcome in words, whose job it is and how to mend it, from outcomes.yaml."""
    from crawler import outcomes

    try:
        advice = outcomes.advice(Outcome(outcome))
    except ValueError:
        return outcome, "", ""
    if lang == "en":
        return advice.en, advice.job_en, advice.mend_en
    return advice.zh, advice.job_zh, advice.mend_zh


def unverified_reason(reason: str, outcome: str | None, lang: Lang) -> tuple[str, str, str]:
    """Why we could not look, whose job that is and how to mend it. What the network said is the better reason where the
    portal could not be reached; a list cut short answered well as far as it went, so its outcome says nothing."""
    said, job, mend = outcome_words(outcome, lang) if outcome else ("", "", "")
    silent = outcome is None or Outcome(outcome).supports_absence
    if silent:
        job = say("job_operator", lang)
        mend = say("mend_list_incomplete", lang) if reason == "list_incomplete" else ""
    if silent or reason not in ("portal_unreachable", "page_not_opened"):
        return term("reasons", reason, lang), job, mend
    return said, job, mend


def message(finding: Finding, lang: Lang, body: str = "") -> str:
    """The finding in one short sentence, for lists, with the pack that weighed it; never empty."""
    text = _rule_text(finding, "en" if lang == "en" else "short")
    said = fill(text, values_of(finding, lang, body)) or expression(finding.expression, finding.outcome, lang)
    return (said or finding.rule) + pack_note(finding, lang)


def addressee(finding: Finding, lang: Lang) -> str:
    """A remark where somebody else than the body has to act on it; empty where it is the body."""
    from monitor.rules import catalogue

    entry = catalogue.catalogue().rules.get(finding.rule)
    if entry is not None and (entry.person_only or entry.operator_only):
        return say("operator_only" if entry.operator_only else "person_only", lang)
    return "" if entry is None or entry.addressee == "body" else term("addressees", entry.addressee, lang)


def fact_sentence(finding: Finding, lang: Lang, body: str = "") -> str:
    """What was seen, with its arithmetic; falls back to the short message where a value is missing."""
    if lang == "en":
        return message(finding, lang, body)
    optional = _OPTIONAL | {"row", "table"} if finding.outcome == "uncertain" else _OPTIONAL
    return fill(_rule_text(finding, "fact"), values_of(finding, lang, body), optional) or message(finding, lang, body)


def request(finding: Finding, lang: Lang, body: str = "") -> str:
    """What is asked and what may explain it; Chinese only, since it goes into letters."""
    if lang == "en" or finding.outcome == "uncertain":
        return ""
    values = values_of(finding, lang, body)
    return fill(_rule_text(finding, "ask"), values) + fill(_rule_text(finding, "room"), values)


def basis(finding: Finding, lang: Lang) -> str:
    """The rule's legal basis in words; empty where it has none or it depends on a kind of obligation not known here."""
    from monitor.rules import catalogue

    entry = catalogue.catalogue().rules.get(finding.rule)
    if entry is None:
        return ""
    keys: Iterable[str] = ()
    if isinstance(entry.basis, dict):
        chosen = finding.parameters.get("obligation")
        keys = [entry.basis[chosen]] if chosen in entry.basis else []
    else:
        keys = entry.basis
    said = [catalogue.catalogue().basis[key] for key in keys if not key.startswith("L-")]
    named = [each.zh if lang == "zh" else each.en for each in said]
    return term("words", "separator", lang).join(filter(None, [*named, local_notice(finding, lang)]))


def local_notice(finding: Finding, lang: Lang) -> str:
    """Name and number of the local notice behind a finding that a pack weighed; empty where there is none."""
    if not finding.pack:
        return ""
    from monitor import packs

    found = packs.notice(str(finding.evidence.get("notice", ""))) or packs.behind(finding.pack, finding.rule)
    return "" if found is None else say("local_notice", lang, name=found.name,
                                        number=f"（{found.number}）" if found.number else " ").rstrip()


def pack_note(finding: Finding, lang: Lang) -> str:
    """A remark that names the local pack and version that weighed a finding; empty where none did."""
    identity, _, version = finding.pack.partition("@")
    return say("pack_note", lang, pack=identity, version=version) if version else ""


def uncertain_reason(key: str, lang: Lang) -> str:
    """Why a rule could not say, from rules.yaml; the key itself where it isn't listed."""
    from monitor.rules import catalogue

    said = catalogue.catalogue().reasons.get(key)
    return key if said is None else said.zh if lang == "zh" else said.en


def _rule_text(finding: Finding, part: str) -> str:
    from monitor.rules import catalogue

    loaded = catalogue.catalogue()
    entry = loaded.rules.get(finding.rule)
    if entry is None:
        return ""
    if finding.outcome == "uncertain":
        return str(getattr(loaded.uncertain, part))
    variant = entry.variants.get(str(finding.parameters.get("variant", "")))
    return str((getattr(variant, part) if variant else "") or getattr(entry, part))

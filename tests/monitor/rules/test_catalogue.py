"""Rules and their wording belong together; the facts are checked when they are loaded."""

import re
from pathlib import Path

import pytest

from extract import configuration
from extract.exceptions import ConfigurationError
from monitor import wording
from monitor.model import Finding
from monitor.rules import catalogue

FACTS = catalogue.catalogue()
# Words that judge instead of saying what was seen.
BANNED = re.compile(r"未公布|按期|造假|伪造|瞒报|弄虚作假|违反|违规|拒不|敷衍|抄袭|套用|不合格|拖延|漏报|严重|错误")


def test_every_registered_rule_has_wording_and_every_wording_that_is_not_planned_a_rule():
    assert {key for key, entry in FACTS.rules.items() if not entry.planned} == catalogue.registered_ids()


@pytest.mark.parametrize("key", sorted(FACTS.rules))
def test_wording_says_only_what_was_seen_and_short_stays_short(key):
    entry = FACTS.rules[key]
    for text in (entry, *entry.variants.values()):
        said = text.short + text.fact + text.ask + text.room
        assert not BANNED.search(said)
        assert len(re.sub(r"\{\w+\}", "", text.short)) <= 30
        assert all(part.endswith(("。", "}")) for part in (text.fact, text.ask, text.room) if part)


@pytest.mark.parametrize("source", sorted(Path(catalogue.__file__).parent.glob("*.py")), ids=lambda path: path.stem)
def test_every_reason_a_rule_gives_has_words(source):
    lines = [line for line in source.read_text("utf-8").splitlines() if re.search(r"reason[^.\]]*=[^=]", line)]
    given = {word for line in lines for word in re.findall(r'"([a-z_]+)"', line.partition("reason")[2])}
    assert given - {"pass", "fail", "uncertain", "not_applicable"} <= set(FACTS.reasons)


def test_a_rule_that_borrows_its_sentences_keeps_its_own_where_it_has_them():
    assert FACTS.rules["ARI-05"].short == FACTS.rules["ARI-04"].short
    assert FACTS.rules["TXT-06"].ask == FACTS.rules["TXT-01"].ask
    assert FACTS.rules["TXT-06"].fact != FACTS.rules["TXT-01"].fact


@pytest.mark.parametrize(("year", "scope", "kind", "severity"), [
    (2019, "own", "department", "I"), (2020, "own", "department", "W"), (2021, "own", "department", "E"),
    (2025, "consolidated", "government", "W"), (2025, "own", "party_organ", "W"), (2019, "consolidated", "", "I"),
])
def test_completeness_weighs_less_while_the_form_was_only_encouraged_and_for_party_organs(year, scope, kind, severity):
    assert FACTS.rules["FMT-01"].severity_for(scope, year, kind) == severity


def test_registering_an_id_twice_or_without_a_sentence_is_refused():
    def other(report):
        """Something else."""

    assert "ARI-01" in catalogue.registered_ids()
    with pytest.raises(ValueError, match="ARI-01 is registered by"):
        catalogue.rule("ARI-01", over="report")(other)
    other.__doc__ = None
    with pytest.raises(ValueError, match="docstring"):
        catalogue.rule("XXX-01", over="report")(other)
    assert "XXX-01" not in catalogue.registered_ids()


def test_the_fingerprint_changes_with_a_rules_version(monkeypatch):
    before = catalogue.fingerprint()
    raised = FACTS.rules["ARI-01"].model_copy(update={"version": 2})
    monkeypatch.setattr(catalogue, "catalogue",
                        lambda: FACTS.model_copy(update={"rules": {**FACTS.rules, "ARI-01": raised}}))
    assert catalogue.fingerprint() != before


@pytest.mark.parametrize(("change", "said"), [
    ("subsumes: [ARI-99]", "ARI-99"), ("basis: [T99]", "T99"), ("severity: X", "severity"),
    ("said_like: ARI-99", "ARI-99"), ("version: 3", "versions 2, 3"),
    ("history: {2: {since: 2026-01-01, zh: 改动, en: change}}", "raise `version`"),
])
def test_a_mistake_in_the_facts_is_told_with_its_file(tmp_path, change, said):
    entry = {"severity": "E", "category": "data", "short": "短", "fact": "事实。", "en": "fact"}
    name, value = change.split(": ", 1)
    entry[name] = value
    lines = "".join(f"    {key}: {text}\n" for key, text in entry.items())
    (tmp_path / "rules.yaml").write_text(
        "basis: {T50: {zh: 依据, en: basis}}\nreasons: {}\nuncertain: {short: 存疑, fact: 存疑。, en: unsure}\n"
        f"cell_hint: {{zh: 提示, en: hint}}\ncase: {{zh: 问题, en: case}}\nrules:\n  ARI-01:\n{lines}", "utf-8")
    with pytest.raises(ConfigurationError, match=said) as fault:
        configuration.load_path(tmp_path / "rules.yaml", catalogue.Catalogue)
    assert "rules.yaml:" in str(fault.value)


def test_a_blank_total_is_said_without_a_number_that_nobody_printed():
    finding = Finding("ARI-04", 1, "I", "fail", "b", "own", 2025, "reconsideration", "10 + 1", 11, parameters={
        "table": 4, "col": "reconsideration", "sum": 11, "variant": "blank_total"})
    assert wording.fact_sentence(finding, "zh") == "表四“行政复议”分项合计11件，总计栏未填写。"


def test_the_fingerprint_changes_with_the_facts_rules_test_by(tmp_path):
    before = catalogue.fingerprint()
    phrases = configuration.path_of("phrases.yaml").read_text("utf-8")
    (tmp_path / "phrases.yaml").write_text(phrases + "\n# another office's words\n", "utf-8")
    configuration.use_office_folder(tmp_path)
    try:
        assert catalogue.fingerprint() != before
    finally:
        configuration.use_office_folder(None)
    assert catalogue.fingerprint() == before

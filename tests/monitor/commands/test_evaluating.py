"""judge, score and packs on the command line: what moved is told, points have their reasons, packs their notices."""

import json

import pytest

from extract import configuration
from monitor import cli, records
from monitor.rules import catalogue
from tests.monitor.office import Office
from tests.monitor.reports import report

PACK = """
version: 2
title: 示例市
title_en: Example City
under: edu
years: {since: 2024}
notices: {n: {name: 示例市政务公开考评办法, number: 示政办〔2024〕1号, source: 书面通知}}
rules: {FMT-13: {severity: W, notice: n}, YOY-05: {threshold: 0.5, notice: n}}
weights: {timeliness: 40, completeness: 30, arithmetic: 20, continuity: 10, findability: 0}
weights_notice: n
required: [{id: m, title: 专题会议, title_en: meetings, words: [专题会], notice: n}]
deadlines: [{id: d, day: 01-20, notice: n}]
changes: {2: 调整}
"""


@pytest.fixture
def office(tmp_path):
    yield Office(tmp_path)
    configuration.use_office_folder(None)


def run(office, *arguments):
    return cli.run(["--config", str(office.settings), *arguments])


def put(office, **more):
    seen = report(2025, {6: "无其他事项。"}, body="示例市教育局", **more)
    with office.store.write() as connection:
        records.ensure_figures(connection)
        records.put_report(connection, seen, address="http://www.city.example/nb/1.html", content="c", portal="city",
                           body="edu", scope="own", year=2025, verdict="report", reason="", version=1,
                           first=("2026-02-01T09:00:00+08:00", "r"), last=("2026-02-01T09:00:00+08:00", "r"))


def write_pack(office, text=PACK):
    folder = office.folder / "facts" / "packs"
    folder.mkdir(exist_ok=True)
    (folder / "city.yaml").write_text(text, "utf-8")
    configuration.load.cache_clear()


def test_judge_tells_what_a_changed_rule_moved(office, capsys, monkeypatch):
    put(office)
    assert run(office, "--lang", "zh", "judge") == 0
    assert "重新核对报告1份" in capsys.readouterr().out
    assert run(office, "judge", "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["reports"], again["moved"]) == (0, [])
    facts = catalogue.catalogue()
    raised = facts.rules["FMT-13"].model_copy(update={"version": 9, "severity": "W"})
    changed = facts.model_copy(update={"rules": {**facts.rules, "FMT-13": raised}})
    monkeypatch.setattr(catalogue, "catalogue", lambda: changed)
    assert run(office, "--lang", "zh", "judge") == 0
    out = capsys.readouterr().out
    assert "FMT-13" in out
    assert f"版本{facts.rules['FMT-13'].version}→9" in out
    monkeypatch.undo()
    assert run(office, "--lang", "en", "judge", "--json") == 0
    (moved,) = json.loads(capsys.readouterr().out)["moved"]
    assert (moved["rule"], moved["before"], moved["changed"]) == ("FMT-13", 9, 1)


def test_judge_tells_what_a_new_pack_moved(office, capsys):
    put(office)
    run(office, "judge")
    write_pack(office)
    capsys.readouterr()
    assert run(office, "--lang", "zh", "judge") == 0
    out = capsys.readouterr().out
    assert "本地规则包" in out
    assert "LOC-01" in out
    assert run(office, "--lang", "zh", "findings", "--rule", "FMT-13") == 0
    assert "（按本地规则包city第2版）" in capsys.readouterr().out


def test_score_is_off_and_says_how_to_switch_it_on(office, capsys):
    assert run(office, "--lang", "zh", "score", "--year", "2025") == 0
    assert "score.yaml" in capsys.readouterr().out
    assert run(office, "score", "--json") == 0
    assert json.loads(capsys.readouterr().out)["enabled"] is False


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_score_by_a_packs_weights_shows_each_deduction(office, capsys, lang):
    put(office)
    write_pack(office)
    run(office, "judge")
    capsys.readouterr()
    assert run(office, "--lang", lang, "score", "--year", "2025") == 0
    out = capsys.readouterr().out
    assert "示例市教育局" in out
    assert "示例市卫生健康局" not in out
    assert "city@2" in out
    assert run(office, "score", "--year", "2025", "--under", "edu", "--json") == 0
    (made,) = json.loads(capsys.readouterr().out)["scores"]
    assert made["body"] == "edu"
    assert {part["pack"] for part in made["indicators"]} == {"city@2"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_packs_lists_every_entry_with_its_notice(office, capsys, lang):
    write_pack(office)
    assert run(office, "--lang", lang, "packs") == 0
    out = capsys.readouterr().out
    assert out.count("《示例市政务公开考评办法》（示政办〔2024〕1号）") == 5
    assert "FMT-13" in out
    assert "50%" in out
    assert run(office, "packs", "--json") == 0
    listed = {each["id"]: each for each in json.loads(capsys.readouterr().out)["packs"]}
    assert listed["city"]["bodies"] == 1


def test_a_mistaken_pack_is_told_with_its_place(office, capsys):
    write_pack(office, PACK.replace("notice: n}, YOY", "notice: m}, YOY"))
    assert run(office, "packs") == 2
    said = capsys.readouterr().err
    assert "city.yaml:" in said
    assert "notice 'm'" in said


def test_weights_for_an_unknown_indicator_are_refused(office, capsys):
    write_pack(office, PACK.replace("findability: 0", "elegance: 9"))
    assert run(office, "packs") == 2
    assert "elegance" in capsys.readouterr().err

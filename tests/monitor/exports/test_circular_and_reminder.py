"""What circular and reminders say: confirmed findings only, the numbers of `status`, names only of the unanswered."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from crawler import clock
from extract import configuration
from monitor import cli, review
from monitor.model import FindingState
from tests.monitor.exports import papers
from tests.monitor.exports.papers import ALL, ARITHMETIC, LATE, PHRASE, UNSEEN
from tests.monitor.office import NAMES


@pytest.fixture
def city(tmp_path: Path):
    yield papers.office(tmp_path)
    configuration.use_office_folder(None)
    clock.simulate(None)


def nianbao(city, *arguments):
    return cli.run(["--config", str(city.settings), *map(str, arguments)])


def reminder(city, tmp_path, body, *more):
    out = tmp_path / "letter.docx"
    code = nianbao(city, "export", "reminder", "--year", 2025, "--body", body, "--out", out, *more)
    return code, out


def test_nothing_unconfirmed_gets_into_a_letter(city, tmp_path, capsys):
    code, out = reminder(city, tmp_path, "edu")
    assert code == 0
    assert not out.exists()
    papers.decide(city, "confirm", UNSEEN)
    for body in NAMES:
        code, out = reminder(city, tmp_path, body)
        assert out.exists() == (body == "trade")
        out.unlink(missing_ok=True)


def test_a_reminder_states_the_fact_its_basis_and_the_way_to_object(city, tmp_path):
    papers.decide(city, "confirm", ARITHMETIC)
    assert reminder(city, tmp_path, "edu")[0] == 0
    text = papers.said(tmp_path / "letter.docx")
    assert "示例市教育局：" in text
    assert "31＋1≠29＋4" in text or "即31＋1≠29＋4" in text
    assert "如与实际不符，以实际情况为准" in text
    assert "F-2026-000001" in text
    assert "政务公开科" in text
    for never in ("发文字号", "〔2026〕", "None", "{{", "商务局"):
        assert never not in text


def test_only_queries_make_it_a_letter_of_inquiry(city, tmp_path):
    papers.decide(city, "confirm", PHRASE)
    assert reminder(city, tmp_path, "health")[0] == 0
    text = papers.said(tmp_path / "letter.docx")
    assert "核实函" in text
    assert "须更正事项" not in text


def test_dismissed_explained_and_retracted_stay_out(city, tmp_path):
    papers.decide(city, "dismiss", ARITHMETIC, reason="读取有误")
    papers.decide(city, "explain", LATE, reason="机构合并")
    papers.decide(city, "confirm", UNSEEN)
    papers.decide(city, "retract", UNSEEN, reason="栏目变更")
    for body in ("edu", "culture", "trade"):
        assert not reminder(city, tmp_path, body)[1].exists()


def test_all_letters_come_as_one_zip_with_their_list(city, tmp_path):
    papers.decide(city, "confirm", *ALL)
    out = tmp_path / "提醒函.zip"
    assert nianbao(city, "export", "reminder", "--year", 2025, "--all", "--out", out) == 0
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        assert all(info.flag_bits & 0x800 for info in archive.infolist() if not info.filename.isascii())
        letters = [name for name in names if name.endswith(".docx")]
        assert len(letters) == 4
        assert any("示例市商务局" in name for name in letters)
        for name in letters:
            assert "提醒" in papers.said(archive.read(name)) or "核实" in papers.said(archive.read(name))
    assert sum(name.endswith((".xlsx", ".csv")) for name in names) == 2


def test_letters_are_recorded_as_sent_only_when_asked(city, tmp_path):
    papers.decide(city, "confirm", ARITHMETIC)

    def state():
        with city.store.read() as connection:
            return review.list_findings(connection, ids=[ARITHMETIC.id])[0].state

    reminder(city, tmp_path, "edu")
    assert state() is FindingState.CONFIRMED
    assert reminder(city, tmp_path, "edu", "--notify", "--author", "李四")[0] in (0, 2)
    (tmp_path / "letter.docx").unlink(missing_ok=True)
    if state() is FindingState.CONFIRMED:  # the file stood there
        assert reminder(city, tmp_path, "edu", "--notify", "--author", "李四")[0] == 0
    assert state() is FindingState.NOTIFIED


def circular(city, tmp_path, capsys, *more):
    out = tmp_path / "circular.docx"
    out.unlink(missing_ok=True)
    assert nianbao(city, "export", "circular", "--year", 2025, "--out", out, "--json", *more) == 0
    return json.loads(capsys.readouterr().out), papers.said(out)


def test_a_circular_counts_as_status_does(city, tmp_path, capsys):
    assert nianbao(city, "status", "--year", 2025, "--json") == 0
    totals = json.loads(capsys.readouterr().out)["totals"]
    told, text = circular(city, tmp_path, capsys)
    assert {key: told["totals"][key] for key in ("owed", "on_time", "missing", "on_time_rate")} == {
        key: totals[key] for key in ("owed", "on_time", "missing", "on_time_rate")}
    assert f"应公布年度报告{totals['owed']}份" in text
    assert totals["on_time_rate"] in text
    assert "未能核查1份" in text
    assert "不计入比例" in text


def test_a_circular_names_only_whom_it_told_and_who_did_not_answer(city, tmp_path, capsys):
    told, text = circular(city, tmp_path, capsys)
    assert told["named"] == []
    problems = text[text.index("二、"):text.index("三、")]
    assert not any(name in problems for name in NAMES.values())
    papers.decide(city, "confirm", ARITHMETIC, LATE)
    papers.decide(city, "notify", ARITHMETIC, LATE)
    papers.set_state(city, "overdue", ARITHMETIC)
    told, text = circular(city, tmp_path, capsys)
    assert told["named"] == [ARITHMETIC.id]
    problems = text[text.index("二、"):text.index("三、")]
    assert "教育局" in problems
    assert "文化和旅游局" not in problems


def test_what_was_our_fault_stands_in_the_circular(city, tmp_path, capsys):
    papers.decide(city, "confirm", ARITHMETIC)
    papers.decide(city, "notify", ARITHMETIC)
    papers.decide(city, "retract", ARITHMETIC, reason="系统读取差错", cause="reading")
    told, text = circular(city, tmp_path, capsys)
    assert told["corrections"] == 1
    assert "更正" in text


def test_a_year_nobody_judged_gives_no_circular(city, tmp_path):
    out = tmp_path / "circular.docx"
    assert nianbao(city, "export", "circular", "--year", 2011, "--out", out) == 2
    assert not out.exists()

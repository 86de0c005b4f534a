"""Every check worked out by hand on the real reports of the corpus is reproduced by the rules, or explained here."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest

from extract import report as reading
from extract.model import Hints
from monitor import judging

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "reports"
DOCUMENTS = sorted(path for path in CORPUS.iterdir() if path.suffix != ".json") if CORPUS.is_dir() else []
EXPLAINED = {
    ("pingtan_2013", "主动公开4970 vs 统计表72804"): "no rule compares prose with the statistics form before 2019",
    ("pingtan_2013", "收到1份行政复议申请 vs 行政复议数 0"): "no rule compares prose with the statistics form before 2"
                                                             "019",
    ("pingtan_2025", "440(2024)+58-45=453 but 546 stated"): "needs last year's report: YOY-02, tested by its figures",
    ("pinghu_2021", "未发生败诉或被纠错 vs 结果纠正 0"): "the clause says 因自身原因, which TXT-11 takes out",
    ("yindu_2021", "3694=45+1438+2032 (其中)"): "其中 need not name everything: a smaller sum is nothing",
    ("yindu_2021", "共收到申请8件 vs 新收"): "8 = 7 + 1 carried in, an allowed reading: passes",
    ("yueqing_2021", "按时办理答复31件 vs 办理结果总计"): "31 = 26 + 5, since the phrase names the carry-in: passes",
    ("shanghai_gov_office_2019", "859+18 vs 805+72"): "ARI-01 needs the printed column, whose outcome totals are blank",
    ("shanghai_gov_office_2019", "275/805 stated 33.9%"): "the phrase's own pair is 258/805, and that fails",
    ("shanghai_gov_office_2019", "无法提供265"): "the row's ground is named in the same clause, and it prints 265",
}
pytestmark = pytest.mark.skipif(not DOCUMENTS, reason="needs the corpus beside the repository")


@functools.cache
def judged(path: Path) -> judging.Judgement:
    return judging.judge(reading.read(path.read_bytes(), Hints(name=path.name)))


def checks() -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for path in DOCUMENTS:
        truth = json.loads((CORPUS / f"{path.stem}.truth.json").read_text("utf-8"))
        found += [(path, check) for check in truth["narrative_checks"] if check["verdict"] != "not_assessable"]
    return found


@pytest.mark.parametrize(("path", "check"), [
    pytest.param(path, check, id=f"{path.stem} {check['desc']}") for path, check in checks()])
def test_what_was_worked_out_by_hand(path: Path, check: dict[str, Any]) -> None:
    if (path.stem, check["desc"]) in EXPLAINED:
        return
    judgement = judged(path)
    stated = check.get("narrative", check.get("stated"))
    if check["kind"] == "foreign_text":
        assert any(each.rule == "DOC-05" for each in judgement.findings)
        return
    said = [each for each in judgement.findings if each.rule.startswith("TXT")] if check["verdict"] == "FAIL" else [
        each for each in judgement.relations if each.rule.startswith("TXT")]
    if check["kind"] == "narrative_arithmetic" and "parts" in check:
        wanted = f"{stated} = {' + '.join(map(str, check['parts']))}"
        assert wanted in {each.expression for each in said}
    elif check["kind"] == "narrative_vs_table" and check["desc"].startswith("诉讼/复议"):
        assert {"TXT-06", "TXT-07"} <= {each.rule for each in said}
    else:
        assert stated in {each.left for each in said}


@pytest.mark.parametrize(("name", "errors"), [
    ("hongze_2023.pdf", {"ARI-04", "ARI-06"}), ("pingtan_police_2021.txt", {"ARI-01"})])
def test_the_sums_that_fail_are_errors(name: str, errors: set[str]) -> None:
    path = CORPUS / name
    assert {each.rule for each in judged(path).findings if (each.severity, each.outcome) == ("E", "fail")} == errors


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_nothing_else_is_an_error(path: Path) -> None:
    errors = [each for each in judged(path).findings if (each.severity, each.outcome) == ("E", "fail")]
    assert path.stem in ("hongze_2023", "pingtan_police_2021") or errors == []


def test_the_explanations_name_checks_that_exist() -> None:
    assert set(EXPLAINED) <= {(path.stem, check["desc"]) for path, check in checks()}

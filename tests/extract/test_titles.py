"""Titles of our own making: bodies and places are invented, only the ways of wording are real."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.titles import normalise, parse, years_of

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"

ACCEPTED = [
    # title, printed body, year
    ("青石县财政局2023年政府信息公开工作年度报告", "青石县财政局", 2023),
    ("2023年青石县财政局政府信息公开工作年度报告", "青石县财政局", 2023),
    ("青石县财政局2023年度政府信息公开年报", "青石县财政局", 2023),
    ("青石县财政局政府信息公开工作2025年度报告", "青石县财政局", 2025),
    ("青石县财政局政府信息公开2024年度工作报告", "青石县财政局", 2024),
    ("青石县财政局政府信息公开工作年度报告（2024年）", "青石县财政局", 2024),
    ("青石县财政局政府信息公开工作年度报告(2022年度)", "青石县财政局", 2022),
    ("青石县财政局２０２４年政府信息公开工作年度报告", "青石县财政局", 2024),
    ("青石县财政局二〇二二年政府信息公开工作年度报告", "青石县财政局", 2022),
    ("青石县 财政局\n2024 年 政府信息\n公开工作 年度 报告", "青石县财政局", 2024),
    ("　青石县财政局2024年度政府信息公开工作情况年度报告", "青石县财政局", 2024),
    ("青石县财政局2024年信息公开工作年度报告", "青石县财政局", 2024),
    ("青石县财政局2024年政务信息公开年度报告", "青石县财政局", 2024),
    ("青石县财政局2020年政府信息公开工作情况的报告", "青石县财政局", 2020),
    ("青石县财政局2024年政府信息公开工作年度报告（图片版）", "青石县财政局", 2024),
    ("青石县财政局2024年政府信息公开工作年度报告.pdf", "青石县财政局", 2024),
    ("青石县财政局2024年政府信息公开工作年度报告.docx", "青石县财政局", 2024),
    ("1.青石县财政局2024年政府信息公开工作年度报告", "青石县财政局", 2024),
    ("（三）柳河镇2024年政府信息公开工作年度报告", "柳河镇", 2024),
    ("附件：柳河镇2024年政府信息公开工作年度报告", "柳河镇", 2024),
    ("【年报】柳河镇2024年政府信息公开工作年度报告", "柳河镇", 2024),
    ("《柳河镇2024年政府信息公开工作年度报告》", "柳河镇", 2024),
    ("柳河镇2021年政府信息公开工作年度报告_政府信息公开年报_青石县人民政府", "柳河镇", 2021),
    ("柳河镇2021年政府信息公开工作年度报告-青石县人民政府门户网站", "柳河镇", 2021),
    ("柳河镇2021年政府信息公开工作年度报告 | 青石县政府网", "柳河镇", 2021),
    ("政府信息公开年报_柳河镇2021年政府信息公开工作年度报告_青石县人民政府", "柳河镇", 2021),
    ("青石县卫生健康委员会2023年政府信息公开工作年度报告", "青石县卫生健康委员会", 2023),
    ("青石市会议中心2023年政府信息公开工作年度报告", "青石市会议中心", 2023),
    ("2023年青石市会议中心政府信息公开年报", "青石市会议中心", 2023),
    ("青石县教育局2023年政府信息公开工作年度报告", "青石县教育局", 2023),
    ("青石市残疾人联合会2023年政府信息公开工作年度报告", "青石市残疾人联合会", 2023),
    ("青石市规划和自然资源局2023年政府信息公开工作年度报告", "青石市规划和自然资源局", 2023),
    ("青石市制度创新局2023年政府信息公开工作年度报告", "青石市制度创新局", 2023),
    ("青石市政府信息公开办公室2023年政府信息公开工作年度报告", "青石市政府信息公开办公室", 2023),
    ("青石县人民政府政府信息公开工作年度报告（2023年）", "青石县人民政府", 2023),
    ("青石县人民政府信息公开工作年度报告（2023年）", "青石县人民政府", 2023),
    ("青石县人民政府(县人民政府办公室)2023年政府信息公开工作年度报告", "青石县人民政府(县人民政府办公室)", 2023),
    ("关于公布青石县财政局2023年政府信息公开工作年度报告的公告", "青石县财政局", 2023),
    ("青石县财政局关于印发2023年政府信息公开工作年度报告的通知", "青石县财政局", 2023),
    ("青石县财政局关于发布《2023年政府信息公开工作年度报告》的通知", "青石县财政局", 2023),
    ("青石县财政局关于2023年政府信息公开工作年度报告", "青石县财政局", 2023),
    ("关于青石县财政局2023年度政府信息公开工作情况的报告", "青石县财政局", 2023),
    ("青财〔2024〕3号青石县财政局2023年政府信息公开工作年度报告", "青石县财政局", 2023),
    ("县政府办公室：现将青石县财政局2023年政府信息公开工作年度报告", "青石县财政局", 2023),
    ("青石县财政局：2023年政府信息公开工作年度报告", "青石县财政局", 2023),
    ("青石县财政局2023年政府信息公开工作年度报告（2024年1月公布）", "青石县财政局", 2023),
    ("2024-01-22 青石县财政局2023年政府信息公开工作年度报告", "青石县财政局", 2023),
    ("2023年政府信息公开工作年度报告（青石县财政局）", "青石县财政局", 2023),
    ("2023年度政府信息公开工作年度报告", None, 2023),
    ("政府信息公开工作年度报告", None, None),
    ("柳河镇政府信息公开工作年度报告", "柳河镇", None),
    ("青石县新组建局发布2023年政府信息公开年报", "青石县新组建局", 2023),
    ("青石县民政局2023年政府信息公开工作年度报告（机构改革后首次公布）", "青石县民政局", 2023),
    ("青石县民政局2023年政府信息公开工作年度报告（含统计表）", "青石县民政局", 2023),
    ("青石县民政局2023年政府信息公开工作年度报告（含图解）", "青石县民政局", 2023),
    ("青石县民政局2023年政府信息公开工作年度报告NEW!", "青石县民政局", 2023),
    ("青石县民政局2023年1月1日至12月31日政府信息公开工作年度报告", "青石县民政局", 2023),
    ("青石县民政局政府信息公开年报（2023.01.01-2023.12.31）", "青石县民政局", 2023),
    ("青石县民政局2023年政务公开和政府信息公开工作年度报告", "青石县民政局", 2023),
    ("2023年政府信息公开工作年度报告——青石县民政局", "青石县民政局", 2023),
    ("2023年政府信息公开工作年度报告（青石县造价评估中心）", "青石县造价评估中心", 2023),
    ("首页 > 政务公开 > 青石县民政局2023年政府信息公开工作年度报告", "青石县民政局", 2023),
    ("青石县党务公开办公室2023年政府信息公开工作年度报告", "青石县党务公开办公室", 2023),
    ("我局2023年政府信息公开工作年度报告", None, 2023),
    ("柳河街道办事处2019年政府信息公开工作年度报告", "柳河街道办事处", 2019),
    ("青石高新技术产业开发区管理委员会2019年度政府信息公开工作年度报告", "青石高新技术产业开发区管理委员会", 2019),
    ("国家税务总局青石县税务局2022年政府信息公开工作年度报告", "国家税务总局青石县税务局", 2022),
]

REJECTED = [
    # title, kind, body
    ("图解：青石县2024年政府信息公开工作年度报告", "interpretation", "青石县"),
    ("【图解】青石县2024年政府信息公开工作年度报告", "interpretation", "青石县"),
    ("一图读懂青石县政府信息公开工作年度报告（2024年）", "interpretation", "青石县"),
    ("一图看懂｜青石县2024年政府信息公开工作年度报告", "interpretation", None),
    ("青石县2024年政府信息公开工作年度报告解读", "interpretation", "青石县"),
    ("青石县2024年政府信息公开工作年度报告（解读）", "interpretation", "青石县"),
    ("《青石县2024年政府信息公开工作年度报告》政策解读", "interpretation", "青石县"),
    ("青石县2024年政府信息公开工作年度报告图文解读", "interpretation", "青石县"),
    ("青石县政府信息公开年度工作报告说明", "interpretation", "青石县"),
    ("政府信息公开工作年度报告格式（2021年）", "form", None),
    ("政府信息公开工作年度报告模板", "form", None),
    ("青石县政府信息公开工作年度报告制度", "rules", "青石县"),
    ("青石县政府信息公开工作年度报告编制规定", "rules", "青石县"),
    ("青石县召开2024年政府信息公开工作年度报告编制推进会", "meeting", "青石县"),
    ("青石县举办2024年政府信息公开年报培训", "meeting", "青石县"),
    ("青石县2024年政府信息公开工作年度报告编制座谈会", "meeting", "青石县"),
    ("柳河镇人民政府关于做好2024年政府信息公开工作年度报告编制发布工作的通知", "circular", "柳河镇人民政府"),
    ("关于开展2024年政府信息公开工作年度报告编制工作的通知", "circular", None),
    ("关于编制2024年政府信息公开工作年度报告的通知", "circular", None),
    ("关于做好2024年政府信息公开工作年度报告和网站年度报表发布的通知", "other_report", None),
    ("青石县召开2024年政府信息公开年报暨政务公开培训会", "meeting", "青石县"),
    ("关于做好2024年政府信息公开工作年度报告及相关公开工作", "circular", None),
    ("关于2024年政府信息公开工作年度报告有关事项的通知", "circular", None),
    ("关于报送2024年政府信息公开工作年度报告的函", "circular", None),
    ("青石县财政局关于报送2024年政府信息公开工作年度报告的函", "circular", "青石县财政局"),
    ("2024年政府信息公开工作年度报告公布情况", "circular", None),
    ("关于2024年政府信息公开工作年度报告发布情况的通报", "circular", None),
    ("青石县2024年政府信息公开工作第三方评估报告", "assessment", "青石县"),
    ("青石县2024年政府信息公开工作年度报告测评", "assessment", "青石县"),
    ("青石市第一中学2023—2024学年信息公开年度报告", "other_report", "青石市第一中学"),
    ("青石县教育局2023-2024学年度信息公开工作年度报告", "other_report", "青石县教育局"),
    ("青石县2024年党务公开工作年度报告", "other_report", "青石县"),
    ("青石县2024年政府网站工作年度报表", "other_report", "青石县"),
    ("青石县2024年政府网站年度报表", "other_report", "青石县"),
    ("青石县2024年政府工作报告", "other_report", "青石县"),
    ("青石县2024年法治政府建设年度报告", "other_report", "青石县"),
    ("青石县民政局2024年上半年政府信息公开工作报告", "other_report", None),
    ("青石县民政局2024年第一季度政府信息公开工作报告", "other_report", None),
    ("青石县民政局2024年1-6月政府信息公开工作情况报告", "other_report", None),
    ("青石县2024年环境信息公开年度报告", "other_report", None),
    ("青石县2023年政府信息公开工作年度报告更正说明", "correction", "青石县"),
    ("青石县2024年政府信息公开工作年度报告征求意见稿", "rules", "青石县"),
    ("青石县新区管理局为2024年新成立单位，无年度报告", "note", None),
    ("青石县民政局因机构改革2023年无政府信息公开年报", "note", "青石县民政局"),
    ("因机构改革无需公布2023年政府信息公开工作年度报告", "note", None),
    ("新成立单位，无政府信息公开年度报告", "note", None),
    ("政府信息公开指南", "rules", None),
    ("青石县2024年统计公报", "other", None),
    ("", "other", None),
]


@pytest.mark.parametrize(("title", "body", "year"), ACCEPTED)
def test_reports_are_accepted_with_their_printed_body_and_year(title: str, body: str | None, year: int | None) -> None:
    found = parse(title)
    assert (found.body, found.year, found.accepted, found.kind) == (body, year, True, "report")
    assert found.reason == ""


@pytest.mark.parametrize(("title", "kind", "body"), REJECTED)
def test_everything_else_is_rejected_with_its_kind(title: str, kind: str, body: str | None) -> None:
    found = parse(title)
    assert not found.accepted
    assert found.reason
    assert found.kind == kind
    if body is not None:
        assert found.body == body


def test_two_years_are_both_told_but_not_the_year_of_publication() -> None:
    assert parse("青石县2022年政府信息公开2023年度报告").years == (2022, 2023)
    assert parse("青石县2023年政府信息公开工作年度报告（2024年1月20日公布）").years == (2023,)
    assert parse("青政办〔2024〕5号青石县2023年政府信息公开年报").years == (2023,)
    assert years_of("青石县2022年政府信息公开2023年度报告（2024年1月20日公布）") == (2022, 2023)


def test_year_before_and_after_the_body_name_the_same_publication() -> None:
    before, after = parse("2021年柳河街道政府信息公开年报"), parse("柳河街道2021年政府信息公开年报")
    assert (before.body, before.year) == (after.body, after.year) == ("柳河街道", 2021)


@pytest.mark.parametrize("title", [
    "青石县2024年政府信息公开工作年度…", "青石县财政局2024年政府信息公开工作年...",
    "青石县财政局2024年政府信息公开工作总结",
    "青石县财政局关于报送2024年政府信息公开工作年度报告的函", "青石县财政局信息公开年度工作报告说明",
    "青石县财政局政务公开工作2024年度报告", "青石县财政局2024年政府信息公开工作年度报告及图解",
    "青石县财政局2024年政府信息公开工作年度报告和2025年工作要点", "2024年年度报告", "2024年报",
    "青石县财政局2024年度报告",
    "青石县财政局2024年政府信息公开工作年度报告自查整改"])
def test_doubtful_titles_ask_for_the_content(title: str) -> None:
    found = parse(title)
    assert not found.accepted
    assert found.needs_content


@pytest.mark.parametrize("title", [
    "图解：青石县2024年政府信息公开工作年度报告", "青石县2024年政府工作报告", "部门预决算公开",
    "政府信息公开工作年度报告格式", "青石县财政局2024年度工作报告", "青石县国资委2024年企业年度报告",
    "2024年", "青石县财政局"])
def test_clear_rejects_do_not_ask_for_the_content(title: str) -> None:
    assert not parse(title).needs_content


def test_scope_is_told_only_where_it_is_printed() -> None:
    assert parse("青石县2024年政府信息公开工作年度报告").scope == "unknown"
    assert parse("青石县2024年政府信息公开工作年度报告（汇总）").scope == "consolidated"
    assert parse("青石县人民政府（本机关）2024年政府信息公开工作年度报告").scope == "own"


def test_normalise_makes_printed_variants_equal() -> None:
    assert normalise("柳河镇 ２０２１年政府信息公开年报(一)") == normalise("柳河镇2021年政府信息公开年报（一）")
    assert normalise("柳河镇2021年政府信息公开年报_栏目_某县政府") == "柳河镇2021年政府信息公开年报"


@given(st.text(max_size=60))
def test_no_title_breaks_the_parser(title: str) -> None:
    found = parse(title)
    assert found.accepted == (found.reason == "")
    assert found.years == years_of(title)


@pytest.mark.parametrize("title", [
    "信息公开" + "2023年度" * 60, "信息公开年报" + "2023" * 60 + "x", "信息公开" + "年" * 300 + "…",
    "关于" * 200, "（" * 300, "公民、" * 200 + "信息公开年报"])
def test_no_title_takes_long(title: str) -> None:
    began = time.process_time()
    parse(title)
    assert time.process_time() - began < 1


@given(st.sampled_from(["青石县财政局", "柳河镇人民政府", "青石市卫生健康委员会", "青石县会议中心", "青石市培训学校"]),
       st.integers(2008, 2035), st.sampled_from(["年", "年度"]))
def test_no_name_of_a_body_decides_about_acceptance(body: str, year: int, word: str) -> None:
    found = parse(f"{body}{year}{word}政府信息公开工作年度报告")
    assert (found.body, found.year, found.accepted) == (body, year, True)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the corpus beside the repository")
def test_every_title_of_the_corpus() -> None:
    with (CORPUS / "titles.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            found = parse(row["title"])
            wanted = (row["printed_body"] or None, int(row["printed_year"]) if row["printed_year"] else None,
                      row["accept"] == "1")
            assert (found.body, found.year, found.accepted) == wanted, row["title"]

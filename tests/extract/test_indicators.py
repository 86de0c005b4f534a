"""The statistics form of 2014 and the free tables before it: every indicator its own number, or none."""

from __future__ import annotations

import io
import random

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract import forms, report
from extract.grids import RawCell, build
from extract.model import Document, Grid, Hints, Text
from monitor import judging

# Printed label, unit, key without prefix; a row without key is a head of the form.
ROWS = [
    ("一、主动公开情况", "——", ""),
    ("（一）主动公开政府信息数（不同渠道和方式公开相同信息计1条）", "条", "disclosure.items"),
    ("其中：主动公开规范性文件数", "条", "disclosure.normative_documents"),
    ("制发规范性文件总数", "件", "disclosure.normative_documents_issued"),
    ("（二）通过不同渠道和方式公开政府信息的情况", "——", ""),
    ("1.政府公报公开政府信息数", "条", "disclosure.gazette"), ("2.政府网站公开政府信息数", "条", "disclosure.website"),
    ("3.政务微博公开政府信息数", "条", "disclosure.microblog"), ("4.政务微信公开政府信息数", "条", "disclosure.wechat"),
    ("5.其他方式公开政府信息数", "条", "disclosure.other_channels"),
    ("二、回应解读情况", "——", ""),
    ("（一）回应公众关注热点或重大舆情数（不同方式回应同一热点或舆情计1次）", "次", "response.total"),
    ("（二）通过不同渠道和方式回应解读的情况", "——", ""),
    ("1.参加或举办新闻发布会总次数", "次", "response.press_conferences"),
    ("其中：主要负责同志参加新闻发布会次数", "次", "response.press_conferences_by_head"),
    ("2.政府网站在线访谈次数", "次", "response.online_interviews"),
    ("其中：主要负责同志参加政府网站在线访谈次数", "次", "response.online_interviews_by_head"),
    ("3.政策解读稿件发布数", "篇", "response.interpretations"), ("4.微博微信回应事件数", "次", "response.social_media"),
    ("5.其他方式回应事件数", "次", "response.other_ways"),
    ("三、依申请公开情况", "——", ""),
    ("（一）收到申请数", "件", "requests.received"), ("1.当面申请数", "件", "requests.in_person"),
    ("2.传真申请数", "件", "requests.fax"), ("3.网络申请数", "件", "requests.online"),
    ("4.信函申请数", "件", "requests.letter"),
    ("（二）申请办结数", "件", "requests.concluded"), ("1.按时办结数", "件", "requests.on_time"),
    ("2.延期办结数", "件", "requests.extended"),
    ("（三）申请答复数", "件", "requests.answered"), ("1.属于已主动公开范围数", "件", "requests.already_public"),
    ("2.同意公开答复数", "件", "requests.granted"), ("3.同意部分公开答复数", "件", "requests.partly_granted"),
    ("4.不同意公开答复数", "件", "requests.refused"), ("其中：涉及国家秘密", "件", "requests.refused_state_secret"),
    ("涉及商业秘密", "件", "requests.refused_trade_secret"), ("涉及个人隐私", "件", "requests.refused_privacy"),
    ("危及国家安全、公共安全、经济安全和社会稳定", "件", "requests.refused_stability"),
    ("不是《条例》所指政府信息", "件", "requests.refused_not_government_information"),
    ("法律法规规定的其他情形", "件", "requests.refused_other_law"),
    ("5.不属于本行政机关公开数", "件", "requests.not_responsible"),
    ("6.申请信息不存在数", "件", "requests.not_existing"),
    ("7.告知作出更改补充数", "件", "requests.correction_asked"),
    ("8.告知通过其他途径办理数", "件", "requests.other_way"),
    ("四、行政复议数量", "件", "reconsideration.total"), ("（一）维持具体行政行为数", "件", "reconsideration.upheld"),
    ("（二）被依法纠错数", "件", "reconsideration.corrected"), ("（三）其他情形数", "件", "reconsideration.other"),
    ("五、行政诉讼数量", "件", "litigation.total"),
    ("（一）维持具体行政行为或者驳回原告诉讼请求数", "件", "litigation.upheld"),
    ("（二）被依法纠错数", "件", "litigation.corrected"), ("（三）其他情形数", "件", "litigation.other"),
    ("六、举报投诉数量", "件", "complaints.total"), ("七、依申请公开信息收取的费用", "万元", "fees.amount"),
    ("八、机构建设和保障经费情况", "——", ""),
    ("（一）政府信息公开工作专门机构数", "个", "organisation.offices"),
    ("（二）设置政府信息公开查阅点数", "个", "organisation.reading_points"),
    ("（三）从事政府信息公开工作人员数", "人", "organisation.staff"),
    ("1.专职人员数（不包括政府公报及政府网站工作人员数）", "人", "organisation.staff_full_time"),
    ("2.兼职人员数", "人", "organisation.staff_part_time"),
    ("（四）政府信息公开专项经费（不包括用于政府公报编辑管理及政府网站建设维护等方面的经费）", "万元",
     "organisation.funds"),
    ("九、政府信息公开会议和培训情况", "——", ""),
    ("（一）召开政府信息公开工作会议或专题会议数", "次", "training.meetings"),
    ("（二）举办各类培训班数", "次", "training.courses"), ("（三）接受培训人员数", "人次", "training.participants"),
]
TRUTH = {f"statistics2014.{key}": 101 + 7 * place for place, (_, _, key) in enumerate(ROWS) if key}
PROSE = "本年度公开工作平稳开展。"


def lines(header=("统计指标", "单位", "统计数"), rows=ROWS) -> list[list[str]]:
    return [list(header), *([label, unit, str(TRUTH[f"statistics2014.{key}"]) if key else "——"]
                            for label, unit, key in rows)]


def document(*grids: Grid, year: int = 2016, medium: str = "text/html") -> Document:
    return Document("0" * 64, medium, "test", [
        Text(f"某县{year}年政府信息公开工作年度报告"), Text("一、概述"), Text(PROSE), Text("二、主动公开政府信息情况"),
        Text(PROSE), Text(f"{year}年政府信息公开情况统计表"), *grids])


def grid(rows: list[list[str]], loose: bool = False) -> Grid:
    return build([[RawCell(text) for text in row] for row in rows], loose=loose)


def shown(result) -> dict[str, float]:
    return {key: figure.value for key, figure in result.figures.items() if figure.value is not None}


def wrong(result, truth=TRUTH) -> dict[str, float]:
    return {key: value for key, value in shown(result).items() if truth.get(key) != value}


def test_the_form_has_these_rows():
    assert {f"statistics2014.{key}" for _, _, key in ROWS if key} <= set(forms.form("2014").keys)
    assert forms.form("2014").kind("statistics2014.fees.amount") == "decimal"
    assert forms.form("2014").kind("statistics2014.fees.amount.cumulative") == "decimal"
    assert forms.form("2014").kind("statistics2014.requests.received") == "integer"


def test_official_layout():
    result = report.build(document(grid(lines())))
    assert shown(result) == TRUTH
    assert result.form == "2014"
    assert [(reading.table, reading.found, reading.form) for reading in result.tables] == [(1, True, "2014")]
    assert not result.problems
    assert all(figure.confidence == 1 for figure in result.figures.values())


@pytest.mark.parametrize("medium", ["html", "docx", "tabs", "cells", "pages"])
def test_media(medium):
    rows = lines()
    title = "某县2016年政府信息公开工作年度报告"
    if medium == "html":
        table = "".join("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in rows)
        data = f"<html><body><h1>{title}</h1><p>一、概述</p><p>{PROSE}</p><table>{table}</table></body></html>".encode()
    elif medium == "docx":
        made = docx.Document()
        made.add_heading(title)
        made.add_paragraph("一、概述")
        table = made.add_table(0, 3)
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
        buffer = io.BytesIO()
        made.save(buffer)
        data = buffer.getvalue()
    elif medium == "tabs":
        data = "\n".join([title, "一、概述", PROSE, *("\t".join(row) for row in rows)]).encode()
    elif medium == "cells":
        data = "\n".join([title, "一、概述", PROSE, *(text for row in rows for text in row)]).encode()
    else:
        half = len(rows) // 2
        parts = ["".join("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in part)
                 for part in (rows[:half], rows[half:])]
        data = (f"<html><body><h1>{title}</h1><p>一、概述</p><p>{PROSE}</p><table>{parts[0]}</table>"
                f"<table>{parts[1]}</table></body></html>").encode()
    result = report.read(data, Hints())
    assert not wrong(result)
    assert shown(result).keys() >= TRUTH.keys()
    assert result.form == "2014"
    assert all(figure.confident for key, figure in result.figures.items() if key.startswith("statistics2014."))


def test_two_years_side_by_side():
    rows = [["统计指标", "单位", "2015年度", "2016年度"]]
    rows += [[label, unit, "9" + str(TRUTH[f"statistics2014.{key}"]) if key else "—",
              str(TRUTH[f"statistics2014.{key}"]) if key else "—"] for label, unit, key in ROWS]
    assert shown(report.build(document(grid(rows)))) == TRUTH


def test_year_and_all_years_before():
    rows = [["指标名称", "计量单位", "2012年度", "历年累计"], ["主动公开信息数", "条", "72", "764"],
            ["其中：1、网站公开", "条", "70", "762"], ["2、政府公报公开", "条", "", "0"],
            ["受理依申请公开信息总数", "条", "5", "9"], ["3、电子邮件申请数", "条", "1", "2"],
            ["行政复议数", "件", "3", "4"], ["行政申诉、举报数", "件", "6", "8"], ["读者来信数", "封", "11", "12"]]
    result = report.build(document(grid(rows), year=2012))
    assert shown(result) == {
        "statistics2014.disclosure.items": 72, "statistics2014.disclosure.items.cumulative": 764,
        "statistics2014.disclosure.website": 70, "statistics2014.disclosure.website.cumulative": 762,
        "statistics2014.disclosure.gazette.cumulative": 0,
        "statistics2014.requests.received": 5, "statistics2014.requests.received.cumulative": 9,
        "statistics2014.requests.email": 1, "statistics2014.requests.email.cumulative": 2,
        "statistics2014.reconsideration.total": 3, "statistics2014.reconsideration.total.cumulative": 4,
        "statistics2014.complaints.total": 6, "statistics2014.complaints.total.cumulative": 8}
    assert result.figures["statistics2014.disclosure.gazette"].state == "blank"
    assert result.tables[0].rows_extra == ["读者来信数"]


def test_columns_of_levels_are_not_guessed():
    rows = [["统计指标", "单位", "区政府统计数", "区直单位统计数"],
            *([label, unit, "1", "2"] for label, unit, _ in ROWS[1:20])]
    assert not shown(report.build(document(grid(rows))))
    twice = [["统计指标", "单位", "统计数", "统计数"], *([label, unit, "1", "2"] for label, unit, _ in ROWS[1:20])]
    assert not shown(report.build(document(grid(twice))))


def test_group_heads_tell_equal_labels_apart():
    rows = [row for row in ROWS if not row[2].startswith("reconsideration.")]
    result = report.build(document(grid(lines(rows=rows))))
    assert not wrong(result)
    assert not any(key.startswith("statistics2014.reconsideration") for key in result.figures)


@settings(max_examples=60)
@given(st.integers(0, 10**9))
def test_rows_left_out_added_and_blank(seed):
    pick = random.Random(seed)
    rows = [row for row in ROWS if not row[2] or pick.random() < 0.85]
    printed = lines(rows=rows)
    truth = {f"statistics2014.{key}": TRUTH[f"statistics2014.{key}"] for _, _, key in rows if key}
    for place in range(len(printed) - 1, 0, -1):
        if pick.random() < 0.1:
            printed.insert(place, [pick.choice(["报刊公开政府信息数", "电视公开信息数", "处理投诉数"]), "条", "77777"])
    if pick.random() < 0.5:
        printed = [[str(number) if number else "序号", *row] for number, row in enumerate(printed)]
    result = report.build(document(grid(printed)))
    assert not wrong(result, truth)
    heads = {key.partition(".")[0] for _, _, key in rows if key.endswith("total")}
    lost = truth.keys() - shown(result).keys()
    if heads >= {"reconsideration", "litigation"}:
        assert not lost
    assert all(key.split(".")[1] in ("reconsideration", "litigation") for key in lost)


def test_a_statistics_table_beside_the_six_part_form_leaves_its_figures_alone():
    from tests.extract.form_tables import document as six_parts
    from tests.extract.form_tables import numbers, table_four, table_three, table_two

    truth = numbers()
    result = report.build(six_parts(table_two(truth), table_three(truth), table_four(truth), grid(lines())))
    assert result.form == "2021"
    assert shown(result) == TRUTH | {key: float(value) for key, value in truth.items()}


def test_words_of_the_form_in_another_table_are_no_statistics_form():
    other = grid([["项目", "数量"], ["行政复议数", "3"], ["行政诉讼数", "1"], ["培训", "2"]])
    result = report.build(document(other))
    assert not any(key.startswith("statistics2014.") for key in result.figures)


@pytest.mark.parametrize("year", [2010, 2014, 2016, 2018])
def test_nothing_accuses_an_old_report_by_a_newer_form(year):
    for grids in ([grid(lines())], []):
        judgement = judging.judge(report.build(document(*grids, year=year)))
        assert not [finding for finding in judgement.findings if finding.rule.startswith(("FMT", "ARI"))]


def test_the_old_form_in_a_newer_year_is_told():
    judgement = judging.judge(report.build(document(grid(lines()), year=2021)))
    told = [finding for finding in judgement.findings if finding.rule == "FMT-06"]
    assert [finding.parameters["form_used"] for finding in told] == ["2014"]

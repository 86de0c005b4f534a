"""Parsers of text: cells, numbers, days, titles, prose, scripts, robots.txt."""

from __future__ import annotations

import json
from functools import cache

from crawler import conduct, outcomes
from crawler.families import rows
from extract import (
    claims,
    clauses,
    dates,
    decoding,
    figures,
    labels,
    literals,
    number_formats,
    report,
    sections,
    sniffing,
    titles,
    unseen,
)
from extract.model import Document, Hints, Section, Text
from tests.fuzz import small_documents as small
from tests.fuzz.harnesses.frame import ADDRESS, harness, text_of


@harness("cell", "31", "1,234.5", "增12件", "１．１５万元", "一百二十", " / ", "3 4", "２０２１\n12", "约1.2亿元",
         words="numbers")
def _cell(data: bytes) -> None:
    text = text_of(data)
    for kind in ("integer", "signed", "decimal"):
        value, state = figures.parse_cell(text, kind)  # type: ignore[arg-type]
        json.dumps([value, state], allow_nan=False)
    figures.is_value(text)
    figures.is_footnote_mark(text)


@harness("number", "1.15万余", "一百二十", "１，２３４", "万亿", "3千万", "二〇二一", words="numbers")
def _number(data: bytes) -> None:
    json.dumps(figures.parse_number(text_of(data)), allow_nan=False)


@harness("number_format", '0.0,"万"', "0!.0000", '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', "[>100]0;;;@",
         words="numbers")
def _number_format(data: bytes) -> None:
    for value in (0, 12, -3.25, 1e300):
        number_formats.prints(text_of(data), value)


@harness("style_sheet", ".x{display:none}", "@media print{.x{display:none}} p, span.x { visibility: hidden }/* */",
         words="markup")
def _style_sheet(data: bytes) -> None:
    unseen.hiding_classes(text_of(data))


@harness("day", "2022年1月20日", "发布日期：2022-01-20", "20220120", "二〇二二年一月二十日", "2022.1.3 10:00",
         words="numbers")
def _day(data: bytes) -> None:
    text = text_of(data)
    dates.find_day(text)
    rows.find_day(text)
    dates.day_in_address(text)
    document = Document("", "text/html", "x", [Text(text)], title=text, meta={"PubDate": text, "created": text},
                        text=text)
    dates.publication(document, Hints(url=text, list_date=text, last_modified=text, first_seen=text), 2021)


@harness("title", small.TITLE, "关于印发《示例省2021年政府信息公开工作年度报告》的通知",
         "示例区人民政府办公室：2020-2021年政务公开年报（本级）")
def _title(data: bytes) -> None:
    text = text_of(data)
    titles.parse(text)
    titles.normalise(text)
    rows.names_report(text)


@harness("label", "（三）不予公开", "3.危及“三安全一稳定”", "1．属于国家秘密")
def _label(data: bytes) -> None:
    text = text_of(data)
    table = _labels()
    table.match(text)
    table.alike(text)
    sections.heading(text)


@cache
def _labels() -> labels.Labels:
    return labels.Labels([labels.Label.of("a", "予以公开", ["全部公开"], [["予以", "公开"]], ["不予"]),
                          labels.Label.of("b", "不予公开", [], [["不予公开"]]),
                          labels.Label.of("c", "本年新收政府信息公开申请数量", [], [["新收", "申请"]])])


@harness("claims", small.PROSE[1], "全年共收到政府信息公开申请12件，其中自然人9件，办结11件，结转1件；占比75.5%。",
         "本年度未收到政府信息公开申请。行政复议3件，维持2件，纠正1件，行政诉讼0件。",
         "制发规范性文件4件，废止2件，现行有效30件。", "收取信息处理费1.2万元。主动公开各类信息1,234条，同比增长20%。")
def _claims(data: bytes) -> None:
    text = text_of(data)
    parts = [Section(number, f"{'〇一二三四五六'[number]}、总体情况", text) for number in (0, 1, 2, 3, 4, 6)]
    for sentence in clauses.sentences(parts):
        sentence.span(0, len(sentence.text))
    found = claims.find_claims(parts, 2021)
    for claim in found:
        start, end = claim.span
        assert 0 <= start <= end <= len(text)
    claims.processing_fee(parts)
    claims.narrative(parts, 2021)
    claims.stated_period(parts)
    json.dumps([claim.to_record() for claim in found], allow_nan=False)


@harness("sections", lambda: small.plain())
def _sections(data: bytes) -> None:
    lines = [Text(line) for line in text_of(data).split("\n\n")]
    record = report.build(Document("", "text/plain", "x", lines, text=text_of(data)), Hints()).to_record()
    json.dumps(record, allow_nan=False)


@harness("literals", "{a: 1, 'b': [2, 3.5e2, \"\\u4e2d\"], c: f(x), d: true, /* x */ e: `t`}", "var x = [{'a': {}},];",
         words="script")
def _literals(data: bytes) -> None:
    text = text_of(data)
    literals.literal(text)
    literals.literal_after(text, "x")


@harness("decoding", small.page, "中文".encode("gb18030"), "中文".encode("utf-16"), words="markup")
def _decoding(data: bytes) -> None:
    decoding.decode(data, "text/html; charset=gb2312")
    decoding.decode(data, data[:60].decode("latin-1"))
    outcomes.decode(data, data[:60].decode("latin-1"))


@harness("sniffing", small.page, small.rtf, small.pdf, small.web_archive, small.word_xml,
         lambda: small.stored(small.docx()), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), words="markup")
def _sniffing(data: bytes) -> None:
    kind = sniffing.media_type(data, text_of(data[:30]), text_of(data[:30]))
    assert "/" in kind


@harness("robots", "User-agent: *\nDisallow: /a\nAllow: /a/*.html$\nCrawl-delay: 4\nRequest-rate: 1/5s\n",
         words="markup")
def _robots(data: bytes) -> None:
    text = text_of(data)
    robots = conduct.Robots(text)
    robots.allows(ADDRESS)
    assert robots.delay >= 0
    conduct.retry_after(text, 1e9)
    conduct.HostRule(["www.county.example"]).refusal(text)

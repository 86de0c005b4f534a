"""A whole made report, or two years of one body, from the phrases: what an office in order would publish.

Promises: bodies, sizes, layout and wording vary with the seed; the same seed makes the same report. Leaves alone: what
is wrong with it (faults.py) or looks so (traps.py).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from tests.bench.mutations import phrases
from tests.bench.mutations.made import (
    LONG_TITLES,
    PARTS,
    ROUTES,
    SHORT_TITLES,
    Made,
    Value,
    day_in_january,
    figures,
    figures_2019,
)
from tests.bench.mutations.phrases import Phrase

PLACES = ("青石县", "临河县", "望海市东城区", "松岭市", "南屏县", "安河市北湖区", "云溪县", "长渡县")
DEPARTMENTS = ("财政局", "教育局", "民政局", "自然资源局", "卫生健康局", "农业农村局", "交通运输局", "水利局", "审计局",
               "发展和改革局", "住房和城乡建设局", "市场监督管理局", "人力资源和社会保障局", "文化和旅游局",
               "应急管理局")
TOWNS = ("石桥镇", "柳林镇", "双塘乡", "白鹤镇", "清泉乡")
STREETS = ("城关街道办事处", "新华街道办事处", "河西街道办事处")


def make(rng: random.Random, kind: str = "", year: int = 0, size: str = "", era: str = "",
         before: Made | None = None) -> Made:
    """One report in order; `before` is the same body's report of the year before, to which this one ties on."""
    year = year or rng.choice((2021, 2022, 2022, 2023, 2023, 2024, 2025))
    era = era or ("2019" if year < 2021 else "2021")
    kind = before.kind if before else kind or rng.choice(("department",) * 5 + ("township", "street", "county",
        "county"))
    body, we = (before.body, before.we) if before else _name(rng, kind)
    size = size or rng.choice(("none", "few", "few", "many") if kind != "county" else ("few", "many", "many"))
    values = figures(rng, size, before.row("carried_out") if before else None)
    if before:
        _tie(rng, values, before)
    if _conspicuous(values):
        return make(rng, kind, year, size, era, before)
    if era == "2019":
        values = figures_2019(rng, values)
    numerals = rng.choice((SHORT_TITLES, LONG_TITLES))
    title = f"{body}{year}年政府信息公开工作年度报告"
    made = Made(body, kind, we, year, title, values, {}, dict(numerals), [], day_in_january(rng, year), era,
                style=rng.randrange(8), roster=_roster(kind))
    made.preamble = [_preamble(rng, made)]
    made.parts = {1: _first(rng, made), 5: _fifth(rng, made, before), 6: _sixth(rng, made)}
    return made


def chain(rng: random.Random, kind: str = "", year: int = 0, size: str = "", era: str = "") -> tuple[Made, Made]:
    """Last year's report and this year's, which ties on to it."""
    year = year or rng.choice((2022, 2023, 2024, 2025))
    size = size or rng.choice(("few", "few", "many"))
    before = make(rng, kind, year - 1, size, era)
    if size == "many" and not before.row("carried_out"):
        return chain(rng, kind, year, size, era)
    return before, make(rng, kind, year, size, era, before)


def with_sentence(made: Made, text: str, rng: random.Random, section: int = 1) -> Made:
    """The report with one more sentence at the end of a paragraph of a section."""
    parts = {number: list(paragraphs) for number, paragraphs in made.parts.items()}
    place = rng.randrange(len(parts[section]))
    parts[section][place] += text
    return replace(made, parts=parts)


def telling(rng: random.Random, made: Made, pool: Sequence[Phrase]) -> Phrase | None:
    """One phrase of the pool that suits the report's numbers."""
    fitting = [phrase for phrase in pool if phrase.suits(made)]
    return rng.choice(fitting) if fitting else None


def _name(rng: random.Random, kind: str) -> tuple[str, str]:
    place = rng.choice(PLACES)
    if kind == "county":
        return f"{place}人民政府", rng.choice(("全县", "我县", "全县各级行政机关", "")).replace(
            "县", "县" if "县" in place else "区" if "区" in place else "市")
    if kind == "township":
        return f"{place}{(town := rng.choice(TOWNS))}人民政府", rng.choice((f"我{town[-1]}", "本机关", town))
    if kind == "street":
        return f"{place}{rng.choice(STREETS)}", rng.choice(("街道", "本街道", "我街道"))
    name = f"{place}{rng.choice(DEPARTMENTS)}"
    return name, rng.choice(("我局", "本机关", "局机关", "我单位", name))


def _roster(kind: str) -> dict[str, object]:
    known = {"department": ("department", "county"), "township": ("township", "township"),
             "street": ("dispatched_office", "township"), "county": ("government", "county")}[kind]
    return {"kind": known[0], "level": known[1]}


def _conspicuous(values: dict[str, Value]) -> bool:
    """Whether chance made figures that ARI-16 to 18 ask about: then the report is made anew."""
    def total(*rows: str) -> int:
        return sum(int(values[f"applications.{row}.total"] or 0) for row in rows)

    closed = total(*(row for row in PARTS if row.startswith("closed_")))
    disputes = sum(int(values[f"disputes.{route}.total"] or 0) for route in ROUTES)
    return (5 <= closed * 5 >= total("concluded") and closed >= 5) or 10 <= total("carried_out") > total("new") / 3 \
        or (disputes > 3 * total("new", "carried_in") and disputes >= 10)


def _tie(rng: random.Random, values: dict[str, Value], before: Made) -> None:
    """Carry-overs by column and documents in force follow from last year's report; no count jumps."""
    for column in ("natural_person", "business", "research", "public_interest", "legal_service", "other_organisation"):
        key = f"applications.{{}}.{column}"
        old = int(values[key.format("carried_in")] or 0)
        carried = before.value(key.format("carried_out"))
        # What comes in more or less is new less or more, so every sum of the column still holds.
        shift = carried - old
        new = int(values[key.format("new")] or 0) - shift
        values[key.format("carried_in")] = carried
        if new < 0:
            for row in ("granted", "concluded"):
                values[key.format(row)] = int(values[key.format(row)] or 0) - new
            new = 0
        values[key.format("new")] = new
    for row in (*PARTS, "new", "carried_in", "concluded", "carried_out"):
        values[f"applications.{row}.total"] = sum(
            int(values[f"applications.{row}.{column}"] or 0) for column in
            ("natural_person", "business", "research", "public_interest", "legal_service", "other_organisation"))
    documents = "disclosure.normative_documents"
    values[f"{documents}.repealed"] = min(int(values[f"{documents}.repealed"] or 0),
                                          before.value(f"{documents}.in_force"))
    values[f"{documents}.in_force"] = (before.value(f"{documents}.in_force") + int(values[f"{documents}.issued"] or 0)
                                       - int(values[f"{documents}.repealed"] or 0))
    for row in ("licences", "penalties", "coercive_measures"):
        last = before.value(f"disclosure.{row}.decided")
        values[f"disclosure.{row}.decided"] = max(0, int(last * rng.uniform(0.6, 1.7)))
    fees = before.figures.get("disclosure.fees.amount")
    if isinstance(fees, (int, float)):
        values["disclosure.fees.amount"] = round(fees * rng.uniform(0.7, 1.5), 2)
    for route in ("reconsideration", "litigation_direct", "litigation_after_reconsideration"):
        missing = before.value(f"disputes.{route}.pending") - int(values[f"disputes.{route}.total"] or 0)
        if missing > 0:
            values[f"disputes.{route}.upheld"] = int(values[f"disputes.{route}.upheld"] or 0) + missing
            values[f"disputes.{route}.total"] = int(values[f"disputes.{route}.total"] or 0) + missing


# ---------------------------------------------------------------- prose
def _preamble(rng: random.Random, made: Made) -> str:
    year, titles = made.year, made.headings
    basis = "国务院办公厅政府信息与政务公开办公室有关要求" if made.era == "2021" else "国务院办公厅有关格式要求"
    period = rng.choice((f"{year}年1月1日起至{year}年12月31日止", f"{year}年1月1日至12月31日",
                         f"{year}年1月1日—{year}年12月31日", f"自{year}年1月1日至{year}年12月31日"))
    listed = rng.choice((f"本报告由{'、'.join(titles[number] for number in range(1, 7))}六个部分组成。", "",
                         f"全文包括：{'，'.join(titles[number] for number in range(1, 7))}共六部分。"))
    law = rng.choice(("《中华人民共和国政府信息公开条例》（国务院令第711号）",
                      "《中华人民共和国政府信息公开条例》（以下简称《条例》）"))
    ask = rng.choice(("如对本报告有疑问，请与我单位办公室联系（电话：0000-1234567）。", "",
                      "联系地址：示例路1号，邮编：000000。"))
    return (f"根据{law}和{basis}，现公布{made.body}{year}年政府信息公开工作年度报告。{listed}"
            f"本报告中所列数据的统计期限为{period}。{ask}")


def _first(rng: random.Random, made: Made) -> list[str]:
    openings = (f"{made.year}年，{made.body}坚持以习近平新时代中国特色社会主义思想为指导，扎实推进政府信息公开工作。",
                f"{made.year}年，{made.body}认真贯彻落实《条例》，以公开促落实、强监管、优服务。",
                f"{made.body}紧扣中心工作，{made.year}年政府信息公开各项任务有序推进。")
    order = ["主动公开", "依申请公开", "政府信息管理", "平台", "监督保障"]
    names = {"主动公开": "主动公开", "依申请公开": "依申请公开", "政府信息管理": "政府信息管理",
             "平台": "政府信息公开平台建设", "监督保障": "监督保障"}
    mark = rng.choice(("（{}）{}。", "{}是{}方面。", "（{}）{}情况。"))
    paragraphs = [rng.choice(openings)]
    for number, topic in enumerate(order):
        said = rng.sample(phrases.TOPICS[topic], rng.randint(3, 5))
        if topic == "主动公开":
            said.insert(rng.randint(0, len(said)), f"全年公开各类信息{rng.randint(60, 3000)}条。")
        if made.kind in ("county", "township") and topic == "监督保障":
            said.append(rng.choice(phrases.GOVERNMENT))
        if topic == "依申请公开":
            phrase = telling(rng, made, phrases.REQUESTS) if rng.random() < 0.7 else None
            if phrase:
                said.append(phrase.said(made, rng))
        paragraphs.append(mark.format("一二三四五"[number], names[topic]) + "".join(said))
    return paragraphs


def _fifth(rng: random.Random, made: Made, before: Made | None) -> list[str]:
    used = "".join(before.parts[5]) if before else ""
    problems, measures = _unused(rng, phrases.PROBLEMS, used), _unused(rng, phrases.MEASURES, used)
    one, two = rng.choice((("存在的主要问题：", "改进措施："),
                           ("{Y}年工作取得一定成效，但仍存在不足：", "下一步，{we}将："),
                           ("主要问题有：", "{N}年，{we}将采取以下措施：")))
    lead = [text.replace("{Y}", str(made.year)).replace("{N}", str(made.year + 1)).replace("{we}", made.we)
            for text in (one, two)]
    number = rng.choice(("一是二是三是四是", "1.2.3.4."))
    marks = [number[place:place + 2] for place in range(0, 8, 2)]
    return [lead[which] + "；".join(marks[place] + each for place, each in enumerate(texts)) + "。"
            for which, texts in enumerate((problems, measures))]


def _unused(rng: random.Random, pool: Sequence[str], used: str) -> list[str]:
    return [each for each in rng.sample(pool, len(pool)) if each not in used][:rng.randint(2, 3)]


def _sixth(rng: random.Random, made: Made) -> list[str]:
    fee = rng.choice(phrases.FEE_SENTENCES) if not made.value("applications.closed_unpaid.total") else \
        "本年度共发出收费通知{n}件，申请人均未缴纳，实际收取信息处理费0元。".format(
            n=made.value("applications.closed_unpaid.total"))
    said = fee.replace("{Y}", str(made.year)).replace("{we}", made.we)
    return [said + rng.choice(phrases.OTHER_MATTERS)] if rng.random() < 0.6 else [rng.choice(phrases.OTHER_MATTERS),
        said]

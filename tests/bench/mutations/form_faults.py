"""Faults of the form and its figures: parts, tables, cells, fees, shares (FMT, ARI).

Leaves alone: prose and titles (faults.py), other years and bodies (year_faults.py).
"""

from __future__ import annotations

import random
from dataclasses import replace

from tests.bench.mutations import phrases
from tests.bench.mutations.building import chain, make
from tests.bench.mutations.faults import OF_REQUESTS, Planted, fault, replaced, sentences, with_cells
from tests.bench.mutations.made import COLUMNS, LONG_TITLES, PARTS, SHORT_TITLES, Value, figures_2019


# ---------------------------------------------------------------- FMT
@fault("FMT-01")
def _no_section(rng: random.Random) -> Planted:
    made = make(rng, year=rng.choice((2021, 2022, 2023, 2024)))
    number = rng.choice((1, 5, 6, 3, 4))
    text = f"现公布{made.body}{made.year}年政府信息公开工作年度报告，数据统计期限为{made.year}年1月1日至12月31日。"
    made = replace(made, order=[each for each in made.order if each != number], preamble=[text],
                   dropped=made.dropped | {number})
    return Planted(made, "FMT-01", severity="W" if made.kind == "county" else "E", name=f"section {number}",
                   implied=("FMT-04", "FMT-13"))


@fault("FMT-02")
def _disorder(rng: random.Random) -> Planted:
    made = make(rng)
    if rng.random() < 0.5:
        order = list(made.order)
        one = rng.choice((1, 4))
        order[one - 1:one + 1] = reversed(order[one - 1:one + 1])
        return Planted(replace(made, order=order), "FMT-02", severity="I", name=f"order {order}")
    number, title = rng.choice(((5, "工作中存在的困难和下年打算"), (5, "不足与努力方向"), (6, "附则"), (1,
        "基本概况与成效"),
                                (6, "有关说明与附表")))
    return Planted(replace(made, headings={**made.headings, number: title}), "FMT-02", severity="I", name=title,
                   implied=("FMT-01", "FMT-03", "FMT-12", "FMT-13", "FMT-14", "FMT-10", "YOY-09", "FMT-11"))


@fault("FMT-03")
def _count_off(rng: random.Random) -> Planted:
    made = make(rng)
    count = rng.choice(("五", "七", "5", "四"))
    titles = rng.choice((SHORT_TITLES, LONG_TITLES))
    listed = "、".join(f"“{titles[number]}”" if rng.random() < 0.5 else titles[number] for number in range(1, 7))
    text = rng.choice((f"本报告由{listed}{count}部分组成。", f"报告包括{listed}等{count}个部分。",
                       f"全文共分{count}个部分：{listed}。"))
    return Planted(replace(made, preamble=[text + f"数据统计期限为{made.year}年1月1日至{made.year}年12月31日。"]),
                   "FMT-03",
                   severity="I", name=text)


@fault("FMT-04")
def _no_table(rng: random.Random) -> Planted:
    made = make(rng, year=rng.choice((2021, 2022, 2023)))
    number = rng.choice((2, 3, 4))
    return Planted(replace(made, dropped={number}), "FMT-04", f"table.{number}",
                   "W" if made.kind == "county" else "E", implied=("TXT-01",))


@fault("FMT-05")
def _row_gone(rng: random.Random) -> Planted:
    made = make(rng)
    zero = [name for name in PARTS if not made.row(name) and not name.startswith("closed")]
    if rng.random() < 0.4 or not zero:
        return Planted(replace(made, added_rows=["（八）延期办理件数"]), "FMT-05", "table.3", name="added")
    name = rng.choice(zero)
    figures = {key: value for key, value in made.figures.items() if not key.startswith(f"applications.{name}.")}
    return Planted(replace(made, dropped_rows={name}, figures=figures), "FMT-05", "table.3", name=name)


@fault("FMT-05")
def _old_closed(rng: random.Random) -> Planted:
    made = make(rng)
    closed = {f"applications.closed.{column}": sum(made.value(f"applications.{name}.{column}") for name in PARTS
                                                  if name.startswith("closed_")) for column in (*COLUMNS, "total")}
    kept = {key: value for key, value in made.figures.items() if not key.startswith("applications.closed_")}
    return Planted(replace(made, one_row_closed=True, figures={**kept, **closed}), "FMT-05", "table.3", severity="I",
                   name="one row")


@fault("FMT-06")
def _old_form(rng: random.Random) -> Planted:
    made = make(rng, year=rng.choice((2021, 2022, 2023)), size=rng.choice(("none", "few")))
    return Planted(replace(made, era="2019", figures=figures_2019(rng, made.figures)), "FMT-06",
                   severity="W" if made.kind == "county" else "E", implied=("FMT-05",))


@fault("FMT-07")
def _blank_cells(rng: random.Random) -> Planted:
    made = make(rng)
    zeros = [key for key, value in made.figures.items() if value == 0 and not key.endswith(".total")]
    count = rng.choice((1, 3, 5, 6, 12))
    blank = dict.fromkeys(rng.sample(zeros, count))
    return Planted(replace(made, figures={**made.figures, **blank}), "FMT-07", severity="I" if count <= 5 else "W")


@fault("FMT-08")
def _no_count(rng: random.Random) -> Planted:
    made = make(rng, size="few")
    key, cell = rng.choice((("disclosure.licences.decided", 12.5), ("disclosure.penalties.decided", -3),
                            ("disclosure.coercive_measures.decided", 2.4)))
    return Planted(replace(made, figures={**made.figures, key: cell}), "FMT-08", key, "E", name=str(cell))


@fault("FMT-08")
def _worded(rng: random.Random) -> Planted:
    made = make(rng, size="few")
    cell = f"{made.value('disclosure.penalties.decided')}{rng.choice(('件', '起', '宗'))}"
    return Planted(replace(made, figures={**made.figures, "disclosure.penalties.decided": cell}), "FMT-08", "table.2",
                   "I", name=cell)


@fault("FMT-10")
def _no_topic(rng: random.Random) -> Planted:
    made = make(rng, "department")
    text = [f"{made.year}年，{made.body}认真落实公开要求，全年主动公开政府信息{rng.randint(50, 900)}条。"
            + "围绕财政预决算、行政执法结果、公共服务事项等内容持续充实，明确责任股室和完成时限，逐项抓好落实。" * 2
            + "依申请公开渠道畅通，答复及时。公文起草时同步确定公开属性。"
            + rng.choice(("门户网站栏目按目录重新编排，公众号及时更新。",
                          "全年组织业务培训2次，纳入考核，接受社会监督。"))
            + "各股室分工负责，按季梳理，逐条核对，确保发布内容准确完整，方便群众查询使用。"]
    return Planted(replaced(made, 1, text), "FMT-10", severity="I")


@fault("FMT-11")
def _no_accountability(rng: random.Random) -> Planted:
    made = make(rng, rng.choice(("county", "township")), size="few")
    drop = ("考核", "考评", "绩效", "评估", "评议", "满意", "测评", "追究", "问责", "追责", "通报")
    parts = {number: ["".join(each for each in sentences(text) if not any(word in each for word in drop))
                      for text in paragraphs] for number, paragraphs in made.parts.items()}
    parts[1].append("组织信息公开培训2次，配齐工作人员，落实经费保障。")
    return Planted(replace(made, parts=parts), "FMT-11", severity="I" if made.kind == "township" else "W",
                   implied=("FMT-10", "FMT-14"))


@fault("FMT-12")
def _thin_problems(rng: random.Random) -> Planted:
    return Planted(replaced(make(rng), 5, [rng.choice(("无。", "无", "暂无。", "存在问题不多，继续改进。", "没有。",
                                                        "不涉及。"))]),
                   "FMT-12", severity="W")


@fault("FMT-13")
def _no_fee(rng: random.Random) -> Planted:
    made = make(rng, year=rng.choice((2021, 2022, 2024)), size=rng.choice(("none", "few")))
    while made.value("applications.closed_unpaid.total"):
        made = make(rng, year=2022, size="none")
    return Planted(replaced(made, 6, [rng.choice(("无其他需要报告的事项。", "本年度没有需要报告的其他事项。",
                                                   "建议提案办理结果已全部公开。"))]),
                   "FMT-13", severity="I")


@fault("FMT-14")
def _long(rng: random.Random) -> Planted:
    made = make(rng)
    if rng.random() < 0.5:
        extra = [each for pool in phrases.TOPICS.values() for each in pool]
        # Ever new matters, so that only the length is at fault.
        return Planted(replaced(made, 1, [*made.parts[1], *rng.sample(extra, len(extra)), *(
            f"{name}按要求公开了机构设置、负责人姓名、"
            f"办公地址和服务电话等内容。" for name in "甲乙丙丁戊己庚辛壬癸子丑寅卯")]), "FMT-14", severity="I",
            name="long")
    return Planted(replaced(made, 1, [f"{made.year}年，{made.body}主动公开信息{rng.randint(20, 90)}条，依申请公开、"
                                       f"信息管理、平台建设"
                                       "、监督保障各项工作有序开展，纳入考核评议和责任追究。"]), "FMT-14", severity="I",
                                       name="short")


# ---------------------------------------------------------------- ARI-07 to 18
@fault("ARI-07")
def _in_force(rng: random.Random) -> Planted:
    made = make(rng)
    return Planted(with_cells(made, disclosure__normative_documents__issued=12,
                              disclosure__normative_documents__repealed=2,
                        disclosure__normative_documents__in_force=rng.randint(0, 9)), "ARI-07", severity="W",
                   implied=("TXT-09",))


@fault("ARI-08")
def _regulations(rng: random.Random) -> Planted:
    made = make(rng)
    count = rng.randint(1, 30)
    return Planted(with_cells(made, disclosure__regulations__issued=rng.choice((0, count)),
                        disclosure__regulations__in_force=count), "ARI-08", severity="W")


@fault("ARI-09")
def _all_zero(rng: random.Random) -> Planted:
    kind = rng.choice(("county", "department"))
    before, made = chain(rng, kind, size="few")
    zero: dict[str, Value] = dict.fromkeys(made.figures, 0)
    made = replace(make(rng, kind, made.year, "none", before=before), figures=zero)
    return Planted(made, "ARI-09", severity="I", earlier=(before,),
                   implied=("YOY-01", "YOY-02", "YOY-03", "YOY-04", "ARI-07", *OF_REQUESTS))


@fault("ARI-11")
def _disclosed(rng: random.Random) -> Planted:
    made = make(rng, year=rng.choice((2019, 2020)))
    key = rng.choice(("made", "disclosed_total"))
    return Planted(with_cells(made, **{"disclosure__normative_documents__newly_disclosed": 9,
                                 "disclosure__normative_documents__made": 9,
                                 "disclosure__normative_documents__disclosed_total": 30,
                                 f"disclosure__normative_documents__{key}": rng.randint(0, 8)}), "ARI-11",
                   severity="I")


@fault("ARI-13")
def _fee_beyond(rng: random.Random) -> Planted:
    made = with_cells(make(rng, size="none"), disclosure__fees__amount=0)
    return Planted(replaced(made, 6, [f"{made.year}年共发出收费通知2件，"
                                       f"收费金额{(n := rng.choice((120, 450, 1060)))}元，"
                                       f"实际收取信息处理费{n}元。"]), "ARI-13", severity="I")


@fault("ARI-14")
def _tariff(rng: random.Random) -> Planted:
    made = with_cells(make(rng, size="none"), disclosure__fees__amount=500.5)
    text = rng.choice(("{Y}年依申请提供政府信息共收取信息处理费{n}元。",
                       "本年度发出收费通知1件，涉及信息处理费{n}元，实际收缴{n}元。"))
    return Planted(replaced(made, 6, [text.format(Y=made.year, n=rng.choice((123, 45, 1008)))]), "ARI-14",
                   severity="I", name=text)


@fault("ARI-15")
def _unpaid(rng: random.Random) -> Planted:
    while True:
        made = make(rng, size="many")
        if made.value("applications.closed_unpaid.total"):
            text, implied = rng.choice((("本年度未发出收费通知，未收取信息处理费。", ()), ("没有发出过缴费通知。",
                ("FMT-13",)),
                                        ("无其他需要报告的事项。", ("FMT-13",))))
            return Planted(replaced(made, 6, [text]), "ARI-15", severity="I", name=text, implied=implied)


@fault("ARI-16")
def _many_disputes(rng: random.Random) -> Planted:
    made = make(rng, size="none")
    count = rng.randint(10, 60)
    return Planted(with_cells(made, disputes__reconsideration__upheld=count, disputes__reconsideration__total=count),
                   "ARI-16", severity="I", implied=("TXT-06",))


@fault("ARI-17")
def _much_closed(rng: random.Random) -> Planted:
    made = make(rng, size="none")
    cells: dict[str, Value] = {}
    for column in ("natural_person", "total"):
        cells |= {f"applications__{row}__{column}": value for row, value in (
            ("new", 20), ("granted", 13), ("closed_other", 7), ("concluded", 20))}
    return Planted(with_cells(made, **cells), "ARI-17", severity="I", implied=OF_REQUESTS)


@fault("ARI-18")
def _much_left(rng: random.Random) -> Planted:
    made = make(rng, size="none")
    cells: dict[str, Value] = {}
    for column in ("natural_person", "total"):
        cells |= {f"applications__{row}__{column}": value for row, value in (
            ("new", 30), ("granted", 15), ("concluded", 15), ("carried_out", 15))}
    return Planted(with_cells(made, **cells), "ARI-18", severity="I", implied=OF_REQUESTS)


@fault("ARI-10")
def _shifted(rng: random.Random) -> Planted:
    made = make(rng, size="many")
    rows = [name for name in ("new", "granted", "concluded") if made.row(name)]
    row = rng.choice(rows)
    cells = [made.figures[f"applications.{row}.{column}"] for column in (*COLUMNS, "total")]
    moved = dict(zip((f"applications.{row}.{column}" for column in (*COLUMNS, "total")), [0, *cells[:-1]],
                     strict=True))
    return Planted(replace(made, figures={**made.figures, **moved}), "ARI-03", outcome="uncertain",
                   doubtful=("applications.",), implied=("ARI-01", "ARI-02", *OF_REQUESTS), name=row)

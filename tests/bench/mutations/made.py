"""A made annual report as its author would publish it: figures that hold together, prose, and the page.

Promises: nothing here knows how the product reads or judges; labels, layout and sums come from the official form. A
fault changes one thing of a `Made`; what it printed before and after is all that the bench looks at.
Leaves alone: phrases (phrases.py), faults (faults.py), traps (traps.py).
"""

from __future__ import annotations

import html
import random
from dataclasses import dataclass, field
from datetime import date, timedelta

Value = int | float | str | None
"""A printed cell; None prints nothing."""

COLUMNS = ("natural_person", "business", "research", "public_interest", "legal_service", "other_organisation")
PARTS = {
    "granted": "（一）予以公开", "partly_granted": "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
    "refused_state_secret": "1.属于国家秘密", "refused_other_law": "2.其他法律行政法规禁止公开",
    "refused_security_stability": "3.危及“三安全一稳定”", "refused_third_party": "4.保护第三方合法权益",
    "refused_internal_affairs": "5.属于三类内部事务信息", "refused_deliberative": "6.属于四类过程性信息",
    "refused_enforcement_file": "7.属于行政执法案卷", "refused_inquiry": "8.属于行政查询事项",
    "unable_not_held": "1.本机关不掌握相关政府信息", "unable_needs_creation": "2.没有现成信息需要另行制作",
    "unable_unclear": "3.补正后申请内容仍不明确", "declined_petition": "1.信访举报投诉类申请",
    "declined_duplicate": "2.重复申请", "declined_publication": "3.要求提供公开出版物",
    "declined_excessive": "4.无正当理由大量反复申请", "declined_reconfirmation": "5.要求行政机关确认或重新出具已获取信"
        "息",
    "closed_uncorrected": "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
    "closed_unpaid": "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
    "closed_other": "3.其他"}
GROUPS = (("（三）不予公开", "refused_"), ("（四）无法提供", "unable_"), ("（五）不予处理", "declined_"),
          ("（六）其他处理", "closed_"))
ROUTES = ("reconsideration", "litigation_direct", "litigation_after_reconsideration")
RESULTS = ("upheld", "corrected", "other", "pending")
SHORT_TITLES = {1: "总体情况", 2: "主动公开政府信息情况", 3: "收到和处理政府信息公开申请情况",
                4: "政府信息公开行政复议、行政诉讼情况", 5: "存在的主要问题及改进情况", 6: "其他需要报告的事项"}
LONG_TITLES = {1: "总体情况", 2: "行政机关主动公开政府信息情况", 3: "行政机关收到和处理政府信息公开申请情况",
               4: "因政府信息公开工作被申请行政复议、提起行政诉讼情况", 5: "政府信息公开工作存在的主要问题及改进情况",
               6: "其他需要报告的事项"}
_NUMERALS = "〇一二三四五六"


@dataclass
class Made:
    """One report before it is printed. `figures` by canonical key; `parts` paragraphs by section number."""

    body: str
    kind: str
    """department, township, street, county (the government's consolidated report)."""
    we: str
    year: int
    title: str
    figures: dict[str, Value]
    parts: dict[int, list[str]]
    headings: dict[int, str]
    preamble: list[str]
    published: date
    era: str = "2021"
    order: list[int] = field(default_factory=lambda: [1, 2, 3, 4, 5, 6])
    images: set[int] = field(default_factory=set)
    """Tables printed as a picture."""
    dropped: set[int] = field(default_factory=set)
    """Tables not printed at all."""
    dropped_rows: set[str] = field(default_factory=set)
    added_rows: list[str] = field(default_factory=list)
    """Labels of rows that table 3 doesn't have."""
    one_row_closed: bool = False
    roster: dict[str, object] = field(default_factory=dict)
    style: int = 0
    numbered: bool = True

    @property
    def scope(self) -> str:
        return "consolidated" if self.kind == "county" else "own"

    def value(self, key: str) -> int:
        """A cell as a number, 0 where none is printed."""
        printed = self.figures.get(key)
        return int(printed) if isinstance(printed, (int, float)) else 0

    def row(self, name: str) -> int:
        return self.value(f"applications.{name}.total")

    def block(self, prefix: str) -> int:
        return sum(self.row(name) for name in PARTS if name.startswith(prefix))

    def disputes(self, result: str = "total", *routes: str) -> int:
        return sum(self.value(f"disputes.{route}.{result}") for route in routes or ROUTES)

    def numbers(self) -> dict[str, int]:
        """What the prose speaks of, by the names that phrases use."""
        np, new = self.value("applications.new.natural_person"), self.row("new")
        litigation = ROUTES[1:]
        return {
            "new": new, "in": self.row("carried_in"), "done": self.row("concluded"), "out": self.row("carried_out"),
            "np": np, "org": new - np, "all": new + self.row("carried_in"), "g": self.row("granted"),
            "pg": self.row("partly_granted"), "gpg": self.row("granted") + self.row("partly_granted"),
            "ref": self.block("refused_"), "una": self.block("unable_"), "dec": self.block("declined_"),
            "clo": self.block("closed_") + self.row("closed"), "rec": self.disputes("total", ROUTES[0]),
            "lit": self.disputes("total", *litigation), "dis": self.disputes(),
            "rec_upheld": self.disputes("upheld", ROUTES[0]), "rec_corrected": self.disputes("corrected", ROUTES[0]),
            "rec_pending": self.disputes("pending", ROUTES[0]),
            "lit_upheld": self.disputes("upheld", *litigation),
            "lit_corrected": self.disputes("corrected", *litigation),
            "lit_pending": self.disputes("pending", *litigation),
            "lit_direct": self.disputes("total", ROUTES[1]), "lit_after": self.disputes("total", ROUTES[2]),
            "issued": self.value("disclosure.normative_documents.issued"),
            "repealed": self.value("disclosure.normative_documents.repealed"),
            "force": self.value("disclosure.normative_documents.in_force")}


# ---------------------------------------------------------------- figures
def figures(rng: random.Random, size: str, carried_in: int | None = None) -> dict[str, Value]:
    """A whole set of the form of 2021 whose sums hold. size: none (no request), few, many."""
    made: dict[str, Value] = {}
    high = {"none": 0, "few": 9, "many": 90}[size]
    totals = dict.fromkeys((*PARTS, "new", "carried_in", "concluded", "carried_out"), 0)
    left_in = rng.randint(0, high // 4) if carried_in is None else carried_in
    for number, column in enumerate(COLUMNS):
        chances = (1.0, 0.5, 0.1, 0.1, 0.2, 0.3)
        share = high if number == 0 else high // 6 if rng.random() < chances[number] else 0
        cells = dict.fromkeys(PARTS, 0)
        for name in rng.sample(sorted(PARTS), min(8, len(PARTS))):
            weight = 0.1 if name.startswith("closed_") or name == "declined_excessive" else 0.3
            cells[name] = rng.randint(0, max(0, int(share * weight)))
        cells["granted"] = rng.randint(share // 3, share)
        out = rng.randint(0, share // 6)
        concluded = sum(cells.values())
        carried = left_in if number == 0 else 0
        new = concluded + out - carried
        if new < 0:
            cells["granted"], concluded, new = cells["granted"] - new, concluded - new, 0
        for name, value in (*cells.items(), ("new", new), ("carried_in", carried), ("concluded", concluded),
                            ("carried_out", out)):
            made[f"applications.{name}.{column}"] = value
            totals[name] += value
    for name, value in totals.items():
        made[f"applications.{name}.total"] = value
    for route in ROUTES:
        cells = {name: rng.choice((0, 0, 0, 1, 2, 5)) if size == "many" else rng.choice((0, 0, 0, 0, 1))
                 if size == "few" else 0 for name in RESULTS}
        for name, value in (*cells.items(), ("total", sum(cells.values()))):
            made[f"disputes.{route}.{name}"] = value
    issued, repealed = rng.randint(0, 9), rng.randint(0, 5)
    for name in ("issued", "repealed", "in_force"):
        made[f"disclosure.regulations.{name}"] = 0
    made["disclosure.normative_documents.issued"] = issued
    made["disclosure.normative_documents.repealed"] = repealed
    made["disclosure.normative_documents.in_force"] = issued + rng.randint(8, 60)
    made["disclosure.licences.decided"] = rng.randint(10, 4000)
    made["disclosure.penalties.decided"] = rng.randint(1, 900)
    made["disclosure.coercive_measures.decided"] = rng.randint(0, 40)
    made["disclosure.fees.amount"] = rng.choice((0, round(rng.uniform(1, 3000), rng.randint(1, 5))))
    return made


def figures_2019(rng: random.Random, later: dict[str, Value]) -> dict[str, Value]:
    """The form of 2019 with the same requests and disputes."""
    made = {key: value for key, value in later.items() if not key.startswith("disclosure.")}
    for column in (*COLUMNS, "total"):
        made[f"applications.closed.{column}"] = sum(
            int(made.pop(f"applications.{name}.{column}") or 0) for name in PARTS if name.startswith("closed_"))
    for row in ("regulations", "normative_documents"):
        newly = 0 if row == "regulations" else rng.randint(0, 6)
        made |= {f"disclosure.{row}.made": newly + rng.randint(0, 2) if newly else 0,
                 f"disclosure.{row}.newly_disclosed": newly, f"disclosure.{row}.disclosed_total": newly * 4}
    for row in ("licences", "other_services", "penalties", "coercive_measures"):
        made |= {f"disclosure.{row}.items_last_year": rng.randint(20, 90), f"disclosure.{row}.change":
                 rng.randint(-9, 12), f"disclosure.{row}.decided": rng.randint(5, 800)}
    made |= {"disclosure.fees.items_last_year": rng.randint(0, 9), "disclosure.fees.change": 0,
             "disclosure.procurement.projects": rng.randint(0, 30),
             "disclosure.procurement.amount": round(rng.uniform(10, 900), 2)}
    return made


# ---------------------------------------------------------------- the page
def page(made: Made) -> bytes:
    """The report as a web page, with its date and title where sites put them."""
    blocks = [f"<p>{html.escape(each)}</p>" for each in made.preamble]
    for place, number in enumerate(made.order, 1):
        if number in made.headings:
            tag = ("h2", "p", "h3", "p")[made.style % 4]
            mark = ("{}、", "{}、", "（{}）", "{}、 ")[made.style % 4].format(_NUMERALS[place]) if made.numbered else ""
            strong = ("<strong>", "</strong>") if tag == "p" else ("", "")
            blocks.append(f"<{tag}>{strong[0]}{mark}{html.escape(made.headings[number])}{strong[1]}</{tag}>")
        blocks += [f"<p>{'&nbsp;' * 4 if made.style % 2 else ''}{html.escape(each)}</p>"
                   for each in made.parts.get(number, ())]
        if number in (2, 3, 4) and number not in made.dropped:
            blocks.append('<p><img src="/upload/table.png" width="600"></p>' if number in made.images
                          else _table(made, number))
    day = made.published.isoformat()
    return (f'<html><head><meta charset="utf-8"><title>{html.escape(made.title)}</title>'
            f'<meta name="PubDate" content="{day} 09:30"><meta name="ArticleTitle" content="{html.escape(made.title)}">'
            f'</head><body><div class="content"><h1>{html.escape(made.title)}</h1><p class="source">发布日期：{day}</p>'
            f'<div id="zoom">{"".join(blocks)}</div></div></body></html>').encode()


def _table(made: Made, number: int) -> str:
    rows = {2: _table2_2019 if made.era == "2019" else _table2, 3: _table3, 4: _table4}[number](made)
    return "<table border='1'><tbody>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</tbody></table>"


def _cell(text: Value, spans: str = "") -> str:
    return f"<td{spans}>{'' if text is None else html.escape(str(text))}</td>"


def _table2(made: Made) -> list[str]:
    rows = [_cell("第二十条第（一）项", " colspan=4"),
            "".join(map(_cell, ("信息内容", "本年制发件数", "本年废止件数", "现行有效件数")))]
    for label, row in (("规章", "regulations"), ("行政规范性文件", "normative_documents")):
        rows.append(_cell(label) + "".join(
            _cell(made.figures[f"disclosure.{row}.{name}"]) for name in ("issued", "repealed", "in_force")))
    for item, lines in (("五", (("行政许可", "licences"),)),
                        ("六", (("行政处罚", "penalties"), ("行政强制", "coercive_measures")))):
        rows += [_cell(f"第二十条第（{item}）项", " colspan=4"),
                 _cell("信息内容") + _cell("本年处理决定数量", " colspan=3")]
        rows += [_cell(label) + _cell(made.figures[f"disclosure.{row}.decided"], " colspan=3") for label, row in lines]
    return [*rows, _cell("第二十条第（八）项", " colspan=4"),
            _cell("信息内容") + _cell("本年收费金额（单位：万元）", " colspan=3"),
            _cell("行政事业性收费") + _cell(made.figures["disclosure.fees.amount"], " colspan=3")]


def _table2_2019(made: Made) -> list[str]:
    rows = [_cell("第二十条第（一）项", " colspan=4"),
            "".join(map(_cell, ("信息内容", "本年新制作数量", "本年新公开数量", "对外公开总数量")))]
    for label, row in (("规章", "regulations"), ("规范性文件", "normative_documents")):
        rows.append(_cell(label) + "".join(_cell(made.figures[f"disclosure.{row}.{name}"])
                                           for name in ("made", "newly_disclosed", "disclosed_total")))
    for item, lines in (("五", (("行政许可", "licences"), ("其他对外管理服务事项", "other_services"))),
                        ("六", (("行政处罚", "penalties"), ("行政强制", "coercive_measures")))):
        rows += [_cell(f"第二十条第（{item}）项", " colspan=4"),
                 "".join(map(_cell, ("信息内容", "上一年项目数量", "本年增/减", "处理决定数量")))]
        rows += [_cell(label) + "".join(_cell(made.figures[f"disclosure.{row}.{name}"])
                                        for name in ("items_last_year", "change", "decided")) for label, row in lines]
    rows += [_cell("第二十条第（八）项", " colspan=4"),
             _cell("信息内容") + _cell("上一年项目数量") + _cell("本年增/减", " colspan=2"),
             _cell("行政事业性收费") + _cell(made.figures["disclosure.fees.items_last_year"])
             + _cell(made.figures["disclosure.fees.change"], " colspan=2"),
             _cell("第二十条第（九）项", " colspan=4"),
             _cell("信息内容") + _cell("采购项目数量") + _cell("采购总金额", " colspan=2")]
    return [*rows, _cell("政府集中采购") + _cell(made.figures["disclosure.procurement.projects"])
            + _cell(f"{made.figures['disclosure.procurement.amount']}万元", " colspan=2")]


def _table3(made: Made) -> list[str]:
    head = _cell("（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", " colspan=3 rowspan=3")
    rows = [head + _cell("申请人情况", " colspan=7"),
            _cell("自然人", " rowspan=2") + _cell("法人或其他组织", " colspan=5") + _cell("总计", " rowspan=2"),
            "".join(map(_cell, ("商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他")))]

    def values(name: str) -> str:
        return "".join(_cell(made.figures.get(f"applications.{name}.{column}")) for column in (*COLUMNS, "total"))

    rows += [_cell("一、本年新收政府信息公开申请数量", " colspan=3") + values("new"),
             _cell("二、上年结转政府信息公开申请数量", " colspan=3") + values("carried_in")]
    lines: list[str] = []
    for name in ("granted", "partly_granted"):
        lines += [_cell(PARTS[name], " colspan=2") + values(name)] if name not in made.dropped_rows else []
    for label, prefix in GROUPS:
        if prefix == "closed_" and (made.era == "2019" or made.one_row_closed):
            lines.append(_cell(label, " colspan=2") + values("closed"))
            continue
        names = [name for name in PARTS if name.startswith(prefix) and name not in made.dropped_rows]
        for place, name in enumerate(names):
            group = _cell(label, f" rowspan={len(names)}") if not place else ""
            lines.append(group + _cell(PARTS[name]) + values(name))
    lines += [_cell(label, " colspan=2") + "".join(_cell(0) for _ in range(7)) for label in made.added_rows]
    lines.append(_cell("（七）总计", " colspan=2") + values("concluded"))
    lines[0] = _cell("三、本年度办理结果", f" rowspan={len(lines)}") + lines[0]
    return [*rows, *lines, _cell("四、结转下年度继续办理", " colspan=3") + values("carried_out")]


def _table4(made: Made) -> list[str]:
    labels = ("结果维持", "结果纠正", "其他结果", "尚未审结", "总计")
    return [_cell("行政复议", " colspan=5") + _cell("行政诉讼", " colspan=10"),
            "".join(_cell(label, " rowspan=2") for label in labels) + _cell("未经复议直接起诉", " colspan=5")
            + _cell("复议后起诉", " colspan=5"),
            "".join(map(_cell, labels * 2)),
            "".join(_cell(made.figures[f"disputes.{route}.{name}"]) for route in ROUTES for name in (*RESULTS,
                "total"))]


def day_in_january(rng: random.Random, year: int) -> date:
    return date(year + 1, 1, 4) + timedelta(days=rng.randint(0, 26))

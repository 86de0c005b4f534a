"""A made report in order, of which tests change one thing: six sections that speak of what the form wants, all zeros in
the tables but three requests answered."""

from __future__ import annotations

from typing import Any

from extract.forms import form
from extract.model import Figure, Report, Section, TableReading

BODY = "示例县财政局"
TITLES = {fact.number: fact.title for fact in form("2021").sections}
FIRST = ("{year}年，示例县财政局把预算、决算和专项资金目录作为主动公开的重点，全年在网站发布信息210条。"
         "依申请公开渠道畅通，答复前与申请人电话沟通。"
         "公文起草时同步确定公开属性，政府信息管理台账按月核对。专栏按目录重排，公众号菜单增设检索入口，平台运行平稳。"
         "年内开展业务培训2次，接受社会监督，把公开质量列入科室考核，组织社会评议1次，没有需要责任追究的情形。")
FIFTH = ("存在的问题：解读以文字为主，图示较少；部分科室报送不够主动。"
         "改进措施：编写常用语对照，到期自动提示，每季检查一次栏目。")
SIXTH = "本年度未收取政府信息公开信息处理费。"


def figures(era: str = "2021", **values: Any) -> dict[str, Figure]:
    """Every figure of the form: three requests of natural persons answered, the rest 0, then `values` by key with __
    for dots (None = blank)."""
    made = {key: Figure(0, "number", "0") for key in form(era).keys}
    given = {f"applications.{row}.{column}": 3 for row in ("new", "granted", "concluded")
             for column in ("natural_person", "total")}
    for key, value in {**given, **{key.replace("__", "."): value for key, value in values.items()}}.items():
        made[key] = Figure(value, "blank" if value is None else "number", "" if value is None else str(value))
    return made


def report(year: int = 2021, text: dict[int, str] | None = None, without: tuple[int, ...] = (), **more: Any) -> Report:
    """The report on `year`; `text` replaces sections by number (0 adds a preamble), `without` leaves some out."""
    prose = {0: "", 1: FIRST.format(year=year), 2: "", 3: "", 4: "", 5: FIFTH, 6: SIXTH, **(text or {})}
    sections = [Section(number, TITLES.get(number, ""), said) for number, said in sorted(prose.items())
                if number not in without and (number or said)]
    known = {"title": f"示例县财政局{year}年政府信息公开工作年度报告", "body": BODY, "scope": "own", "form": "2021",
             "medium": "text/html", "sha256": "ab" * 32, "sections": sections, "figures": figures(),
             "tables": [TableReading(number, True, form="2021") for number in (2, 3, 4)],
             "period": f"{year}年1月1日至{year}年12月31日"}
    return Report(year=year, **{**known, **more})


def said(judge: Any, seen: Any, rule: str | None = None) -> list[tuple[str, str]]:
    """Outcome and reason of every verdict, those of `rule` only where one is named."""
    return [(each.outcome, each.reason) for each in judge(seen) if rule in (None, each.rule)]


def outcomes(judge: Any, seen: Any) -> set[str]:
    return {outcome for outcome, _ in said(judge, seen)}

"""One fault planted into a made report, by rule; the truth is the rule and where it must be found.

Promises: every fault is what an inspector would criticise, made from domain.md alone. `implied` names rules that speak
of the very same fault as well (a title of another year is also no title of the right form). Leaves alone: sums of the
form, which score_rules plants.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from tests.bench.mutations import phrases
from tests.bench.mutations.building import make, telling, with_sentence
from tests.bench.mutations.made import Made, Value


@dataclass(frozen=True)
class Planted:
    """A report with one fault, or none where `rule` is empty."""

    made: Made
    rule: str = ""
    subject: str = ""
    """What the finding's subject begins with."""
    severity: str = ""
    implied: tuple[str, ...] = ()
    earlier: tuple[Made, ...] = ()
    outcome: str = "fail"
    own: Made | None = None
    members: tuple[Made, ...] = ()
    doubtful: tuple[str, ...] = ()
    """Prefixes of figures that count as read with doubt."""
    allowed: tuple[str, ...] = ()
    """For clean ones: rules that may speak, as I only."""
    name: str = ""


Fault = Callable[[random.Random], Planted]
FAULTS: dict[str, list[Fault]] = {}
OF_REQUESTS = ("TXT-01", "TXT-02", "TXT-03", "TXT-04", "TXT-05", "TXT-12", "TXT-13")


def fault(rule: str) -> Callable[[Fault], Fault]:
    def register(function: Fault) -> Fault:
        FAULTS.setdefault(rule, []).append(function)
        return function
    return register


def with_cells(made: Made, **cells: Value) -> Made:
    return replace(made, figures={**made.figures, **{key.replace("__", "."): value for key, value in cells.items()}})


def without_numbers(made: Made) -> Made:
    """Without sentences on requests, which would tell of figures that are about to change."""
    parts = {**made.parts, 1: ["".join(each for each in sentences(text) if not any(unit in each for unit in "件份宗"))
                               for text in made.parts[1]]}
    return replace(made, parts=parts)


def sentences(text: str) -> list[str]:
    return [each + "。" for each in text.split("。") if each]


def replaced(made: Made, section: int, text: list[str]) -> Made:
    return replace(made, parts={**made.parts, section: text})


# ---------------------------------------------------------------- TXT
def _wrong_number(rule: str, pool: tuple[phrases.Phrase, ...], size: str) -> Fault:
    def plant(rng: random.Random) -> Planted:
        while True:
            made = make(rng, size=size)
            phrase = telling(rng, made, pool)
            places = [place for place, (kind, _) in enumerate(phrase.slots) if phrases.RULES[kind] == rule] \
                if phrase else []
            if phrase and places:
                text = phrase.said(made, rng, rng.choice(places))
                return Planted(with_sentence(made, text, rng), rule, "section.1", implied=OF_REQUESTS, name=phrase.text)
    return plant


for _rule in ("TXT-01", "TXT-02", "TXT-03", "TXT-04", "TXT-05", "TXT-12"):
    fault(_rule)(_wrong_number(_rule, phrases.REQUESTS, "few"))
    fault(_rule)(_wrong_number(_rule, phrases.REQUESTS, "many"))
for _rule in ("TXT-06", "TXT-07", "TXT-08"):
    fault(_rule)(_wrong_number(_rule, phrases.DISPUTES, "many"))
fault("TXT-09")(_wrong_number("TXT-09", phrases.NORMATIVE, "few"))


@fault("TXT-10")
def _said_none(rng: random.Random) -> Planted:
    made = make(rng, size="few")
    while not made.row("new"):
        made = make(rng, size="few")
    text = rng.choice(phrases.NO_REQUESTS).replace("{Y}", str(made.year)).replace("{we}", made.we)
    return Planted(with_sentence(made, text, rng), "TXT-10" if "0件" not in text.replace("为0件", "") else "TXT-01",
                   implied=OF_REQUESTS, severity="W" if "0件" not in text.replace("为0件", "") else "", name=text)


@fault("TXT-11")
def _said_no_disputes(rng: random.Random) -> Planted:
    made = make(rng, size="many")
    while not made.disputes():
        made = make(rng, size="many")
    text = rng.choice(phrases.NO_DISPUTES).replace("{Y}", str(made.year)).replace("{we}", made.we)
    return Planted(with_sentence(made, text, rng), "TXT-11", severity="W", name=text)


@fault("TXT-11")
def _said_none_lost(rng: random.Random) -> Planted:
    made = make(rng, size="many")
    while not made.disputes("corrected", "litigation_direct", "litigation_after_reconsideration"):
        made = make(rng, size="many")
    text = rng.choice(("政府信息公开行政诉讼实现零败诉。", "全年涉政府信息公开行政诉讼案件无一败诉，未发生败诉情形。",
                       "本年度政府信息公开类行政诉讼未出现败诉案件。"))
    return Planted(with_sentence(made, text, rng), "TXT-11", severity="W", name=text)


@fault("TXT-13")
def _parts_off(rng: random.Random) -> Planted:
    made = make(rng)
    parts = [rng.randint(2, 300) for _ in range(3)]
    text, exhaustive = rng.choice(phrases.TOTALS)
    total = sum(parts) + (rng.choice((-2, -1, 1, 3, 10)) if exhaustive else -rng.choice((1, 2, 5)))
    if total <= max(parts):
        total = sum(parts) - 1
    said = text.format(t=total, a=parts[0], b=parts[1], c=parts[2], Y=made.year)
    return Planted(with_sentence(made, said, rng), "TXT-13", "section.1", severity="W", name=text)


# ---------------------------------------------------------------- DOC, PUB
@fault("PUB-04")
def _dated_early(rng: random.Random) -> Planted:
    made = make(rng)
    return Planted(replace(made, published=date(made.year, 12, rng.randint(1, 31))), "PUB-04")


@fault("PUB-14")
def _pictures(rng: random.Random) -> Planted:
    made = make(rng, size="none")
    return Planted(replace(made, images={2, 3, 4}), "PUB-14")


@fault("PUB-16")
def _other_year(rng: random.Random) -> Planted:
    made = make(rng, rng.choice(("department", "township")), year=rng.choice((2022, 2023, 2024)), size="none")
    last = made.year - 1
    stale = make(random.Random(rng.random()), made.kind, last, "none")
    parts = {number: [text.replace(stale.body, made.body) for text in paragraphs]
             for number, paragraphs in stale.parts.items()}
    preamble = [text.replace(stale.body, made.body) for text in stale.preamble]
    return Planted(replace(made, parts=parts, preamble=preamble), "PUB-16", severity="E",
                   implied=("DOC-03", "DOC-04", "YOY-09"))


@fault("DOC-01")
def _title_form(rng: random.Random) -> Planted:
    made = make(rng)
    body, year = made.body, made.year
    title = rng.choice((f"{body}{year}年度政府信息公开年报", f"{body}{year}年政府信息公开年度报告",
                        f"{body}政府信息公开工作{year}年度报告",
                        f"{body}{year}年度政府信息公开工作报告", f"{year}年{body}政府信息公开工作年度报告",
                        f"{year}年政府信息公开工作年度报告"))
    return Planted(replace(made, title=title), "DOC-01", severity="I", name=title)


@fault("DOC-02")
def _title_year(rng: random.Random) -> Planted:
    made = make(rng)
    other = made.year + rng.choice((-1, 1))
    title = rng.choice((f"{made.body}{other}年政府信息公开工作年度报告",
                        f"{made.body}{made.year}年政府信息公开工作{other}年度报告"))
    return Planted(replace(made, title=title), "DOC-02", severity="W", implied=("DOC-01", "PUB-16"), name=title)


@fault("DOC-03")
def _period_start(rng: random.Random) -> Planted:
    made = make(rng)
    year, stated = made.year, rng.choice((
        "{0}年1月1日至{0}年12月31日", "{0}年1月1日起至{0}年12月31日止", "{0}年1月1日至12月31日"))
    other = stated.format(year - rng.choice((1, 1, 2)))
    text = (f"根据《中华人民共和国政府信息公开条例》，编制{made.body}{year}年政府信息公开工作年度报告。"
            f"报告中数据统计期限为{other}。")
    return Planted(replace(made, preamble=[text]), "DOC-03", severity="E", name=other)


@fault("DOC-03")
def _period_end(rng: random.Random) -> Planted:
    made = make(rng)
    year = made.year
    other = rng.choice((f"{year}年1月1日至{year + 1}年1月1日", f"{year}年1月1日至{year}年11月30日",
                        f"{year}年1月1日至{year + 1}年12月31日", f"{year}年1月1日至12月30日"))
    text = f"本年度报告根据《政府信息公开条例》编制，所列数据统计时间为{other}。"
    return Planted(replace(made, preamble=[text]), "DOC-03", severity="W", name=other)


@fault("DOC-04")
def _stale(rng: random.Random) -> Planted:
    made = make(rng, size="none")
    last, year = made.year - 1, made.year
    section, text = rng.choice((
        (1, f"{last}年，{made.we or '我县'}主动公开政府信息{rng.randint(100, 900)}条。"),
        (1, f"截至{last}年12月31日，共公开各类文件{rng.randint(20, 90)}件。"),
        (1, f"{last}年度，全年发布动态信息{rng.randint(100, 900)}条。"),
        (6, f"{last}年度未收取政府信息公开信息处理费。"), (6, f"{last}年没有其他需要报告的事项，未发出收费通知。"),
        (5, f"{year}年将进一步加强业务培训，提升公开质量。"), (5, f"{year}年，我们将继续完善公开目录。"),
        (5, f"下一步，{year}年将着力做好政策解读。")))
    return Planted(with_sentence(made, text, rng, section), "DOC-04", f"section.{section}", severity="W", name=text,
                   implied=OF_REQUESTS)


@fault("DOC-05")
def _blank_name(rng: random.Random) -> Planted:
    made = make(rng)
    text = rng.choice(("XX局严格落实公开责任。", "××镇认真做好政府信息公开工作。", "XX县XX局高度重视信息公开。",
                       "某某局持续推进主动公开。",
                       "XXX办公室负责日常工作。"))
    return Planted(with_sentence(made, text, rng, rng.choice((1, 5))), "DOC-05", severity="W", name=text)


@fault("DOC-05")
def _other_body(rng: random.Random) -> Planted:
    made = make(rng, "department")
    kind = next(name for name in ("财政局", "教育局", "民政局", "自然资源局", "卫生健康局", "农业农村局", "交通运输局",
                                  "水利局", "审计局",
                                  "发展和改革局", "住房和城乡建设局", "市场监督管理局", "人力资源和社会保障局",
                                  "文化和旅游局",
                                  "应急管理局") if made.body.endswith(name))
    place = rng.choice(("白沙县", "古田县", "北宁县", "红岭区", "大河区")) if "区" not in made.body else rng.choice(
        ("红岭区", "大河区", "宝塔区"))
    if "县" in made.body and place.endswith("区"):
        place = "白沙县"
    if made.body.startswith("松岭市"):
        place = "双河市"
    text = f"{made.year}年，{place}{kind}坚持以公开为常态，扎实推进政府信息公开。"
    return Planted(with_sentence(made, text, rng), "DOC-05", severity="W", name=text)


@fault("DOC-06")
def _instructions(rng: random.Random) -> Planted:
    text = rng.choice(("（填报说明：本部分字数原则上不超过1000字）", "此处填写本单位具体情况。", "（请删除本行）",
                       "正文用三号仿宋_GB2312字体。",
                       "请据实填写。", "填写说明：数字保留两位小数。"))
    return Planted(with_sentence(make(rng), text, rng, rng.choice((1, 5, 6))), "DOC-06", severity="W", name=text)


@fault("DOC-07")
def _old_law(rng: random.Random) -> Planted:
    made = make(rng, year=rng.choice((2022, 2023, 2024)))
    cited = rng.choice(("按照《中华人民共和国政府信息公开条例》（国务院令第492号）要求",
                        "根据《国务院办公厅政府信息与政务公开办公室关于政府信息公开工作年度报告有关事项的通知》（国办"
                        "公开办函〔2019〕60号）要求"))
    text = f"{cited}，编制本报告。数据统计期限为{made.year}年1月1日至12月31日。"
    return Planted(replace(made, preamble=[text]), "DOC-07", severity="I", name=cited)


# ---------------------------------------------------------------- LNG
@fault("LNG-02")
def _slip(rng: random.Random) -> Planted:
    text = rng.choice(("召开专题会议进行布署。", "将公开做为重要抓手。", "依法办理行政复义案件。",
                       "进一部加强业务培训。", "严格落实公开公开制度。",
                       "规范性文件（含备案文件及时公布。", "截止2月1日全部完成。", "完善《目录管理制度，按月更新。",
                       "结转下年渡事项已办。"))
    return Planted(with_sentence(make(rng), text, rng, rng.choice((1, 5))), "LNG-02", severity="I", name=text)


@fault("LNG-04")
def _private(rng: random.Random) -> Planted:
    text = rng.choice((f"申请人张某（{_identity(rng)}）申请的事项已办结。",
                       f"当事人手机号1{rng.randint(3000000000, 9999999999)}已登记。"))
    return Planted(with_sentence(make(rng), text, rng), "LNG-04", severity="W", name=text)


def _identity(rng: random.Random) -> str:
    digits = f"1101011990{rng.randint(1, 12):02}{rng.randint(1, 28):02}{rng.randint(1, 999):03}"
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(digits))
    return digits + "10X98765432"[total % 11]


@fault("LNG-05")
def _lost(rng: random.Random) -> Planted:
    text = rng.choice(("主动公开\ufffd\ufffd信息。", "锟斤拷锟斤拷公开。", "全年公开ï»¿信息。"))
    return Planted(with_sentence(make(rng), text, rng), "LNG-05", outcome="uncertain", name=text)

"""What one report of the rehearsal says: figures, prose, at most one planted fault, in the medium of its publication.

Promises: a pure function of body, year and seed; the fault's rule and the rules it implies are known before anything
is printed. Faults and phrases are those of the mutation bench, moved to the body and year at hand; nothing of the
product is imported. Leaves alone: when and where it is published (world.py).
"""

from __future__ import annotations

import functools
import random
import re
from dataclasses import dataclass, replace
from datetime import date

from tests.bench.mutations import faults, form_faults, year_faults
from tests.bench.mutations.building import chain, make
from tests.bench.mutations.faults import OF_REQUESTS, Planted
from tests.bench.mutations.made import Made, page
from tests.documents import making
from tests.documents.making import ReportText
from tests.portals.sites import Content, Part

YEAR = 2025
PLANTED_BY = (form_faults, year_faults)
"""Imported for the faults that they register."""
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LEFT_OUT = {
    "PUB-14",  # tables as pictures: the rehearsal is one without OCR
    "DOC-02", "PUB-16", "PUB-04",  # move the report to another year or day: whose status then holds is another question
    "DOC-01",  # titles are the world's
    "ARI-11", "YOY-10",  # of the form of 2019 only
}
"""Rules of the mutation bench that aren't planted here."""
SUMS = ("ARI-01", "ARI-02", "ARI-03", "ARI-04", "ARI-05", "ARI-06")
_AROUND = r"^.*?<div id=\"zoom\">|</div></div></body></html>$"
_SUBJECTS = ("政策解读", "权责清单", "财政预决算", "行政执法结果", "惠企政策", "互动栏目", "政务新媒体", "公开目录",
             "信息台账", "保密审查", "便民地图", "热线回应", "公报电子版", "办事指南", "专题专栏", "历史文件",
             "会议开放", "数据目录", "查阅场所", "公众号菜单")
_VERBS = ("细化", "充实", "拓展", "规范", "更新", "优化", "推进", "丰富", "梳理", "整合", "健全", "试行", "重排",
          "补录")
_HOW = ("按月通报进展", "由专人逐条核对", "邀请群众代表评议", "与承办科室会商确定", "对照清单销号", "同步推送至移动端",
        "请法律顾问把关", "按季汇总", "公开前履行三级审核", "借助图表和短视频说明", "在服务大厅设查阅点",
        "与邻近单位交流做法", "向基层站所延伸", "逐项落实到岗")
_WHY = ("方便企业和群众查找", "回应社会关切", "提升答复质量", "避免内容陈旧", "减少重复咨询", "增强工作透明度",
        "压缩办理时间", "便于监督")


@dataclass(frozen=True, slots=True)
class Written:
    """A report before it is printed. `rule` must be found of it, `implied` may be."""

    made: Made
    rule: str = ""
    outcome: str = "fail"
    implied: tuple[str, ...] = ()
    before: Made | None = None
    """Last year's report, which stands in the column too."""


def written(body: str, kind: str, seed: str, *, faulty: bool, chained: bool) -> Written:
    """The report of a body for YEAR. kind: department, township or county; chained: last year's is published too."""
    rng = random.Random(seed)
    if faulty:
        return _faulty(rng, body, kind, chained)
    if chained:
        before, made = chain(rng, kind, YEAR)
        return Written(_moved(made, body, rng), before=_moved(before, body, rng))
    return Written(_moved(make(rng, kind, YEAR), body, rng))


def _faulty(rng: random.Random, body: str, kind: str, chained: bool) -> Written:
    for _ in range(200):
        rule = rng.choice(_rules())
        if rule in SUMS:
            made = _moved(make(rng, kind, YEAR), body, rng)
            broken, implied = broken_sum(made, rule, rng)
            return Written(broken, rule, "fail", implied)
        planted = rng.choice(faults.FAULTS[rule])(rng)
        if _usable(planted, kind, chained):
            shift = YEAR - planted.made.year
            before = planted.earlier[0] if planted.earlier else None
            made = _moved(planted.made, body, rng, shift, fill=planted.rule not in ("FMT-10", "FMT-14", "YOY-09"))
            # Another place's body of the same kind is only another's while our own kind stays what it was.
            if body not in made.title or (rule == "DOC-05" and not re.search("XX|××|某", planted.name)):
                continue
            return Written(made, planted.rule, planted.outcome, planted.implied,
                           _moved(before, body, rng, shift, fill=False) if before else None)
    raise AssertionError(f"no fault of the mutation bench suits a {kind}")


@functools.cache
def _rules() -> list[str]:
    return sorted({*faults.FAULTS, *SUMS} - LEFT_OUT)


def _usable(planted: Planted, kind: str, chained: bool) -> bool:
    return (planted.made.kind == kind and planted.made.year >= 2021 and not planted.doubtful and not planted.members
            and planted.own is None and len(planted.earlier) <= 1 and bool(planted.earlier) <= chained)


def broken_sum(made: Made, rule: str, rng: random.Random) -> tuple[Made, tuple[str, ...]]:
    """One or two cells raised so that exactly the sum of this rule no longer holds (ARI-03 takes others with it)."""
    by = rng.choice((1, 2, 10))
    keys, implied = {
        "ARI-01": (("applications.new.natural_person", "applications.new.total"), OF_REQUESTS),
        "ARI-02": (("applications.new.natural_person", "applications.new.total",
                    "applications.concluded.natural_person", "applications.concluded.total"), OF_REQUESTS),
        "ARI-03": (("applications.new.total",), ("ARI-01", *OF_REQUESTS)),
        "ARI-04": (("disputes.reconsideration.total",), ("TXT-06", "TXT-08", "TXT-11", "ARI-16")),
        "ARI-05": (("disputes.litigation_direct.total",), ("TXT-07", "TXT-08", "TXT-11", "ARI-16")),
        "ARI-06": (("disputes.litigation_after_reconsideration.total",), ("TXT-07", "TXT-08", "TXT-11", "ARI-16")),
    }[rule]
    return replace(made, figures={**made.figures, **{key: made.value(key) + by for key in keys}}), tuple(implied)


def _moved(made: Made, body: str, rng: random.Random, shift: int = 0, *, fill: bool = True) -> Made:
    """The report as one of `body`, `shift` years later, with sentences of its own so that no two read alike."""
    def said(text: str) -> str:
        text = text.replace(made.body, body)
        # 〔2021〕30号 is the number of a document, not a year of the report.
        return re.sub(r"(?<!〔)(?<!\d)20\d\d(?!\d)", lambda year: str(int(year[0]) + shift), text) if shift else text

    parts = {number: [said(each) for each in paragraphs] for number, paragraphs in made.parts.items()}
    if fill and 1 in parts:
        parts[1] = [*parts[1][:-1], parts[1][-1] + "".join(_sentence(rng) for _ in range(rng.randint(3, 7)))]
    day = made.published.replace(year=made.published.year + shift)
    return replace(made, body=body, year=made.year + shift, title=said(made.title), parts=parts, published=day,
                   preamble=[said(each) for each in made.preamble], we=said(made.we),
                   headings={number: said(each) for number, each in made.headings.items()})


def _sentence(rng: random.Random) -> str:
    return f"{rng.choice(_VERBS)}{rng.choice(_SUBJECTS)}，{rng.choice(_HOW)}，{rng.choice(_WHY)}。"


# ---------------------------------------------------------------- in print
def content(made: Made, medium: str) -> Content:
    """The article's main text, and the report as a file where it is published as one. medium: html, docx, pdf."""
    if medium == "html":
        return Content(re.sub(_AROUND, "", page(made).decode(), flags=re.S))
    text = ReportText(made.title, made.body, made.year, dict(made.figures),
                      sections={number: "\n".join(made.parts.get(number, ())) for number in (1, 2, 3, 4, 5, 6)},
                      preamble="\n".join(made.preamble), signature=f"{made.body}\n{spoken(made.published)}")
    if medium == "pdf":
        return Content(f"<p>{made.title}详见附件。</p>", (Part(f"{made.title}.pdf", making.pdf(text),
                                                          "application/pdf"),))
    return Content(f"<p>现将{made.title}予以公布，正文见附件。</p>",
                   (Part(f"{made.title}.docx", making.docx(text), WORD),))


def spoken(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"

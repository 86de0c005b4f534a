"""示例市's portals as they look on any day: what each body published when, which faults were planted where.

Promises: a pure function of the date; the same day gives the same pages; every fault stands on a made-up body. What
must come of it is written down in truth.py. Leaves alone: addresses and page shapes (the family modules).
"""

from __future__ import annotations

import functools
import io
import random
import re
import zipfile
from dataclasses import dataclass
from datetime import date

from tests.documents import making
from tests.documents.making import Figures, ReportText
from tests.portals import faults, jpage, prose, static, trs
from tests.portals.offices import OFFICES, YEARS
from tests.portals.serving import Answer, Portals
from tests.portals.sites import IMAGE_MARK, Content, Entry, Part, Site

SCANS = (date(2026, 2, 2), date(2026, 2, 9), date(2026, 4, 7))
FOREIGN = "127.0.66.6"
"""A host nobody registered; it carries a copy with altered figures."""
_TYPES = {"pdf": "application/pdf", "png": "image/png",
          "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}


@dataclass(frozen=True, slots=True)
class Publication:
    """How one body published one year: the printed day and what is particular about it."""

    office: str
    day: date
    medium: str = "html"
    title: str = "{name}{year}年政府信息公开工作年度报告"
    shown: date | None = None
    until: date | None = None
    delisted: date | None = None
    revised: date | None = None
    fault: str = ""

    @property
    def year(self) -> int:
        return self.day.year - 1


_ANNUAL = "{name}{year}年政府信息公开年度报告"
_YEARLY = "{name}{year}年度政府信息公开工作年度报告"
_SHORT = "{name}{year}年政府信息公开工作年报"
PUBLICATIONS = (
    Publication("city-gov", date(2024, 3, 5)),
    Publication("city-gov", date(2025, 3, 7), title=_YEARLY),
    Publication("city-gov", date(2026, 3, 6)),
    Publication("city-education", date(2024, 1, 25)),
    Publication("city-education", date(2025, 1, 21), title=_ANNUAL),
    Publication("city-education", date(2026, 1, 20), "html+docx"),
    Publication("city-finance", date(2024, 1, 30)),
    Publication("city-finance", date(2025, 1, 24), title=_YEARLY),
    Publication("city-finance", date(2026, 1, 27), fault="new_one_too_many"),
    Publication("city-commerce", date(2024, 1, 18)),
    Publication("city-commerce", date(2025, 1, 17)),
    Publication("yangli-gov", date(2024, 2, 8), "pdf"),
    Publication("yangli-gov", date(2025, 2, 18), "pdf"),
    Publication("yangli-gov", date(2026, 2, 26), "pdf"),
    Publication("yangli-office", date(2024, 1, 22)),
    Publication("yangli-office", date(2025, 1, 26)),
    Publication("yangli-office", date(2026, 1, 28), fault="wrong_carry_in_sentence"),
    Publication("yangli-health", date(2024, 1, 29)),
    Publication("yangli-health", date(2025, 1, 23), title=_ANNUAL),
    Publication("yangli-street", date(2024, 1, 19)),
    Publication("yangli-street", date(2025, 1, 22)),
    Publication("yangli-street", date(2026, 2, 4), fault="disputes_total_wrong"),
    Publication("yangli-town", date(2024, 1, 17)),
    Publication("yangli-town", date(2025, 1, 15), title=_SHORT),
    Publication("yangli-town", date(2026, 1, 27), "pdf", fault="attachment_gone"),
    Publication("shifan-gov", date(2024, 2, 6)),
    Publication("shifan-gov", date(2025, 2, 14), "docx"),
    Publication("shifan-gov", date(2026, 2, 13), "docx"),
    Publication("shifan-justice", date(2024, 1, 24), title=_ANNUAL),
    Publication("shifan-justice", date(2025, 1, 20)),
    Publication("shifan-justice", date(2026, 2, 5)),
    Publication("shifan-civil", date(2024, 1, 16)),
    Publication("shifan-civil", date(2025, 1, 27), title=_YEARLY),
    Publication("shifan-civil", date(2026, 1, 26), fault="old_form"),
    Publication("shifan-statistics", date(2024, 1, 26), "pdf"),
    Publication("shifan-statistics", date(2025, 1, 16)),
    Publication("shifan-statistics", date(2026, 1, 22), fault="period_of_last_year"),
    Publication("shifan-town", date(2024, 1, 30)),
    Publication("shifan-town", date(2025, 1, 14)),
    Publication("shifan-town", date(2026, 1, 29), fault="tables_as_images"),
    Publication("shidian-gov", date(2024, 2, 19)),
    Publication("shidian-gov", date(2025, 2, 17), "docx"),
    Publication("shidian-gov", date(2026, 4, 2), "pdf"),
    Publication("shidian-office", date(2024, 1, 12)),
    Publication("shidian-office", date(2025, 1, 13)),
    Publication("shidian-office", date(2026, 1, 30), revised=date(2026, 2, 6)),
    Publication("shidian-water", date(2024, 1, 23), title=_ANNUAL),
    Publication("shidian-water", date(2025, 1, 9)),
    Publication("shidian-water", date(2026, 1, 19), until=date(2026, 2, 5)),
    Publication("shidian-forestry", date(2024, 1, 11)),
    Publication("shidian-forestry", date(2025, 1, 22)),
    Publication("shidian-forestry", date(2026, 1, 29), shown=date(2026, 3, 15)),
    Publication("shidian-agriculture", date(2024, 1, 31)),
    Publication("shidian-agriculture", date(2025, 1, 8), "docx"),
    Publication("shidian-agriculture", date(2026, 1, 23), fault="no_fifth_section"),
    Publication("shidian-town", date(2024, 1, 10)),
    Publication("shidian-town", date(2025, 1, 20), title=_SHORT),
    Publication("shidian-town", date(2026, 1, 26), fault="parts_exceed_total"),
    Publication("fanli-gov", date(2024, 2, 5), delisted=date(2026, 2, 5)),
    Publication("fanli-gov", date(2025, 2, 11)),
)

# Neither a report nor an interpretation of one: what fills every such column, some of it worded close to a report.
_OTHER = (
    "关于召开{year}年度政务公开工作推进会的通知",
    "{place}政府信息公开指南（{year}年修订）",
    "{place}{year}年政府网站工作年度报表",
    "{place}{year}年法治政府建设年度报告",
    "关于做好{year}年政府信息公开工作年度报告编制发布工作的通知",
    "{place}{year}年度部门决算公开说明",
    "{place}{year}年政务公开工作要点",
    "关于举办{year}年政务公开业务培训班的通知",
    "{place}政府信息公开制度汇编（{year}版）",
    "{place}依申请公开办理流程图（{year}年）",
    "{year}年第三季度政务公开第三方评估情况通报",
    "{place}基层政务公开标准目录（{year}年版）",
    "{place}主动公开基本目录{year}年调整说明",
    "关于{place}政务新媒体{year}年清理情况的公告",
    "{place}{year}年重大行政决策事项目录",
)


@dataclass(frozen=True, slots=True)
class PortalPlan:
    """One portal of the demo: what facts.py writes into portals/<id>.yaml and what serves it."""

    id: str
    name: str
    host: str
    family: str
    base: str
    others: int = 0
    per_page: int = 12
    dialect: str = ""
    crawl_delay: float | None = None
    failing_pages: frozenset[int] = frozenset()
    fault: str = ""

    @property
    def path(self) -> str:
        return f"/col/col{self.base}/index.html" if self.family == "jpage" else self.base


PORTALS = {plan.id: plan for plan in (
    PortalPlan("shili", "示例市人民政府", "127.0.1.1", "trs", "/zfxxgknb/", 17),
    PortalPlan("shili-commerce", "示例市商务局", "127.0.1.2", "trs", "/zwgk/zfxxgkgzndbg/", 14,
               failing_pages=frozenset({2})),
    PortalPlan("yangli", "样例区人民政府", "127.0.2.1", "trs", "/zwgk/zfxxgknb/", 9),
    PortalPlan("yangli-towns", "样例区镇街信息公开", "127.0.2.2", "trs", "/zjxxgk/nb/", 4),
    PortalPlan("shifan", "示范县人民政府", "127.0.3.1", "jpage", "1229458129", 52),
    PortalPlan("shifan-offices", "示范县部门信息公开", "127.0.3.2", "jpage", "1229460077", 6),
    PortalPlan("shili-ethnic", "示例市民族宗教事务局", "127.0.3.3", "jpage", "1229470003", crawl_delay=1.0),
    PortalPlan("shidian", "试点县人民政府", "127.0.4.1", "static", "/xxgk/ndbg/", 8, 7, static.QUERY,
               crawl_delay=0.5),
    PortalPlan("shidian-offices", "试点县部门信息公开", "127.0.4.2", "static", "/gk/nb/", 5, 8),
    PortalPlan("shili-zone", "示例市经济开发区", "127.0.5.1", "static", "/kfq/nb/", fault="soft_404"),
    PortalPlan("shili-police", "示例市公安局", "127.0.5.2", "trs", "/gaj/nb/", fault="challenge"),
    PortalPlan("shili-resources", "示例市自然资源局", "127.0.5.3", "trs", "/zrzy/nb/", fault="unreachable"),
    PortalPlan("shili-sports", "示例市体育局", "127.0.5.4", "static", "/tyj/nb/", fault="drawn_by_script"),
    PortalPlan("shili-audit", "示例市审计局", "127.0.5.5", "static", "/sjj/nb/", fault="robots_out_of_order"),
)}
_FAMILIES = {"trs": trs.answer, "jpage": jpage.answer, "static": static.answer}
_BLIND = {"soft_404": faults.soft_404, "challenge": faults.challenge, "drawn_by_script": faults.drawn_by_script,
          "robots_out_of_order": faults.robots_out_of_order}


def portals(day: date = SCANS[0], port: int = 0) -> Portals:
    """The world's portals, not yet started; the copy on the foreign host needs the port, so it is chosen here.

    Every document is made beforehand (under a second): making one in the middle of a request would hold up all hosts
    and blur the log's times.
    """
    running = Portals({}, day, port)
    running.sites |= answers(running.port)
    for plan in PORTALS.values():
        for entry in site(plan, running.port).entries:
            for each in SCANS:
                entry.content(each)
    return running


def answers(port: int) -> dict[str, Answer]:
    """What each host answers. The unreachable portal has no answer: nothing listens there."""
    made: dict[str, Answer] = {}
    for plan in PORTALS.values():
        if plan.fault in _BLIND:
            made[plan.host] = _BLIND[plan.fault]
        elif plan.fault != "unreachable":
            made[plan.host] = functools.partial(_FAMILIES[plan.family], site(plan, port))
    copy = Entry(998, "试点县范本乡人民政府2025年政府信息公开工作年度报告", date(2026, 1, 26), _foreign_copy)
    made[FOREIGN] = functools.partial(static.answer, Site(FOREIGN, "生活资讯网", "资讯", [copy], "/gkcopy/"))
    return made


def site(plan: PortalPlan, port: int) -> Site:
    """A portal's column with every report of its bodies and the other announcements around them."""
    entries = [_entry(number, publication) for number, publication in enumerate(PUBLICATIONS, 1001)
               if OFFICES[publication.office].portal == plan.id]
    entries += [_announcement(plan, number) for number in range(plan.others)]
    if plan.id == "shifan-offices":
        entries.append(Entry(3001, "一图读懂：示范县统计局2025年政府信息公开工作年度报告", date(2026, 1, 22),
                             _infographic))
    if plan.id == "shidian-offices":
        entries.append(Entry(3002, "试点县范本乡人民政府2025年政府信息公开工作年度报告", date(2026, 1, 27),
                             lambda: Content(""), elsewhere=f"http://{FOREIGN}:{port}/gkcopy/content_998.html"))
    return Site(plan.host, plan.name, "政府信息公开年报", entries, plan.base, plan.per_page, plan.crawl_delay,
                plan.failing_pages, plan.dialect)


def _entry(number: int, publication: Publication) -> Entry:
    office = OFFICES[publication.office]
    return Entry(
        number, publication.title.format(name=office.printed, year=publication.year), publication.day,
        functools.partial(_content, publication, False), publication.shown, publication.until, publication.delisted,
        publication.revised, functools.partial(_content, publication, True),
        broken_attachments=publication.fault == "attachment_gone")


def _announcement(plan: PortalPlan, number: int) -> Entry:
    chance = random.Random(f"{plan.id}/{number}")
    year = 2025 - number % 3
    # A few stand beside the newest reports, the rest between the reports of two years.
    day = (date(2026, 1, 4 + chance.randrange(12)) if number % 5 == 0
           else date(year, 3 + chance.randrange(9), 1 + chance.randrange(28)))
    title = _OTHER[number % len(_OTHER)].format(year=year, place=plan.name.removesuffix("人民政府"))
    text = f"<p>{title}。</p><p>请各相关单位于{chance.randint(5, 28)}日前将材料报送至{plan.name}，逾期另行说明。</p>"
    return Entry(5001 + number, title, day, lambda: Content(text))


# ---------------------------------------------------------------- the reports
@functools.cache
def figures(office_id: str, year: int) -> Figures:
    """The figures of one report as they ought to be: every sum holds, and each year continues the one before."""
    office = OFFICES[office_id]
    before = figures(office_id, year - 1) if year > YEARS[0] else None
    scale = {"government": 20, "department": 7, "government_office": 8}.get(office.kind, 4)
    made = dict(making.figures_2021(_seed(office_id, year), scale=scale, before=before))
    if not office.rulemaking:
        made |= {f"disclosure.regulations.{column}": 0 for column in ("issued", "repealed", "in_force")}
    if office.kind != "government":
        for route in ("litigation_direct", "litigation_after_reconsideration"):
            made |= {f"disputes.{route}.{outcome}": 0 for outcome in making.OUTCOMES}
    for route in making.ROUTES:
        made[f"disputes.{route}.pending"] = 0
        made[f"disputes.{route}.total"] = sum(int(made[f"disputes.{route}.{outcome}"] or 0)
                                              for outcome in list(making.OUTCOMES)[:4])
    return made


def report(publication: Publication, *, revised: bool = False) -> ReportText:
    """The report's text and figures with the planted fault in them."""
    office, year = OFFICES[publication.office], publication.year
    chosen = dict(figures(office.id, year))
    before = dict(figures(office.id, year - 1)) if year > YEARS[0] else None
    if publication.fault == "old_form":
        chosen = dict(making.figures_2019(_seed(office.id, year), scale=6, before=before))
    if publication.fault == "new_one_too_many":
        for column in ("natural_person", "total"):
            chosen[f"applications.new.{column}"] = int(chosen[f"applications.new.{column}"] or 0) + 1
    if publication.fault == "disputes_total_wrong":
        chosen |= {"disputes.reconsideration.upheld": 2, "disputes.reconsideration.corrected": 1,
                   "disputes.reconsideration.other": 0, "disputes.reconsideration.total": 4}
    if revised:
        chosen["disclosure.penalties.decided"] = int(chosen["disclosure.penalties.decided"] or 0) + 9
    government = office.kind in ("government", "township")
    sections: dict[int, str | None] = dict(prose.sections(office.printed, year, office.area, chosen,
                                                          government=government))
    period = None
    if publication.fault == "wrong_carry_in_sentence":
        wrong = int(chosen["applications.carried_in.total"] or 0) + 2
        sections[1] = re.sub(r"上年结转\d+件", f"上年结转{wrong}件", sections[1] or "")
    if publication.fault == "parts_exceed_total":
        sections[1] = (sections[1] or "") + (
            "\n全年主动公开政府信息412条，其中门户网站公开260条、政务新媒体公开120条、公示栏公开42条。")
        sections[6] = "没有其他需要报告的事项。"
    if publication.fault == "no_fifth_section":
        sections[5] = None
    if publication.fault == "period_of_last_year":
        period = (f"{year - 1}年1月1日", f"{year - 1}年12月31日")
    titles = {6: "五、其他需要报告的事项"} if publication.fault == "no_fifth_section" else {}
    return ReportText(publication.title.format(name=office.printed, year=year), office.printed, year, chosen,
                      sections=sections, section_titles=titles,
                      preamble=prose.preamble(office.printed, year, period),
                      signature=f"{office.printed}\n{_spoken(publication.day)}")


@functools.cache
def _content(publication: Publication, revised: bool) -> Content:
    text = report(publication, revised=revised)
    form = "2019" if publication.fault == "old_form" else None
    name = f"{text.title}.{{}}".format
    if publication.medium == "pdf":
        return Content(f"<p>{text.title}详见附件。</p>", (_part(name("pdf"), making.pdf(text)),))
    if publication.medium == "docx":
        return Content(f"<p>现将{text.title}予以公布，正文见附件。</p>",
                       (_part(name("docx"), _steady(making.docx(text))),))
    attached = (_part(name("docx"), _steady(making.docx(text))),) if publication.medium == "html+docx" else ()
    if publication.fault == "tables_as_images":
        html = making.html_body(text, tables_as_images=True, image_folder="@@")
        images = tuple(_part(f"table{number}.png", making.table_image(text, number)) for number in (2, 3, 4))
        for place, number in enumerate((2, 3, 4)):
            html = html.replace(f"@@table{number}.png", IMAGE_MARK.format(place))
        return Content(_without_title(html), attached, images)
    return Content(_without_title(making.html_body(text, form=form)), attached)


@functools.cache
def _infographic() -> Content:
    text = report(next(each for each in PUBLICATIONS if each.office == "shifan-statistics" and each.year == 2025))
    return Content(f'<p><img src="{IMAGE_MARK.format(0)}" alt="图解"></p>', (),
                   (_part("tujie.png", making.table_image(text, 2)),))


@functools.cache
def _foreign_copy() -> Content:
    """The township's report with other figures: what spam sites do with pages of governments."""
    original = next(each for each in PUBLICATIONS if each.office == "shidian-town" and each.year == 2025)
    text = report(original)
    text.figures = dict(text.figures) | {"applications.new.total": 999, "applications.concluded.total": 7}
    return Content(_without_title(making.html_body(text)))


def _without_title(html: str) -> str:
    """The page prints the title itself, outside the body."""
    return re.sub(r"^<h1>.*?</h1>\s*", "", html)


def _part(name: str, data: bytes) -> Part:
    return Part(name, data, _TYPES[name.rsplit(".", 1)[-1]])


def _steady(docx: bytes) -> bytes:
    """The same Word file with fixed times of its members, so that a restarted portal serves the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), source.read(name), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _seed(office_id: str, year: int) -> int:
    return random.Random(f"{office_id}:{year}").randrange(2 ** 31)


def _spoken(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def published(office_id: str, year: int) -> Publication | None:
    return next((each for each in PUBLICATIONS if each.office == office_id and each.year == year), None)

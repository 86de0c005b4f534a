"""The family portals: one small portal for each publishing system and dialect, with two bodies each.

Promises: each portal lists every report of its two bodies for the years in YEARS between announcements of other kinds,
one of them beside a copy on a foreign host; the newest reports hold all figures, one as a page, one as an attachment.
`FAMILY_PORTALS` says which system each is and whether its list can be walked to a proven end. Leaves alone: shapes of
addresses and lists (one module for each family).
"""

from __future__ import annotations

import csv
import functools
import io
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml

from tests.documents import making
from tests.documents.making import ReportText
from tests.portals import (
    anhui_label,
    anhui_openness,
    aspnet,
    epoint,
    gkmlpt,
    hanweb,
    jpaas,
    jpage,
    kaipu,
    legacy_pages,
    script_list,
    static,
    trs,
    truecms,
    vsb,
)
from tests.portals.serving import Portals, Request, Response
from tests.portals.sites import Content, Entry, Part, Site

DAY = date(2026, 2, 9)
YEARS = range(2019, 2026)
"""Report years."""
FOREIGN = "127.0.66.7"
_PLACES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
_ANSWER = Callable[[Site, Request, date], Response]
_OTHER = (
    "关于召开{year}年政务公开工作例会的通知", "{place}{year}年法治政府建设年度报告", "{place}{year}年度部门决算公开",
    "{place}政府信息公开指南（{year}年修订）", "{year}年政务公开工作要点任务分解表",
    "{place}{year}年政府网站工作年度报表", "关于做好{year}年政府信息公开工作年度报告编制工作的通知",
    "{place}主动公开基本目录（{year}版）",
)


@dataclass(frozen=True, slots=True)
class FamilyPortal:
    """`family` is the name by which the product must know the system; `column` the path where its list begins.

    `complete` tells whether the list can be walked to a proven end; `lists_others` whether announcements belong to it.
    """

    id: str
    family: str
    answer: _ANSWER
    column: Callable[[Site], str]
    base: str
    dialect: str = ""
    others: int = 40
    per_page: int = 12
    complete: bool = True
    lists_others: bool = True
    outcome: str = "ok"
    bodies: int = 2
    foreign: bool = True
    """Whether one row points to a copy on a foreign host."""

    @property
    def number(self) -> int:
        return next(place for place, plan in enumerate(FAMILY_PORTALS.values()) if plan is self)

    @property
    def host(self) -> str:
        return f"127.0.30.{self.number + 1}"

    @property
    def names(self) -> tuple[str, ...]:
        place = f"示{_PLACES[self.number % len(_PLACES)]}{'县区市州'[self.number // len(_PLACES)]}"
        return (f"{place}财政局", f"{place}水利局")[:self.bodies]


def _portal(plan: FamilyPortal) -> tuple[str, FamilyPortal]:
    return plan.id, plan


FAMILY_PORTALS: dict[str, FamilyPortal] = dict(map(_portal, (
    FamilyPortal("gkmlpt", "gkmlpt", gkmlpt.answer, gkmlpt.column, "", others=230),
    FamilyPortal("gkmlpt-folder", "gkmlpt", gkmlpt.answer, gkmlpt.column, "/zqsj", others=5),
    FamilyPortal("gkmlpt-rows", "gkmlpt", gkmlpt.answer, gkmlpt.column, "", gkmlpt.ROWS, others=5),
    FamilyPortal("gkmlpt-beside", "gkmlpt", gkmlpt.answer, gkmlpt.column, "", gkmlpt.BESIDE),
    FamilyPortal("jpaas-counted", "jpaas", jpaas.answer, jpaas.column, "1229565788", jpaas.COUNTED),
    FamilyPortal("jpaas-open", "jpaas", jpaas.answer, jpaas.column, "1229565789", jpaas.OPEN),
    FamilyPortal("jpaas-deaf", "jpaas", jpaas.answer, jpaas.column, "1229565790", jpaas.DEAF, complete=False),
    FamilyPortal("jpaas-refusing", "jpaas", jpaas.answer, jpaas.column, "1229565791", jpaas.REFUSING, complete=False,
                 outcome="unknown_shape"),
    FamilyPortal("kaipu-static", "kaipu", kaipu.answer, kaipu.column, "/zwgk/c100186/"),
    FamilyPortal("kaipu-json", "kaipu", kaipu.answer, kaipu.column, "/zwgk/c100187/", kaipu.JSON),
    FamilyPortal("kaipu-cut", "kaipu", kaipu.answer, kaipu.column, "/zwgk/c100188/", kaipu.CUT, complete=False),
    FamilyPortal("truecms-result", "truecms", truecms.answer, truecms.column, "/sczj/zfxxgknb/", truecms.RESULT),
    FamilyPortal("truecms-bare", "truecms", truecms.answer, truecms.column, "/sczj/nb/", truecms.BARE),
    FamilyPortal("truecms-strict", "truecms", truecms.answer, truecms.column, "/sczj/ndbg/", truecms.STRICT),
    FamilyPortal("truecms-retired", "truecms", truecms.answer, truecms.column, "/sczj/gknb/", truecms.RETIRED,
                 complete=False),
    FamilyPortal("truecms-short", "truecms", truecms.answer, truecms.column, "/sczj/gzbg/", truecms.RETIRED, others=4),
    FamilyPortal("epoint-zero", "epoint", epoint.answer, epoint.column, "003002001", epoint.ZERO),
    FamilyPortal("epoint-one", "epoint", epoint.answer, epoint.column, "003002002", epoint.ONE),
    FamilyPortal("epoint-strict", "epoint", epoint.answer, epoint.column, "003002003", epoint.STRICT),
    FamilyPortal("epoint-wrapped", "epoint", epoint.answer, epoint.column, "003002004", epoint.WRAPPED),
    FamilyPortal("epoint-deaf", "epoint", epoint.answer, epoint.column, "003002005", epoint.DEAF, complete=False),
    FamilyPortal("hanweb-search", "hanweb", hanweb.answer, hanweb.column, "1327029", hanweb.SEARCH,
                 lists_others=False),
    FamilyPortal("hanweb-yearly", "hanweb", hanweb.answer, hanweb.column, "1327030", hanweb.YEARLY),
    FamilyPortal("hanweb-reports", "hanweb", hanweb.answer, hanweb.column, "1327031", hanweb.REPORTS, others=0,
                 bodies=1, foreign=False),
    FamilyPortal("hanweb-frozen", "hanweb", hanweb.answer, hanweb.column, "1327032", hanweb.FROZEN, complete=False),
    FamilyPortal("label-get", "anhui_label", anhui_label.answer, anhui_label.column, "6595731"),
    FamilyPortal("label-posted", "anhui_label", anhui_label.answer, anhui_label.column, "6595732", anhui_label.POSTED),
    FamilyPortal("label-frozen", "anhui_label", anhui_label.answer, anhui_label.column, "6595733", anhui_label.FROZEN,
                 complete=False),
    FamilyPortal("openness", "anhui_openness", anhui_openness.answer, anhui_openness.column, "", others=0, bodies=1,
                 foreign=False),
    FamilyPortal("vsb-linked", "vsb", vsb.answer, vsb.column, ""),
    FamilyPortal("vsb-call", "vsb", vsb.answer, vsb.column, "", vsb.CALL_ONLY),
    FamilyPortal("aspnet", "aspnet", aspnet.answer, aspnet.column, "", others=45),
    FamilyPortal("aspnet-stateless", "aspnet", aspnet.answer, aspnet.column, "", aspnet.DEAF, complete=False),
    FamilyPortal("jsp-address", "trs", legacy_pages.answer, legacy_pages.column, ""),
    FamilyPortal("jsp-form", "trs", legacy_pages.answer, legacy_pages.column, "", legacy_pages.FORM),
    FamilyPortal("php-detail", "legacy_pages", legacy_pages.answer, legacy_pages.column, "", legacy_pages.NUMBERED),
    FamilyPortal("jpage-records", "jpage", jpage.answer, jpage.column, "1229458129", others=90),
    FamilyPortal("jpage-posted", "jpage", jpage.answer, jpage.column, "1229458130", jpage.POSTED, others=90),
    FamilyPortal("jpage-pages", "jpage", jpage.answer, jpage.column, "1229458131", jpage.PAGES, others=90),
    FamilyPortal("jpage-array", "jpage", jpage.answer, jpage.column, "1229458132", jpage.OLD_ARRAY, others=90),
    FamilyPortal("jpage-frozen", "jpage", jpage.answer, jpage.column, "1229458133", jpage.FROZEN, others=90,
                 complete=False),
    FamilyPortal("trs", "trs", trs.answer, static.column, "/zfxxgknb/"),
    FamilyPortal("static-linked", "static", static.answer, static.column, "/xxgk/ndbg/"),
    FamilyPortal("static-query", "static", static.answer, static.column, "/gk/nb/", static.QUERY),
    FamilyPortal("static-unlinked", "static", static.answer, static.column, "/gk/nianbao/", static.UNLINKED),
    FamilyPortal("static-folded", "static", static.answer, static.column, "/gk/ndbg/", static.FOLDED),
    FamilyPortal("static-counted", "static", static.answer, static.column, "/gk/report/", static.COUNTED,
                 complete=False),
    FamilyPortal("script-inline", "script_list", script_list.answer, script_list.column, "", others=10),
    FamilyPortal("script-json", "script_list", script_list.answer, script_list.column, "", script_list.JSON),
    FamilyPortal("script-cut", "script_list", script_list.answer, script_list.column, "", script_list.CUT,
                 complete=False),
)))


def portals(day: date = DAY, port: int = 0, only: tuple[str, ...] = ()) -> Portals:
    """The portals (all, or those named), not yet started; `day` is the world's date."""
    running = Portals({}, day, port)
    for plan in FAMILY_PORTALS.values():
        if not only or plan.id in only:
            running.sites[plan.host] = functools.partial(plan.answer, site(plan, running.port))
    return running


@functools.cache
def site(plan: FamilyPortal, port: int) -> Site:
    """The portal's column: reports of its bodies, announcements around them, a copy elsewhere."""
    entries = [Entry(1001 + 100 * place + year - YEARS[0], f"{name}{year}年政府信息公开工作年度报告",
                     published(plan, place, year), functools.partial(_content, name, year, place))
               for place, name in enumerate(plan.names) for year in YEARS]
    entries += [_announcement(plan, number) for number in range(plan.others)]
    if plan.foreign:
        entries.append(Entry(3001, f"{plan.names[0]}{YEARS[-2]}年政府信息公开年报（转载）", date(YEARS[-1], 3, 1),
                             lambda: Content(""), elsewhere=f"http://{FOREIGN}:{port}/copy/{plan.number}.html"))
    return Site(plan.host, f"示例门户{plan.number}", "政府信息公开年报", entries, plan.base, plan.per_page,
                dialect=plan.dialect)


def published(plan: FamilyPortal, place: int, year: int) -> date:
    """The printed day of a body's report for a year."""
    return date(year + 1, 1, 8) + timedelta(days=(plan.number * 5 + place * 3 + year) % 22)


def expected(plan: FamilyPortal, port: int, day: date = DAY) -> list[Entry]:
    """The entries that the list of the portal holds on a day."""
    return [entry for entry in site(plan, port).rows(day) if plan.lists_others or entry.number < 5000]


def write_facts(folder: Path, port: int, only: tuple[str, ...] = ()) -> None:
    """bodies.csv and portals/<id>.yaml for these portals; every family is left to recognition."""
    (folder / "portals").mkdir(parents=True, exist_ok=True)
    chosen = [plan for plan in FAMILY_PORTALS.values() if not only or plan.id in only]
    with (folder / "bodies.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "name", "kind", "level", "portal"])
        writer.writerows([f"{plan.id}-{place}", name, "department", "county", plan.id]
                         for plan in chosen for place, name in enumerate(plan.names))
    for plan in chosen:
        address = f"http://{plan.host}:{port}{plan.column(site(plan, port))}"
        facts = {"id": plan.id, "name": site(plan, port).name, "hosts": [f"{plan.host}:{port}"], "family": "auto",
                 "columns": [{"id": "annual", "name": "政府信息公开年报", "url": address}]}
        (folder / "portals" / f"{plan.id}.yaml").write_text(yaml.safe_dump(facts, allow_unicode=True), "utf-8")


def report(name: str, year: int) -> ReportText:
    """A body's report for a year, with all figures."""
    seed = random.Random(f"{name}/{year}").randrange(2 ** 31)
    return ReportText(f"{name}{year}年政府信息公开工作年度报告", name, year, making.figures_2021(seed, scale=6),
                      signature=f"{name}\n{year + 1}年1月")


def _content(name: str, year: int, place: int) -> Content:
    text = report(name, year)
    if year == YEARS[-1] and place == 1:
        return Content(f"<p>{text.title}见附件。</p>", (Part(f"{text.title}.docx", _steady(making.docx(text)), (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document")),))
    return Content(re.sub(r"^<h1>.*?</h1>\s*", "", making.html_body(text)))


def _steady(docx: bytes) -> bytes:
    """The same Word file with fixed times of its members, so that it keeps its name and its bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            target.writestr(zipfile.ZipInfo(member, (2026, 1, 1, 0, 0, 0)), source.read(member), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _announcement(plan: FamilyPortal, number: int) -> Entry:
    chance = random.Random(f"{plan.id}/{number}")
    year = YEARS[number % len(YEARS)]
    title = _OTHER[number % len(_OTHER)].format(year=year, place=plan.names[0][:3])
    day = date(year, 3 + chance.randrange(9), 1 + chance.randrange(28))
    return Entry(5001 + number, f"{title}（第{number + 1}号）", day, lambda: Content(f"<p>{title}。</p>"))

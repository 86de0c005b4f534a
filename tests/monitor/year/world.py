"""The year's truth: who owes, when each report really appears, what an all-seeing reader could have proven.

Known to the simulation alone; nothing of it comes from the product.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

ZONE = ZoneInfo("Asia/Shanghai")
YEAR = 2025
DUE = date(2026, 1, 31)
PORTALS, BODIES = 10, 20
DISTRICTS = "甲乙丙丁戊己庚辛壬癸"
KINDS = ("教育", "财政", "民政", "司法", "水利", "商务", "审计", "统计", "医疗保障", "应急管理", "市场监督管理",
         "文化和旅游", "卫生健康", "自然资源", "生态环境", "农业农村")
TOWNS = ("东港", "西岭", "南塘", "北桥")


@dataclass
class Body:
    """`published` is None for who never does; `gone` is when the report is taken down for good."""

    id: str
    name: str
    kind: str
    portal: str
    number: int
    published: date | None
    gone: date | None = None

    def shows(self, at: datetime) -> bool:
        day = at.astimezone(ZONE).date()
        return self.published is not None and self.published <= day and (self.gone is None or day < self.gone)

    @property
    def title(self) -> str:
        return f"{self.name}{YEAR}年政府信息公开工作年度报告"

    @property
    def path(self) -> str:
        assert self.published
        return f"/nb/t{self.published:%Y%m%d}_{self.number}.html"


@dataclass
class World:
    """All bodies, and for each portal the moments at which its list was really looked at whole."""

    bodies: list[Body]
    looks: dict[str, list[datetime]] = field(default_factory=dict)

    def of(self, portal: str) -> list[Body]:
        return [body for body in self.bodies if body.portal == portal]

    def looked(self, portal: str, at: datetime) -> None:
        self.looks.setdefault(portal, []).append(at)

    def provably_missing(self, body: Body) -> bool:
        """Whether two whole looks on different days, six hours apart, the later after the due day, the earlier at most
        48 hours before its end, showed no report of a body that hadn't published."""
        end = datetime.combine(DUE + timedelta(days=1), datetime.min.time(), ZONE)
        blank = [at for at in self.looks.get(body.portal, []) if at >= end - timedelta(hours=48)
                 and (body.published is None or at.astimezone(ZONE).date() < body.published)]
        return any(second >= end and second - first >= timedelta(hours=6)
                   and first.astimezone(ZONE).date() != second.astimezone(ZONE).date()
                   for first in blank for second in blank if first < second)

    def last_look(self, body: Body, before: datetime) -> datetime | None:
        return max((at for at in self.looks.get(body.portal, []) if at <= before), default=None)

    def late(self, body: Body) -> bool:
        return body.kind == "department" and body.published is not None and body.published > DUE


def make(seed: int) -> World:
    """200 bodies on ten portals: most on time, some late by days or months, some never, a few taken down again."""
    chance = random.Random(seed)
    bodies = []
    for place, district in enumerate(DISTRICTS):
        names = [(f"示例市{district}区{kind}局", "department") for kind in KINDS]
        names += [(f"示例市{district}区{town}镇人民政府", "township") for town in TOWNS]
        for number, (name, kind) in enumerate(names):
            fate = chance.random()
            if fate < 0.75:
                published: date | None = date(2026, 1, 6) + timedelta(days=chance.randrange(26))
            elif fate < 0.90:
                published = DUE + timedelta(days=chance.choice([1, 2, 3, 5, 9, 16, 30, 64, 120]))
            else:
                published = None
            gone = None
            if published is not None and chance.random() < 0.03:
                gone = max(published, DUE) + timedelta(days=chance.randrange(40, 150))
            bodies.append(Body(f"b{place}{number:02}", name, kind, f"p{place}", place * 100 + number, published, gone))
    return World(bodies)


def page_of(body: Body) -> str:
    """The report's page: its six parts, too short to please a critic, long enough to be one."""
    parts = ("总体情况", "主动公开政府信息情况", "收到和处理政府信息公开申请情况", "政府信息公开行政复议、行政诉讼情况",
             "存在的主要问题及改进情况", "其他需要报告的事项")
    text = "".join(f"<p>{numeral}、{part}</p><p>{body.name}{YEAR}年{part}：第{body.number}号，一年来各项工作按要求"
                   f"开展。未收取信息处理费。</p>" for numeral, part in zip("一二三四五六", parts, strict=True))
    return (f"<html><head><meta name='ArticleTitle' content='{body.title}'><meta name='PubDate' "
            f"content='{body.published} 09:00'></head><body><h1>{body.title}</h1>"
            f"<div class='TRS_Editor'>{text}</div></body></html>")


def list_of(world: World, portal: str, at: datetime) -> str:
    """The column: this year's reports that stand there, and one older line so that the list is never empty."""
    rows = "".join(f"<li><a href='.{body.path.removeprefix('/nb')}' title='{body.title}'>{body.title}</a>"
                   f"<span>{body.published}</span></li>" for body in world.of(portal) if body.shows(at))
    older = "<li><a href='./t20200110_1.html'>关于公布联系电话的公告</a><span>2020-01-10</span></li>"
    return f"<html><body><div class='list'><ul>{rows}{older}</ul></div></body></html>"


def write_office(folder: Path, world: World, hosts: dict[str, str], extra: str) -> Path:
    """settings.toml and facts for this world; returns the path of the settings."""
    facts = folder / "facts"
    (facts / "portals").mkdir(parents=True)
    rows = [f"{body.id},{body.name},{body.kind},county,{body.portal},own" for body in world.bodies]
    (facts / "bodies.csv").write_text("id,name,kind,level,portal,scopes\n" + "\n".join(rows) + "\n", "utf-8")
    for portal, host in hosts.items():
        (facts / "portals" / f"{portal}.yaml").write_text(yaml.safe_dump({
            "id": portal, "name": f"门户{portal}", "hosts": [host],
            "columns": [{"id": "nb", "name": "年报", "url": f"http://{host}/nb/"}]}, allow_unicode=True), "utf-8")
    (facts / "alerts.yaml").write_text(
        "channels: [mail]\nrecipients:\n"
        "  - {id: city, address: city@office.example, remit: {label: 全市}, immediate: [missing, late, withdrawn]}\n"
        "  - {id: district, address: district@office.example, remit: {label: 甲区, kinds: [department]}}\n"
        "  - {id: operator, address: operator@office.example, role: operator, remit: {label: 站点}}\n", "utf-8")
    path = folder / "settings.toml"
    path.write_text(
        '[facts]\nfolder = "facts"\n[monitoring]\nsince = 2025\nrequire_confirmation = false\n[scan]\ncontact = '
        '"test@office.example"\ndelay = 0.0\ntimeout = 5.0\nretries = 0\nallow_private_addresses = true\n'
        f'[reading]\nworkers = 2\n[mail]\nhost = "mail.office.example"\n{extra}', "utf-8")
    return path

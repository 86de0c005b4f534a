"""The made-up bodies of 示例市 and what is owed by them: the demo's roster. Every name here is invented.

Leaves alone: what they publish, when and with which fault (world.py).
"""

from __future__ import annotations

from dataclasses import dataclass

CITY = "示例市"
CONFIRMED_ON = "2025-12-20"
YEARS = (2023, 2024, 2025)


@dataclass(frozen=True, slots=True)
class Office:
    """One row of the roster; `area` picks the words of its reports (prose.AREAS), `printed` the name in its titles."""

    id: str
    name: str
    kind: str
    level: str
    portal: str
    area: str
    printed: str
    parent: str = ""
    obligation: str = "must"
    basis: str = "T49-1"
    aliases: tuple[str, ...] = ()
    confirmed: bool = True
    rulemaking: bool = False

    @property
    def scope(self) -> str:
        return "consolidated" if self.kind == "government" else "own"


def _government(key: str, place: str, level: str, portal: str) -> Office:
    full = CITY if place == CITY else CITY + place
    return Office(key, f"{full}人民政府", "government", level, portal, "government", f"{place}人民政府",
                  "" if place == CITY else "city-gov", basis="T49-2", aliases=(full, place, f"{place}人民政府"),
                  rulemaking=place == CITY)


def _department(key: str, place: str, name: str, portal: str, area: str, *, parent: str = "city-gov",
                kind: str = "department", confirmed: bool = True) -> Office:
    full = CITY if place == CITY else CITY + place
    return Office(key, full + name, kind, "prefecture" if place == CITY else "county", portal, area, place + name,
                  parent, confirmed=confirmed)


def _below(key: str, place: str, name: str, kind: str, portal: str, area: str, parent: str, obligation: str) -> Office:
    return Office(key, f"{CITY}{place}{name}", kind, "township", portal, area, f"{place}{name}", parent, obligation,
                  "G30-days", aliases=(f"{place}{name.removesuffix('人民政府').removesuffix('办事处')}",))


OFFICES: dict[str, Office] = {office.id: office for office in (
    _government("city-gov", CITY, "prefecture", "shili"),
    _department("city-education", CITY, "教育局", "shili", "education"),
    _department("city-finance", CITY, "财政局", "shili", "finance"),
    _department("city-supply", CITY, "供销合作社联合社", "shili", "market", confirmed=False),
    _department("city-police", CITY, "公安局", "shili-police", "street"),
    _department("city-resources", CITY, "自然资源局", "shili-resources", "forestry"),
    _department("city-sports", CITY, "体育局", "shili-sports", "education"),
    _department("city-ethnic", CITY, "民族宗教事务局", "shili-ethnic", "civil"),
    _department("city-audit", CITY, "审计局", "shili-audit", "finance"),
    _department("city-commerce", CITY, "商务局", "shili-commerce", "market"),
    Office("city-zone", f"{CITY}经济开发区管理委员会", "committee", "prefecture", "shili-zone", "government",
           f"{CITY}经济开发区管理委员会", "city-gov", "expected", "G30-days", aliases=(f"{CITY}经济开发区管委会",)),
    _government("yangli-gov", "样例区", "county", "yangli"),
    _department("yangli-office", "样例区", "人民政府办公室", "yangli", "office", parent="yangli-gov",
                kind="government_office"),
    _department("yangli-health", "样例区", "卫生健康局", "yangli", "health", parent="yangli-gov"),
    _below("yangli-street", "样例区", "例证街道办事处", "dispatched_office", "yangli-towns", "street", "yangli-gov",
           "expected"),
    _below("yangli-town", "样例区", "清样镇人民政府", "township", "yangli-towns", "township", "yangli-gov", "must"),
    _government("shifan-gov", "示范县", "county", "shifan"),
    _department("shifan-justice", "示范县", "司法局", "shifan", "justice", parent="shifan-gov"),
    _department("shifan-civil", "示范县", "民政局", "shifan-offices", "civil", parent="shifan-gov"),
    _department("shifan-statistics", "示范县", "统计局", "shifan-offices", "statistics", parent="shifan-gov"),
    _below("shifan-town", "示范县", "样本镇人民政府", "township", "shifan-offices", "township", "shifan-gov", "must"),
    _government("shidian-gov", "试点县", "county", "shidian"),
    _department("shidian-office", "试点县", "人民政府办公室", "shidian", "office", parent="shidian-gov",
                kind="government_office"),
    _department("shidian-water", "试点县", "水利局", "shidian", "water", parent="shidian-gov"),
    _department("shidian-forestry", "试点县", "林业局", "shidian-offices", "forestry", parent="shidian-gov"),
    _department("shidian-agriculture", "试点县", "农业农村局", "shidian-offices", "agriculture", parent="shidian-gov"),
    _below("shidian-town", "试点县", "范本乡人民政府", "township", "shidian-offices", "township", "shidian-gov",
           "must"),
    _government("fanli-gov", "范例县", "county", "shidian-offices"),
)}

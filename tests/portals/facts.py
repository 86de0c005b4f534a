"""The office's facts for the test world: bodies.csv, portals/<id>.yaml and alerts.yaml as the product reads them.

Promises files that a user could have written by hand; every portal of the world, every body, three recipients of mail.
"""

from __future__ import annotations

import csv
from pathlib import Path

import yaml

from tests.portals.offices import CITY, CONFIRMED_ON, OFFICES
from tests.portals.world import PORTALS, PortalPlan

COLUMNS = ("id", "name", "aliases", "kind", "obligation", "basis", "level", "parent", "sort_order", "scopes",
           "rulemaking", "portal", "salutation", "confirmed_by", "confirmed_on")


def write(folder: Path, port: int) -> None:
    """Fill the facts folder; files of the same name are replaced."""
    (folder / "portals").mkdir(parents=True, exist_ok=True)
    with (folder / "bodies.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for place, office in enumerate(OFFICES.values(), 1):
            writer.writerow({
                "id": office.id, "name": office.name, "aliases": ";".join(office.aliases), "kind": office.kind,
                "obligation": office.obligation, "basis": office.basis, "level": office.level, "parent": office.parent,
                "sort_order": place * 10, "scopes": office.scope, "rulemaking": "yes" if office.rulemaking else "no",
                "portal": office.portal, "salutation": "你办" if office.kind.startswith("government") else "你单位",
                "confirmed_by": f"{CITY}人民政府办公室" if office.confirmed else "",
                "confirmed_on": CONFIRMED_ON if office.confirmed else ""})
    for plan in PORTALS.values():
        _write(folder / "portals" / f"{plan.id}.yaml", portal(plan, port))
    _write(folder / "alerts.yaml", {"channels": ["mail"], "recipients": [
        {"id": "city-office", "address": "zwgk@city.example", "name": f"{CITY}人民政府办公室", "role": "oversight",
         "remit": {"label": "全市", "under": ["city-gov"], "kinds": []}, "language": "zh"},
        {"id": "shifan-office", "address": "zwgk@shifan.example", "name": "示范县人民政府办公室", "role": "oversight",
         "remit": {"label": "示范县", "under": ["shifan-gov"], "kinds": []}, "language": "zh"},
        {"id": "operator", "address": "operator@city.example", "name": "", "role": "operator",
         "remit": {"label": "全部站点", "under": [], "kinds": []}, "language": "zh"}]})


def portal(plan: PortalPlan, port: int) -> dict[str, object]:
    """One portal's YAML. Two of three families are named, the plain lists are left to recognition."""
    host = f"{plan.host}:{port}"
    return {"id": plan.id, "name": plan.name, "hosts": [host],
            "family": "auto" if plan.family == "static" or plan.fault else plan.family,
            "columns": [{"id": "annual", "name": "政府信息公开年报", "url": f"http://{host}{plan.path}",
                         "role": "collective" if len(_bodies(plan)) > 1 else "own"}]}


def _bodies(plan: PortalPlan) -> list[str]:
    return [office.id for office in OFFICES.values() if office.portal == plan.id]


def _write(path: Path, data: object) -> None:
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120), "utf-8")

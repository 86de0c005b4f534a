"""The rehearsal's office: settings.toml, the roster of all bodies, every portal's YAML, recipients of mail.

Promises files that an office could have written; every family is left to recognition. Leaves alone: what is published.
"""

from __future__ import annotations

import csv
from pathlib import Path

import yaml

from tests.bench.rehearsal.world import YEAR, County, Nation
from tests.portals.sites import Site

CONFIRMED, STALE = "2025-12-20", "2024-12-20"
CLOSED_PORT = 9
"""Nothing listens there on any loopback address: the unreachable hosts."""
_COLUMNS = ("id", "name", "aliases", "kind", "level", "parent", "scopes", "portal", "confirmed_by", "confirmed_on")


def write(folder: Path, nation: Nation, port: int, mail_port: int, delay: float, workers: int) -> Path:
    """Everything the commands need; returns the path of settings.toml."""
    facts = folder / "facts"
    (facts / "portals").mkdir(parents=True)
    cities: dict[str, str] = {}
    with (facts / "bodies.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for county in nation.counties():
            if county.city not in cities:
                cities[county.city] = f"city{len(cities)}"
            _write_bodies(writer, county)
            _write_portal(facts / "portals" / f"{county.id}.yaml", county, port)
    recipients = [{"id": "nation", "address": "nation@office.example", "role": "oversight",
                   "remit": {"label": "全国"}, "immediate": []},
                  {"id": "operator", "address": "operator@office.example", "role": "operator",
                   "remit": {"label": "全部站点"}}]
    recipients += [{"id": f"county{number}", "address": f"county{number}@office.example", "role": "oversight",
                    "remit": {"label": f"第{number}县", "under": [f"c{number}-0"]}}
                   for number in range(0, nation.portals, max(1, nation.portals // 20))]
    (facts / "alerts.yaml").write_text(yaml.safe_dump(
        {"channels": ["mail"], "recipients": recipients, "policy": {"window": ""}}, allow_unicode=True), "utf-8")
    path = folder / "settings.toml"
    path.write_text(
        f'[general]\noffice = "示例省政务公开办公室"\n[facts]\nfolder = "facts"\n[monitoring]\nsince = {YEAR}\n'
        f'[scan]\ncontact = "rehearsal@office.example"\ndelay = {delay}\ntimeout = 120.0\nretries = 1\n'
        f'allow_private_addresses = true\n[reading]\nworkers = {workers}\n'
        f'[mail]\nhost = "127.0.0.1"\nport = {mail_port}\nfrom = "nianbao@office.example"\n', "utf-8")
    return path


def _write_bodies(writer: csv._writer, county: County) -> None:  # type: ignore[name-defined]
    home = county.bodies[0].id
    for body in county.bodies:
        fresh = body.fate != "unconfirmed"
        writer.writerow([body.id, body.name, body.printed, body.kind, body.level, "" if body.id == home else home,
                         body.scope, county.id, "示例省政务公开办公室", CONFIRMED if fresh else STALE])


def _write_portal(path: Path, county: County, port: int) -> None:
    host = f"{county.host}:{CLOSED_PORT if county.fault == 'unreachable' else port}"
    address = county.plan.column(Site(county.host, county.name, "", [], county.plan.base, dialect=county.plan.dialect))
    path.write_text(yaml.safe_dump({
        "id": county.id, "name": f"{county.city}{county.name}人民政府", "hosts": [host], "family": "auto",
        "columns": [{"id": "annual", "name": "政府信息公开年报", "url": f"http://{host}{address}",
                     "role": "collective"}]}, allow_unicode=True), "utf-8")

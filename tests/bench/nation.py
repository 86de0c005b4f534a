"""A nation's store, made in minutes: provinces, prefectures, counties and their departments with years of statuses,
findings decided in part, reports with records and figures, runs, and the index of texts – written straight into the
tables, with sizes and shares as a season leaves them.

Nothing here is judged or read; the numbers are plausible, the texts are put together from phrases of our own.
"""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crawler.store import Store
from extract.forms import form
from monitor import records, searching
from monitor.model import Finding
from tests.bench.country import _text
from tests.monitor.reports import figures as figures_of
from tests.monitor.reports import report as made_report

AT = "2026-04-07T10:00:00+08:00"
PER_COUNTY = 50
POOL = 300
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_OFFICES = ("教育局", "财政局", "民政局", "司法局", "自然资源局", "生态环境局", "交通运输局", "水利局", "农业农村局",
            "商务局", "文化和旅游局", "卫生健康局", "退役军人事务局", "应急管理局", "审计局", "市场监督管理局",
            "统计局", "医疗保障局", "信访局", "林业局")
_STATUSES = (("on_time", 84), ("late", 6), ("late_by_rule", 3), ("missing", 2), ("unverified", 3), ("undated", 1),
             ("invalid", 1))
_RULES = (("ARI-01", "E"), ("ARI-03", "E"), ("PUB-02", "E"), ("YOY-01", "W"), ("TXT-01", "W"), ("FMT-13", "I"),
          ("FMT-07", "W"), ("ARI-04", "E"), ("PUB-03", "I"), ("YOY-02", "W"))
_LOT = 20_000


@dataclass(frozen=True, slots=True)
class Nation:
    """What was made. `reports` and `findings` are some ids to ask for, `tops` some bodies with others below."""

    settings: Path
    reports: list[str]
    findings: list[str]
    bodies: list[str]
    tops: list[str]


def make(folder: Path, bodies: int, years: int, findings: int, texts: int, seed: int = 5) -> Nation:
    """The installation in `folder`; `texts`: so many of the newest reports have records and are indexed."""
    drawn = random.Random(seed)
    facts = folder / "facts"
    (facts / "portals").mkdir(parents=True)
    listed = list(_bodies(bodies))
    _write_facts(facts, listed)
    settings = folder / "settings.toml"
    settings.write_text(
        '[general]\noffice = "示例办公室"\n[facts]\nfolder = "facts"\n[monitoring]\nsince = 2019\n'
        f'require_confirmation = false\n[clock]\nat = "{AT}"\n', "utf-8")
    store = Store(folder / "nianbao.db")
    store.migrate(records.monitor_schema)
    with store.write() as connection:
        records.ensure_figures(connection)
    span = range(2026 - years, 2026)
    reports = _reports(store, listed, span, texts, drawn)
    _standings(store, listed, span, reports, drawn)
    held = _findings(store, listed, span, findings, reports, drawn)
    _runs(store, listed)
    some = list(reports.values())
    return Nation(settings, drawn.sample(some, min(2000, len(some))), drawn.sample(held, min(2000, len(held))),
                  [each[0] for each in drawn.sample(listed, min(500, len(listed)))],
                  [each[0] for each in listed if each[3] in ("province", "prefecture", "county")][:400])


# ---------------------------------------------------------------- who
def _name(number: int, ending: str) -> str:
    return f"{_STEMS[number % 10]}{_BRANCHES[number // 10 % 12]}{_BRANCHES[number // 120 % 12]}{ending}"


def _bodies(count: int) -> Iterator[tuple[str, str, str, str, str, str]]:
    """(id, name, kind, level, parent, portal): governments with their departments, level by level."""
    made = 0
    provinces = max(1, round(count / 5000))
    for province in range(provinces):
        top = f"p{province}"
        yield top, f"{_name(province, '省')}人民政府", "government", "province", "", top
        made += 1
        for prefecture in range(10):
            middle = f"{top}c{prefecture}"
            city = f"{_name(province, '省')}{_name(prefecture + 31, '市')}"
            yield middle, f"{city}人民政府", "government", "prefecture", top, middle
            made += 1
            for county in range(10):
                here = f"{middle}x{county}"
                district = f"{city}{_name(county + 500, '县')}"
                yield here, f"{district}人民政府", "government", "county", middle, middle
                made += 1
                for number in range(PER_COUNTY - 1):
                    office = _OFFICES[number % len(_OFFICES)]
                    shown = office if number < len(_OFFICES) else f"第{number // len(_OFFICES)}{office}"
                    yield f"{here}b{number}", f"{district}{shown}", "department", "county", here, middle
                    made += 1
                    if made >= count:
                        return


def _write_facts(facts: Path, listed: list[tuple[str, str, str, str, str, str]]) -> None:
    with (facts / "bodies.csv").open("w", encoding="utf-8") as file:
        file.write("id,name,kind,level,parent,portal,scopes\n")
        for identity, name, kind, level, parent, portal in listed:
            file.write(f"{identity},{name},{kind},{level},{parent},{portal},"
                       f"{'consolidated' if kind == 'government' else 'own'}\n")
    for portal in dict.fromkeys(each[5] for each in listed):
        (facts / "portals" / f"{portal}.yaml").write_text(
            f"id: {portal}\nname: 门户{portal}\nhosts: [{portal}.example]\n"
            f"columns: [{{id: nb, name: 年度报告, url: 'http://{portal}.example/nb/'}}]\n", "utf-8")
    (facts / "alerts.yaml").write_text("channels: []\nrecipients: []\n", "utf-8")


def _scope(body: tuple[str, str, str, str, str, str]) -> str:
    return "consolidated" if body[2] == "government" else "own"


# ---------------------------------------------------------------- what they published
def _reports(store: Store, listed: list[tuple[str, str, str, str, str, str]], span: range, wanted: int,
             drawn: random.Random) -> dict[tuple[str, int], str]:
    """The newest `wanted` reports, by body and year, with figures and indexed texts; texts come from a pool with what
    names the body and the year put into each."""
    pool = []
    for number in range(POOL):
        text = _text(drawn)
        count = drawn.randint(1, 400)
        made = made_report(2025, {1: "{name}{year}年" + "".join(text[:-8]), 5: "存在问题：" + "".join(text[-8:])},
                           figures=figures_of(applications__new__total=count))
        record = made.to_record()
        columns = [made.figures[key].value for key in form("2021").all_keys if key in made.figures]
        states = "".join("n" if key in made.figures else "a" for key in form("2021").all_keys)
        words = " ".join(searching._TOKENS.findall(" ".join(each["text"] for each in record["sections"])
                                                   .replace("{name}", "").replace("{year}", "")))
        pool.append((json.dumps(record, ensure_ascii=False), columns, states, words, number))
    keys = [key for key in form("2021").all_keys if key in made.figures]
    names, marks = ", ".join(f'"{key}"' for key in keys), ", ".join("?" * (len(keys) + 2))
    places = {each[0]: each for each in listed}
    chains: dict[str, str] = {}
    for identity, each in places.items():
        chains[identity] = f"{searching._place(identity)} {chains.get(each[4], '')}".strip()
    found: dict[tuple[str, int], str] = {}
    packed = [zlib.compress(text.replace("{name}", "示例单位").replace("{year}", "2025").encode(), 6)
              for text, *_ in pool]
    serial = 0
    todo = ((year, body) for year in reversed(span) for body in listed)
    while len(found) < wanted:
        lot = [each for _, each in zip(range(min(_LOT, wanted - len(found))), todo, strict=False)]
        if not lot:
            break
        rows, figures, kept, index = [], [], [], []
        for year, body in lot:
            identity, scope = body[0], _scope(body)
            report = hashlib.sha256(f"{identity}/{year}".encode()).hexdigest()[:16]
            found[identity, year] = report
            number = drawn.randrange(POOL)
            day = f"{year + 1}-0{drawn.randint(1, 3)}-{drawn.randint(10, 28)}"
            serial += 1
            rows.append((report, body[5], f"http://{body[5]}.example/nb/{identity}/{year}.html", report, identity,
                         scope, year, "report", "", f"{body[1]}{year}年政府信息公开工作年度报告", "2021", day,
                         "meta:PubDate",
                         json.dumps([{"date": day, "source": "meta:PubDate"}]), report * 4, "text/html", 6,
                         packed[number], f"{day}T09:00:00+08:00", AT, "r1", "r1"))
            figures.append((report, pool[number][2], *pool[number][1]))
            row = (year << 32) + serial
            words = " ".join((*searching._TOKENS.findall(body[1]), str(year), "年", pool[number][3]))
            kept.append((row, identity, scope, year, report, 6, b"", searching._hash(chains[identity])))
            index.append((row, words,
                          f"{chains[identity]} {searching._scope(scope)} {searching._slice(row)}"))
        with store.write() as connection:
            connection.executemany(f"INSERT INTO report VALUES ({', '.join('?' * 22)})", rows)
            connection.executemany(f'INSERT INTO figures_2021 (report, states, {names}) VALUES ({marks})', figures)
            connection.executemany("INSERT INTO text_row (id, body, scope, year, report, version, mark, above) "
                                   "VALUES (?,?,?,?,?,?,?,?)", kept)
            connection.executemany("INSERT INTO text_index (rowid, words, place) VALUES (?,?,?)", sorted(index))
            connection.execute("INSERT INTO text_state VALUES (?, 0) ON CONFLICT DO NOTHING", (searching.LAYOUT,))
    return found


def _standings(store: Store, listed: list[tuple[str, str, str, str, str, str]], span: range,
               reports: dict[tuple[str, int], str], drawn: random.Random) -> None:
    names, weights = [each for each, _ in _STATUSES], [weight for _, weight in _STATUSES]

    def rows() -> Iterator[tuple[object, ...]]:
        for body in listed:
            identity, scope = body[0], _scope(body)
            for year in span:
                status = drawn.choices(names, weights)[0]
                seen = status not in ("missing", "unverified")
                due = f"{year + 1}-03-31" if scope == "consolidated" else f"{year + 1}-01-31"
                late = {"late": drawn.randint(1, 90), "late_by_rule": drawn.randint(1, 30)}.get(status)
                yield (identity, scope, year, status, due, "statutory", f"{year + 1}-01-2{drawn.randrange(10)}" if seen
                       else None, "meta:PubDate" if seen else None, late,
                       f"http://{body[5]}.example/nb/{identity}/{year}.html" if seen else None,
                       reports.get((identity, year)) if seen else None, AT,
                       "portal_unreachable" if status == "unverified" else "",
                       "timeout" if status == "unverified" else None,
                       json.dumps({"dates": [{"date": due, "source": "meta:PubDate"}], "listings": [1, 2]}), AT)

    with store.write() as connection:
        connection.executemany(f"INSERT INTO standing VALUES ({', '.join('?' * 16)})", rows())
        connection.execute("UPDATE judgement SET number = number + 1")


def _findings(store: Store, listed: list[tuple[str, str, str, str, str, str]], span: range, count: int,
              reports: dict[tuple[str, int], str], drawn: random.Random) -> list[str]:
    rows, steps, held = [], [], []
    for number in range(count):
        body, year = drawn.choice(listed), drawn.choice(span)
        rule, severity = _RULES[drawn.randrange(len(_RULES))]
        left = drawn.randint(2, 300)
        one = Finding(rule, 1, severity, "fail", body[0], _scope(body), year,  # type: ignore[arg-type]
                      f"natural_person{number}", f"{left} + 1 = {left} + 4", left + 1, left + 4, -3,
                      ["applications.new.natural_person", "applications.carried_in.natural_person"],
                      {"col": "natural_person", "table": 3},
                      {"figures": {"applications.new.natural_person": {"value": left, "state": "number",
                                                                       "raw": str(left)}}})
        state = drawn.choices(("open", "confirmed", "dismissed", "notified"), (60, 20, 10, 10))[0]
        detail = json.dumps({"expression": one.expression, "left": one.left, "right": one.right,
                             "difference": one.difference, "figures": one.figures, "parameters": one.parameters,
                             "evidence": one.evidence, "reason": "", "pack": ""}, ensure_ascii=False)
        day = f"2026-0{drawn.randint(1, 3)}-{drawn.randint(10, 28)}T09:00:00+08:00"
        rows.append((one.id, one.fact, rule, 1, severity, "fail", body[0], _scope(body), year, one.subject, detail,
                     reports.get((body[0], year)), state, day, AT, None))
        held.append(one.id)
        if state != "open":
            action = {"confirmed": "confirm", "dismissed": "dismiss", "notified": "notify"}[state]
            steps.append((AT, one.id, one.fact, action, "经办", "open", state, "见原文",
                      "2026-05-01" if state == "notified" else None, "{}"))
    with store.write() as connection:
        connection.executemany(
            "INSERT OR IGNORE INTO finding (id, fact, rule, version, severity, outcome, body, scope, year, subject, "
            f"detail, report, state, first_seen, last_seen, cleared) VALUES ({', '.join('?' * 16)})", rows)
        connection.executemany(
            "INSERT INTO audit (at, finding, fact, action, author, before, after, reason, until, detail) "
            f"VALUES ({', '.join('?' * 10)})", steps)
    return held


def _runs(store: Store, listed: list[tuple[str, str, str, str, str, str]]) -> None:
    portals = list(dict.fromkeys(each[5] for each in listed))
    with store.write() as connection:
        for week in range(12):
            run, at = f"r{week:02}", f"2026-0{1 + week // 4}-{1 + week % 4 * 7:02}T09:00:00+08:00"
            connection.execute("INSERT INTO run VALUES (?, 'scan', 'incomplete', ?, ?, ?, 1, '{}')", (run, at, at, at))
            connection.executemany("INSERT INTO run_portal VALUES (?, ?, 'done', ?, ?, ?, '')", (
                (run, portal, at, at, "timeout" if number % 30 == week else "ok")
                for number, portal in enumerate(portals)))
            connection.executemany(
                "INSERT INTO listing (run, portal, column_id, url, family, at, day, outcome, complete, in_order, "
                "items, pages) VALUES (?, ?, 'nb', ?, 'x', ?, ?, 'ok', 1, 1, 20, '[]')",
                ((run, portal, f"http://{portal}.example/nb/", at, at[:10]) for portal in portals))

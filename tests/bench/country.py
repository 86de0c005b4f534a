"""A country's reports in one store, judged and compared: `python -m tests.bench.country [REPORTS]`.

Makes counties of bodies with three years of reports each – wording drawn sentence by sentence, some of it copied from
last year or from another body – and prints CPU seconds (this process with its children) for judging all of them, for
judging after a rule changed and after nothing changed, and for holding them against each other, with what that found
of the copies planted.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crawler import clock
from crawler.model import Body
from crawler.roster import Roster
from crawler.store import Store
from extract import claims
from extract.forms import form
from extract.model import Figure, Report, Section, Source, TableReading
from monitor import holdings, lookalikes, records, rejudging, review, workers
from monitor.rules import catalogue

AT = "2026-02-09T09:00:00+08:00"
YEARS = (2022, 2023, 2024)
COUNTY = 45
COPIES, FROM_LAST_YEAR = 0.03, 0.1
PROCESSES = 2
_SUBJECTS = (
    "政策解读", "重点领域信息", "权责清单", "财政预决算", "行政执法信息", "民生实事", "惠企政策", "规范性文件",
    "互动交流栏目", "依申请答复", "政务新媒体", "公开目录", "信息台账", "保密审查", "考核评估", "业务培训",
    "专栏建设", "数据开放", "便民地图", "热线回应")
_VERBS = (
    "细化", "完善", "拓展", "规范", "更新", "优化", "推进", "强化", "丰富", "梳理", "压实", "整合", "督促",
    "健全", "试行")
_HOW = (
    "按月通报进展", "由专人逐条核对", "邀请群众代表评议", "与承办科室会商确定", "纳入年度目标管理",
    "对照清单销号", "同步推送至移动端", "开展两次自查", "请法律顾问把关", "按季度汇总上报",
    "公开前履行三级审核", "借助图表和短视频说明", "在服务大厅设查阅点", "与兄弟单位交流做法")
_WHY = (
    "方便企业和群众查找", "回应社会关切", "提升答复质量", "避免内容陈旧", "保障群众知情权", "减少重复咨询",
    "增强工作透明度", "压缩办理时间")


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 15000
    with tempfile.TemporaryDirectory() as folder:
        store, roster, planted = make(Path(folder), wanted)
        moment = clock.parse(AT)
        with store.read() as connection:
            total = connection.execute("SELECT count(*) FROM report").fetchone()[0]
        for name in ("judging all", "judging again, nothing changed", "judging again, a rule changed"):
            if "a rule" in name:
                raised = catalogue.text_of("FMT-13").model_copy(update={"version": 99})
                object.__setattr__(catalogue.catalogue(), "rules", {**catalogue.catalogue().rules, "FMT-13": raised})
            with measured(name, total):
                with store.read() as connection:
                    held = holdings.Holdings(connection, roster, [])
                with workers.Crew(store.path, roster, PROCESSES) as crew:
                    done = rejudging.ahead(store, held, crew, moment)
                with store.write() as connection:
                    done = rejudging.judge_store(connection, roster, moment, early=done)
            print(f"    {len(done.new)} new findings, {done.reports} reports judged, "
                  f"moved: {[each.rule for each in done.moved]}")
        for name in ("comparing all", "comparing again, nothing changed"):
            with measured(name, total):
                with store.read() as connection:
                    held = holdings.Holdings(connection, roster, [])
                with workers.Crew(store.path, roster, PROCESSES) as crew:
                    compared = lookalikes.compare(store, held, crew, moment)
            print(f"    {compared.signed} signed, {compared.pairs} pairs held against each other, "
                  f"{len(compared.changes.new)} findings")
        with store.read() as connection:
            told = {(each.finding.body, each.finding.year)
                    for each in review.list_findings(connection, rules=["YOY-07"])}
        print(f"copies planted {len(planted)}, told {len(planted & told)}; told beside them {len(told - planted)}")


@contextmanager
def measured(name: str, total: int) -> Iterator[None]:
    begun, wall = _cpu(), time.monotonic()
    yield
    spent = _cpu() - begun
    print(f"{name}: {spent:.1f} CPU s, {time.monotonic() - wall:.1f} s; {spent / total * 1000:.2f} ms a report, "
          f"150,000 reports on 2 cores: {spent / total * 150_000 / 60 / 2:.1f} min", flush=True)


def _cpu() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in both)


def make(folder: Path, wanted: int) -> tuple[Store, Roster, set[tuple[str, int]]]:
    """A store with so many reports, and the (body, year) whose text is a copy of another body's or was copied."""
    drawn = random.Random(7)
    bodies, planted = [], set()
    store = Store(folder / "country.db")
    store.migrate(records.monitor_schema)
    with store.write() as connection:
        records.ensure_figures(connection)
    for county in range(max(1, round(wanted / len(YEARS) / COUNTY))):
        home = Body(id=f"g{county}", name=f"第{county}县人民政府", kind="government", level="county",
                    scopes=("consolidated",), division_code=f"{110000 + county}")
        office = Body(id=f"o{county}", name=f"第{county}县人民政府办公室", kind="government_office", level="county",
                      parent=home.id, acts_as=home.id)
        members = [Body(id=f"b{county}-{each}", name=f"第{county}县第{each}局", kind="department", level="county",
                        parent=home.id) for each in range(COUNTY - 2)]
        bodies += [home, office, *members]
        with store.write() as connection:
            texts: dict[tuple[str, int], list[str]] = {}
            for body in (home, office, *members):
                for year in YEARS:
                    texts[body.id, year] = _text(drawn)
                    if year - 1 in YEARS and drawn.random() < FROM_LAST_YEAR:
                        texts[body.id, year] = texts[body.id, year - 1]
                    if body in members and drawn.random() < COPIES:
                        model = drawn.choice([each for each in members if (each.id, year) in texts])
                        if model is not body:
                            texts[body.id, year] = _slightly_changed(texts[model.id, year], drawn)
                            planted |= {(body.id, year), (model.id, year)}
                    _put(connection, body, year, texts[body.id, year], drawn)
    return store, Roster.of(bodies, []), planted


def _text(drawn: random.Random) -> list[str]:
    return [f"{drawn.choice(_VERBS)}{drawn.choice(_SUBJECTS)}，{drawn.choice(_HOW)}，{drawn.choice(_WHY)}"
            f"{drawn.choice(('。', f'，全年{drawn.randint(2, 400)}条。', f'，覆盖{drawn.randint(2, 90)}个事项。'))}"
            for _ in range(drawn.randint(28, 50))]


def _slightly_changed(text: list[str], drawn: random.Random) -> list[str]:
    copied = list(text)
    copied[drawn.randrange(len(copied))] = _text(drawn)[0]
    return copied


def _put(connection: object, body: Body, year: int, text: list[str], drawn: random.Random) -> None:
    figures = {}
    for place, key in enumerate(form("2021").keys):
        figures[key] = Figure(0, "number", "0", source=Source(table=3, row=place // 7, column=place % 7, page=2))
    for row, number in (("new", 3 + drawn.randrange(40)), ("carried_in", drawn.randrange(3))):
        for column in ("natural_person", "total"):
            figures[f"applications.{row}.{column}"].value = number
    done = int(figures["applications.new.total"].value or 0) + int(figures["applications.carried_in.total"].value or 0)
    for row in ("granted", "concluded"):
        for column in ("natural_person", "total"):
            figures[f"applications.{row}.{column}"].value = done
    own = figures["applications.new.total"].value
    first = (f"{year}年，{body.name}认真贯彻落实《中华人民共和国政府信息公开条例》，" + "".join(text[:-8])
             + f"全年收到政府信息公开申请{own}件，均已办结。主动公开、平台建设、监督保障、政府信息管理均有安排。")
    prose = {1: first, 5: "存在问题：" + "".join(text[-8:]), 6: "本年度未收取信息处理费。"}
    sections = [Section(fact.number, fact.title, prose.get(fact.number, "")) for fact in form("2021").sections]
    scope = body.scopes[0]
    made = Report(f"{body.name}{year}年政府信息公开工作年度报告", body.name, year, scope, "2021", "text/html",
                  f"{drawn.getrandbits(256):064x}", sections=sections, figures=figures,
                  tables=[TableReading(number, True, form="2021") for number in (2, 3, 4)],
                  claims=claims.find_claims(sections, year), period=f"{year}年1月1日至{year}年12月31日")
    records.put_report(connection, made, address=f"http://x.example/{body.id}/{year}", content="c",  # type: ignore
                       portal="p", body=body.id, scope=scope, year=year, verdict="report", reason="", version=1,
                       first=(AT, "r"), last=(AT, "r"))


if __name__ == "__main__":
    main()

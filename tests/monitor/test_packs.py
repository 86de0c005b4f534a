"""Local packs: bind whom and when they say, weigh what they say, and tell their mistakes with place and mend."""

import datetime

import pytest

from crawler.model import Body
from crawler.roster import Roster
from extract import configuration
from extract.exceptions import ConfigurationError
from monitor import judging, obligations, packs, wording
from monitor.model import DueDay, Obligation, Standing, Status
from monitor.rules.catalogue import Watched
from tests.monitor.reports import report
from tests.monitor.test_obligations import settings

CITY = """
version: 3
title: 示例市
title_en: Example City
code: "990100"
years: {since: 2022}
notices:
  plan: {name: 示例市政务公开考评办法, number: 示政办〔2022〕1号, date: 2022-06-01, source: "https://www.city.example/1.html"}
rules:
  YOY-05: {severity: E, threshold: 0.5, notice: plan}
  FMT-13: {severity: W, notice: plan}
required:
  - {id: meeting, title: 政务公开专题会议, title_en: meetings, words: ["专题(?:会|研究)"], sections: [1], severity: W,
     notice: plan}
deadlines:
  - {id: dept, day: 01-20, kinds: [department], scopes: [own], years: [2022], notice: plan}
changes: {1: 初版, 3: 调整}
"""
COUNTY = """
version: 1
title: 示例县
title_en: Example County
under: county
years: {since: 2023, until: 2024}
notices: {n: {name: 示例县考评通知, source: 书面通知}}
rules: {YOY-05: {severity: I, notice: n}}
changes: {1: 初版}
"""
BODIES = [Body(id="city", name="示例市人民政府", kind="government", level="prefecture", division_code="990100"),
          Body(id="county", name="示例县人民政府", kind="government", level="county", parent="city",
               division_code="990122"),
          Body(id="finance", name="示例县财政局", kind="department", level="county", parent="county"),
          Body(id="other", name="别处市财政局", kind="department", level="prefecture", division_code="990200")]
ROSTER = Roster.of(BODIES, [])


@pytest.fixture
def office(tmp_path):
    """Write packs into an office's own facts folder."""
    (tmp_path / "packs").mkdir()

    def write(**files):
        for name, text in files.items():
            (tmp_path / "packs" / f"{name.removeprefix('p')}.yaml").write_text(text, "utf-8")
        configuration.use_office_folder(tmp_path)
        return packs.Packs(ROSTER)

    yield write
    configuration.use_office_folder(None)


def named(local):
    return [pack.name for pack in local]


def test_a_pack_binds_its_divisions_subtree_in_its_years_and_nobody_else(office):
    held = office(p990100=CITY, county=COUNTY)
    assert named(held.of(ROSTER.bodies["finance"], 2022)) == ["990100@3"]
    assert named(held.of(ROSTER.bodies["finance"], 2023)) == ["990100@3", "county@1"]
    assert named(held.of(ROSTER.bodies["city"], 2023)) == ["990100@3"]
    assert held.of(ROSTER.bodies["finance"], 2021) == held.of(ROSTER.bodies["other"], 2023) == ()
    assert held.of(None, 2023) == held.of(ROSTER.bodies["city"], None) == ()


def test_the_nearer_place_goes_before_the_wider_one(office):
    held = office(p990100=CITY, county=COUNTY)
    wider, nearer = (held.local(ROSTER.bodies["finance"], year) for year in (2022, 2023))
    assert (wider.severities["YOY-05"], nearer.severities["YOY-05"]) == ("E", "I")
    assert (wider.by["YOY-05"], nearer.by["YOY-05"]) == ("990100@3", "county@1")
    assert nearer.thresholds == {"YOY-05": 0.5}


@pytest.mark.parametrize(("code", "prefix"), [
    ("430000", "43"), ("431200", "4312"), ("431202", "431202"), ("431202103000", "431202103"),
    ("431202103", "431202103"), ("110000000000", "11")])
def test_a_code_is_cut_to_what_its_subtree_shares(code, prefix):
    made = packs.Pack(version=1, title="甲", title_en="a", code=code, years={"since": 2021}, changes={1: "初"},
                      notices={"n": {"name": "某某通知", "source": "x"}})
    assert made.prefix == prefix


def test_an_installation_without_packs_changes_nothing(office):
    held = office()
    assert held.local(ROSTER.bodies["finance"], 2025).to_record() == {}
    assert held.local_days(ROSTER.bodies["finance"]) == []


# ---------------------------------------------------------------- what a pack weighs
def judged(held, seen, body="finance", year=2022):
    seen.roster |= {"kind": "department", "pack": held.local(ROSTER.bodies[body], year).to_record()}
    return {each.rule: each for each in judging.judge(seen, judging.Named(body, "own", year)).findings}


def test_a_finding_names_the_pack_that_weighed_it_and_its_notice(office):
    held = office(p990100=CITY)
    found = judged(held, report(2022, {6: "无其他事项。"}))["FMT-13"]
    assert (found.severity, found.pack) == ("W", "990100@3")
    assert wording.message(found, "zh").endswith("（按本地规则包990100第3版）")
    assert wording.message(found, "en").endswith("(local pack 990100, version 3)")
    assert "《示例市政务公开考评办法》（示政办〔2022〕1号）" in wording.basis(found, "zh")
    bare = report(2022, {6: "无其他事项。"})
    plain = {each.rule: each for each in judging.judge(bare).findings}["FMT-13"]
    assert (plain.severity, plain.pack) == ("I", "")
    assert "规则包" not in wording.message(plain, "zh")


def test_a_new_version_of_a_pack_alone_is_no_new_fact(office):
    seen = report(2022, {6: "无其他事项。"})
    found = judged(office(p990100=CITY), seen)["FMT-13"]
    raised = CITY.replace("version: 3", "version: 4").replace("3: 调整", "4: 措辞")
    newer = judged(office(p990100=raised), seen)["FMT-13"]
    assert (found.pack, newer.pack) == ("990100@3", "990100@4")
    assert (found.id, found.fact) == (newer.id, newer.fact)


def test_what_a_pack_requires_is_looked_for_where_it_says(office):
    held = office(p990100=CITY)
    found = judged(held, report(2022))["LOC-01"]
    assert (found.severity, found.outcome, found.pack) == ("W", "fail", "990100@3")
    assert "政务公开专题会议" in wording.message(found, "zh")
    assert "meetings" in wording.message(found, "en")
    assert "LOC-01" not in judged(held, report(2022, {1: "全年召开专题会2次。" * 20}))
    assert judged(held, report(2022, without=(1,)))["LOC-01"].outcome == "uncertain"
    assert judged(held, report(2022, damaged=True))["LOC-01"].reason == "damaged"
    assert "LOC-01" not in judged(held, report(2021), year=2021)


def test_a_case_that_weighs_less_keeps_its_lesser_weight(office):
    held = office(p990100=CITY.replace("FMT-13: {severity: W", "YOY-01: {severity: E"))
    now = report(2022)
    now.figures["applications.carried_in.total"].value = 5
    now.roster |= {"kind": "government", "pack": held.local(ROSTER.bodies["city"], 2022).to_record()}
    own, whole = (judging.judge(now, judging.Named("city", scope, 2022), {2021: report(2021)})
                  for scope in ("own", "consolidated"))
    weights = [{each.severity for each in found.findings if each.rule == "YOY-01" and "total" in each.subject}
               for found in (own, whole)]
    assert weights[1] <= {"W"}


# ---------------------------------------------------------------- days
def test_a_packs_day_reaches_the_obligation_with_its_notice(office):
    office(p990100=CITY)
    found = {(each.body, each.year): each for each in obligations.obligations(ROSTER, settings(), [2022, 2023])}
    local = [day for day in found["finance", 2022].days if day.tier == "local"]
    assert local == [DueDay(datetime.date(2023, 1, 20), "local", "L-990100@3/plan")]
    assert not [day for day in (*found["finance", 2023].days, *found["other", 2022].days) if day.tier == "local"]
    assert found["finance", 2022].due.tier == "statutory"


def test_a_report_late_by_a_packs_day_names_the_pack_and_its_notice(office):
    held = office(p990100=CITY)
    owed = next(each for each in obligations.obligations(ROSTER, settings(), [2022]) if each.body == "finance")
    standing = Standing("finance", "own", 2022, Status.LATE_BY_RULE, datetime.date(2023, 1, 20), "local", "2023-01-25",
                        "meta:PubDate", 5)
    watched = Watched(standing, owed, ROSTER.bodies["finance"])
    found = {each.rule: each for each in judging.judge_standing(
        watched, held.local(ROSTER.bodies["finance"], 2022).to_record()).findings}["PUB-03"]
    assert (found.severity, found.pack) == ("W", "990100@3")
    assert "示例市政务公开考评办法" in wording.basis(found, "zh")
    national = judging.judge_standing(Watched(standing, Obligation("finance", "own", 2022, (
        DueDay(datetime.date(2023, 1, 20), "national", "G30-days"),)), ROSTER.bodies["finance"]))
    assert {each.pack for each in national.findings} == {""}


def test_the_packaged_day_binds_city_departments_of_that_year_only():
    roster = Roster.of([
        Body(id="c", name="怀化市财政局", kind="department", level="prefecture", division_code="431200"),
        Body(id="k", name="某县财政局", kind="department", level="county", division_code="431222"),
        Body(id="t", name="某乡人民政府", kind="township", level="township", division_code="431222100")], [])
    found = {(each.body, each.year): [day.day.isoformat() for day in each.days if day.tier == "local"]
             for each in obligations.obligations(roster, settings(), [2021, 2022])}
    assert found["c", 2021] == ["2022-01-28"]
    assert {key for key, days in found.items() if days} == {("c", 2021)}


# ---------------------------------------------------------------- mistakes
@pytest.mark.parametrize(("old", "new", "said"), [
    ("notice: plan}\n  FMT-13", "notice: plam}\n  FMT-13", "nothing may be ruled without its document"),
    ("YOY-05:", "YOY-5:", "did you mean YOY-05"),
    ("FMT-13: {severity: W", "FMT-13: {threshold: 0.5", "has no threshold"),
    ("threshold: 0.5", "threshold: 0.1", "merely follow the same form"),
    ("threshold: 0.5", "threshold: 50", "less than or equal to 1"),
    ("FMT-13: {severity: W", "TXT-01: {severity: E", "question at most"),
    ("FMT-13: {severity: W", "FMT-13: {severity: X", "'E', 'W' or 'I'"),
    ("01-20", "02-30", "day"), ("years: [2022]", "years: [2021]", "none of the pack's years"),
    ("3: 调整", "2: 调整", "nothing of version 3"), ('code: "990100"', "code: 9901", "code"),
    ('code: "990100"', "", "either code"), ("words: [\"专题(?:会|研究)\"]", "words: [\"专题(\"]", "no regular"),
    ("years: {since: 2022}", "years: {since: 2022, until: 2020}", "exchange them"),
    ("deadlines:", "deadline:", "deadline"), (", source: \"https://www.city.example/1.html\"", "", "source"),
])
def test_a_mistake_is_told_with_file_line_value_and_mend(office, old, new, said):
    assert old in CITY
    with pytest.raises(ConfigurationError, match=said) as fault:
        office(p990100=CITY.replace(old, new))
    assert "990100.yaml:" in str(fault.value)


def test_a_pack_under_nobody_is_refused_by_name(office):
    with pytest.raises(ConfigurationError, match=r"pack.yaml: under 'countyy'.*did you mean county"):
        office(ppack=COUNTY.replace("under: county", "under: countyy"))
    assert packs.Packs(ROSTER, lenient=True).of(ROSTER.bodies["finance"], 2023) == ()

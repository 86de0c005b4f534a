"""From home pages to entries: the family portals, the demo's world, small portals of every way a home page leads."""

import functools
from itertools import pairwise

import pytest
import yaml

from crawler import probe as probing
from crawler import scan
from crawler.exceptions import ProbeError
from crawler.model import Portal, ScanPlan
from crawler.probe import Candidate, Probe, ProbePlan, Target, decide, id_of, site_of
from crawler.spiders.probe import MOST_REQUESTS
from crawler.store import Store
from extract import configuration
from tests.portals import families, world
from tests.portals import year_columns as cut
from tests.portals.serving import Portals, Response

YEARS = range(2020, 2026)


def probed(targets, **changes):
    values = {"delay": 0.0, "timeout": 5.0, "retries": 0, "allow_private_addresses": True, "contact": "a@b.example"}
    return {done.target.id: done for done in probing.run(ProbePlan(targets, **{**values, **changes}))}


# ---------------------------------------------------------------- the family portals
@pytest.fixture(scope="module")
def found_families():
    with families.portals() as running:
        targets = [Target(plan.id, f"http://{plan.host}:{running.port}/") for plan in families.FAMILY_PORTALS.values()]
        yield running.port, probed(targets)


@pytest.mark.parametrize("plan", families.FAMILY_PORTALS.values(), ids=lambda plan: plan.id)
def test_every_family_portal_is_found_from_its_home_page_or_refused_for_its_own_reason(found_families, plan):
    port, found = found_families
    done = found[plan.id]
    assert done.requests <= MOST_REQUESTS
    if plan.outcome != "ok":
        assert done.refusal == plan.outcome
        assert done.reason
        return
    assert not done.refusal, done.reason
    assert [column.url for column in done.columns] == [
        f"http://{plan.host}:{port}{plan.column(families.site(plan, port))}"]
    assert done.columns[0].family == plan.family
    assert set(done.columns[0].bodies) == set(plan.names)
    entry = Portal.model_validate(yaml.safe_load(done.to_yaml()))
    assert entry.family in (plan.family, "auto")
    assert entry.hosts == [f"{plan.host}:{port}"]


# ---------------------------------------------------------------- the demo's world
BLIND = {"shili-zone": "soft_404", "shili-police": "challenge", "shili-resources": "refused",
         "shili-sports": "unknown_shape", "shili-audit": "robots_unreachable", "shili-ethnic": "empty_listing"}


@pytest.mark.slow
def test_the_demos_portals_are_found_or_refused_for_what_is_planted_in_them():
    with world.portals() as running:
        found = probed([Target(plan.id, f"http://{plan.host}:{running.port}/") for plan in world.PORTALS.values()])
    for plan in world.PORTALS.values():
        done = found[plan.id]
        assert done.refusal == BLIND.get(plan.id, ""), (plan.id, done.reason)
        if not done.refusal:
            assert [column.url for column in done.columns] == [f"http://{plan.host}:{running.port}{plan.path}"]
            assert (done.columns[0].family, done.name) == (plan.family, f"{plan.name}门户网站")


# ---------------------------------------------------------------- small portals, one a way
def page(body, title="示例市人民政府", head=""):
    foot = "主办：示例市人民政府办公室　承办：示例市大数据中心　地址：示例市中心大道1号　网站标识码：0000000000"
    return (f"<html><head><meta charset='utf-8'><title>{title}</title>{head}</head><body>{body}<div class='foot'>"
            f"<p>{foot}</p></div></body></html>")


def rows(name="示例市教育局", years=YEARS, folder="."):
    return "<ul>" + "".join(
        f"<li><a href='{folder}/{year + 1}01/t{year + 1}0115_{year}.html'>{name}{year}年政府信息公开工作年度报告</a>"
        f"<span>{year + 1}-01-15</span></li>" for year in reversed(years)) + "</ul>"


def link(url, text):
    return f"<a href='{url}'>{text}</a>"


NEWS = "<ul><li><a href='/yw/1.html'>全市重点项目推进活动举行</a></li><li><a href='/tjnb/'>统计年报</a></li></ul>"
LIST = page(rows())
HOME = page(NEWS + link("/zwgk/", "政务公开"))
WAY = page(link("/zn.html", "政府信息公开指南") + link("/nb/", "政府信息公开年报"))
CHALLENGE = Response.page("<html><script>$_ts=window['$_ts'];$_ts.cd='q';</script></html>", 412)
OLD = page(rows("示例市水利局"))
FOUND = {
    "plain": {"/": HOME, "/zwgk/": WAY, "/nb/": LIST},
    "on_home": {"/": page(NEWS + link("/nb/", "政府信息公开工作年度报告")), "/nb/": LIST},
    "short_words": {"/": page(link("/gk/", "信息公开")), "/gk/": page(link("/nb/", "年报")), "/nb/": LIST},
    "pictures": {"/": page("<a href='/zfxxgk/'><img src='a.png'></a>"),
                 "/zfxxgk/": page("<a href='/zfxxgk/zfxxgknb/'><img src='b.png'></a>"), "/zfxxgk/zfxxgknb/": LIST},
    "alt_text": {"/": page("<a href='/x1/'><img alt='政府信息公开'></a>"),
                 "/x1/": page("<a href='/x2/'><img alt='政府信息公开年报'></a>"), "/x2/": LIST},
    "clicks": {"/": page("<div onclick=\"window.open('/zwgk/')\">政府信息公开</div>"),
               "/zwgk/": page("<a href=\"javascript:go('/nb/')\">政府信息公开年报</a>"), "/nb/": LIST},
    "written_by_script": {"/": page("<script>document.write('<a href=\"/zwgk/\">政务公开</a>')</script>"),
                          "/zwgk/": WAY, "/nb/": LIST},
    "framed_home": {"/": "<html><frameset><frame src='/main.html'></frameset></html>", "/main.html": HOME,
                    "/zwgk/": WAY, "/nb/": LIST},
    "framed_way": {"/": HOME, "/zwgk/": page("<iframe src='/zwgk/left.html'></iframe>"), "/zwgk/left.html": WAY,
                   "/nb/": LIST},
    "framed_list": {"/": HOME, "/zwgk/": WAY, "/nb/": page("<iframe src='/nb/list.html'></iframe>"),
                    "/nb/list.html": LIST},
    "refreshed": {"/": "<html><meta http-equiv='refresh' content='0;url=/cms/index.html'></html>",
                  "/cms/index.html": HOME, "/zwgk/": WAY, "/nb/": LIST},
    "redirected": {"/": Response(status=302, headers={"Location": "/portal/"}), "/portal/": HOME, "/zwgk/": WAY,
                   "/nb/": LIST},
    "site_map": {"/": page(NEWS + link("/map/", "网站地图")), "/map/": page(link("/nb/", "政府信息公开年度报告")),
                 "/nb/": LIST},
    "searched": {"/": page(NEWS + "<form action='/s' method='get'><input type='hidden' name='site' value='1'>"
                                  "<input name='q'></form>"),
                 "/s": page(rows(folder="/nb")), "/nb/202601/t20260115_2025.html":
                     page(link("/", "首页") + link("/nb/", "政府信息公开年报") + "<p>报告</p>"), "/nb/": LIST},
    "breadcrumbs": {"/": page(rows(folder="/nb")), "/nb/202601/t20260115_2025.html":
                    page(link("/", "首页") + link("/nb/", "政府信息公开年报") + "<p>报告</p>"), "/nb/": LIST},
    "by_convention": {"/": page(NEWS + link("/zwgk/", "政务公开")), "/zwgk/": page(NEWS), "/zwgk/zfxxgknb/": LIST},
    "two_addresses": {"/": page(link("/nb/", "政府信息公开年报") + link("/old/nb/", "政府信息公开工作年度报告")),
                      "/nb/": page(rows(folder="/nb")), "/old/nb/": page(rows(folder="/nb"))},
    "copies": {"/": page(link("/nb/", "政府信息公开年报") + link("/m/nb/", "政府信息公开工作年度报告")), "/nb/": LIST,
               "/m/nb/": LIST},
    "dead_neighbour": {"/": page(link("/nb/", "政府信息公开年报") + link("/gone/", "信息公开年度报告")), "/nb/": LIST},
    "foreign_neighbour": {"/": page(link("http://127.0.99.9/nb/", "政府信息公开年报") + link("/zwgk/", "政务公开")),
                          "/zwgk/": WAY, "/nb/": LIST},
    "named_itself": {"/": HOME, "/zwgk/": page(link("/nb/", "示例市政府信息公开年报")), "/nb/": LIST},
    "other_reports": {"/": page("".join(link(f"/x{number}/", text) for number, text in enumerate((
        "政府网站工作年度报表", "法治政府建设年度报告", "部门决算", "企业年报", "统计年报")))
        + link("/zwgk/", "政府信息公开")), "/zwgk/": WAY, "/nb/": LIST},
    "gbk": {"/": Response(HOME.replace("utf-8", "gbk").encode("gbk"), content_type="text/html"), "/zwgk/": WAY,
            "/nb/": LIST},
    "years_together": {"/": HOME, "/zwgk/": WAY,
                       "/nb/": page(link("/nb/?y=2024", "2024年") + link("/nb/?y=2023", "2023年") + rows())},
}
REFUSED = {
    "years_apart": ("year_columns", {
        "/": HOME, "/zwgk/": WAY, "/nb/": page(
            "".join(f"<a onclick=\"load('/api/list.html?y={year}')\">{year}年</a>" for year in YEARS)
            + rows(years=range(2025, 2026)))}),
    "two_lists": ("several_columns", {
        "/": page(link("/nb/", "政府信息公开年报") + link("/nb2/", "政府信息公开工作年度报告")), "/nb/": LIST,
        "/nb2/": OLD}),
    "blocked_neighbour": ("unread_column", {
        "/": page(link("/nb/", "政府信息公开年报") + link("/nb2/", "政府信息公开工作年度报告")), "/nb/": LIST,
        "/nb2/": CHALLENGE}),
    "blocked": ("challenge", {"/": CHALLENGE}),
    "blocked_column": ("challenge", {"/": HOME, "/zwgk/": WAY, "/nb/": CHALLENGE}),
    "broken_column": ("server_error", {"/": HOME, "/zwgk/": WAY, "/nb/": Response(status=500)}),
    "empty_column": ("empty_listing", {"/": HOME, "/zwgk/": WAY, "/nb/": page("<ul></ul><p>暂无相关信息</p>")}),
    "no_reports": ("unknown_shape", {"/": HOME, "/zwgk/": WAY, "/nb/": page(NEWS + "<ul>" + "".join(
        f"<li><a href='/x/t202301{day:02d}_1.html'>会议召开</a><span>2023-01-{day:02d}</span></li>"
        for day in range(1, 9)) + "</ul>")}),
    "unknown_design": ("unknown_shape", {"/": HOME, "/zwgk/": WAY, "/nb/": page(
        "<div id='app'><li v-for='item in rows'><a :href='item.link'>{{ item.title }}</a></li></div>"
        "<script src='/static/js/app.51ae.js'></script>")}),
    "shell": ("unknown_shape", {"/": page("<div id='app'></div><script src='/js/app.js'></script>")}),
    "nothing_there": ("unknown_shape", {"/": page(NEWS)}),
    "elsewhere": ("redirect_offsite", {"/": page(link("http://127.0.99.9/nb/", "政府信息公开年报"))}),
    "denied": ("robots_denied", {"/": HOME, "/robots.txt": Response(b"User-agent: *\nDisallow: /\n",
                                                                   content_type="text/plain")}),
    "soft_404": ("soft_404", {"/": page("<h3>您访问的页面不存在或已删除</h3>")}),
    "maze": ("unknown_shape", {"/": page("".join(link(f"/zwgk/{n}/", "政务公开") for n in range(60))),
                               **{f"/zwgk/{n}/": page(NEWS) for n in range(60)}}),
}
SMALL = {**FOUND, **{case: answers for case, (_, answers) in REFUSED.items()}}
HOSTS = {case: f"127.0.41.{number}" for number, case in enumerate(SMALL, 1)}


def serve(answers, request, _):
    found = answers.get(request.path)
    if found is None:
        return Response.page("<html>404</html>", 404)
    return found if isinstance(found, Response) else Response.page(found)


@pytest.fixture(scope="module")
def small():
    sites = {HOSTS[case]: functools.partial(serve, answers) for case, answers in SMALL.items()}
    with Portals(sites, day=None) as running:
        yield running, probed([Target(case, f"http://{HOSTS[case]}:{running.port}/") for case in SMALL])


@pytest.mark.parametrize("case", FOUND)
def test_each_way_a_home_page_leads_is_walked(small, case):
    running, found = small
    done = found[case]
    assert not done.refusal, (done.refusal, done.reason)
    assert len(done.columns) == 1
    assert done.columns[0].url.startswith(f"http://{HOSTS[case]}:{running.port}/")
    assert (done.columns[0].reports, done.columns[0].years) == (len(YEARS), list(YEARS))
    assert done.requests <= MOST_REQUESTS


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_sure_is_refused_with_its_reason(small, case):
    _, found = small
    done = found[case]
    assert done.refusal == REFUSED[case][0], done.reason
    assert done.reason
    assert done.requests <= MOST_REQUESTS
    with pytest.raises(ProbeError, match="refused"):
        done.portal()


def test_a_design_nobody_knows_ends_with_what_was_seen(small):
    _, found = small
    assert "2 scripts" in found["unknown_design"].reason or "1 scripts" in found["unknown_design"].reason
    assert "0 links" in found["shell"].reason
    assert found["unknown_design"].outcome == found["two_lists"].outcome == "unknown_shape"


def test_a_column_cut_into_years_and_classes_is_one_entry():
    entries = [entry for plan in list(families.FAMILY_PORTALS.values())[:2]
               for entry in families.site(plan, 1).entries if entry.number < 3000 and entry.day.year > 2023]
    site = cut.Site("127.0.42.1", "示例县人民政府", "政府信息公开年报", entries, cut.COLUMN)
    with Portals({site.host: functools.partial(cut.answer, site)}, families.DAY) as running:
        done = probed([Target("cut", f"http://{site.host}:{running.port}/")])["cut"]
    assert not done.refusal, done.reason
    assert [column.url for column in done.columns] == [f"http://{site.host}:{running.port}{cut.COLUMN}"]
    assert done.portal().family == "auto"


def test_an_operator_may_name_the_columns(small):
    running, _ = small
    base = f"http://{HOSTS['two_lists']}:{running.port}"
    done = probed([Target("named", f"{base}/", columns=[f"{base}/nb/", f"{base}/nb2/"])])["named"]
    assert [column.id for column in done.portal().columns] == ["annual", "annual-2"]
    assert done.requests <= 4


def test_the_address_of_the_column_itself_will_do(small):
    running, _ = small
    address = f"http://{HOSTS['plain']}:{running.port}/nb/"
    done = probed([Target("itself", address)])["itself"]
    assert [column.url for column in done.columns] == [address]


def test_requests_keep_the_distance_of_the_settings(small):
    running, _ = small
    host = HOSTS["short_words"]
    before = len(running.visits(host))
    probed([Target("slow", f"http://{host}:{running.port}/")], delay=0.4)
    times = [visit.at for visit in running.visits(host)[before:]]
    assert len(times) >= 4
    assert all(later - earlier >= 0.25 for earlier, later in pairwise(times))


def test_public_hosts_are_never_asked_faster_than_once_a_second():
    with pytest.raises(ProbeError, match="at least 1 s"):
        probing.run(ProbePlan([Target("a", "http://www.shili.example/")], delay=0.5))


# ---------------------------------------------------------------- the entry
@pytest.fixture
def facts(tmp_path):
    folder = tmp_path / "facts"
    folder.mkdir()
    configuration.use_office_folder(folder)
    yield folder
    configuration.use_office_folder(None)


def test_a_written_entry_is_what_a_scan_needs(small, facts, tmp_path):
    _, found = small
    path = probing.write(found["plain"])
    assert path == facts / "portals" / "plain.yaml"
    assert path.read_text("utf-8").startswith("# nianbao probe ")
    (facts / "bodies.csv").write_text("id,name,kind,level,portal\nedu,示例市教育局,department,prefecture,plain\n",
                                      "utf-8")
    result = scan.run(ScanPlan("run", str(tmp_path / "n.db"), str(tmp_path / "evidence"), str(facts), ["plain"],
                               contact="a@b.example", delay=0.0, timeout=5.0, allow_private_addresses=True))
    assert result.outcomes == {"ok": ["plain"]}
    with Store(tmp_path / "n.db").read() as connection:
        listed = connection.execute("SELECT complete, items FROM listing").fetchall()
        routed = connection.execute("SELECT count(*) FROM sighting WHERE route = 'report' AND body = 'edu'").fetchone()
    assert [tuple(row) for row in listed] == [(1, len(YEARS))]
    assert routed[0] == len(YEARS)


def test_an_entry_that_stands_is_replaced_only_by_force(small, facts):
    _, found = small
    path = probing.write(found["plain"])
    path.write_text("mine", "utf-8")
    with pytest.raises(ProbeError, match="stands there already"):
        probing.write(found["plain"])
    assert path.read_text("utf-8") == "mine"
    probing.write(found["plain"], force=True)
    assert path.read_text("utf-8") != "mine"
    assert [entry.name for entry in path.parent.iterdir()] == ["plain.yaml"]


@pytest.mark.parametrize(("host", "site"), [
    ("zwgk.shili.gov.cn", "shili.gov.cn"), ("www.shili.example", "shili.example"), ("shili.example", "shili.example"),
    ("a.b.shili.bj.cn", "shili.bj.cn"), ("127.0.3.1", "127.0.3.1"), ("localhost", "localhost")])
def test_the_site_of_a_host(host, site):
    assert site_of(host) == site


@pytest.mark.parametrize(("home", "identity"), [
    ("http://www.shili.gov.cn/", "shili-gov-cn"), ("https://www.shili.gov.cn/jyj/index.html", "shili-gov-cn-jyj"),
    ("http://127.0.3.1:8000/", "127-0-3-1-8000")])
def test_an_id_comes_from_the_address(home, identity):
    assert id_of(home) == identity


# ---------------------------------------------------------------- deciding
def candidate(url, name="年报", outcome="ok", reports=5, **more):
    return Candidate(name, url, more.pop("kind", "column"), outcome, family="static", items=reports, reports=reports,
                     titles=[f"{url}{number}局2024年政府信息公开工作年度报告" for number in range(reports)],
                     twins=[f"{url}{number}.html" for number in range(reports)], **more)


def decided(*tried):
    done = Probe(Target("x", "http://a.example/"))
    decide(done, list(tried))
    return done


def test_classes_side_by_side_are_columns_of_one_entry():
    done = decided(candidate("http://a.example/bm/", "部门年报"), candidate("http://a.example/xz/", "乡镇年报"),
                   candidate("http://a.example/nb/", "政府信息公开年报"))
    assert not done.refusal
    assert [column.url for column in done.portal().columns] == [
        "http://a.example/bm/", "http://a.example/xz/", "http://a.example/nb/"]
    assert {column.role for column in done.portal().columns} == {"collective"}


@pytest.mark.parametrize("outcome", ["empty_listing", "unknown_shape", "timeout", "challenge"])
def test_an_unread_class_beside_a_read_one_could_make_others_look_silent(outcome):
    done = decided(candidate("http://a.example/bm/", "部门年报"),
                   candidate("http://a.example/xz/", "乡镇年报", outcome, reports=0))
    assert done.refusal == "unread_column"
    assert "乡镇年报" in done.reason


def test_one_list_a_year_is_no_entry():
    done = decided(candidate("http://a.example/2024n/", "2024年", kind="year"),
                   candidate("http://a.example/2023n/", "2023年", kind="year"))
    assert done.refusal == "year_columns"


def test_nameless_titles_do_not_make_two_columns_one():
    one, other = candidate("http://a.example/x/"), candidate("http://a.example/y/")
    one.titles = other.titles = ["2024年政府信息公开工作年度报告", "2023年政府信息公开工作年度报告"]
    assert decided(one, other).refusal == "several_columns"

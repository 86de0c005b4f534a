"""`status --why`: every status explained so that a person can follow and dispute it, in both languages and as JSON."""

import json
import re

import pytest

from crawler import clock
from crawler.model import Body, Event
from extract import configuration
from extract.model import DatedHint, Published
from monitor import cli, records, wording
from monitor.commands import explaining
from monitor.model import Status
from tests.monitor.captured import Pages
from tests.monitor.history import HOST, item
from tests.monitor.reports import figures, report

URL = f"{HOST}/nb/1.html"
OTHER = f"{HOST}/nb/0.html"
BEFORE = item(OTHER, "示例市教育局2024年政府信息公开工作年度报告", year=2024)


@pytest.fixture(autouse=True)
def alone():
    yield
    configuration.use_office_folder(None)
    clock.simulate(None)


@pytest.fixture
def why(tmp_path, capsys):
    def ask(past, at, *more, code=0, lang="zh"):
        if not past.settings.exists():
            past.install(at)
        past.judge(at)
        assert cli.run(["--config", str(past.settings), "--lang", lang, "status", "--why", "b", "2025", *more]) == code
        out, err = capsys.readouterr()
        return out if code == 0 else err

    return ask


def json_of(out):
    (one,) = json.loads(out)["explanations"]
    return one


# ---------------------------------------------------------------- absence
def test_missing_shows_both_looks_and_every_other_with_why_it_does_not_count(tmp_path, why):
    past = Pages(tmp_path)
    past.look("2026-01-05T09:00", BEFORE)
    past.look("2026-02-02T09:00", BEFORE)
    past.look("2026-02-05T09:00", outcome="timeout")
    past.look("2026-02-09T09:00", BEFORE)
    out = why(past, "2026-02-10T09:00:00+08:00")
    assert "2026年2月2日9时00分、2026年2月9日9时00分两次核查全部登记栏目" in out
    assert "至后一次核查已过9天" in out
    assert "该日为星期六，时限不顺延" in out
    assert "第四十九条第一款" in out
    looks = [line for line in out.splitlines() if ("至末页" in line or "超时" in line) and line.startswith("2026年")]
    assert [("★" in line, "过早" in line, "无效" in line) for line in looks] == [
        (False, True, False), (True, False, False), (False, False, True), (True, False, False)]
    assert "该单位2024年度的报告" in out
    assert "nianbao export evidence --body b --year 2025" in out
    assert "未公布" not in out


def test_the_record_says_the_same(tmp_path, why):
    past = Pages(tmp_path)
    past.look("2026-02-02T09:00")
    past.look("2026-02-09T09:00")
    one = json_of(why(past, "2026-02-10T09:00:00+08:00", "--json"))
    assert (one["status"], one["due"], one["tier"]) == ("missing", "2026-01-31", "statutory")
    assert [look["proof"] for look in one["columns"][0]["looks"]] == [True, True]
    assert one["duty"]["days"] == [{"day": "2026-01-31", "tier": "statutory", "basis": "T49-1", "passed": True,
                                    "days": 10}]
    assert one["sentence"].startswith("2026年2月2日")
    assert len(one["would_change"]) == 3


def test_not_seen_says_from_when_a_second_look_decides(tmp_path, why):
    past = Pages(tmp_path)
    past.look("2026-02-02T21:00")
    out = why(past, "2026-02-03T01:00:00+08:00")
    assert "2026年2月3日3时00分以后" in out
    past.look("2026-02-03T03:00")
    assert "× 未见公布" in why(past, "2026-02-03T04:00:00+08:00")


def test_as_of_a_moment(tmp_path, why):
    past = Pages(tmp_path)
    past.look("2026-02-02T09:00")
    past.look("2026-02-09T09:00")
    out = why(past, "2026-02-10T09:00:00+08:00", "--at", "2026-02-05T00:00")
    assert "◇" in out
    assert "2026年2月9日" not in out


# ---------------------------------------------------------------- we could not look
@pytest.mark.parametrize(("look", "said", "change"), [
    ({"outcome": "challenge"}, "遇访问验证", "连续两次有效核查"), ({"complete": False}, "未能翻阅至末页", "连续两次"),
    ({"outcome": "empty_listing", "items_count": 0}, "栏目可访问但无内容", "空列表任何时候都不"),
    ({"outcome": "unknown_shape"}, "页面结构未识别", "连续两次有效核查")])
def test_unverified_says_why_whose_job_and_what_helps(tmp_path, why, look, said, change):
    past = Pages(tmp_path)
    past.look("2026-02-02T09:00", **look)
    past.look("2026-02-09T09:00", **look)
    out = why(past, "2026-02-10T09:00:00+08:00")
    assert "不作判断" in out
    assert said in out
    assert "处理人" in out
    assert change in out
    assert "其中有效0次" in out


@pytest.mark.parametrize(("route", "said"), [("unrouted", "归属未明，可能是该报告"), ("foreign", "指向未登记的域名"),
                                             ("note", "说明性条目，须人工核定")])
def test_a_title_that_could_be_it_is_named_with_its_address(tmp_path, why, route, said):
    past = Pages(tmp_path)
    listed = item(route=route, body="b" if route == "note" else None, year=None, scope="unknown", title="2025年年报")
    past.look("2026-02-02T09:00", listed)
    past.look("2026-02-09T09:00", listed)
    out = why(past, "2026-02-10T09:00:00+08:00")
    assert f"“2025年年报”　{said}" in out
    assert URL in out
    assert "不支持“未见”：有疑似标题" in out


def test_a_doubtful_title_that_was_read_as_something_else_is_told_as_ruled_out(tmp_path, why):
    past = Pages(tmp_path)
    listed = item(route="unrouted", body=None, year=None, scope="unknown", title="年报")
    past.look("2026-02-02T09:00", listed)
    past.look("2026-02-09T09:00", listed)
    past.report(URL, "2026-02-02T09:01", body=None, verdict="other")
    out = why(past, "2026-02-10T09:00:00+08:00")
    assert "× 未见公布" in out
    assert "已读取内容，不是该报告" in out


# ---------------------------------------------------------------- published
def test_dates_on_both_sides_are_told_with_their_sources_and_sides(tmp_path, why):
    past = Pages(tmp_path)
    past.look("2026-02-20T09:00", item(day="2026-02-18"))
    past.report(URL, "2026-02-20T09:00", dates=[("2026-01-29", "page"), ("2026-01-20", "written")])
    out = why(past, "2026-03-05T09:00:00+08:00")
    assert "⊙ 已公布，日期待核" in out
    rows = [re.split(r"\s{2,}", line) for line in out.splitlines() if "一手" in line or "旁证" in line]
    assert [row[:4] for row in rows] == [
        ["2026年1月29日", "页面日期", "一手日期", "不晚于时限"],
        ["2026年2月18日", "列表日期", "一手日期", "晚于时限18天"],
        ["2026年1月20日", "成文日期", "旁证", "不晚于时限"]]
    assert "不作逾期判断" in out


def test_every_version_is_listed_with_what_changed_in_figures_sentences_and_dates(tmp_path, why):
    past = Pages(tmp_path)
    past.look("2026-02-20T09:00", item())
    for content, at, new, text, day in (("c1", "2026-02-20T09:00", 31, "我局共受理申请三十一件。", "2026-02-18"),
                                        ("c2", "2026-03-02T09:00", 13, "我局共受理申请十三件。", "2026-01-18")):
        read = report(2025, {1: text}, figures=figures(applications__new__total=new),
                      published=Published(day, "page", [DatedHint(day, "page")]))
        with past.store.write() as connection:
            records.put_report(connection, read, address=URL, content=content, portal="p", body="b", scope="own",
                               year=2025, verdict="report", reason="", version=1, first=(f"{at}:00+08:00", "r001"),
                               last=(f"{at}:00+08:00", "r001"))
    out = why(past, "2026-03-05T09:00:00+08:00")
    assert "页面日期由2026年2月18日变为2026年1月18日" in out
    assert "总计 31→13" in out
    assert "－ 我局共受理申请三十一件" in out
    assert "＋ 我局共受理申请十三件" in out
    # Both dates stand on file, one on each side of the day: nobody is called late, nobody in time.
    assert "⊙ 已公布，日期待核" in out


@pytest.mark.parametrize(("events", "said"), [((Event("founded", "2026-01-05"),), "当年无须编制：当年尚未成立")])
def test_what_is_not_owed_is_explained_too(tmp_path, why, events, said):
    past = Pages(tmp_path, [Body(id="b", name="示例市教育局", kind="department", level="county", portal="p")])
    past.install("2026-02-10T09:00:00+08:00")
    facts = past.settings.parent / "facts" / "bodies.csv"
    facts.write_text("id,name,kind,level,portal,scopes,since\nb,示例市教育局,department,county,p,own,2026\n", "utf-8")
    out = why(past, "2026-02-10T09:00:00+08:00")
    assert "— 不适用" in out
    assert "当年无须编制" in out


def test_both_scopes_are_explained_unless_one_is_asked_for(tmp_path, why):
    past = Pages(tmp_path, [Body(id="b", name="示例县人民政府", kind="government", level="county",
                                 scopes=("own", "consolidated"), portal="p")])
    past.look("2026-02-23T09:00")
    out = why(past, "2026-02-24T09:00:00+08:00")
    assert out.count("一、编制义务与时限") == 2
    one = json_of(why(past, "2026-02-24T09:00:00+08:00", "--scope", "consolidated", "--json"))
    assert [day["tier"] for day in one["duty"]["days"]] == ["national", "statutory"]


# ---------------------------------------------------------------- asked wrongly, other languages
@pytest.mark.parametrize(("arguments", "said"), [
    (["--why", "示例市教育居", "2025"], "是否要用"), (["--why", "b", "2025", "--scope", "whole"], "可用：own"),
    (["--why", "b", "2025", "--scope", "system"], "不编制这一口径的报告"), (["--why", "b", "soon"], "整数")])
def test_what_cannot_be_explained_is_said(tmp_path, capsys, arguments, said):
    past = Pages(tmp_path)
    past.install("2026-02-10T09:00:00+08:00")
    assert cli.run(["--config", str(past.settings), "status", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_its_sentence_and_what_would_change_it_in_both_languages(status):
    known = explaining.explanations()
    record = {"status": status.value, "reason": "dates_differ", "outcome": None, "due": "2026-01-31",
              "tier": "statutory", "published": "2026-02-03", "published_source": "page", "days_late": 3, "address": "http://a.example/",
              "name": "b", "scope": "own", "year": 2025, "as_of": "2026-02-10T09:00:00+08:00",
              "evidence": {"t1": "2026-02-02T09:00:00+08:00", "t2": "2026-02-09T09:00:00+08:00",
                           "first_seen": "2026-01-20", "last_seen": "2026-01-27"}}
    for lang in ("zh", "en"):
        said = [explaining.sentence(record, lang), *explaining.changes(record, lang)]
        assert len(said) > 1
        for text in said:
            assert text
            assert "None" not in text
            assert "{" not in text
    assert all(word not in known.statuses[status.value].zh for word in ("未公布", "违规", "逾期未", "造假"))
    assert status.value in known.changes


def test_every_reason_that_keeps_us_from_judging_has_words():
    reasons = wording.vocabulary().reasons
    assert all(key.partition(".")[2] in reasons for key in explaining.explanations().changes if "." in key)


def test_english_holds_no_chinese_sentence(tmp_path, why):
    past = Pages(tmp_path)
    past.look("2026-02-02T09:00")
    past.look("2026-02-09T09:00")
    out = why(past, "2026-02-10T09:00:00+08:00", lang="en")
    assert "every registered column answered" in out
    assert not re.search(r"[，。；]", out)

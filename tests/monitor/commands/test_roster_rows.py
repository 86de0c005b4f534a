"""`roster show`, `confirm`, `unrouted` and `history` as an office worker calls them; `status` with what they tell."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler import clock
from crawler.model import Body
from extract import configuration
from monitor import cli, wording
from tests.monitor.history import HOST, History, item

NOW = "2026-11-21T09:00"
HEAD = ("id,name,kind,level,parent,portal,aliases,former_names,basis,confirmed_by,confirmed_on,successor,until,events,"
        "covers,note")
ROWS = (
    "gov,示例市人民政府,government,prefecture,,p,,,T49-2,,,,,,,",
    "edu,示例市教育局,department,prefecture,gov,p,示例市教体局,示例市教育委员会,T49-1,王某,2026-11-05,,,"
    "renamed|2024-03-01||市编〔2024〕1号,food,",
    "food,示例市粮食局,department,prefecture,gov,p,,,T49-1,,,edu,2024,merged_into|2025-05-10|edu|市编〔2025〕1号,,",
    "data,示例市数据局,department,prefecture,gov,p,,,T49-1,老李,2025-11-05,,,founded|2025-12-01,,新成立",
    "club,示例市总工会,mass_organisation,prefecture,gov,p,,,,,,,,,,")
PORTAL = ("id: p\nname: 示例市门户\nhosts: [www.shili.example]\ncolumns:\n"
          "  - {id: nb, name: 年报, url: 'http://www.shili.example/nb/'}\n")


class Said:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("NIANBAO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NIANBAO_NOW", NOW)
    assert cli.run(["init", str(tmp_path / "office")]) == 0
    facts = tmp_path / "office" / "facts"
    (facts / "bodies.csv").write_text("\n".join(["# the office's own", HEAD, *ROWS]) + "\n", "utf-8")
    (facts / "portals" / "p.yaml").write_text(PORTAL, "utf-8")
    yield tmp_path / "office" / "settings.toml"
    configuration.use_office_folder(None)
    clock.simulate(None)


@pytest.fixture
def nianbao(capsys: pytest.CaptureFixture[str], settings: Path) -> Any:
    def call(*arguments: object) -> Said:
        capsys.readouterr()
        code = cli.run(["--config", str(settings), *(str(argument) for argument in arguments)])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Said(code, out, err)

    return call


@pytest.fixture
def past(tmp_path: Path, settings: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    """A database the settings name, filled by hand."""
    made = History(tmp_path, [Body(id="edu", name="示例市教育局", kind="department", level="prefecture", portal="p")])
    monkeypatch.setenv("NIANBAO_STORE__DATABASE", str(made.store.path))
    return made


def roster_file(settings: Path) -> str:
    return (settings.parent / "facts" / "bodies.csv").read_text("utf-8")


# ---------------------------------------------------------------- show
def test_one_body_is_shown_with_all_that_holds_of_it(nianbao: Any) -> None:
    shown = nianbao("roster", "show", "示例市教体局")
    assert shown.code == 0
    for word in ("示例市教育局", "应当编制", "第四十九条第一款", "示例市教育委员会", "示例市粮食局（food）", "更名",
                 "市编〔2024〕1号", "http://www.shili.example/nb/", "集中公布栏目", "2026-01-31 法定时限", "应公布",
                 "2026-11-05、王某"):
        assert word in shown.out, word
    food = nianbao("roster", "show", "food").out
    assert "并入  示例市教育局（edu）" in food
    assert "已不在名单" in food
    english = nianbao("--lang", "en", "roster", "show", "edu").out
    assert "predecessors" in english
    assert "department, prefecture" in english


def test_show_as_json_names_predecessors_columns_and_days(nianbao: Any) -> None:
    shown = nianbao("roster", "show", "edu", "--json").json
    assert (shown["predecessors"], shown["covers"]) == (["food"], ["food"])
    assert shown["channels"][0]["url"] == "http://www.shili.example/nb/"
    assert {one["year"]: [day["day"] for day in one["days"]] for one in shown["obligations"]}[2025] == ["2026-01-31"]
    assert next(one for one in nianbao("roster", "show", "data", "--json").json["obligations"]
                if one["year"] == 2024)["reason"] == "not_founded"


def test_a_name_nobody_has_is_answered_with_the_nearest(nianbao: Any) -> None:
    said = nianbao("roster", "show", "示例市教育所")
    assert said.code == 2
    assert "示例市教育局" in said.err


# ---------------------------------------------------------------- confirm
def test_what_still_needs_confirming_is_listed_and_confirmed_by_name_and_day(nianbao: Any, settings: Path) -> None:
    listed = nianbao("roster", "confirm")
    assert listed.code == 0
    assert "须确认4家，自2026-10-01以来尚未确认3家" in listed.out
    assert "2025-11-05" in listed.out
    assert [row["body"] for row in nianbao("roster", "confirm", "--json").json["unconfirmed"]] == [
        "gov", "data", "club"]
    before = roster_file(settings)
    dry = nianbao("roster", "confirm", "data", "--by", "李某", "--dry-run")
    assert "试运行" in dry.out
    assert roster_file(settings) == before
    done = nianbao("roster", "confirm", "data", "示例市人民政府", "--by", "李某", "--on", "2026-11-20", "--json").json
    assert (sorted(done["confirmed"]), done["left"]) == (["data", "gov"], 1)
    after = roster_file(settings)
    assert "data,示例市数据局,department,prefecture,gov,p,,,T49-1,李某,2026-11-20,,,founded|2025-12-01,,新成立" in after
    assert ROWS[1] in after
    assert after.startswith("# the office's own\n")
    rest = nianbao("roster", "confirm", "--all", "--by", "李某")
    assert "尚未确认0家" in rest.out
    assert nianbao("roster", "confirm", "--json").json["unconfirmed"] == []


@pytest.mark.parametrize(("arguments", "word"), [
    (("data",), "--by"), (("--all", "--by", " "), "--by"), (("data", "--by", "x", "--on", "2026-13-01"), "2026-11-21"),
    (("data", "--by", "x", "--on", "2026-11-22"), "晚于今天"),
    (("data", "--by", "x", "--on", "2026-09-30"), "更早的年度"),
    (("nowhere", "--by", "x"), "nowhere"), (("--under", "nowhere"), "nowhere")])
def test_confirming_what_cannot_be_is_refused_and_writes_nothing(nianbao: Any, settings: Path, arguments: tuple[str],
                                                                 word: str) -> None:
    before = roster_file(settings)
    said = nianbao("roster", "confirm", *arguments)
    assert said.code == 2
    assert word in said.err
    assert roster_file(settings) == before


def test_whether_a_confirmation_is_asked_for_is_a_setting(nianbao: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    states = {}
    for required in ("true", "false"):
        monkeypatch.setenv("NIANBAO_MONITORING__REQUIRE_CONFIRMATION", required)
        shown = nianbao("roster", "show", "gov", "--json").json
        states[required] = {one["confirmed"] for one in shown["obligations"]}
        assert ("未要求" in nianbao("roster", "confirm").out) == (required == "false")
    assert states == {"true": {False}, "false": {True}}


# ---------------------------------------------------------------- history, status
def test_each_change_of_the_roster_is_kept_and_told(nianbao: Any, past: History, settings: Path) -> None:
    assert "尚未保存名单状态" in nianbao("roster", "history").out
    nianbao("roster", "confirm", "data", "--by", "李某")
    path = settings.parent / "facts" / "bodies.csv"
    listed = settings.parent / "list.csv"
    listed.write_text("单位名称,类别\n示例市水利局,部门\n", "utf-8")
    nianbao("roster", "import", listed)
    path.write_text(path.read_text("utf-8").replace(ROWS[4] + "\n", ""), "utf-8")
    nianbao("roster", "confirm", "gov", "--by", "李某")
    told = nianbao("roster", "history")
    assert told.code == 0, told.err
    for word in ("导入", "年度确认", "+1 −0 ~0", "+0 −1 ~1", "− 示例市总工会", "~ gov", "confirmed_on: ∅ → 2026-11-21"):
        assert word in told.out, word
    states = nianbao("roster", "history", "--json").json["states"]
    assert [(state["source"], state["bodies"]) for state in states] == [("confirm", 5), ("import", 6), ("confirm", 5)]
    assert (states[1]["added"] != [], states[2]["removed"]) == (True, ["club"])


def test_status_tells_titles_without_a_body_and_a_note_in_its_own_words(nianbao: Any, past: History,
                                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIANBAO_MONITORING__REQUIRE_CONFIRMATION", "false")
    words = "示例市数据局为新成立单位，无2025年政府信息公开年度报告"
    lost = "示例市粮储局2025年政府信息公开工作年度报告"
    for day in ("2026-11-01T09:00", "2026-11-09T09:00"):
        past.look(day, item(f"{HOST}/nb/1.html", words, "note", "data", "unknown", 2025),
                  item(f"{HOST}/nb/2.html", lost, "unrouted", None, "unknown", 2025, "", "示例市粮储局",
                       "unknown_body"))
    status = nianbao("status", "--at", NOW, "--year", "2025")
    assert status.code == 0, status.err
    assert f"说明性条目：“{words}”" in status.out
    assert "归属未明的报告标题1条" in status.out
    assert nianbao("status", "--at", NOW, "--json").json["unrouted"] == 1
    told = nianbao("roster", "unrouted")
    for word in ("示例市粮储局2025年", "名单中没有“示例市粮储局”", "相近单位", "（food）", "示例市门户/nb", "aliases",
                 "2026-11-01"):
        assert word in told.out, word
    assert nianbao("roster", "unrouted", "--json").json["titles"][0]["nearest"][0] == "food"
    assert "every report title" in nianbao("--lang", "en", "roster", "unrouted", "--year", "2020").out


def test_without_a_database_the_way_to_one_is_told(nianbao: Any) -> None:
    for command in ("history", "unrouted"):
        said = nianbao("roster", command)
        assert said.code == 2
        assert "nianbao scan" in said.err


def test_every_string_of_these_commands_has_both_languages() -> None:
    strings = wording.vocabulary().strings
    wanted = ("show_", "role_", "event_", "confirm_", "unrouted_", "history_", "roster_")
    chosen = [key for key in strings if key.startswith(wanted)]
    assert len(chosen) > 50
    assert all(strings[key].zh and strings[key].en for key in chosen)

"""`roster import`, `roster check` and `probe` as an operator calls them: exit codes, JSON, files, both languages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler import clock
from extract import configuration
from monitor import cli, wording
from tests.crawler.office_books import uscc, workbook
from tests.portals import families
from tests.portals.serving import Portals

ROOT = Path(__file__).resolve().parents[3]
CHOSEN = ("kaipu-static", "vsb-linked", "epoint-zero")


@pytest.fixture(autouse=True)
def alone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))
    for name in list(os.environ):
        if name.startswith("NIANBAO_"):
            monkeypatch.delenv(name)
    yield
    configuration.use_office_folder(None)
    clock.simulate(None)


class Said:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """An installation as `nianbao init` leaves it, allowed to ask loopback portals without delay."""
    assert cli.run(["init", str(tmp_path)]) == 0
    path = tmp_path / "settings.toml"
    text = path.read_text("utf-8").replace("allow_private_addresses = false", "allow_private_addresses = true")
    path.write_text(text.replace("delay = 1.2", "delay = 0").replace('[scan]\ncontact = ""',
                                                                     '[scan]\ncontact = "a@b.example"'), "utf-8")
    return path


@pytest.fixture
def nianbao(capsys: pytest.CaptureFixture[str], settings: Path) -> Any:
    def call(*arguments: object) -> Said:
        capsys.readouterr()
        code = cli.run(["--config", str(settings), *(str(argument) for argument in arguments)])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Said(code, out, err)

    return call


@pytest.fixture(scope="module")
def portals() -> Iterator[Portals]:
    with families.portals(only=CHOSEN) as running:
        yield running


def home(name: str, running: Portals) -> str:
    return f"http://{families.FAMILY_PORTALS[name].host}:{running.port}/"


def office_list(path: Path, *rows: list[object]) -> Path:
    path.write_bytes(workbook({"名单": [["主体名单"], ["单位名称", "统一社会信用代码", "网址"],
                                      *rows, ["填表人：王某"]]}, {"名单": ["A1:C1"]}))  # type: ignore[list-item]
    return path


# ---------------------------------------------------------------- import
def test_a_list_is_shown_then_imported_then_unchanged(nianbao: Any, settings: Path, tmp_path: Path) -> None:
    listed = office_list(tmp_path / "list.xlsx", ["示例市教育局", uscc(1), "www.shili.example/jyj"],
                         ["示例市水利局", "11330000BAD", ""])
    roster = settings.parent / "facts" / "bodies.csv"
    before = roster.read_bytes()
    dry = nianbao("roster", "import", listed, "--dry-run")
    assert dry.code == 0
    assert roster.read_bytes() == before
    for word in ("新增", "名单!3", "示例市教育局", "推定", "11330000BAD", "填表人", "试运行"):
        assert word in dry.out
    done = nianbao("roster", "import", listed, "--json")
    assert (done.code, done.json["written"]) == (0, str(roster))
    assert [row["name"] for row in done.json["added"]] == ["示例市教育局", "示例市水利局"]
    assert done.json["added"][1]["remarks"] == [["bad_uscc", "11330000BAD"]]
    again = nianbao("--lang", "en", "roster", "import", listed)
    assert "nothing changed" in again.out
    assert "unchanged 2" in again.out


def test_rows_that_were_not_taken_make_it_incomplete(nianbao: Any, tmp_path: Path) -> None:
    listed = office_list(tmp_path / "list.xlsx", ["示例市什么", "", ""])
    done = nianbao("roster", "import", listed)
    assert done.code == 3
    assert "未导入" in done.out
    assert "类别" in done.out


def test_a_list_that_is_none_names_file_and_mend(nianbao: Any, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_text("说明,内容\n甲,乙\n", "utf-8")
    done = nianbao("roster", "import", path)
    assert done.code == 2
    assert str(path) in done.err
    assert nianbao("roster", "import", tmp_path / "none.xlsx").code == 2


# ---------------------------------------------------------------- check
def test_check_tells_what_is_to_do_and_fails_only_on_faults(nianbao: Any, settings: Path, tmp_path: Path) -> None:
    nianbao("roster", "import", office_list(tmp_path / "list.xlsx", ["示例市教育局", uscc(1), "www.shili.example"]))
    checked = nianbao("roster", "check")
    assert checked.code == 0
    assert "probe --roster" in checked.out
    assert {remark["key"] for remark in nianbao("roster", "check", "--json").json["remarks"]} == {
        "no_portal", "unconfirmed"}
    assert nianbao("roster", "check", "--portals", "--json").json["totals"]["fault"] == 0
    roster = settings.parent / "facts" / "bodies.csv"
    roster.write_text(roster.read_text("utf-8") + "bad,示例市林业局,,,,,,,,,\n", "utf-8")
    failed = nianbao("roster", "check")
    assert failed.code == 2
    assert "bodies.csv:" in failed.out
    assert "内置示例" not in failed.out


def test_what_is_wrong_with_a_portal_s_file_is_said_in_chinese(nianbao: Any, settings: Path) -> None:
    (settings.parent / "facts" / "portals" / "broken.yaml").write_text("id: broken\n", "utf-8")
    said = nianbao("checkall")
    assert said.code == 2
    assert "缺少此项" in said.out
    assert "required" not in said.out
    assert "Field required" in nianbao("--lang", "en", "checkall").out


# ---------------------------------------------------------------- probe
@pytest.mark.slow
def test_one_home_page_gives_an_entry_and_writes_it_on_demand(nianbao: Any, settings: Path, portals: Portals) -> None:
    address = home("kaipu-static", portals)
    shown = nianbao("probe", address)
    assert shown.code == 0
    for word in ("政务公开", "政府信息公开年报", "family: kaipu", "columns:"):
        assert word in shown.out
    folder = settings.parent / "facts" / "portals"
    stood = sorted(folder.iterdir())
    written = nianbao("probe", address, "--id", "kaipu", "--write", "--json").json
    assert written["written"] == str(folder / "kaipu.yaml")
    assert sorted(folder.iterdir()) == sorted([*stood, folder / "kaipu.yaml"])
    assert nianbao("probe", address, "--id", "kaipu", "--write").code == 2
    assert nianbao("probe", address, "--id", "kaipu", "--write", "--force").code == 0


@pytest.mark.slow
def test_all_home_pages_of_the_roster_are_probed_and_linked(nianbao: Any, settings: Path, portals: Portals) -> None:
    roster = settings.parent / "facts" / "bodies.csv"
    rows = [f"{plan.id}-{place},{name},department,county,,{home(plan.id, portals)}"
            for plan in map(families.FAMILY_PORTALS.get, CHOSEN) for place, name in enumerate(plan.names)]
    dead = f"dead,示例市林业局,department,county,,http://127.0.98.1:{portals.port}/"
    roster.write_text("\n".join(["id,name,kind,level,portal,home", *rows, dead]) + "\n", "utf-8")
    done = nianbao("probe", "--roster", "--write")
    assert done.code == 3
    assert "4/4" in done.err
    for word in (*(families.FAMILY_PORTALS[name].family for name in CHOSEN),
                 "探查4个：找到3个，未能确定1个，已写入3个"):
        assert word in done.out
    again = nianbao("probe", "--roster", "--json").json
    assert [probe["home"] for probe in again["probes"]] == [f"http://127.0.98.1:{portals.port}/"]
    assert again["totals"] == {"refused": 1}
    scanned = nianbao("scan", "--json")
    assert scanned.code == 0, scanned.err
    assert sorted(scanned.json["portals"]["ok"]) == sorted(
        f"127-0-30-{families.FAMILY_PORTALS[name].number + 1}-{portals.port}" for name in CHOSEN)
    routed = [report for report in scanned.json["reports"]["new"] if report["body"] and report["year"]]
    assert len({(report["body"], report["year"]) for report in routed}) == 2 * len(families.YEARS) * len(CHOSEN)


def test_a_refused_home_page_says_why(nianbao: Any, portals: Portals) -> None:
    done = nianbao("probe", f"http://127.0.98.1:{portals.port}/")
    assert done.code == 3
    assert "未能确定" in done.out
    assert nianbao("probe", f"http://127.0.98.1:{portals.port}/", "--json").json["portal"] is None


@pytest.mark.parametrize("arguments", [
    ("probe",), ("probe", "http://a.example/", "--roster"), ("probe", "ftp://a.example/"), ("probe", "http:///x"),
    ("probe", "--roster", "--id", "x"), ("probe", "http://a.example/", "--column", "nowhere")])
def test_wrong_calls_are_told(nianbao: Any, arguments: tuple[str, ...]) -> None:
    assert nianbao(*arguments).code == 2


def test_every_string_of_these_commands_has_both_languages() -> None:
    strings = wording.vocabulary().strings
    for key in (key for key in strings if key.startswith(("import_", "remark_", "check_", "probe_", "verdict_"))):
        assert strings[key].zh
        assert strings[key].en


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_any_terminal_can_show_them(settings: Path, tmp_path: Path, encoding: str) -> None:
    listed = office_list(tmp_path / "list.xlsx", ["示例市教育局", uscc(1), ""])
    done = subprocess.run([sys.executable, "-m", "monitor.cli", "--help"], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0
    code = "import sys; from monitor import cli; sys.exit(cli.run(sys.argv[1:]))"
    done = subprocess.run([sys.executable, "-c", code, "--config", str(settings), "roster", "import", str(listed)],
                          cwd=ROOT, capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}, check=False)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert uscc(1).encode() in done.stdout

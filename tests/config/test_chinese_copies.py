"""What `nianbao init` writes for people who read Chinese says the same as what the program ships in English."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

CONFIG = Path(__file__).resolve().parents[2] / "config"
COPIES = sorted(path.relative_to(CONFIG / "zh") for path in (CONFIG / "zh").rglob("*") if path.is_file())
_PROSE = re.compile(r"[A-Za-z]+(?: [a-z]+){4}")


def data(path: Path) -> object:
    if path.suffix == ".toml":
        return tomllib.loads(path.read_text("utf-8"))
    held = yaml.safe_load(path.read_text("utf-8"))
    held.get("conduct", {}).pop("reason", None)  # told in the language of the file
    return held


@pytest.mark.parametrize("name", COPIES, ids=str)
def test_a_copy_holds_the_same_values_in_the_same_order(name: Path) -> None:
    ours, shipped = data(CONFIG / "zh" / name), data(CONFIG / name)
    assert ours == shipped
    assert str(ours) == str(shipped)  # the order, too


@pytest.mark.parametrize("name", COPIES, ids=str)
def test_its_comments_are_chinese(name: Path) -> None:
    comments = [line.partition("#")[2] for line in (CONFIG / "zh" / name).read_text("utf-8").splitlines()]
    assert any(re.search("[一-鿿]", comment) for comment in comments)
    assert [comment for comment in comments if _PROSE.search(comment)] == []


def test_every_setting_is_explained_beside_or_above_it() -> None:
    above = False
    for line in (CONFIG / "zh" / "settings.toml").read_text("utf-8").splitlines():
        if re.match(r"\w+ = ", line):
            assert above or re.search("#.*[一-鿿]", line), line
        above = line.startswith("#")


def test_whatever_init_writes_has_its_copy() -> None:
    assert {str(name) for name in COPIES} >= {"settings.toml", "alerts.yaml"} | {
        f"portals/{path.name}" for path in (CONFIG / "portals").glob("*.yaml")}

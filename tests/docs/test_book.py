"""The book: its generated pages come from the code, it builds without a warning and loads nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from docs.book import gathering, reference
from monitor.cli import app
from monitor.rules import catalogue
from monitor.web import openapi

ROOT = Path(__file__).resolve().parents[2]
WORDS = yaml.safe_load((ROOT / "docs" / "book" / "words.yaml").read_text("utf-8"))
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return reference.pages(WORDS)


def paths(command: Any, path: str = "") -> list[str]:
    return [path, *(each for name, child in getattr(command, "commands", {}).items()
                    for each in paths(child, f"{path} {name}".strip()))]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_stands_in_the_reference_in_both_languages(pages: dict[str, str], lang: str) -> None:
    page = pages[f"reference/commands.{lang}.md"]
    for path in filter(None, paths(typer.main.get_command(app))):
        assert f"## nianbao {path}\n" in page
    assert "\b" not in page


@pytest.mark.parametrize("name", ["commands", "settings", "outcomes", "statuses", "schema", "api"])
def test_chinese_pages_are_chinese_and_english_ones_english(pages: dict[str, str], name: str) -> None:
    # Terms such as 台账 stand in English sentences too, and the code's keys in Chinese ones.
    english = pages[f"reference/{name}.en.md"].split("## The whole file")[0]
    assert len(HAN.findall(english)) < len(english) / 100
    for line in pages[f"reference/{name}.zh.md"].split("## 完整的默认设置文件")[0].splitlines():
        prose = re.sub(r"```.*|`[^`]*`", "", line)
        assert not re.search(r"(?<![-\w/<])[A-Za-z]+(?: [a-z]+){4}(?![-\w])", prose), line


def test_every_setting_is_told_with_its_default(pages: dict[str, str]) -> None:
    for lang in ("zh", "en"):
        page = pages[f"reference/settings.{lang}.md"]
        assert re.search(r"^\| `delay` \| `1\.2` \| 1\.5 ≥ 0 \| \S", page, re.M)
        assert re.search(r"^\| `security` \| `\"none\"` \| `none` · `starttls` · `tls` \|", page, re.M)
    held = set(re.findall(r"^\| `(\w+)` \|", pages["reference/settings.en.md"], re.M))
    assert held == set(re.findall(r"^\| `(\w+)` \|", pages["reference/settings.zh.md"], re.M))
    chinese = re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", pages["reference/settings.zh.md"], re.M)
    assert [key for key, meaning in chinese if not HAN.search(meaning)] == ["password"]


def test_nothing_lacks_its_words(pages: dict[str, str]) -> None:
    """A new table wants its sentences in docs/book/words.yaml, a new setting its comment in config/zh/settings.toml."""
    assert reference.lacking == []


def test_the_interface_is_told_operation_by_operation(pages: dict[str, str]) -> None:
    page = pages["reference/api.en.md"]
    for path, operations in openapi.document("en", "1").get("paths", {}).items():
        for method in operations:
            assert f"## {method.upper()} /api/v1{path}\n" in page
    assert "[problem](#problem)" in page


def test_every_rule_is_told_in_chinese(pages: dict[str, str]) -> None:
    for key in catalogue.registered_ids():
        assert f"### {key} " in pages["rules.zh.md"]


def test_the_database_is_told_table_by_table(pages: dict[str, str]) -> None:
    page = pages["reference/schema.en.md"]
    told = set(re.findall(r"^## (\w+)$", page, re.M))
    assert told == set(WORDS["tables"]), "words.yaml tells of tables that are gone"
    assert re.search(r"^\| `run` \| TEXT \| +\| primary key · → run \|$", page, re.M)


def test_links_lead_into_the_book_whatever_folder_a_page_stands_in(tmp_path: Path) -> None:
    (tmp_path / "docs" / "howto").mkdir(parents=True)
    page = tmp_path / "docs" / "howto" / "scan.zh.md"
    assert gathering._link(tmp_path, page, "howto/scan.zh.md", "../roster.md") == "../roster.md"
    assert gathering._link(tmp_path, page, "howto/scan.zh.md", "../../CHANGELOG.md") == "../changelog.md"
    assert gathering._link(tmp_path, page, "howto/scan.zh.md", "https://example.org/x.md") == "https://example.org/x.md"
    top = tmp_path / "CONTRIBUTING.md"
    assert gathering._link(tmp_path, top, "contributing.md", "docs/roster.zh.md") == "roster.md"
    with pytest.raises(SystemExit, match="leads to no page"):
        gathering._link(tmp_path, page, "howto/scan.zh.md", "../../crawler/scan.py")


@pytest.mark.slow
def test_the_book_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    built = subprocess.run([sys.executable, "-m", "docs.book", "--folder", str(tmp_path)], cwd=ROOT, text=True,
                           capture_output=True, check=False)
    assert built.returncode == 0, built.stderr
    assert built.stderr == ""
    site = tmp_path / "site"
    loads = re.compile(r"""<(?:script|img|iframe|link|source|video|audio|object|embed)\b[^>]*?
                           \b(?:src|href|data)=["']?([^"'\s>]+)""", re.X)
    urls = re.compile(r"url\(\s*[\"']?([^\"')\s]+)|@import\s+[\"']([^\"']+)")
    seen = 0
    for path in site.rglob("*"):
        if path.suffix not in (".html", ".css"):
            continue
        text = path.read_text("utf-8")
        found = loads.findall(text) if path.suffix == ".html" else [a or b for a, b in urls.findall(text)]
        seen += len(found)
        outside = [each for each in found if re.match(r"(?:https?:)?//", each)]
        assert outside == [], path.relative_to(site)
    assert seen > 200
    for lang in ("", "en/"):
        assert (site / f"{lang}index.html").is_file()
        assert (site / f"{lang}reference/commands.html").is_file()

"""The static pages: every link leads somewhere, nothing runs, nothing is accused that shouldn't be."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html

from crawler import clock, rendering
from crawler.roster import Roster
from extract import configuration, forms
from extract.model import Figure, Published, Report, Section
from monitor import compliance, records, review
from monitor.exports import data, static_site
from monitor.model import Finding, Standing, Status
from monitor.web.contents import Contents
from tests.monitor.office import ARITHMETIC, NEXT_WEEK, SCANNED, UNSEEN, Office

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


def report(title, values, *, text="全年收到申请31件。", form="2021"):
    figures = {key: Figure(0, "number", "0") for key in forms.form(form).keys}
    figures |= {key: Figure(value, "number", str(value)) for key, value in values.items()}
    return Report(title, None, 2025, "own", form, "text/html", "ab" * 32, published=Published("2026-01-20", "page"),
                  sections=[Section(1, "一、总体情况", text), Section(5, "五、存在的主要问题", f"问题一。{text}")],
                  figures=figures)


BROKEN = {"applications.new.total": 31, "applications.carried_in.total": 1, "applications.concluded.total": 29,
          "applications.carried_out.total": 4}


class City(Office):
    """The office with two reports of edu, of which the newer doesn't add up."""

    def fill(self, title=HOSTILE, text=f"正文{HOSTILE}。", address="http://www.city.example/nb/1.html"):
        with self.store.write() as connection:
            records.ensure_figures(connection)
            held = [self._put(connection, report(title, BROKEN, text=text), address, 2025),
                    self._put(connection, report("旧年", {"applications.new.total": 20}), f"{address}0", 2024)]
            standings = records.standings(connection)
            standings = [replace(each, report=held[0], address=address) if each.body == "edu" else each
                         for each in standings]
            standings.append(Standing("edu", "own", 2024, Status.ON_TIME, published="2025-01-02", report=held[1]))
            records.put_standings(connection, standings, SCANNED)
        return held

    @staticmethod
    def _put(connection, made, address, year):
        made.year = year
        return records.put_report(connection, made, address=address, content="c", portal="city", body="edu",
                                  scope="own", year=year, verdict="report", reason="", version=1,
                                  first=(SCANNED, "r"), last=(SCANNED, "r"))

    def export(self, out, languages=("zh", "en")):
        settings = self.loaded()
        roster = Roster.load()
        view = compliance.view(self.store, roster, settings)
        with self.store.read() as connection, data.building(out) as folder:
            (folder / "data").mkdir()
            package = data.fill(data.extract_of(connection, roster), folder / "data")
            return static_site.write(Contents(connection, view, roster, settings), package, folder, languages)


@pytest.fixture
def city(tmp_path: Path):
    clock.simulate(NEXT_WEEK)
    yield City(tmp_path)
    clock.simulate(None)
    configuration.use_office_folder(None)


def pages(folder):
    return {path.relative_to(folder).as_posix(): html.fromstring(path.read_bytes())
            for path in sorted(folder.rglob("*.html"))}


def text(page):
    return " ".join(page.find(".//main").text_content().split())


# ---------------------------------------------------------------- links and what is loaded
def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere(city, tmp_path):
    city.fill()
    written = city.export(tmp_path / "s")
    found = pages(tmp_path / "s")
    assert written.pages == len(found)
    assert written.size == sum(path.stat().st_size for path in (tmp_path / "s").rglob("*") if path.is_file())
    inner = 0
    for name, page in found.items():
        for element, attribute, link, _ in page.iterlinks():
            parts = urlsplit(link)
            if parts.scheme:
                assert (element.tag, attribute, parts.scheme) in {("a", "href", "http"), ("a", "href", "https"),
                                                                      ("link", "href", "data")}
                continue
            target = (tmp_path / "s" / name).parent / unquote(parts.path) if parts.path else tmp_path / "s" / name
            assert target.is_file(), (name, link)
            assert not parts.path.startswith("/")
            if parts.fragment:
                aim = html.fromstring(target.read_bytes())
                assert aim.xpath("//*[@id=$id]", id=parts.fragment), (name, link)
            inner += 1
    assert inner > 100
    kinds = {name.split("/")[0] for name in found}
    assert kinds == {"index.html", "method.html", "data.html", "body", "report", "finding", "compare", "en"}


def test_every_page_is_reached_from_the_front_page(city, tmp_path):
    city.fill()
    city.export(tmp_path / "s")
    found, reached, waiting = pages(tmp_path / "s"), set(), ["index.html"]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in found:
            continue
        reached.add(name)
        for link in found[name].xpath("//a/@href"):
            if not urlsplit(link).scheme and urlsplit(link).path:
                target = ((tmp_path / "s" / name).parent / urlsplit(link).path).resolve()
                waiting.append(target.relative_to((tmp_path / "s").resolve()).as_posix())
    assert reached == set(found)


def test_the_same_store_gives_the_same_bytes(city, tmp_path):
    city.fill()
    for name in ("a", "b"):
        city.export(tmp_path / name)
    files = {path.relative_to(tmp_path / "a"): path.read_bytes()
             for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert files == {path.relative_to(tmp_path / "b"): path.read_bytes()
                     for path in (tmp_path / "b").rglob("*") if path.is_file()}


# ---------------------------------------------------------------- nothing runs
@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>",
                                     "http://www.city.example/\"onmouseover=alert(1)", "http://[broken"])
def test_names_titles_texts_and_addresses_never_become_markup(city, tmp_path, address):
    bodies = city.folder / "facts" / "bodies.csv"
    bodies.write_text(bodies.read_text("utf-8").replace("示例市教育局", "<b onclick=alert(1)>教育局</b>"), "utf-8")
    city.fill(address=address)
    city.judge(NEXT_WEEK, [replace(ARITHMETIC, subject=HOSTILE, parameters={"col": HOSTILE, "url": address}),
                           Finding("DOC-01", 1, "I", "fail", HOSTILE, "own", 2025, parameters={"phrase": HOSTILE})])
    city.fill(address=address)
    city.export(tmp_path / "s")
    for name, page in pages(tmp_path / "s").items():
        assert not page.xpath("//script | //img | //b | //iframe | //object | //form"), name
        assert not page.xpath("//@*[starts-with(name(), 'on')] | //@style"), name
        assert all(urlsplit(link).scheme in ("", "http", "https") for link in page.xpath("//a/@href")), name
    held = "".join(path.read_text("utf-8") for path in (tmp_path / "s" / "report").iterdir())
    assert "&lt;script&gt;alert(1)" in held
    assert "{{ 7*7 }}" in held


# ---------------------------------------------------------------- what the pages say
def test_the_overview_counts_with_denominators_and_only_missing_is_solid(city, tmp_path):
    city.fill()
    city.export(tmp_path / "s")
    page = pages(tmp_path / "s")["index.html"]
    totals = {row.find("th").text_content().strip(): [cell.text_content() for cell in row.findall("td")]
              for row in page.xpath("//table[contains(@class, 'counts')]//tr[td]")}
    assert totals["应公布"][0] == "8"
    assert totals["已查实"][0] == "7"
    assert totals["按时公布率"] == ["71.4%", "数量少于5，不计算"]
    assert [cell.text_content().strip() for cell in page.xpath("//td[@class='solid']")] == ["× 未见"]
    assert [cell.text_content().split() for cell in page.xpath("//td[@class='pale']")] == [["?", "未能核查"]]


def test_a_report_shows_its_sums_and_marks_the_cells_a_finding_concerns(city, tmp_path):
    first, _ = city.fill()
    city.export(tmp_path / "s")
    page = pages(tmp_path / "s")[f"report/{first}.html"]
    assert "31＋1≠29＋4" in text(page)
    assert "√ 相符" in text(page)
    assert [cell.text_content() for cell in page.xpath("//td[contains(@class, 'concerned')]")] == ["≠31"]


def test_a_doubt_or_note_marks_no_cell(city, tmp_path):
    city.judge(NEXT_WEEK, [replace(ARITHMETIC, outcome="uncertain", reason="low_confidence"),
                           replace(ARITHMETIC, rule="ARI-17", severity="I", expression="")])
    first, _ = city.fill()
    city.export(tmp_path / "s")
    page = pages(tmp_path / "s")[f"report/{first}.html"]
    assert page.xpath("//td[contains(@class, 'concerned')]") == []
    assert "≠29＋4" not in text(page)


def test_a_sum_nobody_holds_against_the_body_is_not_called_broken(city, tmp_path):
    with city.store.write() as connection:
        review.decide(connection, ARITHMETIC.id, "dismiss", author="张三", reason="系统读取差错", cause="reading")
    first, _ = city.fill()
    city.export(tmp_path / "s")
    found = pages(tmp_path / "s")
    assert "≠29＋4" not in text(found[f"report/{first}.html"])
    assert f"finding/{ARITHMETIC.id}.html" not in found
    assert not any("张三" in text(page) or "系统读取差错" in text(page) for page in found.values())


def test_a_finding_tells_the_machine_from_people(city, tmp_path):
    with city.store.write() as connection:
        review.decide(connection, UNSEEN.id, "confirm", author="张三")
    city.export(tmp_path / "s")
    found = pages(tmp_path / "s")
    assert "尚未人工复核" in text(found[f"finding/{ARITHMETIC.id}.html"])
    confirmed = text(found[f"finding/{UNSEEN.id}.html"])
    assert "属实" in confirmed
    assert "张三" not in confirmed


def test_what_could_not_be_looked_at_says_why_and_claims_nothing(city, tmp_path):
    city.export(tmp_path / "s")
    page = text(pages(tmp_path / "s")["body/police.html"])
    assert "未能核查" in page
    assert "未见" not in page
    assert "没有检出" not in page
    assert "未读取到报告" in page


def test_two_years_stand_side_by_side_with_what_changed(city, tmp_path):
    city.fill()
    city.export(tmp_path / "s")
    page = pages(tmp_path / "s")["compare/edu-own-2024-2025.html"]
    rows = {row.find("th").text_content(): [cell.text_content() for cell in row.findall("td")]
            for row in page.xpath("//tr[td]")}
    assert rows["本年新收／总计"] == ["20", "31", "+11"]
    assert page.xpath("//ins")
    assert page.xpath("//del")


def test_no_placeholder_and_no_chinese_navigation_is_left_in_english(city, tmp_path):
    city.fill(title="2025年报告", text="正文。")
    city.export(tmp_path / "s")
    found = pages(tmp_path / "s")
    for name, page in found.items():
        assert "{" not in text(page), name
        assert "None" not in text(page), name
    for name in ("en/index.html", "en/method.html", "en/data.html"):
        heads = found[name].xpath("//h1 | //h2 | //thead//th")
        assert heads
        assert all(each.text_content().isascii() or "“" in each.text_content() for each in heads), name


def test_an_empty_store_makes_pages_too(city, tmp_path):
    with city.store.write() as connection:
        connection.execute("DELETE FROM standing")
        connection.execute("DELETE FROM finding")
    city.export(tmp_path / "s")
    assert "尚无数据" in text(pages(tmp_path / "s")["index.html"])


# ---------------------------------------------------------------- for everybody
def test_pages_are_built_for_readers_of_every_kind(city, tmp_path):
    city.fill()
    city.export(tmp_path / "s")
    for name, page in pages(tmp_path / "s").items():
        root = page.getroottree().getroot()
        assert root.get("lang") == ("en" if name.startswith("en/") else "zh-CN")
        assert page.xpath("string(//title)").strip(" ·")
        assert len(page.xpath("//h1")) == len(page.xpath("//main[@id='main']")) == 1, name
        assert page.xpath("//body/*[1]/@href") == ["#main"]
        levels = [int(each.tag[1]) for each in page.xpath("//h1|//h2|//h3|//h4")]
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), name
        assert all(each.get("scope") in ("row", "col") for each in page.xpath("//th")), name
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), name
        assert all(link.text_content().strip() for link in page.xpath("//a")), name
        for region in page.xpath("//*[@role='region']"):
            assert region.get("aria-label") or region.get("aria-labelledby") in ids, name


def test_colours_contrast_enough_by_day_and_by_night():
    import re

    from monitor.web.pages import STYLE

    def luminance(colour):
        digits = colour.lstrip("#")
        digits = "".join(each * 2 for each in digits) if len(digits) == 3 else digits
        parts = [int(digits[place:place + 2], 16) / 255 for place in (0, 2, 4)]
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    sheet = STYLE.read_text("utf-8")
    assert len(sheet.encode()) < 20_000
    assert "url(" not in sheet
    assert "@import" not in sheet
    themes = [dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{3,6})", line)) for line in re.findall(r":root\{[^}]*\}", sheet)]
    assert len(themes) == 3
    for theme in themes[:2]:
        pairs = [(ink, ground) for ink in ("ink", "link") for ground in ("paper", "band", "warm", "pale", "ins", "del")]
        pairs += [("quiet", "paper"), ("quiet", "band"), ("quiet", "warm"), ("on-solid", "solid"), ("flag", "paper")]
        for ink, ground in pairs:
            light, dark = sorted((luminance(theme[ink]), luminance(theme[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


@pytest.mark.slow
def test_five_hundred_bodies_of_three_years_take_seconds(city, tmp_path):
    with city.store.write() as connection:
        records.ensure_figures(connection)
        standings = []
        for number in range(500):
            for year in (2023, 2024, 2025):
                made = report(f"第{number}单位{year}年报告", {**BROKEN, "applications.new.total": number},
                              text="全年收到申请若干件，均已按期答复，未收取费用。" * 30 + str(year))
                made.year = year
                identity = records.put_report(connection, made, address=f"http://a.example/{number}/{year}",
                                              content="c", portal="city", body=f"b{number}", scope="own", year=year,
                                              verdict="report", reason="", version=1, first=(SCANNED, "r"),
                                              last=(SCANNED, "r"))
                standings.append(Standing(f"b{number}", "own", year, Status.ON_TIME, report=identity))
        records.put_standings(connection, standings, SCANNED)
    begun = time.process_time()
    written = city.export(tmp_path / "s", ("zh",))
    assert written.pages > 3_000
    assert time.process_time() - begun < 60


BROWSED = """
import json, sys
from playwright.sync_api import sync_playwright
told = {"requests": [], "said": [], "widths": {}, "solid": "", "dark": ""}
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 360, "height": 700})
    page.on("request", lambda request: told["requests"].append(request.url))
    page.on("console", lambda message: told["said"].append(message.text))
    page.on("dialog", lambda dialog: (told["said"].append("dialog"), dialog.dismiss()))
    for address in sys.argv[2:]:
        page.goto(address)
        told["widths"][address] = page.evaluate("document.documentElement.scrollWidth")
    colour = "getComputedStyle(document.querySelector('%s')).backgroundColor"
    page.goto(sys.argv[2])
    told["solid"] = page.evaluate(colour % "td.solid")
    page.emulate_media(color_scheme="dark")
    told["dark"] = page.evaluate(colour % "body")
    browser.close()
print(json.dumps(told))
"""


@pytest.mark.slow
def test_a_browser_opens_the_pages_offline_on_a_phone_and_runs_nothing(city, tmp_path):
    program = rendering.program()
    assert program, "chromium is missing: install Debian's package chromium"
    city.fill(text=HOSTILE * 20)
    city.export(tmp_path / "s")
    listed = [(tmp_path / "s" / name).as_uri() for name in pages(tmp_path / "s")]
    listed.insert(0, (tmp_path / "s" / "index.html").as_uri())
    done = subprocess.run([sys.executable, "-c", BROWSED, program, *listed], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert {urlsplit(request).scheme for request in told["requests"]} == {"file"}
    assert told["said"] == []
    assert {name: width for name, width in told["widths"].items() if width > 360} == {}
    assert (told["solid"], told["dark"]) == ("rgb(165, 29, 22)", "rgb(20, 23, 27)")


def test_the_command_tells_pages_and_size(city, tmp_path, capsys):
    from monitor import cli

    city.fill()
    arguments = ["--config", str(city.settings), "export", "site", "--out", str(tmp_path / "s"), "--under", "edu",
                 "--one-language", "--json"]
    assert cli.run(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pages"] == len(pages(tmp_path / "s"))
    assert {name for name in pages(tmp_path / "s") if name.startswith("body/")} == {"body/edu.html"}
    assert not (tmp_path / "s" / "en").exists()
    assert cli.run(arguments) == 2
    capsys.readouterr()
    assert cli.run([*arguments[:-1], "--force"]) == 0
    assert "个页面" in capsys.readouterr().out

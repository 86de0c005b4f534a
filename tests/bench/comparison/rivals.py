"""The adapters: each tool's default output, read simply and generously. Run by the bench's own environment:
python rivals.py TOOL < questions.json > answers.json.

Promises: nothing but the tool and the standard library is imported; a tool that can't open a medium or finds no such
table answers null, which counts as no answer and never as a wrong one. What each adapter does for its tool is said in
its docstring. Leaves alone: what is right (the bench knows).
"""

from __future__ import annotations

import html
import io
import json
import re
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path

Grid = list[list[str]]
_DAY = re.compile(r"(20\d\d)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")
_NEXT = re.compile(r"^(下一页|下页|后一页|[2-9]|10|>|»)$")
PAGES = 10


# ---------------------------------------------------------------- do the sums hold?
def holds(tables: Iterable[Grid]) -> bool | None:
    """Whether the form's sums hold in the grids a tool gave: rows found by their labels wherever they stand, the last
    seven numbers of a row taken as its columns. None where the rows aren't found."""
    rows: dict[str, list[int]] = {}
    parts: list[list[int]] = []
    disputes: list[int] | None = None
    inside = False  # between the first and the last row of results, on whatever page they go on
    for table in tables:
        for cells in table:
            texts = [re.sub(r"\s", "", str(cell or "")).replace("(", "（").replace(")", "）") for cell in cells]
            numbers = [int(text) for text in texts if re.fullmatch(r"-?\d+", text)]
            label = "".join(text for text in texts if not re.fullmatch(r"-?\d+", text))
            if len(numbers) >= 15 and not label:
                disputes = numbers[-15:]
            if len(numbers) < 7:
                continue
            seven = numbers[-7:]
            for key, word in (("new", "本年新收"), ("in", "上年结转"), ("done", "（七）总计"), ("out", "结转下年")):
                if word in label:
                    rows[key] = seven
                    inside = False
                    break
            else:
                inside = inside or "予以公开" in label
                if inside:
                    parts.append(seven)
    if {"new", "in", "done", "out"} - rows.keys():
        return None
    good = all(rows["new"][column] + rows["in"][column] == rows["done"][column] + rows["out"][column]
               for column in range(7))
    good &= all(sum(row[:6]) == row[6] for row in (*rows.values(), *parts))
    if parts:
        good &= all(sum(row[column] for row in parts) == rows["done"][column] for column in range(7))
    if disputes:
        good &= all(sum(disputes[start:start + 4]) == disputes[start + 4] for start in (0, 5, 10))
    return good


def by_pdfplumber(path: Path) -> bool | None:
    """Every page's extract_tables() with its default settings."""
    import pdfplumber

    with pdfplumber.open(path) as document:
        return holds([table for page in document.pages for table in page.extract_tables()])


def by_camelot(path: Path) -> bool | None:
    """read_pdf of all pages; the ruled reading first, the one for tables without rules where that finds nothing."""
    import camelot

    for flavor in ("lattice", "stream"):
        found = camelot.read_pdf(str(path), pages="all", flavor=flavor)
        answer = holds([table.df.astype(str).values.tolist() for table in found])
        if answer is not None:
            return answer
    return None


def by_tabula(path: Path) -> bool | None:
    """read_pdf of all pages, header kept as a row; lattice first, then its guess."""
    import tabula

    for lattice in (True, False):
        found = tabula.read_pdf(str(path), pages="all", lattice=lattice, pandas_options={"header": None, "dtype": str})
        answer = holds([table.fillna("").values.tolist() for table in found])
        if answer is not None:
            return answer
    return None


def by_pandas(path: Path) -> bool | None:
    """read_html, spans repeated as it does: a row's repeated cells are taken once."""
    import pandas

    found = pandas.read_html(io.StringIO(path.read_text("utf-8")), header=None)
    return holds([table.astype(object).where(table.notna(), "").astype(str).map(_whole).values.tolist()
                  for table in found])


def _whole(text: str) -> str:
    """pandas makes 3.0 of a 3 that stands in a column with blanks."""
    return text[:-2] if re.fullmatch(r"-?\d+\.0", text) else text


READERS: dict[str, tuple[Callable[[Path], bool | None], str]] = {
    "pdfplumber": (by_pdfplumber, ".pdf"), "camelot": (by_camelot, ".pdf"), "tabula": (by_tabula, ".pdf"),
    "pandas": (by_pandas, ".html")}


# ---------------------------------------------------------------- is it there, and since when?
def told(lines: Iterable[tuple[str, str]] | None, name: str, year: int) -> tuple[str, str | None]:
    """yes, no or can't tell, and the day, from (title, text around it) of everything a tool saw of a column. A title
    counts that holds the body's name, the year and 信息公开 or as much of it as a cut title shows; None or nothing at
    all is "can't tell"."""
    if lines is None:
        return "unknown", None
    for title, around in lines:
        wanted = re.compile(rf"{re.escape(name)}{year}年度?(政府)?(信|…|\.\.\.|$)")
        if wanted.search(title):
            # Of rows run together in one line, the day after the title is the likelier one.
            place = wanted.search(around)
            day = _DAY.search(around, place.end() if place else 0) or _DAY.search(around)
            return "yes", f"{int(day[1])}-{int(day[2]):02}-{int(day[3]):02}" if day else None
    return "no", None


def by_scrapy(columns: dict[str, str]) -> dict[str, list[tuple[str, str]] | None]:
    """A bare spider: every link of the column's page with the text of its row, then whatever reads like a further page,
    ten pages at most. A page that answers an error, or without a single link, is nothing seen."""
    import scrapy
    from scrapy.crawler import AsyncCrawlerProcess

    seen: dict[str, list[tuple[str, str]] | None] = dict.fromkeys(columns)

    class Bare(scrapy.Spider):
        name = "bare"

        async def start(self):  # type: ignore[no-untyped-def]
            for key, url in columns.items():
                yield scrapy.Request(url, meta={"key": key, "left": PAGES})

        def parse(self, response):  # type: ignore[no-untyped-def]
            key = response.meta["key"]
            for link in response.css("a[href]"):
                title = link.attrib.get("title") or "".join(link.css("::text").getall())
                row = " ".join(link.xpath("ancestor::*[self::li or self::tr][1]//text()").getall())
                seen[key] = [*(seen[key] or []), (re.sub(r"\s", "", title), re.sub(r"\s", "", row))]
                if _NEXT.match("".join(link.css("::text").getall()).strip()) and response.meta["left"]:
                    yield response.follow(link, meta={"key": key, "left": response.meta["left"] - 1})

    process = AsyncCrawlerProcess({
        "LOG_ENABLED": False, "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        "DOWNLOAD_DELAY": 0.05, "CONCURRENT_REQUESTS": 64, "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "RETRY_TIMES": 1,
        "ROBOTSTXT_OBEY": True, "TELNETCONSOLE_ENABLED": False, "DOWNLOAD_TIMEOUT": 10})
    process.crawl(Bare)
    process.start()
    return seen


def by_urlwatch(columns: dict[str, str]) -> dict[str, list[tuple[str, str]] | None]:
    """Its job "url" for every column with its filter html2text, run by its own command twice as a watch would; what it
    keeps of a page is the last snapshot. Its text is read line by line, neighbours counting as one row."""
    import sqlite3
    import subprocess

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = [f"name: {json.dumps(key)}\nurl: {json.dumps(url)}\nfilter:\n  - html2text:\n      method: re\n"
                "timeout: 10\n" for key, url in columns.items()]
        (folder / "urls.yaml").write_text("---\n".join(jobs), "utf-8")
        (folder / "urlwatch.yaml").write_text("report:\n  stdout: {enabled: false}\n", "utf-8")
        subprocess.run([str(Path(sys.executable).parent / "urlwatch"), "--urls", str(folder / "urls.yaml"), "--config",
                        str(folder / "urlwatch.yaml"), "--cache", str(folder / "cache.db")], check=False,
                       capture_output=True, timeout=600)
        kept: dict[str, str] = {}
        with sqlite3.connect(folder / "cache.db") as connection:
            tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in connection.execute(f"SELECT * FROM '{table}'"):
                    texts = [each for each in row if isinstance(each, str)]
                    kept[texts[0]] = max(texts, key=len)
        return {key: _lines(next((text for guid, text in kept.items() if guid == _guid(url)), None))
                for key, url in columns.items()}


def _guid(url: str) -> str:
    """Under which key urlwatch keeps a page."""
    import hashlib

    return hashlib.sha1(url.encode()).hexdigest()


def by_changedetection(columns: dict[str, str]) -> dict[str, list[tuple[str, str]] | None]:
    """Its own html_to_text over the column's page as its plain fetcher (requests) would get it, which is the snapshot
    it compares; read line by line, neighbours counting as one row."""
    from changedetectionio import html_tools

    def seen(url: str) -> list[tuple[str, str]] | None:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return _lines(html_tools.html_to_text(answer.read().decode("utf-8", "replace")))
        except OSError:
            return None

    return {key: seen(url) for key, url in columns.items()}


def _lines(text: str | None) -> list[tuple[str, str]] | None:
    """Each line with the ones after and before it: lists print a title and its day on neighbouring lines."""
    lines = [re.sub(r"\s", "", html.unescape(each)) for each in (text or "").splitlines()]
    lines = [each for each in lines if each]
    # A neighbour counts where it is a day and nothing else; another row's line is not this one's.
    lone = [line if len(line) <= 14 and _DAY.search(line) else "" for line in lines]
    found = [(line, " ".join((line, *lone[place + 1:place + 2], *lone[max(0, place - 1):place])))
             for place, line in enumerate(lines)]
    return found or None


WATCHERS: dict[str, Callable[[dict[str, str]], dict[str, list[tuple[str, str]] | None]]] = {
    "scrapy": by_scrapy, "urlwatch": by_urlwatch, "changedetection.io": by_changedetection}


def main() -> None:
    tool, asked = sys.argv[1], json.load(sys.stdin)
    # What a tool prints must not get between the answers.
    out, sys.stdout = sys.stdout, sys.stderr
    answers: dict[str, object] = {}
    if tool in READERS:
        read, suffix = READERS[tool]
        for path in asked["documents"]:
            try:
                answers[path] = read(Path(path)) if path.endswith(suffix) else None
            except Exception as fault:  # what a tool can't read it doesn't answer
                print(f"{path}: {fault!r}", file=sys.stderr)
                answers[path] = None
    else:
        seen = WATCHERS[tool](asked["columns"])
        answers = {body: told(seen.get(given["portal"]), given["name"], asked["year"])
                   for body, given in asked["bodies"].items()}
    json.dump(answers, out)


if __name__ == "__main__":
    main()

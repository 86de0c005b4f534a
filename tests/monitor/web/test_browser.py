"""The served pages in a real browser: an office's way from a missing report to the closed case, and every page held to
what readers of every kind need."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import docx
import pytest

from crawler import rendering
from tests import demo
from tests.portals import world
from tests.portals.serving import Portals

HERE = Path(__file__).parent
BODY, OFFICE = "样例区卫生健康局", "yangli-health"
LATER = date(2026, 3, 20)
"""The day on which the missing report appears after all."""
REQUIRED = {"overview", "body", "report", "finding", "worklist", "trends", "regions", "runs", "search", "method",
            "data", "progress", "brief", "rectification", "precheck", "letters", "checks", "chain", "source", "trail"}
"""Kinds of pages the survey must have met in both languages."""
pytestmark = pytest.mark.slow


class Served:
    """A demo installation, scanned twice, with its portals still up."""

    def __init__(self, folder: Path, portals: Portals, config: Path, sink: demo.Sink) -> None:
        self.folder, self.portals, self.config, self.sink = folder, portals, config, sink

    def scan(self, day: date) -> None:
        self.portals.day, self.sink.day = day, day.isoformat()
        demo.run("--config", str(self.config), "scan", now=f"{day}T09:00", accept=(0, 3), capture_output=True)

    @contextlib.contextmanager
    def serving(self, now: str) -> Iterator[str]:
        """`nianbao serve` at a moment; the address it prints."""
        environment = {**os.environ, "NIANBAO_NOW": now, "PYTHONUNBUFFERED": "1"}
        child = subprocess.Popen(demo.nianbao("--config", str(self.config), "serve", "--port", "0"), env=environment,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stderr is not None
        said: list[str] = []
        reading = threading.Thread(target=lambda: said.extend(child.stderr), daemon=True)
        reading.start()
        try:
            line = child.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            assert found, line + "".join(said)
            yield found[0]
        finally:
            child.send_signal(signal.SIGTERM)
            code = child.wait(30)
            child.stdout.close()
            reading.join(10)
            child.stderr.close()
        assert code in (0, -signal.SIGTERM)
        assert not [each for each in said if " error " in each], said


def browser(program: str, *arguments: str) -> dict | list:
    chromium = rendering.program()
    assert chromium, "chromium is missing: install Debian's package chromium"
    done = subprocess.run([sys.executable, str(HERE / program), chromium, *arguments], capture_output=True, text=True,
                          timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served") / "office"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world, "PUBLICATIONS", (*world.PUBLICATIONS, world.Publication(OFFICE, LATER)))
        portals = world.portals()
    portals.start()
    try:
        with demo.mail_sink(folder / "mails") as (sink, mail_port):
            one = Served(folder, portals, demo.install(folder, portals.port, mail_port, delay=0.05), sink)
            for day in world.SCANS[:2]:
                one.scan(day)
            yield one
    finally:
        portals.stop()


def test_from_a_missing_report_to_the_closed_case(served: Served) -> None:
    with served.serving("2026-02-10T09:00") as address:
        seen = browser("journey.py", address, BODY, str(served.folder), "act")
    assert any("× 未见" in cell for cell in seen["solid"])
    assert BODY in seen["body"]
    assert "尚未人工复核" in seen["machine"]
    assert seen["looks"] >= 2
    assert "年度报告" in seen["snapshot"]
    assert "属实" in seen["confirmed"]
    assert any(BODY in paragraph.text for paragraph in docx.Document(seen["letter"]).paragraphs)
    assert "提醒" in seen["notified"] + seen["recorded"]
    (served.folder / "finding.txt").write_text(urlsplit(seen["finding"]).path, "utf-8")

    for day in (date(2026, 3, 23), date(2026, 3, 30)):
        served.scan(day)
    with served.serving("2026-03-30T15:00") as address:
        after = browser("journey.py", address, BODY, str(served.folder), "closed")
    assert "销号" in after["finding"]
    assert "▲ 逾法定+48天" in after["row"]
    assert BODY in after["rectification"]
    assert "示政公开函〔2026〕3号" in after["trail"]


def test_every_page_serves_readers_of_every_kind(served: Served) -> None:
    pictures = os.environ.get("NIANBAO_PICTURES")
    with served.serving("2026-02-10T09:00") as address:
        pages = browser("survey.py", address, *([pictures] if pictures else []))
    met = Counter(tuple(kind.split()[:2]) for kind in map(_kind, pages))
    assert {(lang, kind) for lang in ("zh", "en") for kind in REQUIRED} - set(met) == set()
    faults = {page["address"]: found for page in pages if (found := {
        name: page[name] for name in ("axe", "dark", "tabs", "widths", "elsewhere", "said") if page[name]} | (
            {"status": page["status"]} if page["status"] != 200 else {}))}
    assert faults == {}
    # The matrix is the data of its page; all else of the first page stays small.
    assert next(page["size"] for page in pages if _kind(page) == "zh overview") <= 120_000


def _kind(page: dict) -> str:
    path = urlsplit(page["address"]).path.strip("/").split("/")
    lang = "en" if path[0] == "en" else "zh"
    first = path[1:] if lang == "en" else path
    return f"{lang} {(first[0] if first and first[0] else 'overview')}"

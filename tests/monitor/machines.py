"""A cluster on loopback – a scheduler and workers as processes of their own – and captured pages for it to read."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pypdfium2

from crawler.model import Body
from tests.documents import making
from tests.monitor.captured import Pages
from tests.monitor.history import HOST, item

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-02-09T09:00"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d[\d:.+]*")


class Machines:
    """`with Machines(folder) as machines: machines.work(3)`; every process ends with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.options: list[str] = []
        self._logs = 0

    def __enter__(self) -> Machines:
        self.schedule()
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.workers, *([self.scheduler] if self.scheduler else [])]:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def schedule(self) -> None:
        """Start the scheduler, at the address it had before."""
        self.scheduler = self._start(
            [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port),
             "--dashboard-address", "127.0.0.1:0", *self.options],
            DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL="1s", DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL="5s")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        raise AssertionError("the scheduler doesn't answer")

    def stop_scheduling(self) -> None:
        self.scheduler.kill()
        self.scheduler.wait()

    def work(self, processes: int, *arguments: str, config: Path | None = None, command: str | None = None,
             **environment: str) -> subprocess.Popen[bytes]:
        """Start `nianbao worker` with this many processes, and wait until they are there."""
        started = [sys.executable, "-m", "monitor.cli"] if command is None else [sys.executable, "-c", command]
        worker = self._start([*started, *(["--config", str(config)] if config else []), "worker", self.address,
                              "--processes", str(processes), *arguments], **environment)
        self.workers.append(worker)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and worker.poll() is None:
            if self._log_of(worker).count("Registered to") >= processes:
                return worker
            time.sleep(0.2)
        raise AssertionError(f"no worker came: {self._log_of(worker)}")

    def pids(self) -> list[int]:
        """The worker processes that read now."""
        found = []
        for worker in self.workers:
            for children in Path(f"/proc/{worker.pid}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    found += [int(child) for child in children.read_text().split()
                              if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
        return found

    def _start(self, command: list[str], **environment: str) -> subprocess.Popen[bytes]:
        self._logs += 1
        log, temporary = self.folder / f"process-{self._logs}.log", self.folder / "temporary"
        temporary.mkdir(exist_ok=True)  # a worker that is killed leaves its scratch folder
        with log.open("wb") as out:
            process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, start_new_session=True,
                                       env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary),
                                            **environment})
        process.log = log  # type: ignore[attr-defined]
        return process

    @staticmethod
    def _log_of(process: subprocess.Popen[bytes]) -> str:
        return process.log.read_text("utf-8", "replace")  # type: ignore[attr-defined]


def town(folder: Path, pages: int, scans: int = 0, prints: int = 0) -> Pages:
    """An installation whose last run captured one report of each body, read by nobody yet: pages, Word files, PDFs,
    `scans` pages whose table 3 is a picture, `prints` PDFs that hold nothing but pictures, one that is damaged."""
    folder.mkdir(parents=True, exist_ok=True)
    bodies = [Body(id=f"b{number}", name=f"示例市第{number}局", kind="department", level="county", portal="p")
              for number in range(pages)]
    made = Pages(folder, bodies)
    listed, documents = [], []
    for number, body in enumerate(bodies):
        title = f"{body.name}2025年政府信息公开工作年度报告"
        report = making.ReportText(title, body.name, 2025, making.figures_2021(number))
        url = f"{HOST}/nb/t20260120_{number}.html"
        listed.append(item(url, title=title, body=body.id))
        documents.append((url, _parts(made, report, number, number < scans, scans <= number < scans + prints)))
    run = made.look("2026-02-02T09:00", *listed)
    for number, (url, parts) in enumerate(documents):
        made.capture(run, url, "2026-02-02T09:00", parts=parts, content=f"c{number}")
    made.install(NOW)
    return made


def _parts(made: Pages, report: making.ReportText, number: int, scanned: bool, printed: bool) -> list[dict]:
    def part(role: str, name: str, data: bytes, address: str = "") -> dict:
        return {"role": role, "url": f"{HOST}/nb/{address or name or 'page'}", "name": name, "outcome": "ok",
                "sha256": made.evidence.put(data)}

    def page(body: str) -> bytes:
        return (f"<html><head><meta charset='utf-8'></head><body><div class='TRS_Editor'>{body}</div></body></html>"
                ).encode()

    if scanned:
        body = making.html_body(report)
        first = body.index("<table", body.index("<table") + 1)
        rest = body[body.index("</table>", first) + len("</table>"):]
        picture = f"{HOST}/nb/t{number}.png"
        return [part("page", "", page(f"{body[:first]}<img src='{picture}'>{rest}")),
                {**part("image", "", making.table_image(report, 3)), "url": picture}]
    if printed:
        return [part("page", "", page("<p>详见附件。</p>")),
                part("attachment", "扫描件.pdf", _photographed(making.pdf(report)), f"{number}.pdf")]
    if number % 5 == 1:
        return [part("page", "", page("<p>详见附件。</p>")),
                part("attachment", "报告.docx", making.docx(report), f"{number}.docx")]
    if number % 5 == 2:
        return [part("page", "", page("<p>详见附件。</p>")),
                part("attachment", "报告.pdf", making.pdf(report), f"{number}.pdf")]
    if number == 3:
        return [part("page", "报告.pdf", b"%PDF-1.4\nbroken")]
    return [part("page", "", page(making.html_body(report)))]


def _photographed(pdf: bytes) -> bytes:
    """The pages of a PDF as a scanner at 150 dpi gives them."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.render(scale=150 / 72).to_pil().convert("L") for page in document]
    document.close()
    out = io.BytesIO()
    pages[0].save(out, "PDF", resolution=150, save_all=True, append_images=pages[1:])
    return out.getvalue()


def copied(made: Pages, folder: Path) -> Path:
    """Another installation in the same state; its settings."""
    with made.store.read() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(made.settings.parent, folder)
    return folder / "settings.toml"


def scan(settings: Path, cluster: str = "", patience: float = 30, **environment: str) -> subprocess.Popen[str]:
    """`nianbao scan --resume`, which has only to read and to judge here."""
    if cluster:
        environment |= {"NIANBAO_READING__CLUSTER": cluster, "NIANBAO_READING__CLUSTER_PATIENCE": str(patience)}
    return subprocess.Popen(
        [sys.executable, "-m", "monitor.cli", "--config", str(settings), "--lang", "en", "scan", "--resume", "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment})


def tables(settings: Path) -> dict[str, list[str]]:
    """All that the store holds, apart from times and the order of writing."""
    with contextlib.closing(sqlite3.connect(settings.parent / "history.db")) as connection:
        names = [name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for name in names:
            if name.startswith(("text_index", "text_state")):  # numbered by writing
                continue
            try:
                rows = connection.execute(f'SELECT * FROM "{name}"')
            except sqlite3.OperationalError:  # the word index can only be asked for words
                continue
            columns = [column[0] for column in rows.description]
            found[name] = sorted(repr({column: _TIME.sub("a time", value) if isinstance(value, str) else value
                                       for column, value in zip(columns, row, strict=True)}) for row in rows)
        return found

"""The pictures of the book, made from a demo installation: python -m tests.docs.screenshots (after `make demo`).

Promises: every picture in docs/pictures/ comes from here – a digest as a mail program shows it, the ledger and a letter
as the office program prints them, pages of `nianbao serve` – taken from a copy of the demo, in Chinese, without any
network. Needs chromium, soffice and pdftoppm. Leaves alone: the demo itself.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import email
import email.policy
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from tests import demo
from tests.portals.serving import free_port

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "docs" / "pictures"
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")
PICTURES = ("digest", "finding", "ledger", "overview", "reminder")


def shoot(address: str, picture: Path, width: int, height: int, scratch: Path) -> None:
    """One page as a browser shows it, cut at the height."""
    profile = tempfile.mkdtemp(dir=scratch)
    subprocess.run(["chromium", *FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}",
                    f"--screenshot={picture}", address], check=True, capture_output=True, timeout=120)


def printed(paper: Path, picture: Path, scratch: Path, dots: int, *part: str) -> None:
    """The first page of a workbook or letter as the office program prints it, or a part of it."""
    subprocess.run(["soffice", f"-env:UserInstallation=file://{scratch}/office", "--headless", "--convert-to", "pdf",
                    "--outdir", str(scratch), str(paper)], check=True, capture_output=True, timeout=180)
    subprocess.run(["pdftoppm", "-r", str(dots), *part, "-png", "-f", "1", "-l", "1", "-singlefile",
                    str(scratch / f"{paper.stem}.pdf"), str(picture.with_suffix(""))], check=True)


def mail_page(mail: Path, page: Path) -> None:
    """The HTML of a mail with its own pictures in place."""
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("html",))
    assert body is not None
    text = body.get_content()
    for part in message.walk():
        if named := str(part.get("Content-ID", "")).strip("<>"):
            data = base64.b64encode(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]
            text = text.replace(f"cid:{named}", f"data:{part.get_content_type()};base64,{data}")
    page.write_text(text, "utf-8")


@contextlib.contextmanager
def served(settings: Path) -> Iterator[str]:
    """The address of a running `nianbao serve`."""
    port = free_port()
    process = subprocess.Popen(demo.nianbao("--config", str(settings), "serve", "--port", str(port)), cwd=ROOT,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def take(made: Path, out: Path) -> list[Path]:
    """Every picture, from a copy of the demo at `made`."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        shutil.copytree(made, scratch / "demo")
        settings = scratch / "demo" / "settings.toml"
        config = ("--config", str(settings))
        digest = max((scratch / "demo" / "mails").glob("*zwgk-city-example.eml"), key=lambda path: path.stat().st_size)
        mail_page(digest, scratch / "mail.html")
        shoot(f"file://{scratch}/mail.html", out / "digest.png", 800, 1000, scratch)
        demo.run(*config, "export", "ledger", "--out", str(scratch / "ledger.xlsx"), capture_output=True)
        printed(scratch / "ledger.xlsx", out / "ledger.png", scratch, 150, "-x", "40", "-y", "70", "-W",
                "1400", "-H", "480")
        demo.run(*config, "review", "confirm", "--rule", "ARI-01", "--rule", "PUB-02", "--author", "张三",
                 capture_output=True)
        demo.run(*config, "export", "reminder", "--year", "2025", "--body", "city-finance", "--out",
                 str(scratch / "reminder.docx"), capture_output=True)
        printed(scratch / "reminder.docx", out / "reminder.png", scratch, 75)
        found = demo.run(*config, "findings", "--json", capture_output=True).stdout
        finding = re.search(r'"id": "(\w+)",\s+"fact"[^}]*?"rule": "ARI-01"', found)
        assert finding
        with served(settings) as address:
            shoot(f"{address}/", out / "overview.png", 1200, 900, scratch)
            shoot(f"{address}/finding/{finding[1]}", out / "finding.png", 1200, 900, scratch)
    return [out / f"{name}.png" for name in PICTURES]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.docs.screenshots", description=__doc__)
    parser.add_argument("--demo", type=Path, default=ROOT / "demo", help="a demo installation")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    missing = [name for name in ("chromium", "soffice", "pdftoppm") if shutil.which(name) is None]
    if missing or not (options.demo / "settings.toml").is_file():
        print(f"needs {', '.join(missing) or 'a demo: run make demo first'}", file=sys.stderr)
        return 2
    for picture in take(options.demo.resolve(), options.out):
        print(f"{os.path.relpath(picture)}  {picture.stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`make demo`: the whole job on an invented city, driven through the command line as a user would.

Promises: a fresh demo/ with settings, facts, database, evidence and mails that every command works on afterwards; the
world's portals and a mail sink run only while it does; exit 1 where a step fails unexpectedly (scan may answer 3: one
host is down on purpose). Imports nothing of the product.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import yaml
from aiosmtpd.controller import Controller

from tests.portals import facts, world
from tests.portals.offices import OFFICES, YEARS
from tests.portals.serving import Portals, Visit, free_port

ROOT = Path(__file__).resolve().parents[1]
DELAY = 0.4
"""Seconds between two requests to one host. Real portals get 1.2; these are ours, and nobody likes to wait."""
USUAL_PORT = 8520
PAGES = "http://127.0.0.1:8500/"
"""Where `nianbao serve` answers unless told otherwise."""
INCOMPLETE = 3


class StepError(Exception):
    """A command ended with an exit code it should not have."""


class Sink:
    """An SMTP server's handler that keeps every mail as .eml in a folder, named by day, number and recipient."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.day, self.count = folder, "", 0

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.count += 1
        recipient = re.sub(r"[^a-z0-9]+", "-", envelope.rcpt_tos[0].lower()).strip("-")  # type: ignore[attr-defined]
        path = self.folder / f"{self.day}_{self.count:02d}_{recipient}.eml"
        path.write_bytes(envelope.original_content or envelope.content)  # type: ignore[attr-defined]
        return "250 kept"


@contextmanager
def mail_sink(folder: Path) -> Iterator[tuple[Sink, int]]:
    """A running sink and its port."""
    folder.mkdir(parents=True, exist_ok=True)
    sink = Sink(folder)
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield sink, controller.port
    finally:
        controller.stop()


def nianbao(*arguments: str) -> list[str]:
    """The command as a user types it; the module where no script is installed beside this Python."""
    script = Path(sys.executable).parent / "nianbao"
    command = [str(script)] if script.exists() else [sys.executable, "-c", "from monitor.cli import main; main()"]
    return [*command, *arguments]


def run(*arguments: str, now: str | None = None, accept: tuple[int, ...] = (0,), cwd: Path = ROOT,
        **options: object) -> subprocess.CompletedProcess[str]:
    """One call of nianbao at a simulated moment. Raises StepError for any other exit code than those accepted."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment.pop("NIANBAO_NOW", None)
    environment.pop("NIANBAO_CONFIG", None)
    if now:
        environment["NIANBAO_NOW"] = now
    result = subprocess.run(nianbao(*arguments), env=environment, cwd=cwd, text=True, check=False, **options)  # type: ignore[call-overload]
    if result.returncode not in accept:
        said = (result.stderr or "")[-4000:]
        raise StepError(f"nianbao {' '.join(arguments)}", result.returncode, said)
    return result


def install(folder: Path, portal_port: int, mail_port: int, delay: float = DELAY) -> Path:
    """`nianbao init`, then settings and facts of the test world; the path of settings.toml."""
    run("init", str(folder), stdout=subprocess.DEVNULL)
    settings = folder / "settings.toml"
    settings.write_text(with_values(settings.read_text("utf-8"), {
        "general.office": '"示例市人民政府办公室"', "general.contact": '"示例市政务公开科 000-12345678"',
        "facts.folder": '"facts"', "clock.at": f'"{world.SCANS[-1]}T10:00"',
        "scan.contact": '"zwgk@city.example"', "scan.delay": str(delay), "scan.timeout": "10.0",
        "scan.allow_private_addresses": "true", "monitoring.since": str(YEARS[0]),
        "mail.host": '"127.0.0.1"', "mail.port": str(mail_port), "mail.from": '"nianbao@city.example"'}), "utf-8")
    facts.write(folder / "facts", portal_port)
    return settings


def with_values(toml: str, values: Mapping[str, str]) -> str:
    """The settings with other values for section.key, comments kept. Raises KeyError for a key that isn't there."""
    section, waiting, lines = "", dict(values), []
    for line in toml.splitlines():
        if heading := re.match(r"\[([\w.]+)\]", line):
            section = heading.group(1)
        elif key := re.match(r"(\w+)\s*=\s*(?:\"[^\"]*\"|[^\s#]+)", line):
            value = waiting.pop(f"{section}.{key.group(1)}", None)
            if value is not None:
                comment = line[key.end():].strip()
                line = f"{key.group(1)} = {value}" + (f"  {comment}" if comment else "")
        lines.append(line)
    if waiting:
        raise KeyError(f"settings.toml holds no {', '.join(waiting)}")
    return "\n".join(lines) + "\n"


def shortest_gap(visits: list[Visit]) -> float:
    """The smallest time between two requests to one host, in seconds; infinite where no host was asked twice."""
    by_host: dict[str, list[float]] = defaultdict(list)
    for visit in visits:
        by_host[visit.host].append(visit.at)
    return min((after - before for times in by_host.values() for before, after in itertools.pairwise(sorted(times))),
               default=float("inf"))


class Demo:
    def __init__(self, folder: Path, language: str) -> None:
        self.folder, self.language = folder, language
        self.words = yaml.safe_load((Path(__file__).parent / "demo.yaml").read_text("utf-8"))
        self.shown = Path(os.path.relpath(folder))

    def say(self, key: str, **values: object) -> None:
        print(self.words[key][self.language].format(**values), flush=True)

    def text(self, key: str) -> str:
        return self.words[key][self.language]

    def clear(self) -> bool:
        """Remove a former demo; leave anything else alone."""
        if self.folder.exists():
            if any(self.folder.iterdir()) and not (self.folder / "settings.toml").is_file():
                self.say("taken", folder=self.folder)
                return False
            shutil.rmtree(self.folder)
        return True

    def play(self) -> int:
        if not self.clear():
            return 2
        begun = time.monotonic()
        self.say("start", bodies=len(OFFICES), portals=len(world.PORTALS))
        with portals_up() as portals, mail_sink(self.folder / "mails") as (sink, mail_port):
            self.say("portals", hosts=len(portals.sites), port=portals.port)
            settings = install(self.folder, portals.port, mail_port)
            config = ("--lang", self.language, "--config", str(settings))
            for number, day in enumerate(world.SCANS, 1):
                self.scan(config, number, day, portals, sink)
            if sink.count == 0:
                self.say("mail_missing")
                return 1
        last = world.SCANS[-1]
        # Notes (I) fill pages; what must be mended or verified is what a newcomer should see.
        severe = ("findings", "--severity", "E", "--severity", "W")
        for heading, command in (("matrix", ("status",)), ("findings", severe)):
            print()
            self.say(heading, day=last)
            run(*config, *command)
        self.goodbye(settings, portals.port, time.monotonic() - begun)
        return 0

    def scan(self, config: tuple[str, ...], number: int, day: date, portals: Portals, sink: Sink) -> None:
        print()
        self.say("scan", number=number, day=day)
        portals.day, sink.day, before, begun = day, day.isoformat(), len(portals.log), time.monotonic()
        ended = run(*config, "scan", now=f"{day}T09:00", accept=(0, INCOMPLETE))
        visits = portals.log[before:]
        self.say("scanned", seconds=round(time.monotonic() - begun), requests=len(visits),
                 gap=f"{shortest_gap(visits):.2f}",
                 incomplete=self.text("incomplete") if ended.returncode == INCOMPLETE else "")
        run(*config, "alerts", "send", now=f"{day}T09:30")
        self.say("mails", count=sink.count, folder=self.shown / "mails")

    def goodbye(self, settings: Path, port: int, seconds: float) -> None:
        print()
        self.say("done", seconds=round(seconds))
        shown = Path(os.path.relpath(settings))
        for key, name in (("place_settings", "settings.toml, facts/"), ("place_database", "nianbao.db"),
                          ("place_evidence", "evidence/"), ("place_mails", "mails/*.eml")):
            print(f"  {self.text(key)}  {', '.join(f'{self.shown}/{part}' for part in name.split(', '))}")
        self.say("next")
        command = Path(os.path.relpath(Path(sys.executable).parent)) / "nianbao"
        for rest in ("status --year 2025", "status --json", "findings", "doctor", "config show"):
            print(f"  {command} --config {shown} {rest}")
        self.say("pages", command=f"{command} --config {shown} serve", address=PAGES)
        self.say("again")
        print(f"  {os.path.relpath(sys.executable)} -m tests.portals --port {port} --day {world.SCANS[-1]}")


@contextmanager
def portals_up() -> Iterator[Portals]:
    """The world's portals on the usual port, or on a free one where somebody else has it."""
    for port in (USUAL_PORT, 0):
        portals = world.portals(port=port)
        try:
            portals.start()
        except OSError:
            if port == 0:
                raise
            continue
        try:
            yield portals
        finally:
            portals.stop()
        return


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "demo", help="where the demo lies afterwards")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    options = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    demo = Demo(options.folder.resolve(), options.lang)
    try:
        return demo.play()
    except StepError as fault:
        command, code, said = fault.args
        print(said, file=sys.stderr)
        demo.say("failed", command=command, code=code)
        return 1


if __name__ == "__main__":
    sys.exit(main())

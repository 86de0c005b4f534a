"""One stage of a round in a process of its own, with what it cost: scan, read, judge, send, tidy.

Promises: each stage is the product's own room or command, run over what the stage before left in the store; CPU is user
and system time of the process and all its children, memory the largest of them. Leaves alone: what came of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
_ROOMS = """
import json, sys
from pathlib import Path
from crawler.roster import Roster
from crawler.store import Store
from monitor import patrol, records, settings as loading

stage, path = sys.argv[1:3]
settings = loading.load(Path(path))
loading.activate(settings)
store, roster = Store(settings.store.database), Roster.load()
store.migrate(records.monitor_schema)
if stage == "scan":
    done = patrol.scan_portals(patrol.plan_of(settings, store, roster))
    told = {"pages": done.pages, "captures": done.captures, "new": len(done.new), "changed": len(done.changed),
            "outcomes": {key: len(each) for key, each in done.outcomes.items()}}
elif stage == "read":
    done = patrol.read(settings, store, roster)
    told = {"read": done.read, "faults": len(done.faults)}
else:
    done = patrol.judge(settings, store, roster)
    told = {"standings": len(done.standings), "new": len(done.findings.new), "queued": len(done.queued),
            "reports": done.findings.reports}
print(json.dumps(told, default=str))
"""
_PROFILED = Path(__file__).parent / "profiled"


@dataclass(slots=True)
class Cost:
    """What a stage cost and what it said."""

    stage: str
    seconds: float
    cpu: float
    megabytes: float
    told: dict[str, object]


def room(stage: str, settings: Path, now: str, profile: Path | None = None) -> Cost:
    """scan, read or judge at a simulated moment. Raises SystemExit where it fails."""
    return _measured(stage, [sys.executable, "-c", _ROOMS, stage, str(settings)], now, profile)


def command(stage: str, settings: Path, now: str, *arguments: str, accept: tuple[int, ...] = (0,),
            profile: Path | None = None) -> Cost:
    """A command of nianbao; what it prints is its JSON document where it prints one."""
    program = [sys.executable, "-c", "from monitor.cli import main; main()", "--config", str(settings), *arguments]
    return _measured(stage, program, now, profile, accept)


def _measured(stage: str, program: list[str], now: str, profile: Path | None,
              accept: tuple[int, ...] = (0,)) -> Cost:
    environment = {**os.environ, "NIANBAO_NOW": now}
    environment.pop("NIANBAO_CONFIG", None)
    if profile:
        environment |= {"REHEARSAL_PROFILE": str(profile), "REHEARSAL_STAGE": stage, "PYTHONPATH": os.pathsep.join(
            filter(None, (str(_PROFILED), environment.get("PYTHONPATH"))))}
    begun = time.monotonic()
    process = subprocess.Popen(program, stdout=subprocess.PIPE, cwd=ROOT, env=environment)
    assert process.stdout
    said = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accept:
        raise SystemExit(f"{stage} ended with {process.returncode}: {said[-2000:]}")
    try:
        told = json.loads(said)
    except ValueError:
        told = {"said": said}
    return Cost(stage, time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, told)

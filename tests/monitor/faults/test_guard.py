"""A reading process that somebody kills says nothing of the document it had: it is read again."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from crawler.evidence import Evidence
from extract.exceptions import GuardError, LimitExceededError
from extract.limits import Guard, Limits
from extract.model import Hints
from monitor import reading
from tests.monitor import machines
from tests.monitor.test_cluster import Given

TASKS = Path(__file__).resolve().parents[2] / "extract"


def child_of(process):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if found := Path(f"/proc/{process}/task/{process}/children").read_text().split():
                return int(found[0])
        time.sleep(0.005)
    raise AssertionError("no child came")


@pytest.mark.parametrize("whom", ["child", "helper"])
def test_a_killed_reading_process_is_no_verdict(monkeypatch, whom):
    monkeypatch.setenv("PYTHONPATH", str(TASKS))
    with Guard(Limits(cpu_seconds=1), task="guarded_tasks:read") as guard:
        said = []

        def read():
            with pytest.raises(LimitExceededError) as caught:  # the second try sleeps until its own time is up
                guard.read(b"sleep", Hints(name="a.doc"))
            said.append(str(caught.value))

        helper = guard._helper.process.pid
        thread = threading.Thread(target=read)
        thread.start()
        child = child_of(helper)
        os.kill(child if whom == "child" else helper, signal.SIGKILL)
        thread.join(60)
        assert said
        assert "took more than" in said[0]


def test_where_no_process_is_to_be_had_nothing_is_stored(tmp_path):
    made = machines.town(tmp_path, 2)
    short = GuardError("no process could be started to read it (Resource temporarily unavailable)")
    result = reading.read_captures(made.store, Evidence(tmp_path / "evidence"), made.roster,
                                   executor=Given(short, short))
    assert (result.read, len(result.faults)) == (0, 2)
    with made.store.read() as connection:
        assert connection.execute("SELECT count(*) FROM report").fetchone()[0] == 0

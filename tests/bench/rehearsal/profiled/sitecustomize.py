"""On the path only while the rehearsal profiles: every Python process of a stage, forked ones too, writes where its
time went into the folder REHEARSAL_PROFILE, as <stage>-<process>-<n>.prof.

Leaves alone: processes killed by a signal, which tell nothing.
"""

from __future__ import annotations

import atexit
import cProfile
import itertools
import os
from pathlib import Path

_FOLDER = Path(os.environ.get("REHEARSAL_PROFILE", ""))
_running: list[cProfile.Profile] = []
_numbers = itertools.count()
_leave = os._exit


def _begin() -> None:
    _running[:] = [cProfile.Profile()]
    _running[0].enable()


def _write() -> None:
    for profile in _running:
        profile.disable()
        _FOLDER.mkdir(parents=True, exist_ok=True)
        stage = os.environ.get("REHEARSAL_STAGE", "stage")
        profile.dump_stats(_FOLDER / f"{stage}-{os.getpid()}-{next(_numbers)}.prof")
    _running.clear()


def _exit(code: int) -> None:
    _write()
    _leave(code)


if os.environ.get("REHEARSAL_PROFILE"):
    _begin()
    atexit.register(_write)
    os.register_at_fork(after_in_child=_begin)
    os._exit = _exit  # type: ignore[assignment]

"""The workers of a cluster: processes that read what a scan on another machine sends them (`nianbao worker`).

Promises: a worker announces what it reads with – version and source of the reader, facts, libraries – as resources of
Dask, and the scheduler hands it only work that asks for exactly these; a worker that is changed under its feet refuses
what it gets. Killed worker processes start again, a scheduler that goes away is waited for. Documents are read in
guarded child processes, as everywhere. Leaves alone: what is sent and what becomes of it (cluster.py, reading.py).

The scheduler imports this module too, so it imports nothing of reading.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import hashlib
import importlib
import io
import operator
import os
import pickle
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from distributed import Security

FACTS = "NIANBAO_WORKER_FACTS"
PREFIX = "nianbao:"
LIBRARIES = ("beautifulsoup4", "lxml", "numpy", "olefile", "onnxruntime", "opencv-python-headless", "openpyxl",
             "pdfminer.six", "pdfplumber", "pillow", "pypdfium2", "python-calamine", "python-docx", "rapidocr", "xlrd")
"""What documents are read with; another version of one may read otherwise."""
QUIET = {"distributed.admin.tick.interval": "1s", "distributed.admin.system-monitor.interval": "5s",
         "distributed.worker.profile.enabled": False, "distributed.client.scheduler-info-interval": "1h",
         "distributed.admin.large-graph-warning-threshold": "1GB",
         "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None}
"""Dask's looking at itself takes several percent of a processor; what remains takes half a percent. Its memory is
trimmed at every turn unless that variable is taken out, and recognition then costs half as much again: the processes
that read inherit it. (A dictionary given here would be merged with Dask's own, and the variable stay.)"""
PAUSE = 5.0
"""Seconds until a worker that can't start is started again."""


class RefusedWorkerError(Exception):
    """Raised by a worker for work that is meant for other code than its own."""


@functools.cache
def identity(office: Path | None) -> dict[str, str]:
    """All that decides how a document is read by this installation with these facts, by name."""
    from extract import configuration
    from extract.report import VERSION

    code = hashlib.sha256()
    root = Path(__file__).resolve().parents[1]
    for path in [*sorted((root / "extract").rglob("*.py")), root / "monitor" / "captures.py", Path(__file__).resolve()]:
        code.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    facts = hashlib.sha256()
    before = configuration.office_folder()
    if before != office:
        configuration.use_office_folder(office)
    try:
        for name in [*configuration.names_in("forms"), "indicators.yaml"]:
            facts.update(name.encode() + b"\0" + configuration.path_of(name).read_bytes())
    finally:
        if before != office:
            configuration.use_office_folder(before)
    found = {"reader": str(VERSION), "code": code.hexdigest()[:12], "facts": facts.hexdigest()[:12],
             "python": ".".join(map(str, sys.version_info[:2]))}
    for library in LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[library] = metadata.version(library)
    return found


def tag(known: Mapping[str, str]) -> str:
    """The resource that work for this identity asks for."""
    return PREFIX + hashlib.sha256(repr(sorted(known.items())).encode()).hexdigest()[:16]


def resources(known: Mapping[str, str]) -> dict[str, float]:
    """What a worker announces: the tag, one document at a time, and its parts for whoever is told of a refusal."""
    return {tag(known): 1.0, **{f"{PREFIX}{name}={value}": 1.0 for name, value in known.items()}}


def differences(announced: Mapping[str, float], mine: Mapping[str, str]) -> list[str] | None:
    """In what a worker's announcement differs from `mine`, as "reader 5 instead of 6"; None: it announces nothing."""
    theirs = dict(name.removeprefix(PREFIX).split("=", 1) for name in announced
                  if name.startswith(PREFIX) and "=" in name)
    if not theirs:
        return None
    return [f"{name} {theirs.get(name, 'none')} instead of {mine.get(name, 'none')}" for name in {**mine, **theirs}
            if theirs.get(name) != mine.get(name)]


def do(wanted: str, packed: bytes) -> bytes:
    """In a worker: call each of the packed functions if this is the code they are meant for. Returns, packed, for each
    whether it came to a result, and the result; raises what a single one raised."""
    if wanted != _own_tag():
        raise RefusedWorkerError("this worker's code or facts changed since it was started; start it again")
    calls, outcomes = pickle.loads(packed), list[tuple[bool, Any]]()
    for each in calls:
        function, arguments = pickle.loads(each)
        try:
            outcomes.append((True, function(*arguments)))
        except Exception:
            if len(calls) == 1:
                raise
            outcomes.append((False, None))  # it is sent again on its own, and what it raises is told
    return _packed(outcomes)


def _packed(outcomes: list[tuple[bool, Any]]) -> bytes:
    """Pickled, a report's hundreds of figures as calls of their classes: half the time, two thirds of the bytes."""
    from extract.model import Figure, Source

    out = io.BytesIO()
    pickler = pickle.Pickler(out, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {each: functools.partial(_call, each, operator.attrgetter(*each.__slots__))
                              for each in (Figure, Source)}
    pickler.dump(outcomes)
    return out.getvalue()


def _call(made: type, values: Callable[[Any], tuple[Any, ...]], each: Any) -> tuple[type, tuple[Any, ...]]:
    return made, values(each)


@functools.cache
def _own_tag() -> str:
    from extract import configuration

    office = Path(os.environ[FACTS]) if os.environ.get(FACTS) else configuration.office_folder()
    configuration.use_office_folder(office)
    if FACTS in os.environ:  # a process of ours: its collector need not walk time and again over all that Dask loaded
        gc.freeze()
    return tag(identity(office))


def own_address(scheduler: str) -> str:
    """The address of this machine that the scheduler's network sees; a worker listens nowhere else."""
    there = urlsplit(scheduler)
    family, kind, protocol, _, place = socket.getaddrinfo(there.hostname, there.port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.connect(place)  # sends nothing: it only asks which way a packet would take
        return str(probe.getsockname()[0])


def serve(scheduler: str, security: Security | None, *, processes: int, office: Path | None, name: str,
          tell: Callable[[str], None]) -> None:
    """Work for this scheduler with `processes` processes until SIGTERM or SIGINT. Raises OSError where the scheduler's
    name is unknown."""
    import dask

    dask.config.set({**QUIET, "distributed.worker.http.routes": []})  # workers show no pages of their own
    known = identity(office)
    options = {"nthreads": 1, "resources": resources(known), "security": security, "host": own_address(scheduler),
               "memory_limit": 0, "env": {FACTS: str(office or "")}, "dashboard": False}
    with tempfile.TemporaryDirectory(prefix="nianbao-worker-") as scratch:
        asyncio.run(_serve(scheduler, processes, {**options, "local_directory": scratch}, name, tell))


async def _serve(scheduler: str, processes: int, options: dict[str, Any], name: str,
                 tell: Callable[[str], None]) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await asyncio.gather(*(_keep(scheduler, {**options, "name": f"{name}-{number}"}, ended, tell)
                           for number in range(processes)))


async def _keep(scheduler: str, options: dict[str, Any], ended: asyncio.Event, tell: Callable[[str], None]) -> None:
    """One worker process, started again whenever it or its scheduler went away."""
    nannies = importlib.import_module("distributed.nanny")
    while not ended.is_set():
        stop = asyncio.ensure_future(ended.wait())
        try:
            async with nannies.Nanny(scheduler, **options) as nanny:
                gone = asyncio.ensure_future(nanny.finished())
                await asyncio.wait({gone, stop}, return_when=asyncio.FIRST_COMPLETED)
                gone.cancel()
        except (OSError, RuntimeError) as fault:
            tell(f"{scheduler}: a worker process could not be started ({fault}); it is tried again")
        finally:
            stop.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), PAUSE)

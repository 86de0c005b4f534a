"""Bounds on what a document may take, and the guarded child process in which documents are read.

Parsers of PDF, Office and image files abort the process, eat memory or never end when a file is made for it, so no
document is read in the process that wants to know. Promises: `Guard.read` returns a Report or raises
UnreadableDocumentError or LimitExceededError with the reason, within the wall clock, whatever the bytes; the caller
isn't harmed, the helper neither; a helper that dies is started again; a caller that dies takes its helper along.

How: one helper process per Guard, single-threaded, with the reader loaded, forks a child for every document. Frames on
its pipes are a length of 8 bytes and that many bytes: JSON, or the document. No pickles: a child is not to be trusted.
Leaves alone: what is read (extract.report).
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import gc
import importlib
import io
import json
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from extract import exceptions, readers
from extract.configuration import office_folder, use_office_folder
from extract.exceptions import ExtractError, LimitExceededError, UnreadableDocumentError
from extract.model import Hints, Report

MEGABYTE = 1 << 20
Read = Callable[..., Any]
"""What a child does with bytes and Hints; what it returns has a `to_record`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one document may take; the figures were measured on files made to break readers."""

    file_bytes: int = 50 * MEGABYTE
    member_bytes: int = 200 * MEGABYTE
    """Of one member of an archive, of all of them, or of one stream in a PDF, inflated."""
    ratio: int = 100
    """Inflated to packed, of members over a megabyte."""
    members: int = 5000
    pages: int = 300
    page_characters: int = 100_000
    page_edges: int = 20_000
    cells: int = 50_000
    """Of all tables of a document."""
    rowspan: int = 500
    colspan: int = 60
    memory_bytes: int = 1536 * MEGABYTE
    cpu_seconds: int = 30
    written_bytes: int = 64 * MEGABYTE
    pixels: int = 40_000_000
    """Of one picture or page."""
    picture_memory_bytes: int = 2560 * MEGABYTE
    picture_cpu_seconds: int = 120
    """For documents whose characters have to be recognised; counts only once that begins."""

    @property
    def wall_seconds(self) -> int:
        return 2 * self.cpu_seconds

    @property
    def picture_wall_seconds(self) -> int:
        return max(self.wall_seconds, 2 * self.picture_cpu_seconds)


@dataclass(frozen=True, slots=True)
class Usage:
    """What reading one document took."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0


_HARMLESS = (
    "<html><body><h1>某局2024年政府信息公开工作年度报告</h1><h2>一、总体情况</h2><p>2024年收到政府信息公开申请1件，办结1件，"
    "行政复议1件，规范性文件1件，举办培训1次，发布信息1条，占比100%。</p><h2>三、收到和处理政府信息公开申请情况</h2><table><tr>"
    "<td>行政许可</td><td>1</td></tr></table><h2>六、其他需要报告的事项</h2><p>未收取信息处理费。</p></body></html>")
"""A page that takes every fact and pattern a report of the usual kind takes."""
_current = Limits()
_guarded = False
"""Whether this process is a guarded child."""
_pictures = False
"""Whether it was allowed what recognising characters needs."""


def current_limits() -> Limits:
    """The limits that hold in this process."""
    return _current


def use_limits(limits: Limits) -> None:
    """Let `limits` hold in this process from now on."""
    global _current
    _current = limits


def allow_pictures() -> None:
    """Let this process take what recognising characters needs. In a guarded child only, else it changes nothing."""
    global _pictures
    if _pictures or not _guarded:
        return
    _pictures = True
    limits = _current
    for kind, allowed in ((resource.RLIMIT_AS, limits.picture_memory_bytes),
                          (resource.RLIMIT_CPU, limits.picture_cpu_seconds)):
        soft, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (max(soft, min(allowed, hard)), hard))
    signal.alarm(limits.picture_wall_seconds + 1)


def open_zip(data: bytes, named: str = "archive") -> zipfile.ZipFile:
    """The archive in `data`, its directory checked before anything is inflated.

    Raises UnreadableDocumentError when it is no whole archive, LimitExceededError when it would inflate too far.
    """
    limits = _current
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as fault:
        raise UnreadableDocumentError(f"{named}: damaged archive ({fault}); ask for another copy") from None
    members = archive.infolist()
    if len(members) > limits.members:
        raise LimitExceededError(f"{named}: {len(members)} members, more than {limits.members}")
    for member in members:
        if member.file_size > limits.member_bytes:
            raise LimitExceededError(f"{named}: its member {member.filename} inflates to "
                                     f"{_megabytes(member.file_size)}, more than {_megabytes(limits.member_bytes)}")
        if member.file_size > MEGABYTE and member.file_size > limits.ratio * max(1, member.compress_size):
            raise LimitExceededError(f"{named}: its member {member.filename} inflates more than {limits.ratio} times")
    total = sum(member.file_size for member in members)
    if total > limits.member_bytes:
        raise LimitExceededError(f"{named}: inflates to {_megabytes(total)}, more than "
                                 f"{_megabytes(limits.member_bytes)}")
    return archive


def _megabytes(count: int) -> str:
    return f"{count / MEGABYTE:.0f} MB"


# ---------------------------------------------------------------- the caller's side
class Guard:
    """Reads documents in guarded children: `with Guard() as guard: report = guard.read(data, hints)`.

    May be used from several threads (one document at a time) and after a fork (each process then starts a helper of
    its own). The helper starts with the `with`, else with the first document.
    """

    def __init__(self, limits: Limits | None = None, task: str = "extract.report:read") -> None:
        """task: "module:function" of what children do with (data, hints); it returns a Report, or whatever has a
        `to_record` where `record` is called."""
        self.limits = limits or Limits()
        self._task = task
        self.usage = Usage()
        """Of the document read last."""
        self._lock = threading.Lock()
        self._helper: _Helper | None = None
        self._owner = 0

    def __enter__(self) -> Guard:
        with self._lock:
            self._start()  # it loads while the caller is still about to find its documents
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, data: bytes, hints: Hints | None = None) -> Report:
        """The report in `data`. Raises UnreadableDocumentError, LimitExceededError or another ExtractError."""
        return Report.from_record(self.record(data, hints))

    def record(self, data: bytes, hints: Hints | None = None, **options: int | str | None) -> dict[str, Any]:
        """The record of what the task makes of `data`, told `options` besides; raises as `read` does."""
        hints = hints or Hints()
        named = hints.name or "document"
        if len(data) > self.limits.file_bytes:
            raise LimitExceededError(f"{named}: {_megabytes(len(data))}, more than "
                                     f"{_megabytes(self.limits.file_bytes)}")
        folder = office_folder()
        given = dataclasses.asdict(replace(hints, resources={}))
        del given["resources"]
        request = {"hints": given, "resources": self._sendable(hints.resources),
                   "limits": dataclasses.asdict(self.limits), "office": str(folder) if folder else None,
                   "options": options}
        with self._lock:
            answer = self._ask(json.dumps(request).encode(), data, named)
        self.usage = Usage(**answer["usage"])
        if "report" in answer:
            made: dict[str, Any] = answer["report"]
            return made
        kind = getattr(exceptions, answer["error"], UnreadableDocumentError)
        message = answer["message"]
        raise kind(message if message.startswith(named) else f"{named}: {message}")

    def _sendable(self, resources: Mapping[str, bytes]) -> dict[str, str]:
        """Resources as text, as many as one file may have bytes."""
        left, sent = self.limits.file_bytes, {}
        for name, held in resources.items():
            left -= len(held)
            if left >= 0:
                sent[name] = base64.b64encode(held).decode("ascii")
        return sent

    def close(self) -> None:
        """End the helper; the next read starts another."""
        with self._lock:
            self._end()

    def _ask(self, request: bytes, data: bytes, named: str) -> Any:
        deaths = 0
        while True:
            helper, fresh = self._start()
            try:
                return json.loads(helper.ask(request, data, time.monotonic() + self.limits.picture_wall_seconds + 15))
            except (EOFError, OSError, ValueError) as fault:
                reason, said = str(fault) or type(fault).__name__, self._end()
                # A helper that served before may have died between two documents, and one was killed by somebody; two
                # fresh ones died of this document.
                deaths += fresh * (2 if isinstance(fault, TimeoutError) else 1)
                if deaths >= 2:
                    raise UnreadableDocumentError(
                        f"{named}: the reading process ended ({reason}) {said}".rstrip()) from None

    def _start(self) -> tuple[_Helper, bool]:
        """The helper of this very process, and whether it had to be started."""
        if self._helper is not None and self._owner == os.getpid() and self._helper.process.poll() is None:
            return self._helper, False
        if self._owner == os.getpid():
            self._end()
        root = str(Path(__file__).resolve().parents[1])
        code = (f"import sys; sys.path.append({root!r}); from extract.limits import serve; serve({self._task!r})")
        # -P: the working directory may hold a file named like one of ours.
        errors = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as the helper
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            bufsize=0, env={**without_ours(os.environ), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
        self._helper = _Helper(process, errors)
        self._owner = os.getpid()
        return self._helper, True

    def _end(self) -> str:
        """Stop the helper; the last thing it said."""
        helper, self._helper = self._helper, None
        return helper.end() if helper is not None and self._owner == os.getpid() else ""


@dataclass(frozen=True, slots=True)
class _Helper:
    """A running helper and the file that takes what it says on its standard error."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]

    def ask(self, request: bytes, data: bytes, until: float) -> bytes:
        """Its answer to one request. Raises OSError, EOFError or TimeoutError when it has none."""
        asked, answered = self.process.stdin, self.process.stdout
        if asked is None or answered is None:
            raise EOFError("it has no pipes")
        write_frame(asked.fileno(), request)
        write_frame(asked.fileno(), data)
        return read_frame(answered.fileno(), until)

    def end(self) -> str:
        """Stop it; the last line it said."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.kill()  # it keeps nothing; a child left over ends by its limits
        self.process.wait()
        with self.errors as errors:
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - 300))
            lines = errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""


def without_ours(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process that opens strangers' files: passwords may stand in NIANBAO_… variables,
    in whatever case, and reading needs none of them."""
    return {name: value for name, value in environment.items() if not name.upper().startswith("NIANBAO_")}


# ---------------------------------------------------------------- frames
def write_frame(pipe: int, data: bytes) -> None:
    """One frame to a pipe: its length, then its bytes."""
    view = memoryview(struct.pack(">Q", len(data)) + data)
    while view:
        view = view[os.write(pipe, view[:MEGABYTE]):]


def read_frame(pipe: int, until: float | None = None) -> bytes:
    """The next frame. Raises EOFError at the pipe's end, TimeoutError when `until` (monotonic seconds) passes."""
    (length,) = struct.unpack(">Q", _read_exactly(pipe, 8, until))
    return _read_exactly(pipe, length, until)


def _read_exactly(pipe: int, length: int, until: float | None) -> bytes:
    parts = []
    while length:
        left = None if until is None else max(0.0, until - time.monotonic())
        if not select.select([pipe], [], [], left)[0]:
            raise TimeoutError("no answer in time")
        part = os.read(pipe, min(length, MEGABYTE))
        if not part:
            raise EOFError("the pipe ended")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


# ---------------------------------------------------------------- the helper's side
def serve(task: str) -> None:
    """The helper's loop: a request, a child, an answer, until the caller closes the pipe or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's to handle
    caller = os.getppid()
    answers = os.dup(1)
    os.dup2(2, 1)  # nothing that a library prints may get between the frames
    module, _, function = task.partition(":")
    read: Read = getattr(importlib.import_module(module), function)  # loaded before forking, so children needn't
    served = 0
    while True:
        while not select.select([0], [], [], 1.0)[0]:
            if os.getppid() != caller:
                return
        try:
            request = json.loads(read_frame(0))
            data = read_frame(0)
        except EOFError:
            return
        served += 1
        answer = _prepared(request)
        if answer is None and served == 2:  # not for a single document: whoever reads many gains
            _warm(read)
        answer = answer or _in_child(read, request, data, caller, answers)
        if answer is not None and answer.pop("killed", False):  # by the system or by somebody: that may pass
            answer = _in_child(read, request, data, caller, answers)
        if answer is None:
            return
        write_frame(answers, json.dumps(answer).encode())
        _load_reader(answer.get("report", {}).get("medium", ""))
        if answer.get("recognised"):
            importlib.import_module("extract.ocr.recognition").load()


def _load_reader(medium: str) -> None:
    """Import the reader that a child just used, so that the next children find it loaded."""
    if medium in readers.modules():
        importlib.import_module(readers.modules()[medium])


def _warm(read: Read) -> None:
    """Read a harmless page here, so that the facts it takes are loaded in every child from now on."""
    with contextlib.suppress(Exception):  # what is wrong with the facts, the child says
        read(_HARMLESS.encode(), Hints())
    # A child's collector would touch, and so copy, every page of memory that it shares with the helper.
    gc.collect()
    gc.freeze()


def _prepared(request: dict[str, Any]) -> dict[str, Any] | None:
    """Take over the caller's facts folder; an answer only where that fails."""
    folder = Path(request["office"]) if request["office"] else None
    try:
        if folder != office_folder():
            use_office_folder(folder)
    except ExtractError as fault:
        return {**_error(type(fault).__name__, str(fault)), "usage": {}}
    return None


def _in_child(read: Read, request: dict[str, Any], data: bytes, caller: int, answers: int) -> dict[str, Any] | None:
    """The child's answer with what it took; None when the caller is gone."""
    limits = Limits(**request["limits"])
    started = time.monotonic()
    source, sink = os.pipe()
    try:
        child = os.fork()
    except OSError as fault:
        os.close(source)
        os.close(sink)
        return {**_error("GuardError", f"no process could be started to read it ({fault.strerror}); the machine is "
                                       "short of memory or processes, read it again"), "usage": {}}
    if child == 0:
        for pipe in (source, 0, answers):  # a child that outlives the helper must not keep the caller waiting
            os.close(pipe)
        _be_child(read, request, data, limits, sink)
    os.close(sink)
    try:
        raw, reason = _listen(source, started + limits.picture_wall_seconds, caller)
    finally:
        os.close(source)
        if sys.exc_info()[0] is not None or reason:
            os.kill(child, signal.SIGKILL)
        _, status, used = os.wait4(child, 0)
    if reason == "gone":
        return None
    answer: dict[str, Any]
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = _failure(reason, status, limits)
        answer["killed"] = not reason and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    answer["usage"] = {"seconds": round(time.monotonic() - started, 3),
                       "cpu_seconds": round(used.ru_utime + used.ru_stime, 3), "peak_bytes": used.ru_maxrss * 1024}
    return answer


def _listen(source: int, until: float, caller: int) -> tuple[bytes, str]:
    """Everything the child writes until it closes the pipe, and why listening ended early: "", "time" or "gone"."""
    parts: list[bytes] = []
    while True:
        left = until - time.monotonic()
        if left <= 0:
            return b"", "time"
        ready = select.select([source, 0], [], [], min(left, 1.0))[0]
        if 0 in ready or os.getppid() != caller:  # the caller waits for our answer: what comes now is the pipe's end
            return b"", "gone"
        if source in ready:
            part = os.read(source, MEGABYTE)
            if not part:
                return b"".join(parts), ""
            parts.append(part)


def _failure(reason: str, status: int, limits: Limits) -> dict[str, Any]:
    killer = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if reason == "time" or killer in (signal.SIGXCPU, signal.SIGALRM):
        return _error("LimitExceededError", f"reading it took more than {limits.cpu_seconds} seconds of work")
    if killer == signal.SIGXFSZ:
        return _error("LimitExceededError", f"reading it wrote more than {_megabytes(limits.written_bytes)}")
    if killer:
        return _error("UnreadableDocumentError", f"a library gave up on this file and ended (signal {killer}, "
                                                 f"{signal.Signals(killer).name}): it is damaged or made to break "
                                                 "readers; fetch it again or ask for another copy")
    return _error("UnreadableDocumentError", f"the reader ended without an answer (status {status})")


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": kind, "message": message}


def _be_child(read: Read, request: dict[str, Any], data: bytes, limits: Limits, sink: int) -> None:
    """Read the document within the limits, write the answer, end. Never returns."""
    try:
        signal.alarm(limits.wall_seconds)  # ends it even where the helper is gone
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        longest = max(limits.cpu_seconds, limits.picture_cpu_seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, longest))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits.written_bytes, limits.written_bytes))
        # The soft limits hold until characters have to be recognised (allow_pictures).
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes,
                                                max(limits.memory_bytes, limits.picture_memory_bytes)))
        global _guarded
        _guarded = True
        write_all(sink, json.dumps(_answer(read, request, data, limits)).encode())
        os._exit(0)
    except BaseException:  # nothing may unwind into the helper's loop, of which this is a copy
        os._exit(70)


def write_all(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view[:MEGABYTE]):]


def _answer(read: Read, request: dict[str, Any], data: bytes, limits: Limits) -> dict[str, Any]:
    try:
        use_limits(limits)
        hints = Hints(**request["hints"], resources={name: base64.b64decode(held)
                                                     for name, held in request["resources"].items()})
        return {"report": read(data, hints, **request["options"]).to_record(), "recognised": _pictures}
    except ExtractError as fault:
        return _error(type(fault).__name__, str(fault))
    except MemoryError:
        pass
    except RecursionError:
        return _error("LimitExceededError", "it is nested too deep to be read")
    except Exception as fault:
        return _error("UnreadableDocumentError", f"the reader failed on this file ({type(fault).__name__}: {fault})")
    return _error("LimitExceededError", f"reading it needs more than {_megabytes(limits.memory_bytes)} of memory")

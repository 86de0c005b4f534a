"""An executor that reads on the workers of a Dask cluster, and on this machine while there are none.

Promises: whatever is submitted comes to an end, whatever becomes of workers, scheduler and network: work that was lost
with a worker or a scheduler is sent again; where no worker is to be had for `cluster_patience` seconds this machine
reads, and goes back to the cluster once it is there. Only workers that read exactly as this installation does are given
work, the others are told by name. A document whose reading ends one worker after another, alone in the cluster too, is
refused.
Leaves alone: the workers' side (cluster_worker.py), what is read (captures.py), writing (reading.py).

One thread owns the client and all state; others only put events into its queue.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import importlib.util
import ipaddress
import logging
import pickle
import queue
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from extract import configuration
from monitor import cluster_worker
from monitor.exceptions import ClusterError, SettingsError, UnsettledError, WorkersKilledError

if TYPE_CHECKING:
    from distributed import Client, Security

    from monitor.settings import Reading

Tell = Callable[[str], None]
LOOK, CONNECT = 2.0, 5.0
"""Seconds between two looks at the workers; that one try to connect may take."""
AHEAD = 2
"""Parcels a worker process has: one under way, one waiting."""
PARCEL, PARCEL_BYTES = 16, 4 * 2**20
"""Documents sent at once, at most: what Dask takes for each thing sent is as much as a short document takes to read."""
RETRIES = 2
DEFAULT_PORT = 8786
"""Where a scheduler listens if nothing else is said."""
INSTALL = 'install it with: pip install "nianbao[cluster]"'


# ---------------------------------------------------------------- who may be spoken to
def check(reading: Reading) -> None:
    """Raise SettingsError where the cluster of these settings can't be spoken to, or not safely; asks nobody."""
    if importlib.util.find_spec("distributed") is None:
        raise SettingsError(f"[reading] cluster is {reading.cluster}, but the package distributed is not installed; "
                            f"{INSTALL}")
    security(reading)
    if reading.cluster.startswith("tcp:") and not reading.cluster_unprotected:
        for address in _addresses(reading.cluster):
            if not (address.is_loopback or address.is_private) or address.is_unspecified:
                raise SettingsError(
                    f"[reading] cluster is {reading.cluster}: {address} is neither this machine nor a private network, "
                    "and whoever reaches a tcp:// cluster can run programs on it; use tls:// with certificates, or set "
                    "cluster_unprotected = true where something else protects the network")


def _addresses(cluster: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """What the scheduler's name stands for; nothing where it is unknown just now."""
    try:
        found = socket.getaddrinfo(urlsplit(cluster).hostname, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]


def security(reading: Reading) -> Security | None:
    """The certificates of a tls:// cluster. Raises SettingsError where a file can't be read."""
    if not reading.cluster.startswith("tls:"):
        return None
    from distributed import Security

    files = reading.cluster_ca_file, reading.cluster_certificate, reading.cluster_key
    for path in files:
        try:
            if path is not None:
                path.read_bytes()
        except OSError as fault:
            raise SettingsError(f"{path}: {fault.strerror}; [reading] names it for {reading.cluster}") from None
    authority, certificate, key = map(str, files)
    return Security(tls_ca_file=authority, require_encryption=True, tls_client_cert=certificate, tls_client_key=key,
                    tls_worker_cert=certificate, tls_worker_key=key, tls_scheduler_cert=certificate,
                    tls_scheduler_key=key)


def connect(reading: Reading, timeout: float = CONNECT) -> Client:
    """A client of the cluster. Raises ClusterError where the scheduler doesn't answer in `timeout` seconds."""
    import dask
    from distributed import Client

    dask.config.set({**cluster_worker.QUIET, "distributed.comm.timeouts.connect": f"{timeout}s"})
    for name in ("distributed", "distributed.client", "distributed.core", "distributed.comm"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what happens is told in our own words
    try:
        return Client(reading.cluster, security=security(reading), timeout=timeout, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as fault:
        why = _unreached(reading.cluster) or _root_of(fault, timeout)
        raise ClusterError(f"{reading.cluster}: the cluster can't be reached ({why})") from None


def _unreached(cluster: str) -> str:
    """What the operating system says where nothing listens there; Dask's last try may have been cut short by its own
    clock and say only that it waited."""
    address = urlsplit(cluster)
    try:
        socket.create_connection((address.hostname or "", address.port or DEFAULT_PORT), timeout=1).close()
    except TimeoutError:
        return ""
    except OSError as fault:
        return fault.strerror or ""
    return ""


def _root_of(fault: BaseException, timeout: float) -> str:
    """What the certificates or Dask said, under what Dask made of it."""
    while (below := fault.__cause__ or fault.__context__) is not None:
        fault = below
    said = str(getattr(fault, "strerror", None) or fault).strip() or f"no answer within {timeout:.0f} seconds"
    return said.rpartition("Error: [Errno")[2].rpartition("] ")[2] or said


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers of a cluster: processes that read as we do, and for each other worker why it is refused."""

    usable: int
    refused: dict[str, str]


def workers(client: Client) -> Workers:
    """Who is there now. Raises OSError where the scheduler is gone."""
    mine = cluster_worker.identity(configuration.office_folder())
    wanted, usable, refused = cluster_worker.tag(mine), 0, {}
    if client.status != "running":
        raise ConnectionError("the scheduler is gone")
    for address, worker in client.scheduler_info()["workers"].items():
        announced = worker.get("resources") or {}
        if wanted in announced:
            usable += 1
            continue
        differing = cluster_worker.differences(announced, mine)
        refused[address] = (
            f"worker {worker.get('name') or address} is refused: it was not started by nianbao worker"
            if differing is None else
            f"worker {worker.get('name') or address} is refused: it reads with {', '.join(differing)}; install the "
            "same release and facts there and start it again")
    return Workers(usable, refused)


# ---------------------------------------------------------------- the executor
@dataclass(slots=True, eq=False)
class _Task:
    outcome: concurrent.futures.Future[Any]
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    begun: bool = False
    alone: bool = False
    """It failed among others and is sent on its own."""
    suspect: bool = False
    """Workers died while they had it."""


_Parcel = list[_Task]


def _packed(task: _Task) -> bytes:
    return pickle.dumps((task.function, task.arguments), pickle.HIGHEST_PROTOCOL)


@contextlib.contextmanager
def opened(reading: Reading, tell: Tell) -> Iterator[ClusterExecutor]:
    """The executor of the settings' cluster; `tell` is called, in a thread of its own, with what operators should know.
    Raises SettingsError as `check` does."""
    check(reading)
    executor = ClusterExecutor(reading, tell)
    try:
        yield executor
    except BaseException:
        executor.shutdown(cancel_futures=True)
        raise
    executor.shutdown()


class ClusterExecutor(concurrent.futures.Executor):
    """See the module. Functions and arguments must pickle, and functions be importable by the workers."""

    def __init__(self, reading: Reading, tell: Tell) -> None:
        self._reading, self._tell, self._patience = reading, tell, reading.cluster_patience
        self._identity = cluster_worker.tag(cluster_worker.identity(configuration.office_folder()))
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._waiting: deque[_Task] = deque()
        self._suspects: deque[_Task] = deque()
        self._there: dict[str, tuple[_Parcel, Any]] = {}
        self._here: dict[concurrent.futures.Future[Any], _Task] = {}
        self._client: Client | None = None
        self._usable = 0
        self._without = time.monotonic()
        """Since when there is no worker."""
        self._look_at = 0.0
        self._told: set[str] = set()
        self._ending = self._dropping = False
        self._pool = concurrent.futures.ThreadPoolExecutor(reading.processes, "reading-here")
        self._thread = threading.Thread(target=self._run, name="cluster", daemon=True)
        self._thread.start()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> concurrent.futures.Future[Any]:
        if named:
            raise TypeError("arguments by name are not sent")
        if self._ending:
            raise RuntimeError("cannot schedule new futures after shutdown")
        task = _Task(concurrent.futures.Future(), function, arguments)
        self._events.put(task)
        return task.outcome

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._ending, self._dropping = True, self._dropping or cancel_futures
        self._events.put(None)
        if wait:
            self._thread.join()

    # ---- its thread
    def _run(self) -> None:
        try:
            while not self._dropping and not (self._ending and self._events.empty() and self._idle()):
                with contextlib.suppress(queue.Empty):
                    self._take(self._events.get(timeout=LOOK / 2))
                if time.monotonic() >= self._look_at:
                    self._look()
                self._send()
        except BaseException as fault:  # whoever waits for a result must hear of it
            self._fail(fault)
        finally:
            self._fail(concurrent.futures.CancelledError())
            self._leave()
            self._pool.shutdown(cancel_futures=True)

    def _idle(self) -> bool:
        return not (self._waiting or self._suspects or self._there or self._here)

    def _fail(self, fault: BaseException) -> None:
        for task in [*self._waiting, *self._suspects, *(task for parcel, _ in self._there.values() for task in parcel),
                     *self._here.values()]:
            if not task.outcome.done() and (task.begun or task.outcome.set_running_or_notify_cancel()):
                task.outcome.set_exception(fault)
        self._waiting.clear()
        self._suspects.clear()
        self._there.clear()
        self._here.clear()

    def _take(self, event: Any) -> None:
        if isinstance(event, _Task):
            self._waiting.append(event)
        elif isinstance(event, concurrent.futures.Future):
            task = self._here.pop(event)
            if fault := event.exception():
                task.outcome.set_exception(fault)
            else:
                task.outcome.set_result(event.result())
        elif event is not None and (known := self._there.pop(event.key, None)):
            self._settle(*known)

    def _settle(self, parcel: _Parcel, there: Any) -> None:
        """What the cluster made of a parcel."""
        from distributed.scheduler import KilledWorker

        if there.status == "finished":
            try:
                outcomes = pickle.loads(there.result(timeout=4 * CONNECT))
            except (OSError, TimeoutError, concurrent.futures.CancelledError):  # its worker went with the result
                self._again(parcel)
                return
            for task, (done, result) in zip(parcel, outcomes, strict=True):
                if done:
                    task.outcome.set_result(result)
                else:
                    task.alone = True
                    self._again([task])
        elif there.status != "error":  # lost with the scheduler
            self._again(parcel)
        elif not isinstance(fault := there.exception(), KilledWorker):
            self._say(f"{self._reading.cluster}: a worker failed ({type(fault).__name__}: {fault}); this machine reads "
                      "what it had")
            for task in parcel:
                self._begin_here(task)
        elif len(parcel) == 1 and parcel[0].suspect:
            parcel[0].outcome.set_exception(WorkersKilledError(
                "reading it ended one reading process after another, on its own too; open it by hand"))
        else:
            # Whatever a dying worker held counts as its killer; which it was shows when each is alone.
            for task in parcel:
                task.suspect = True
            self._suspects += parcel

    def _again(self, parcel: _Parcel) -> None:
        """Let it be sent again, before what has not been sent yet."""
        for task in reversed(parcel):
            (self._suspects if task.suspect else self._waiting).appendleft(task)

    def _look(self) -> None:
        """See who is there, and try again to reach a scheduler that isn't."""
        self._look_at = time.monotonic() + LOOK
        before, self._usable = self._usable, 0
        try:
            if self._client is None:
                self._client = connect(self._reading)
            found = workers(self._client)
        except (ClusterError, OSError) as fault:
            said = str(fault) if isinstance(fault, ClusterError) else f"{self._reading.cluster}: {fault}"
            self._say(f"{said}; what is not read yet is sent again when it is back, and after "
                      f"{self._patience:.0f} seconds this machine reads")
            self._leave()
            self._look_at = time.monotonic() + (LOOK if self._patient() else self._patience)
        else:
            self._usable = found.usable
            for refusal in found.refused.values():
                self._say(f"{self._reading.cluster}: {refusal}")
            if not found.usable:
                self._say(f"{self._reading.cluster}: no worker is there that reads as this machine does; after "
                          f"{self._patience:.0f} seconds this machine reads, until one joins")
        if self._usable:
            self._without = time.monotonic()
            if not before and self._told:
                self._told = {each for each in self._told if "is refused" in each}
                self._tell(f"{self._reading.cluster}: {self._usable} worker processes read")
        elif not self._patient():
            self._recall()

    def _patient(self) -> bool:
        return time.monotonic() - self._without < self._patience

    def _say(self, sentence: str) -> None:
        """Tell something once until it changes."""
        if sentence not in self._told:
            self._told.add(sentence)
            self._tell(sentence)

    def _recall(self) -> None:
        """Take back what no worker has; a worker that still had it may finish, nobody listens."""
        recalled = list(self._there.values())
        self._there.clear()
        for parcel, there in reversed(recalled):
            self._again(parcel)
            with contextlib.suppress(Exception):
                there.release()

    def _leave(self) -> None:
        """Let go of the client."""
        self._recall()
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # its scheduler is gone: nothing is left to be said to it
                client.close(timeout=1)

    def _send(self) -> None:
        if self._usable:
            if any(task.suspect for parcel, _ in self._there.values() for task in parcel):
                return
            while self._waiting and self._usable and len(self._there) < AHEAD * self._usable:
                self._begin_there(*self._parcel())
            if self._suspects and self._usable and not self._waiting and not self._there:
                suspect = self._suspects.popleft()
                self._begin_there([suspect], [_packed(suspect)])
        elif not self._patient():
            while self._waiting and len(self._here) < 2 * self._reading.processes:
                self._begin_here(self._waiting.popleft())
            while self._suspects:
                self._suspects.popleft().outcome.set_exception(UnsettledError(
                    "workers of the cluster ended while they had this document, and none is left to try it again on "
                    "its own; the next scan does"))

    def _parcel(self) -> tuple[_Parcel, list[bytes]]:
        """The next that are sent at once, and what is sent; fewer where few wait, so that all workers end together."""
        most = min(PARCEL, max(1, len(self._waiting) // (AHEAD * self._usable)))
        parcel, packed = list[_Task](), list[bytes]()
        while self._waiting and len(parcel) < most and sum(map(len, packed)) < PARCEL_BYTES:
            if self._waiting[0].alone and parcel:
                break
            task = self._waiting.popleft()
            if self._begin(task):
                parcel.append(task)
                packed.append(_packed(task))
                if task.alone:
                    break
        return parcel, packed

    def _begin_there(self, parcel: _Parcel, packed: list[bytes]) -> None:
        if not parcel:
            return
        assert self._client is not None
        try:
            there = self._client.submit(
                cluster_worker.do, self._identity, pickle.dumps(packed), pure=False, key=f"nianbao-{uuid.uuid4().hex}",
                resources={self._identity: 1}, retries=RETRIES)
        except (OSError, RuntimeError):  # the client closed under our hands; the next look says so
            self._again(parcel)
            self._usable, self._look_at = 0, 0.0
            return
        self._there[str(there.key)] = parcel, there
        there.add_done_callback(self._events.put)

    def _begin_here(self, task: _Task) -> None:
        if self._begin(task):
            mine = self._pool.submit(task.function, *task.arguments)
            self._here[mine] = task
            mine.add_done_callback(self._events.put)

    @staticmethod
    def _begin(task: _Task) -> bool:
        """Whether somebody still waits for it."""
        task.begun = task.begun or task.outcome.set_running_or_notify_cancel()
        return task.begun

"""A scan read on other machines is the scan read here: whatever becomes of workers, scheduler and network, and whoever
else offers to read. Scheduler and workers are real, on loopback."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import replace

import pytest
from distributed.scheduler import KilledWorker

from crawler.evidence import Evidence
from extract import configuration
from extract.model import Figure, Report, Source
from extract.report import VERSION
from monitor import captures, cluster, cluster_worker, diagnosis, reading, settings, wording
from monitor.exceptions import SettingsError, UnsettledError, WorkersKilledError
from monitor.settings import Reading
from tests.monitor import cluster_tasks, machines
from tests.monitor.machines import Machines

PAGES, SCANS = 40, 6
TRIMMING = "MALLOC_TRIM_THRESHOLD_"


# ---------------------------------------------------------------- who may be spoken to
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tcp://10.1.2.3:8786", "tcp://192.168.0.9:1",
                                     "tcp://[::1]:8786", "tcp://no-such-host.invalid:8786"])
def test_addresses_of_this_machine_and_of_private_networks_are_taken(address, monkeypatch):
    if "invalid" in address:  # nobody knows the name now: connecting says so
        monkeypatch.setattr(socket, "getaddrinfo", _unknown)
    cluster.check(Reading(cluster=address))


def _unknown(*_args, **_named):
    raise socket.gaierror(-2, "Name or service not known")


def test_a_public_address_without_certificates_is_refused_unless_the_office_says_otherwise(monkeypatch):
    with pytest.raises(SettingsError, match=r"8\.8\.8\.8 is neither this machine nor a private network"):
        cluster.check(Reading(cluster="tcp://8.8.8.8:8786"))
    cluster.check(Reading(cluster="tcp://8.8.8.8:8786", cluster_unprotected=True))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("203.0.113.9", 0)),
                                                                 (2, 1, 6, "", ("1.1.1.1", 0))])
    with pytest.raises(SettingsError, match=r"1\.1\.1\.1"):
        cluster.check(Reading(cluster="tcp://readers.example:8786"))


def test_certificates_must_be_named_and_readable(tmp_path):
    with pytest.raises(ValueError, match="three PEM files"):
        Reading(cluster="tls://10.0.0.1:8786")
    absent = tmp_path / "ca.pem"
    with pytest.raises(SettingsError, match=r"ca\.pem: No such file"):
        cluster.check(Reading(cluster="tls://10.0.0.1:8786", cluster_ca_file=absent, cluster_certificate=absent,
                              cluster_key=absent))


@pytest.mark.parametrize("address", ["10.0.0.1:8786", "http://10.0.0.1:8786", "tcp://10.0.0.1", "tcp://a b:1"])
def test_an_address_must_be_one(address):
    with pytest.raises(ValueError, match="pattern"):
        Reading(cluster=address)


def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r'pip install "nianbao\[cluster\]"'):
        cluster.check(Reading(cluster="tcp://127.0.0.1:8786"))


# ---------------------------------------------------------------- who reads alike
def test_what_differs_is_told_by_name():
    mine = {"reader": "6", "facts": "aa", "lxml": "6.0"}
    assert cluster_worker.differences(cluster_worker.resources(mine), mine) == []
    theirs = {"reader": "5", "facts": "aa", "lxml": "6.1", "xlrd": "2"}
    assert cluster_worker.differences(cluster_worker.resources(theirs), mine) == [
        "reader 5 instead of 6", "lxml 6.1 instead of 6.0", "xlrd 2 instead of none"]
    assert cluster_worker.differences({}, mine) is cluster_worker.differences({"GPU": 1.0}, mine) is None
    assert cluster_worker.tag(mine) != cluster_worker.tag(theirs)


def test_the_office_s_facts_count_where_reading_uses_them(tmp_path):
    plain = cluster_worker.identity(None)
    assert plain["reader"] == str(VERSION)
    for name in ("roster", "reading"):
        (tmp_path / name / "forms").mkdir(parents=True)
    (tmp_path / "roster" / "bodies.csv").write_text("id,name\n")
    assert cluster_worker.identity(tmp_path / "roster") == plain
    form = configuration.packaged_folder() / "forms" / "2021.yaml"
    (tmp_path / "reading" / "forms" / "2021.yaml").write_text(form.read_text("utf-8") + "\n# our own\n", "utf-8")
    own = cluster_worker.identity(tmp_path / "reading")
    assert {name for name in own if own[name] != plain[name]} == {"facts"}
    assert configuration.office_folder() is None


# ---------------------------------------------------------------- what reading makes of it
class Given:
    """An executor whose futures end as told, by the order of submission."""

    def __init__(self, *faults):
        self.faults = list(faults)

    def submit(self, function, *arguments):
        future = Future()
        fault = self.faults.pop(0)
        if fault is None:
            future.set_result(function(*arguments))
        else:
            future.set_exception(fault)
        return future


def test_a_document_that_ends_workers_is_refused_and_one_in_doubt_is_read_next_time(tmp_path):
    made = machines.town(tmp_path, 3)
    result = reading.read_captures(made.store, Evidence(tmp_path / "evidence"), made.roster, executor=Given(
        WorkersKilledError("it ended one process after another"), UnsettledError("none is left"), None))
    assert (result.read, list(result.faults.values())) == (2, [f"{machines.HOST}/nb/t20260120_1.html: none is left"])
    with made.store.read() as connection:
        rows = {row["body"]: row for row in connection.execute("SELECT * FROM report")}
    assert {body: row["verdict"] for body, row in rows.items()} == {"b0": "invalid", "b2": "report"}
    assert rows["b0"]["reason"] == "unreadable"
    again = reading.read_captures(made.store, Evidence(tmp_path / "evidence"), made.roster)
    assert (again.read, again.faults) == (1, {})


def test_few_pages_wait_at_a_time(tmp_path, monkeypatch):
    made = machines.town(tmp_path, 7)
    monkeypatch.setattr(reading, "AHEAD", 2)
    most = 0

    class Counting(Given):
        def submit(self, function, *arguments):
            nonlocal most
            most = max(most, 7 - len(self.faults))
            return super().submit(function, *arguments)

    gathered = list(reading._gather(Counting(*[None] * 7), []))
    assert gathered == []
    result = reading.read_captures(made.store, Evidence(tmp_path / "evidence"), made.roster,
                                   executor=Counting(*[None] * 7))
    assert (result.read, most) == (7, 6)


def test_a_helper_of_another_release_is_not_believed(monkeypatch):
    capture = captures.Capture(captures.Hints(), (captures.Part("page", {}, b"<html><p>a</p></html>"),))
    monkeypatch.setattr(captures, "VERSION", VERSION + 1)
    with pytest.raises(captures.MonitorError, match="was replaced"):
        captures.read(capture)


# ---------------------------------------------------------------- what is sent
class Answer:
    """What Dask's future tells of a parcel."""

    def __init__(self, key, status, told):
        self.key, self.status, self.told = key, status, told

    def result(self, timeout):
        return self.told

    def exception(self):
        return self.told

    def add_done_callback(self, callback):
        callback(self)

    def release(self):
        pass


class OneProcess:
    """A client whose cluster is this process; a parcel with `end_worker` ends it. `lost`: which ones of those sent are
    lost with the scheduler."""

    def __init__(self, lost=()):
        self.sent, self.lost = [], list(lost)

    def submit(self, function, wanted, packed, *, key, resources, **_):
        assert resources == {wanted: 1}
        calls = [pickle.loads(each) for each in pickle.loads(packed)]
        self.sent.append(calls)
        if self.lost and self.lost[0] == len(self.sent):
            self.lost.pop(0)
            return Answer(key, "lost", None)
        if any(function is cluster_tasks.end_worker for function, _ in calls):
            return Answer(key, "error", KilledWorker(key, "w", 3))
        try:
            return Answer(key, "finished", function(wanted, packed))
        except OSError as fault:
            return Answer(key, "error", fault)

    def close(self, timeout):
        pass


def sent(monkeypatch, client, *tasks):
    """The futures of tasks that two workers do, all handed in before the first is sent."""
    ready = threading.Event()
    monkeypatch.setattr(cluster, "connect", lambda _reading: ready.wait() and client)
    monkeypatch.setattr(cluster, "workers", lambda _client: cluster.Workers(2, {}))
    with cluster.opened(Reading(cluster="tcp://127.0.0.1:1", workers=1), lambda _: None) as executor:
        futures = [executor.submit(*task) for task in tasks]
        ready.set()
    return futures


def test_many_documents_are_sent_together_and_the_last_ones_one_by_one(monkeypatch):
    client = OneProcess()
    futures = sent(monkeypatch, client, *((cluster_tasks.double, number) for number in range(400)))
    assert [each.result() for each in futures] == [2 * number for number in range(400)]
    sizes = [len(each) for each in client.sent]
    assert max(sizes) == cluster.PARCEL
    assert len(sizes) < 400 / 6
    assert sizes[-4:] == [1, 1, 1, 1]


def test_large_documents_fill_a_parcel_sooner(monkeypatch):
    client, large = OneProcess(), b"x" * (cluster.PARCEL_BYTES // 2)
    futures = sent(monkeypatch, client, *((len, large) for _ in range(60)))
    assert {each.result() for each in futures} == {len(large)}
    assert max(map(len, client.sent)) == 2


def test_what_fails_among_others_is_tried_on_its_own(monkeypatch):
    client = OneProcess()
    tasks = [(cluster_tasks.double, number) for number in range(100)]
    tasks[50] = (cluster_tasks.fail,)
    futures = sent(monkeypatch, client, *tasks)
    assert [each.result() for number, each in enumerate(futures) if number != 50] == [
        2 * number for number in range(100) if number != 50]
    with pytest.raises(OSError, match="No space left"):  # this machine could not do it either
        futures[50].result()
    failing = [len(each) for each in client.sent if (cluster_tasks.fail, ()) in each]
    assert failing[0] > 1
    assert failing[1:] == [1]
    assert sum(map(len, client.sent)) == 101, "its neighbours are not done twice"


@pytest.mark.parametrize("lost", [(), (6, 7, 20, 38)], ids=["at once", "scheduler lost meanwhile"])
def test_those_sent_with_a_document_that_ends_workers_are_each_tried_alone(monkeypatch, lost):
    client = OneProcess(lost)
    tasks = [(cluster_tasks.double, number) for number in range(100)]
    tasks[50] = (cluster_tasks.end_worker,)
    futures = sent(monkeypatch, client, *tasks)
    assert [each.result() for number, each in enumerate(futures) if number != 50] == [
        2 * number for number in range(100) if number != 50]
    with pytest.raises(WorkersKilledError):
        futures[50].result()
    ending = [len(each) for each in client.sent if (cluster_tasks.end_worker, ()) in each]
    assert ending[0] > 1
    assert ending[-1] == 1
    assert len(ending) <= 2 + len(lost)


def test_a_worker_does_what_it_is_sent_for_its_own_code_only():
    mine = cluster_worker._own_tag()
    parcel = [pickle.dumps(each) for each in ((cluster_tasks.double, (2,)), (cluster_tasks.fail, ()))]
    assert pickle.loads(cluster_worker.do(mine, pickle.dumps(parcel))) == [(True, 4), (False, None)]
    with pytest.raises(OSError, match="No space left"):
        cluster_worker.do(mine, pickle.dumps(parcel[1:]))
    with pytest.raises(cluster_worker.RefusedWorkerError):
        cluster_worker.do("nianbao:other", pickle.dumps(parcel[:1]))


def test_a_report_comes_back_as_it_was_made():
    source = Source(2, 3, 4, 5, (1.0, 2.0, 3.0, 4.0), (6, 7), "d", 8)
    figure = Figure(9, "text", "9件", 0.5, source, True, ("9", "g"), 0.25)
    for each in (figure, source):
        bare = type(each)(None, "blank") if each is figure else type(each)()
        assert all(getattr(each, name) != getattr(bare, name) for name in each.__slots__), "every field is told apart"
    report = Report(title="年报", body=None, year=2025, scope="own", form="2021", medium="text/html", sha256="",
                    version=VERSION, figures={"a.b": figure, "a.c": replace(figure, source=source)})
    packed = cluster_worker._packed([(True, report)])
    assert pickle.loads(packed) == [(True, report)]
    assert len(packed) < len(pickle.dumps([(True, report)]))


# ---------------------------------------------------------------- real machines
@pytest.fixture(scope="module")
def read_here(tmp_path_factory):
    """A town nobody has read, and all tables after this machine read it alone."""
    folder = tmp_path_factory.mktemp("town")
    made = machines.town(folder / "unread", PAGES, SCANS)
    alone = machines.copied(made, folder / "alone")
    process = machines.scan(alone)
    out, said = process.communicate()
    assert (process.returncode, json.loads(out)["read"]) == (0, PAGES), said
    return made, machines.tables(alone)


@pytest.fixture
def cluster_here(tmp_path):
    with Machines(tmp_path) as made:
        yield made


def ended(process):
    out, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    assert json.loads(out)["read"] == PAGES
    return said


def same(settings_file, expected):
    found = machines.tables(settings_file)
    assert {name for name in expected if found[name] != expected[name]} == set()
    assert len(expected["report"]) == PAGES
    assert len(expected["finding"]) > PAGES


@pytest.mark.slow
def test_three_workers_come_to_the_same_in_every_table_though_some_are_killed(read_here, cluster_here, tmp_path):
    made, expected = read_here
    cluster_here.work(3)
    assert len(cluster_here.pids()) == 3
    there = machines.copied(made, tmp_path / "there")
    process, killed = machines.scan(there, cluster_here.address), 0
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None and killed < 3:
        time.sleep(3)
        alive = cluster_here.pids()
        if alive and process.poll() is None:
            os.kill(alive[killed % len(alive)], 9)
            killed += 1
    said = ended(process)
    assert killed >= 2
    assert "Traceback" not in said
    same(there, expected)


@pytest.mark.slow
def test_a_restarted_scheduler_is_sent_what_was_lost_with_it(read_here, cluster_here, tmp_path):
    made, expected = read_here
    cluster_here.work(3)
    there = machines.copied(made, tmp_path / "there")
    # Held still, the workers keep what they were given until the scheduler is gone, however fast they are.
    held = cluster_here.pids()
    for pid in held:
        os.kill(pid, signal.SIGSTOP)
    process = machines.scan(there, cluster_here.address, patience=300)
    time.sleep(10)
    cluster_here.stop_scheduling()
    for pid in held:
        os.kill(pid, signal.SIGCONT)
    time.sleep(3)
    assert process.poll() is None, "the run was over before the scheduler was stopped"
    cluster_here.schedule()
    said = ended(process)
    assert "the scheduler is gone" in said
    assert "worker processes read" in said
    same(there, expected)


@pytest.mark.slow
def test_where_no_scheduler_answers_this_machine_reads_and_says_so(read_here, tmp_path):
    made, expected = read_here
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        there = machines.copied(made, tmp_path / "there")
        process = machines.scan(there, address, patience=1)
        said = ended(process)
    assert f"{address}: the cluster can't be reached (Connection refused)" in said
    same(there, expected)


OTHER_VERSION = """
import extract.report
extract.report.VERSION += 1
from monitor.cli import main
main()
"""


def other_facts(folder):
    """An installation whose form reads otherwise."""
    (folder / "facts" / "forms").mkdir(parents=True)
    form = configuration.packaged_folder() / "forms" / "2021.yaml"
    (folder / "facts" / "forms" / "2021.yaml").write_text(
        form.read_text("utf-8").replace("予以公开", "不会读到的"), "utf-8")
    (folder / "settings.toml").write_text('[facts]\nfolder = "facts"\n', "utf-8")
    return folder / "settings.toml"


@pytest.mark.slow
def test_workers_that_read_otherwise_are_refused_before_and_during_the_run(read_here, cluster_here, tmp_path):
    made, expected = read_here
    cluster_here.work(1, "--name", "elder", command=OTHER_VERSION)
    cluster_here.work(1, "--name", "good")
    there = machines.copied(made, tmp_path / "there")
    process = machines.scan(there, cluster_here.address)
    cluster_here.work(1, "--name", "odd", config=other_facts(tmp_path / "odd"))
    said = ended(process)
    assert f"it reads with reader {VERSION + 1} instead of {VERSION}" in said
    assert any("worker odd" in line and "facts" in line for line in said.splitlines())
    same(there, expected)


@pytest.mark.slow
def test_a_worker_that_only_claims_to_read_alike_gives_nothing_that_is_kept(read_here, cluster_here, tmp_path):
    made, expected = read_here
    other_facts(tmp_path / "odd")
    claimed = cluster_worker.tag(cluster_worker.identity(None))
    liar = cluster_here._start(
        [sys.executable, "-m", "distributed.cli.dask_worker", cluster_here.address, "--nthreads", "1", "--no-nanny",
         "--resources", f"{claimed}=1", "--local-directory", str(tmp_path)],
        **{cluster_worker.FACTS: str(tmp_path / "odd" / "facts")})
    cluster_here.workers.append(liar)
    there = machines.copied(made, tmp_path / "there")
    said = ended(machines.scan(there, cluster_here.address, patience=60))
    assert "a worker failed (RefusedWorkerError" in said
    same(there, expected)


@pytest.mark.slow
def test_a_document_that_ends_its_workers_disturbs_no_other(cluster_here):
    cluster_here.work(3)
    out = subprocess.run([sys.executable, "-m", "tests.monitor.cluster_tasks", cluster_here.address, "300"],
                         cwd=machines.ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert out.returncode == 0, out.stderr
    became = json.loads(out.stdout)
    assert became["doubled"] == [2 * number for number in range(40)]
    assert became["killer"] == "WorkersKilledError"
    assert became["guarded"] == [True, "年报"], "the guard of a daemonic worker is a helper of its own"
    assert became["trimming"] == os.environ.get(TRIMMING), "where memory is trimmed, recognition costs half again"
    assert "No space left" in became["odd"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made with openssl")
def test_with_certificates_only_their_holders_take_part(read_here, tmp_path):
    made, expected = read_here
    folder = tmp_path / "keys"
    folder.mkdir()
    for command in (
            "req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=office -keyout ca-key.pem -out ca.pem",
            "req -newkey rsa:2048 -nodes -subj /CN=nianbao -keyout key.pem -out request.pem",
            "x509 -req -in request.pem -days 3650 -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out cert.pem"):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    files = {"CA_FILE": folder / "ca.pem", "CERTIFICATE": folder / "cert.pem", "KEY": folder / "key.pem"}
    known = {f"NIANBAO_READING__CLUSTER_{name}": str(path) for name, path in files.items()}
    there = machines.copied(made, tmp_path / "there")
    cluster_here = Machines(tmp_path)
    cluster_here.address = cluster_here.address.replace("tcp:", "tls:")
    cluster_here.options = ["--protocol", "tls", "--tls-ca-file", str(files["CA_FILE"]), "--tls-cert",
                            str(files["CERTIFICATE"]), "--tls-key", str(files["KEY"])]
    with cluster_here:
        cluster_here.work(2, **known)
        said = ended(machines.scan(there, cluster_here.address, patience=300, **known))
        assert said == ""
        same(there, expected)
        stranger = machines.scan(machines.copied(made, tmp_path / "stranger"),
                                 cluster_here.address.replace("tls:", "tcp:"), patience=0)
        assert "can't be reached" in ended(stranger)


@pytest.mark.slow
def test_doctor_tells_who_reads(cluster_here, tmp_path):
    (tmp_path / "settings.toml").write_text(f'[reading]\ncluster = "{cluster_here.address}"\n')

    def told():
        command = ["--config", str(tmp_path / "settings.toml"), "--lang", "en", "doctor", "--json"]
        out = subprocess.run([sys.executable, "-m", "monitor.cli", *command], cwd=machines.ROOT, capture_output=True,
                             text=True, check=False)
        check = next(each for each in json.loads(out.stdout)["checks"] if each["check"] == "cluster")
        return check["level"], check["text"]

    assert told() == ("fail", f"{cluster_here.address}: no worker process is there, this machine reads; run nianbao "
                              "worker on the other machines")
    cluster_here.work(2)
    assert told() == ("ok", f"{cluster_here.address}, 2 worker processes")
    cluster_here.work(1, "--name", "elder", command=OTHER_VERSION)
    level, text = told()
    assert (level, "2 worker processes; 1 more are refused: worker elder" in text) == ("warn", True)
    cluster_here.stop_scheduling()
    level, text = told()
    assert (level, "Connection refused" in text) == ("fail", True)


def test_doctor_says_where_no_cluster_is_used(tmp_path):
    (tmp_path / "settings.toml").write_text("")
    check = diagnosis._cluster(settings.load(tmp_path / "settings.toml"))
    assert (check.level, check.text) == ("ok", "cluster_none")
    assert {"cluster_none", "cluster_ok", "cluster_empty", "cluster_refused",
            "cluster_unreachable"} <= set(wording.vocabulary().doctor_texts)

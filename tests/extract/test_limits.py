"""Limits hold, and no document harms the process that asked for it."""

import functools
import io
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from extract import configuration
from extract.exceptions import ConfigurationError, LimitExceededError, UnreadableDocumentError
from extract.limits import Guard, Limits, Usage, current_limits, open_zip, use_limits
from extract.model import Hints
from tests.documents import making

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HOSTILE = ROOT.parent / "shared" / "corpus" / "hostile"
TIGHT = Limits(cpu_seconds=1, memory_bytes=400 << 20)


@pytest.fixture(name="tasks")
def _tasks(monkeypatch):
    """A guard whose children do what the bytes say (guarded_tasks)."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    with Guard(TIGHT, task="guarded_tasks:read") as guard:
        yield guard


@pytest.fixture(name="guard", scope="module")
def _guard():
    with Guard() as guard:
        yield guard


def fine(guard):
    assert guard.read(b"fine", Hints(title="t")).title == "4 bytes of t"


# ---------------------------------------------------------------- children that misbehave
@pytest.mark.parametrize(("order", "error", "said"), [
    (b"abort", UnreadableDocumentError, "a library gave up on this file .*signal 6, SIGABRT.*ask for another copy"),
    (b"segfault", UnreadableDocumentError, "signal 11, SIGSEGV"),
    (b"kill", UnreadableDocumentError, "signal 9"),
    (b"memory", LimitExceededError, "memory"),
    (b"loop", LimitExceededError, "1 seconds"),
    (b"exit", UnreadableDocumentError, "without an answer"),
    (b"refuse", UnreadableDocumentError, r"^a\.doc: locked with a password$"),
    (b"fault", UnreadableDocumentError, "KeyError"),
    (b"deep", LimitExceededError, "nested"),
])
def test_the_reason_is_said_and_the_helper_goes_on(tasks, order, error, said):
    fine(tasks)
    helper = tasks._helper.process.pid
    with pytest.raises(error, match=said) as caught:
        tasks.read(order, Hints(name="a.doc"))
    assert str(caught.value).startswith("a.doc: ")
    fine(tasks)
    assert tasks._helper.process.pid == helper


def test_a_child_that_sleeps_meets_the_wall_clock(tasks):
    started = time.monotonic()
    with pytest.raises(LimitExceededError):
        tasks.read(b"sleep")
    assert time.monotonic() - started < 4


def test_a_child_may_not_fill_the_disk(tasks, tmp_path):
    with pytest.raises(UnreadableDocumentError):
        tasks.read(b"write", Hints(name=str(tmp_path / "big")))
    assert (tmp_path / "big").stat().st_size <= TIGHT.written_bytes


def test_what_libraries_print_stays_out_of_the_frames(tasks):
    assert tasks.read(b"print", Hints(title="x")).title == "5 bytes of x"


def test_a_helper_that_dies_is_started_again(tasks):
    fine(tasks)
    os.kill(tasks._helper.process.pid, signal.SIGKILL)
    fine(tasks)
    with pytest.raises(UnreadableDocumentError, match="reading process ended"):
        tasks.read(b"helper", Hints(name="n"))
    fine(tasks)


def test_large_documents_pass_the_pipes(tasks):
    assert tasks.read(bytes(30_000_000), Hints(title="x")).title == "30000000 bytes of x"
    assert isinstance(tasks.usage, Usage)
    assert tasks.usage.peak_bytes > 30_000_000


def test_too_large_a_file_is_not_even_sent():
    guard = Guard(Limits(file_bytes=10))
    with pytest.raises(LimitExceededError, match=r"big\.pdf: .*more than"):
        guard.read(bytes(11), Hints(name="big.pdf"))
    assert guard._helper is None


def test_threads_share_one_guard(tasks):
    found = []
    threads = [threading.Thread(target=lambda n=n: found.append(tasks.read(bytes(n), Hints(title="x")).title))
               for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(f"{n} bytes of x" for n in range(1, 9))


def test_a_fork_gets_a_helper_of_its_own(tasks):
    fine(tasks)
    mine = tasks._helper.process.pid
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            fine(tasks)
            os.write(sink, b"%d" % tasks._helper.process.pid)
            tasks.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    other = int(os.read(source, 20))
    assert other != mine
    fine(tasks)
    assert tasks._helper.process.pid == mine


def _in_daemon(queue):
    with Guard(TIGHT, task="guarded_tasks:read") as guard:
        queue.put(guard.read(b"fine", Hints(title="daemon")).title)


def test_daemonic_workers_may_guard(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(HERE), str(ROOT))))
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    worker = context.Process(target=_in_daemon, args=(queue,), daemon=True)
    worker.start()
    assert queue.get() == "4 bytes of daemon"
    worker.join()


def test_the_helper_ends_with_its_caller(tmp_path):
    """kill -9 on the caller while a child sleeps: helper and child are gone soon after."""
    script = (f"import sys; sys.path[:0] = [{str(ROOT)!r}]\n"
              "from extract.limits import *\n"
              "guard = Guard(Limits(cpu_seconds=30), task='guarded_tasks:read')\n"
              "guard.read(b'fine')\n"
              "print(guard._helper.process.pid, flush=True)\n"
              "guard.read(b'sleep')\n")
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": str(HERE)}) as caller:
        helper = int(caller.stdout.readline())
        children, until = [], time.monotonic() + 10
        while not children and time.monotonic() < until:
            time.sleep(0.05)
            children = Path(f"/proc/{helper}/task/{helper}/children").read_text().split()
        caller.kill()
    until = time.monotonic() + 5
    while time.monotonic() < until and any(_alive(pid) for pid in (helper, *map(int, children))):
        time.sleep(0.05)
    assert children
    assert not any(_alive(pid) for pid in (helper, *map(int, children)))


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_working_directory_cannot_replace_modules(tmp_path, monkeypatch):
    for name in ("json.py", "extract.py", "select.py"):
        (tmp_path / name).write_text("raise SystemExit('replaced')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    with Guard(TIGHT, task="guarded_tasks:read") as guard:
        fine(guard)


# ---------------------------------------------------------------- real documents through the guard
def test_reports_come_out_as_they_are_read_here(guard):
    from extract import report

    made = making.ReportText("示例县2021年政府信息公开工作年度报告", "示例县", 2021, making.figures_2021(4))
    for data, name in ((making.pdf(made), "a.pdf"), (making.docx(made), "a.docx"),
                       (f"<html><body>{making.html_body(made)}</body></html>".encode(), "a.html")):
        hints = Hints(name=name, list_date="2022-01-20")
        assert guard.read(data, hints).to_record() == report.read(data, hints).to_record()


def test_the_facts_folder_reaches_the_helper(guard, tmp_path):
    made = making.docx(making.ReportText("题", "示例局", 2021, making.figures_2021(4)))
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "2021.yaml").write_text("nonsense: [")
    before = configuration.office_folder()
    configuration.use_office_folder(tmp_path)
    try:
        with pytest.raises(ConfigurationError, match=r"2021\.yaml"):
            guard.read(made)
    finally:
        configuration.use_office_folder(before)
    assert guard.read(made).figures


def member(content, name="word/document.xml", level=1):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def pdf(*objects):
    """A PDF without directory whose second object is the tree of pages."""
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", *objects]
    return b"%PDF-1.5\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % pair for pair in enumerate(bodies, 1)) + (
        b"trailer<</Root 1 0 R>>\n%%EOF")


@functools.cache
def hostile():
    """Small files of our own that break careless readers: name, bytes, what must be said."""
    entities = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    laughs = f'<!DOCTYPE d [<!ENTITY a "ha">{entities}]><d><body>&j;</body></d>'
    made = making.pdf(making.ReportText("题", "示例局", 2021, making.figures_2021(4)))
    pages = pdf(b"<</Type/Pages/Count 1000000/Kids[" + b"3 0 R " * 1000 + b"]>>",
                b"<</Type/Page/MediaBox[0 0 9 9]>>")
    nest = pdf(b"[" * 20000 + b"]" * 20000)
    bomb = zlib.compress(bytes(210 << 20), 1)
    inflating = pdf(b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
                    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
                    b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(bomb), bomb))
    deep = "<d><body>" + "<sdt><sdtContent>" * 5000 + "</sdtContent></sdt>" * 5000 + "</body></d>"
    return {
        "zipbomb.docx": (member(bytes(205 << 20)), "inflates"),
        "ratio.docx": (member(bytes(20 << 20)), "times"),
        "laughs.docx": (member(laughs), ""),
        "xxe.docx": (member('<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d><body>&x;</body></d>'), ""),
        "deep.docx": (member(deep), ""),
        "pages.pdf": (pages, "pages"),
        "nested.pdf": (nest, ""),
        "inflating.pdf": (inflating, "inflates"),
        "truncated.pdf": (made[:len(made) // 2], "damaged"),
        "page_instead.pdf": (b"<html><body><p>404</p></body></html>", ""),
        "wrong.docx": (made[:-100], ""),
        "empty.pdf": (b"", "the file is empty"),
        "noise.pdf": (bytes(range(256)) * 50, "no reader"),
    }


@pytest.mark.parametrize("name", [
    "zipbomb.docx", "ratio.docx", "laughs.docx", "xxe.docx", "deep.docx", "pages.pdf", "nested.pdf", "inflating.pdf",
    "truncated.pdf", "page_instead.pdf", "wrong.docx", "empty.pdf", "noise.pdf"])
def test_hostile_files_end_within_their_limits(guard, name):
    data, said = hostile()[name]
    started = time.monotonic()
    try:
        report = guard.read(data, Hints(name=name))
    except UnreadableDocumentError as fault:
        assert str(fault).startswith(name)  # noqa: PT017
        assert said in str(fault)  # noqa: PT017
    else:
        assert not any(figure.value is not None for key, figure in report.figures.items() if key.startswith("app"))
        assert report.problems
        assert "root:" not in str(report.to_record())
        assert not said
    assert time.monotonic() - started < 70
    assert guard.usage.peak_bytes < 1600 << 20


@pytest.mark.slow
@pytest.mark.skipif(not HOSTILE.is_dir(), reason="needs the corpus beside the repository")
@pytest.mark.parametrize("path", sorted(HOSTILE.glob("*")), ids=lambda path: path.name)
def test_hostile_corpus(guard, path):
    try:
        report = guard.read(path.read_bytes(), Hints(name=path.name))
    except UnreadableDocumentError as fault:
        assert str(fault).startswith(path.name)  # noqa: PT017
    else:
        assert report.problems
    assert guard.usage.seconds < 61


# ---------------------------------------------------------------- archives
def test_a_fair_archive_opens():
    assert open_zip(member(os.urandom(2 << 20))).namelist() == ["word/document.xml"]


def test_archives_are_judged_by_their_directory():
    with pytest.raises(LimitExceededError, match=r"a\.zip: its member x inflates to 201 MB"):
        open_zip(member(bytes(201 << 20), "x"), "a.zip")
    with pytest.raises(LimitExceededError, match="more than 100 times"):
        open_zip(member(bytes(2 << 20), "x"))
    with pytest.raises(UnreadableDocumentError, match="damaged archive"):
        open_zip(b"PK\x03\x04" + bytes(100))


def test_members_are_counted_and_added_up():
    before = current_limits()
    use_limits(Limits(members=3, member_bytes=1000))
    try:
        for count, size, said in ((4, 1, "4 members"), (3, 500, "inflates to")):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as archive:
                for number in range(count):
                    archive.writestr(str(number), bytes(size))
            with pytest.raises(LimitExceededError, match=said):
                open_zip(buffer.getvalue())
    finally:
        use_limits(before)

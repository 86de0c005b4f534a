"""What strangers wrote – titles, names, errors of servers – on the terminal, in JSON and in the log: it is shown, it
commands nothing."""

from __future__ import annotations

import io
import json
import logging
import re
import sys

import pytest

from monitor import logs, printing

COMMANDS = ["\x1b]0;owned\x07", "\x1b[2J\x1b[H", "\x9b31m", "\x08\x08\x08", "\r nianbao: all is well", "\x7f", "\x00",
            "\u202e年度报告\u202c", "\u2066x\u2069", "\u2028new line"]
ACTING = set("\x1b\x9b\x07\x08\r\x7f\x00\u202e\u202c\u2066\u2069\u2028")


def terminal(monkeypatch: pytest.MonkeyPatch, name: str) -> io.TextIOWrapper:
    made = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    made.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, name, made)
    return made


def held(made: io.TextIOWrapper) -> str:
    made.flush()
    return made.buffer.getvalue().decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_remark_or_complaint_commands_the_terminal(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    out, err = terminal(monkeypatch, "stdout"), terminal(monkeypatch, "stderr")
    printing.line(f"标题 {command}")
    printing.note(f"标题 {command}")
    printing.complain(f"标题 {command}")
    for said in (held(out), held(err)):
        assert "标题" in said
        assert not ACTING & set(said)


@pytest.mark.parametrize("drawn", [True, False])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_cell_commands_the_terminal(monkeypatch: pytest.MonkeyPatch, command: str, drawn: bool) -> None:
    out = terminal(monkeypatch, "stdout")
    out.isatty = lambda: drawn  # type: ignore[method-assign]
    printing.table(["单位", "标题"], [["教育局", command], ["财政局", "年报"]])
    said = re.sub(r"\x1b\[[0-9;]*m", "", held(out))  # the drawn table's own bold heads
    assert not ACTING & set(said)
    assert "教育局" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_json_stays_the_same_data_and_commands_nothing(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    out = terminal(monkeypatch, "stdout")
    printing.document({"title": command, command: [1]})
    assert not ACTING & set(held(out))
    assert json.loads(held(out)) == {"title": command, command: [1]}


@pytest.mark.parametrize("as_json", [False, True])
def test_one_event_is_one_line_of_the_log(as_json: bool) -> None:
    """A portal that puts a line break into an error can't write a line of its own into the log."""
    kept = logging.getLogger().handlers
    try:
        logs.begin(as_json=as_json)
        handler, text = logging.getLogger().handlers[0], io.StringIO()
        handler.setStream(text)  # type: ignore[attr-defined]
        logging.getLogger("nianbao.test").warning(
            "portal %s: %s", "p1", "refused\n2026-01-01T00:00:00+08:00 info nianbao: all is well\x1b[2K\u202e\r\x85x")
        try:
            raise ValueError("first\nsecond\x1b[1A")
        except ValueError:
            logging.getLogger("nianbao.test").exception("broken")
    finally:
        logging.getLogger().handlers = kept
    lines = text.getvalue().split("\n")
    assert len(lines) == 3
    assert lines[2] == ""
    assert not ACTING & set(text.getvalue())


def test_the_progress_line_holds_no_command_of_a_portal(monkeypatch: pytest.MonkeyPatch) -> None:
    from monitor.commands.progress import Teller

    err = terminal(monkeypatch, "stderr")
    Teller("zh")._write("扫描 \x1b]0;x\x07 1/2", "scan", False)
    assert held(err).removeprefix("\r\x1b[2K") == "扫描 \ufffd]0;x\ufffd 1/2"

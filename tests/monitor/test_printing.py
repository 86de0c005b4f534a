"""Output: aligned columns under wide characters, JSON that survives every encoding, no markup read into data."""

from __future__ import annotations

import io
import json
import sys

import pytest

from monitor import printing


def stream(encoding: str, terminal: bool = False) -> io.TextIOWrapper:
    made = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    if terminal:
        made.isatty = lambda: True  # type: ignore[method-assign]
    return made


def text_of(made: io.TextIOWrapper) -> str:
    made.flush()
    return made.buffer.getvalue().decode(made.encoding)  # type: ignore[attr-defined]


def test_plain_columns_align_by_width_on_screen(capsys: pytest.CaptureFixture[str]) -> None:
    printing.table(["单位", "n"], [["教育局", "1"], ["a", "2"]])
    assert capsys.readouterr().out == "单位    n\n教育局  1\na       2\n"


def test_a_table_without_headings_or_rows(capsys: pytest.CaptureFixture[str]) -> None:
    printing.table(["", ""], [["a", "b"]])
    printing.table(["", ""], [])
    assert capsys.readouterr().out == "a  b\n"


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "ascii"])
def test_a_terminal_gets_a_drawn_table_in_its_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    made = stream(encoding, terminal=True)
    monkeypatch.setattr(sys, "stdout", made)
    printing.tolerate_encodings()
    printing.table(["单位", "状态"], [["教育局 [bold]", "● 按时"]])
    assert "[bold]" in text_of(made)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "ascii"])
def test_json_loses_nothing(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    made = stream(encoding)
    monkeypatch.setattr(sys, "stdout", made)
    printing.document({"name": "龘㐂🀄"})
    assert json.loads(text_of(made)) == {"name": "龘㐂🀄"}
    assert ("龘" in text_of(made)) == (encoding == "utf-8")


def test_what_an_encoding_lacks_becomes_a_question_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    made = stream("ascii")
    monkeypatch.setattr(sys, "stdout", made)
    printing.tolerate_encodings()
    printing.line("ok 按时")
    assert text_of(made) == "ok ??\n"

"""The command line as tests call it, in an empty folder; a city with an office that watches it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler import clock
from extract import configuration
from monitor import cli
from tests.monitor.office import Office


@pytest.fixture
def alone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test in an empty folder, without settings, facts or a simulated clock of another's."""
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))
    for name in list(os.environ):
        if name.startswith("NIANBAO_"):
            monkeypatch.delenv(name)
    yield
    configuration.use_office_folder(None)
    clock.simulate(None)


@pytest.fixture
def city(tmp_path: Path) -> Office:
    return Office(tmp_path)


class Said:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def nianbao(capsys: pytest.CaptureFixture[str], alone: None) -> Any:
    def call(*arguments: object) -> Said:
        code = cli.run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Said(code, out, err)

    return call

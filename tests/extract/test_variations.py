"""Hundreds of variations of the form through real readers: never a wrong number, every number where it can be known."""

from __future__ import annotations

import pytest

from extract import report
from extract.model import Hints, Report
from tests.extract import variations

MEDIA = {"html": variations.as_html, "docx": variations.as_docx,
         "tabs": lambda made: variations.as_text(made, tabs=True),
         "cells": lambda made: variations.as_text(made, tabs=False)}


def faults(read: Report, truth: variations.Truth) -> tuple[dict[str, object], dict[str, object]]:
    """Figures with a number that isn't printed for them, and printed figures without a number."""
    found = {key: figure for key, figure in read.figures.items() if figure.source.table}
    wrong = {key: (truth.get(key), figure.value, figure.confidence) for key, figure in found.items()
             if figure.value is not None and figure.value != truth.get(key)}
    missing = {key: want for key, want in truth.items() if key not in found or found[key].value is None}
    return wrong, missing


def judge(seed: int, medium: str) -> None:
    made = variations.make(seed)
    read = report.read(MEDIA[medium](made), Hints(name=f"{seed}.{medium}"))
    wrong, missing = faults(read, made.truth)
    told = f"seed {seed}, {medium}, {made.done}"
    assert not wrong, told
    if made.exact and medium in ("html", "docx"):
        assert not missing, told
        shifted = [key for key in made.truth if not read.figures[key].confident]
        assert not shifted, told
    elif made.exact and not {"open cells", "column added"} & set(made.done):
        assert len(missing) <= len(made.truth) / 2, told


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("seed", range(10))
def test_some_variations(seed, medium):
    judge(seed, medium)


@pytest.mark.slow
@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("part", range(10))
def test_many_variations(part, medium):
    for seed in range(1000 + part * 40, 1040 + part * 40):
        judge(seed, medium)

"""Every reader and parser on inputs made to break it: it answers, or refuses as it is documented to.

A bounded number of changed seeds for each harness, always the same ones, and every input that broke something once
(kept/<harness>/). guided.py looks for new ones as long as one likes.
"""

from __future__ import annotations

import gc
import time
import warnings

import pytest

from tests.fuzz.harnesses import HARNESSES, Harness
from tests.fuzz.mutation import WORDS, changed

LONGEST = 8.0
"""Seconds of CPU for one input of at most 64 kB; what is slower than that grows faster than its input."""
_DEAR = frozenset(("pdf", "xls", "xlsx_bytes", "xlsx_members", "records", "page", "settings", "doc", "wps"))
"""Slow ones, of which fewer inputs are tried."""


@pytest.fixture(autouse=True)
def _libraries_may_warn():
    """Parsers of broken files warn; who reads documents in earnest does so in a child that says nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(autouse=True, scope="module")
def _nothing_is_left_to_complain_later():
    """What parsers left open is closed here, not in another's test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


def tried(harness: Harness, inputs: object) -> None:
    for data in inputs:  # type: ignore[attr-defined]
        before = time.process_time()
        try:
            harness(data)
        except Exception as fault:
            raise AssertionError(f"{harness.name} raised {type(fault).__name__}: {fault} on {data!r}") from fault
        taken = time.process_time() - before
        assert taken < LONGEST, f"{harness.name} took {taken:.1f} s on {data!r}"


@pytest.mark.parametrize("name", HARNESSES)
def test_seeds_are_taken(name):
    harness = HARNESSES[name]
    assert harness.seeds()
    assert harness.words in WORDS
    tried(harness, harness.seeds())


@pytest.mark.parametrize("name", HARNESSES)
def test_what_broke_it_once_breaks_it_no_more(name):
    tried(HARNESSES[name], [path.read_bytes() for path in HARNESSES[name].kept])


@pytest.mark.parametrize("name", HARNESSES)
def test_changed_inputs_are_read_or_refused(name):
    harness = HARNESSES[name]
    tried(harness, changed(harness.seeds(), harness.words, 12 if name in _DEAR else 40))


@pytest.mark.slow
@pytest.mark.parametrize("name", HARNESSES)
def test_many_changed_inputs_are_read_or_refused(name):
    harness = HARNESSES[name]
    tried(harness, changed(harness.seeds(), harness.words, 150 if name in _DEAR else 1500, number=2))

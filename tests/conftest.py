"""In which order the files of tests are dealt out to several processes, each as a whole (--dist loadfile: its tests
share what took long to make): the simulated year begins first, since it takes longest, then the files with slow tests,
and what is quick fills up the end. No example of a property has a deadline."""

from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest

from crawler import clock
from extract import configuration

# How long one example takes says more of the machine than of the code; what must be quick is counted in its own test.
# A change is checked by the same examples each time; whoever works on it draws new ones with every run.
hypothesis.settings.register_profile("nianbao", deadline=None, derandomize="CI" in os.environ,
                                     suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("nianbao")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path.parent.name != "year", item.path not in slow))


@pytest.fixture(autouse=True, scope="module")
def as_a_process_begins() -> Iterator[None]:
    """Every file of tests begins without an office's facts and with the real clock, whichever ran before it here."""
    configuration.use_office_folder(None)
    clock.simulate(None)
    yield
    configuration.use_office_folder(None)
    clock.simulate(None)

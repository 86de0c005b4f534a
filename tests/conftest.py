"""How the tests are dealt out to several processes: a file with slow tests stays in one of them, since its tests share
what took long to make; the simulated year begins first, since it takes longest."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    for item in items:
        if item.path in slow:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
    items.sort(key=lambda item: item.path.parent.name != "year")

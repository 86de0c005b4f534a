"""One page that computes without end costs itself, nothing else."""

from __future__ import annotations

import asyncio
import re
import signal

import pytest

from crawler.exceptions import CrawlerError
from crawler.standstill import StandstillError, watched


def endless() -> None:
    re.fullmatch(r"(a|a)+b", "a" * 60)  # 2 to the 60th ways to fail


async def others(count: int) -> int:
    for _ in range(count):
        await asyncio.sleep(0)
    return count


def test_a_task_that_computes_without_end_is_ended_and_the_others_finish():
    async def page() -> None:
        await asyncio.sleep(0)
        endless()

    async def crawl() -> list[object]:
        return await asyncio.gather(page(), others(50), return_exceptions=True)

    with watched(lambda: 0, seconds=3, tick=0.05):
        ended, finished = asyncio.run(crawl())
    assert isinstance(ended, StandstillError)
    assert not isinstance(ended, CrawlerError)  # such a one would end the scan
    assert finished == 50


def test_a_task_that_goes_on_asking_may_compute_for_long():
    asked = 0

    async def portal() -> int:
        nonlocal asked
        for _ in range(12):
            asked += 1
            sum(range(3_000_000))
            await asyncio.sleep(0)
        return asked

    with watched(lambda: asked, seconds=3, tick=0.05):
        assert asyncio.run(portal()) == 12


def test_many_tasks_that_compute_in_turns_are_left_alone():
    async def portal() -> bool:
        for _ in range(20):
            sum(range(300_000))
            await asyncio.sleep(0)
        return True

    async def crawl() -> list[bool]:
        return await asyncio.gather(*(portal() for _ in range(10)))

    with watched(lambda: 0, seconds=8, tick=0.05):
        assert all(asyncio.run(crawl()))


def test_nothing_is_left_behind():
    before = signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(ValueError, match="x"), watched(lambda: 0):
        assert signal.getitimer(signal.ITIMER_VIRTUAL)[1] == 1.0
        raise ValueError("x")
    assert signal.getsignal(signal.SIGVTALRM) is before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)

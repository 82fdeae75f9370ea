"""Limits of time: kept, for each task by itself, and not taken for somebody else's wish to stop."""

import asyncio
import time

import pytest

from pipeline.sources.time_limit import TimeLimits


async def within(limits: TimeLimits, seconds: float, wait_s: float) -> str:
    with limits.within(seconds):
        await asyncio.sleep(wait_s)
    return "done"


async def test_what_takes_too_long_ends_and_nothing_else() -> None:
    limits, began = TimeLimits(), time.monotonic()
    waits = [(0.15, 30), (30, 0), (30, 0.2), (0.15, 30)]
    outcomes = await asyncio.gather(
        *(within(limits, seconds, wait_s) for seconds, wait_s in waits), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [TimeoutError, str, str, TimeoutError]
    assert 0.15 <= time.monotonic() - began < 1


async def test_a_task_goes_on_after_its_limit() -> None:
    limits = TimeLimits()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await within(limits, 0, 30)
        await asyncio.sleep(0)
        assert await within(limits, 30, 0) == "done"


async def test_a_task_that_is_cancelled_ends_so_even_when_its_time_is_over() -> None:
    limits = TimeLimits()
    early, late = (asyncio.create_task(within(limits, seconds, 30)) for seconds in (30, 0))
    await asyncio.sleep(0)
    early.cancel()
    while not late.cancelling():
        await asyncio.sleep(0)  # its time is over, and it has not been told yet
    late.cancel()
    outcomes = await asyncio.gather(early, late, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, asyncio.CancelledError]


async def test_an_error_inside_stays_what_it_is() -> None:
    with pytest.raises(KeyError), TimeLimits().within(1):
        raise KeyError

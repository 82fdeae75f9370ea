"""Of two clocks the one that is behind: none alone can hurry on what cannot be undone."""

from datetime import timedelta

import pytest

from fakes import NOON, FixedClock
from pipeline.server_clock import EarlierClock


@pytest.mark.parametrize("ahead", [timedelta(days=9_000), timedelta(days=-9_000), timedelta(0)])
def test_a_clock_that_is_ahead_hurries_nothing_on(ahead: timedelta) -> None:
    right, wrong = FixedClock(NOON), FixedClock(NOON + ahead)
    for clock in (EarlierClock(right, wrong), EarlierClock(wrong, right)):
        assert clock.now() == min(NOON, NOON + ahead)

"""How often Python looks for cycles among its objects."""

import gc
from collections.abc import Iterator

import pytest

from pipeline.loading import end_loading, start_loading


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_it_is_seldom_while_a_process_loads_and_as_usual_afterwards() -> None:
    start_loading()
    seldom, *_ = gc.get_threshold()
    end_loading()
    often, *_ = gc.get_threshold()
    assert seldom >= 10 * often > 0
    assert gc.get_freeze_count() > 0

"""The keeper's rounds: a step that always fails keeps no other from being done."""

import pytest
from structlog.testing import capture_logs

from pipeline.errors import NewswireError, QueueError, StoreError
from workers.rounds import go_through


@pytest.mark.parametrize(
    "error", [StoreError("a row is damaged"), QueueError("it is down"), NewswireError("?")]
)
def test_a_step_that_fails_keeps_no_other_from_being_done(error: NewswireError) -> None:
    done: list[str] = []

    def fail() -> None:
        raise error

    steps = {"one": lambda: done.append("one"), "two": fail, "three": lambda: done.append("three")}
    with capture_logs() as logs:
        assert not go_through(steps, lambda: done.append("-"))
    assert done == ["-", "one", "-", "-", "three"]
    assert [(each["step"], each["cause"]) for each in logs] == [("two", str(error))]


def test_a_round_that_went_well_says_so() -> None:
    assert go_through({"one": lambda: None}, lambda: None)


def test_a_fault_of_the_code_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        go_through({"one": lambda: 1 // 0}, lambda: None)

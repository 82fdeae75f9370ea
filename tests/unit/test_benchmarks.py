"""Benchmarks run seldom; this keeps them able to start."""

import pkgutil
import sys
from importlib import import_module

import pytest

import benchmarks

MODULES = sorted(module.name for module in pkgutil.walk_packages(benchmarks.__path__, "benchmarks."))
#: run by other benchmarks, or without options
BARE = {"archive", "feed_server", "quality.fit_stories", "reference"}


@pytest.mark.parametrize("name", MODULES)
def test_a_benchmark_can_be_imported_and_says_what_it_can_do(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = import_module(name)
    if not hasattr(module, "main") or name.removeprefix("benchmarks.") in BARE:
        return
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as left:
        module.main()
    assert left.value.code == 0
    assert "--help" in capsys.readouterr().out

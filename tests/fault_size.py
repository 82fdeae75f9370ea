"""How much the fault tests do, and the shims in C that some of them preload."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Size:
    """How much a fault test does."""

    full: bool
    #: records of an import
    records: int
    #: how long faults go on
    seconds: float
    cuts: int


def preloaded(source: str, folder: Path) -> Path:
    """Build a shim of tests/chaos for LD_PRELOAD; the test is skipped where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip(f"no C compiler on this machine: {source} cannot be built")
    library = folder / Path(source).with_suffix(".so")
    text = Path(__file__).parent / "chaos" / source
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, text], check=True)
    return library

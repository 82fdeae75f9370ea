"""How much the fault tests do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How much a fault test does."""

    full: bool
    #: records of an import
    records: int
    #: how long faults go on
    seconds: float
    cuts: int

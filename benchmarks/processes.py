"""CPU seconds of a tree of processes, the living and those that were reaped."""

import os
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of_tree(root: int) -> float:
    """Add up user and system seconds of a process, all it started, and all that those have reaped."""
    stats = _stats()
    family = _family(root, stats)
    # utime, stime, cutime, cstime are fields 14 to 17 of proc(5), 11 to 14 after the command's name.
    return sum(sum(int(value) for value in stats[pid][11:15]) for pid in family if pid in stats) / _TICKS


def family_of(root: int) -> dict[int, int]:
    """Give the process and all that it started and that lives: pid → parent."""
    stats = _stats()
    return {pid: int(stats[pid][1]) for pid in _family(root, stats) if pid in stats}


def _family(root: int, stats: Mapping[int, list[str]]) -> set[int]:
    family, new = {root}, {root}
    while new:
        new = {pid for pid, fields in stats.items() if int(fields[1]) in new} - family
        family |= new
    return family


def _stats() -> dict[int, list[str]]:
    return {pid: fields for pid in _pids() if (fields := _stat(pid))}


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []

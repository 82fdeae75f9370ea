"""Who else may change or read the files that configure the service."""

import os
import stat
from pathlib import Path

from pipeline.errors import ConfigError


def refuse_writable(path: Path, status: os.stat_result, name: str) -> None:
    """Refuse a file that others may change or replace: they would decide where credentials are sent.

    Args:
        path: The file.
        status: Of the file as it was opened, so that it is the one that is read.
        name: As complaints show it.

    Raises:
        ConfigError: Says what to do.
    """
    if status.st_mode & stat.S_IWOTH:
        raise ConfigError(f"{name}: every user of this machine may change it: chmod o-w {name}")
    # A symbolic link can be replaced as well as what it leads to.
    for folder in dict.fromkeys((path.absolute().parent, path.resolve().parent)):
        mode = folder.stat().st_mode
        # In a sticky directory, such as /tmp, nobody can replace what belongs to somebody else.
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise ConfigError(f"{name}: every user of this machine may replace it: chmod o-w {folder}")


def others_may_read(path: Path) -> bool:
    """Say whether a file is there that every user of this machine may read, were they to reach it."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False

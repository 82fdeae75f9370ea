"""The gazetteer ready to use: compiled once for an installation, in a process of its own."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from pipeline.errors import ConfigError, ServiceError
from pipeline.logs import get_logger
from workers.tag.gazetteer.file import Gazetteer, load_gazetteer
from workers.tag.gazetteer.version import REFUSED, gazetteer_version

log = get_logger(__name__)


def ready_gazetteer(config_dir: Path | None = None) -> Gazetteer:
    """Map the gazetteer into memory; compile it before, where `make setup` or an earlier run has not.

    It lies beside the installation (the virtual environment), or in the user's cache where that cannot be
    written to. Compiling takes some ten seconds and half a gigabyte: never in a process that forks workers.

    Args:
        config_dir: May have lists of its own in `regions`; None: all are taken as they are shipped.

    Raises:
        ConfigError: One of the lists is wrong; with file, line and column.
        ServiceError: It could not be compiled.
    """
    return load_gazetteer(compiled_gazetteer(config_dir) or _compiled(config_dir))


def compiled_gazetteer(config_dir: Path | None = None) -> Path | None:
    """Find the compiled gazetteer; None: it is still to be compiled."""
    return next((path for path in _paths(config_dir) if path.is_file()), None)


def gazetteer_place(config_dir: Path | None = None) -> Path | None:
    """Say where the gazetteer would be kept; None: no place can be written to."""
    for path in _paths(config_dir):
        there = next(parent for parent in path.parents if parent.exists())
        if os.access(there, os.W_OK):
            return path
    return None


def _paths(config_dir: Path | None) -> list[Path]:
    name = f"gazetteer-{gazetteer_version(config_dir)}.bin"
    return [directory / name for directory in _places()]


def _places() -> list[Path]:
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return [Path(sysconfig.get_path("data")) / "share" / "newswire", Path(cache) / "newswire"]


def _compiled(config_dir: Path | None) -> Path:
    path = gazetteer_place(config_dir)
    if path is None:
        raise ServiceError(
            "no place to keep the compiled gazetteer: set XDG_CACHE_HOME to a writable directory"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    log.info("gazetteer_compiling", path=str(path))
    words = [sys.executable, "-P", "-m", "workers.tag.gazetteer.compile", str(path)]
    if config_dir is not None:
        words.append(str(config_dir))
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603  # our own module
    if done.returncode == REFUSED:
        raise ConfigError(done.stderr.strip())
    if done.returncode != 0:
        raise ServiceError(f"the gazetteer could not be compiled: {done.stderr.strip()[-500:]}")
    return path


if __name__ == "__main__":
    ready_gazetteer()

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
    name = f"gazetteer-{gazetteer_version(config_dir)}.bin"
    for directory in _places():
        if (directory / name).is_file():
            return load_gazetteer(directory / name)
    return load_gazetteer(_compiled(name, config_dir))


def _places() -> list[Path]:
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return [Path(sysconfig.get_path("data")) / "share" / "newswire", Path(cache) / "newswire"]


def _compiled(name: str, config_dir: Path | None) -> Path:
    for directory in _places():
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if not os.access(directory, os.W_OK):
            continue
        path = directory / name
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
    raise ServiceError("no place to keep the compiled gazetteer: set XDG_CACHE_HOME to a writable directory")


if __name__ == "__main__":
    ready_gazetteer()

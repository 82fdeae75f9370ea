"""feeds.yaml: what may stand there, and the feeds it makes."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from pipeline.config.countries import COUNTRIES, no_country
from pipeline.config.source import Complaint, Source, shown_path
from pipeline.config.values import (
    EMPTY_SECTION,
    Days,
    Seconds,
    Secret,
    Section,
    Surroundings,
    Words,
    about,
    comma_separated,
    complaints,
)
from pipeline.errors import ConfigError
from pipeline.identity import feed_id
from pipeline.model import Auth, Feed, SourceKind
from pipeline.retention import Kept

MIN_HTTP_INTERVAL_S = 60.0
MIN_DIRECTORY_INTERVAL_S = 1.0
MIN_MAILBOX_INTERVAL_S = 10.0
#: folder beside `done` for what could not be read, where none is named
FAILED = "failed"
MAX_INTERVAL_S = 365 * 86400.0
DIRECTORY_INTERVAL_S = 5.0
MAX_SETTLE_S = 86400.0
#: a file stands still for as long as lies between two looks, where nothing is said, and for this at most
LONGEST_USUAL_SETTLE_S = 60.0
MAILBOX_INTERVAL_S = 60.0
HTTP_INTERVAL_S = 300.0

#: between which a rhythm that is learned is followed
_BOUNDS_S = {"low": (900.0, 86400.0), "normal": (300.0, 86400.0), "urgent": (60.0, 3600.0)}

_PRIORITIES = {"low": -1, "normal": 0, "urgent": 1}
_EVERYWHERE = ("0.0.0.0/0", "::/0")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: set by the fetcher, which would contradict itself
_OWN_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "host",
        "if-modified-since",
        "if-none-match",
        "te",
        "transfer-encoding",
        "upgrade",
    }
)


def _matching(pattern: str, words: str) -> AfterValidator:
    """Check a text against a pattern; `words` say what it should be."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"should be {words}")
        return value

    return AfterValidator(check)


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError("should be a URL that begins with http:// or https://")
    if re.search(r"[\s\x00-\x1f\x7f]", value):
        raise ValueError("holds a space or a control character")
    return value


def _feed_url(value: str) -> str:
    if "@" in urlsplit(_http_url(value)).netloc:
        raise ValueError(
            "holds a user and password: write them under auth: {kind: basic, user: …, password: …}"
        )
    return value


def _mailbox_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from None
    if parts.scheme == "imap":
        raise ValueError("would send the password in the clear: only imaps:// is read")
    if parts.scheme != "imaps" or not parts.hostname or port == 0 or not parts.path.strip("/"):
        raise ValueError("should be a server and a mailbox, such as imaps://mail.example/INBOX")
    if "@" in parts.netloc:
        raise ValueError(
            "holds a user and password: write them under auth: {kind: basic, user: …, password: …}"
        )
    if parts.query or parts.fragment or re.search(r"[\x00-\x20\x7f]", value):
        raise ValueError("holds a space, a control character, ? or #: write them as %20, %3F and %23")
    return value


def _path(value: str) -> str:
    if "\0" in value:
        raise ValueError("holds a NUL, which no file's name can")
    return value


def _header_name(value: str) -> str:
    if not _HEADER_NAME.fullmatch(value):
        raise ValueError("is not the name of a header")
    if value.lower() in _OWN_HEADERS:
        raise ValueError("is set by newswire itself")
    return value


def _networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.lower() in ("true", "yes", "on"):
        return _EVERYWHERE
    return () if value.lower() in ("false", "no", "off") else (value,)


def _network(value: str) -> str:
    try:
        return str(ip_network(value.strip(), strict=False))
    except ValueError:
        raise ValueError("should be a network such as 10.1.0.0/16, or true") from None


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _country(value: str) -> str:
    if value not in COUNTRIES:
        raise ValueError(no_country(value))
    return value


def _check_intervals(wishes: "_Wishes", least: float) -> None:
    for name in ("interval", "min_interval", "max_interval"):
        given = getattr(wishes, name)
        if given is not None and not least <= given <= MAX_INTERVAL_S:
            raise about(name, f"should be {least:g} s to {MAX_INTERVAL_S / 86400:g} days")
    if wishes.min_interval and wishes.max_interval and wishes.min_interval > wishes.max_interval:
        raise about("min_interval", "is longer than max_interval")


PathName = Annotated[str, Field(min_length=1), AfterValidator(_path)]
MailboxUrl = Annotated[str, AfterValidator(_mailbox_url)]
HttpUrl = Annotated[str, AfterValidator(_feed_url)]
ProxyUrl = Annotated[Secret, AfterValidator(_http_url)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
Id = Annotated[
    str,
    _matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "up to 64 letters, digits, dots, dashes and underscores"),
]
Language = Annotated[
    str, _matching(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", "a language code such as fr or pt-BR")
]
Country = Annotated[
    str,
    BeforeValidator(_upper),
    _matching("[A-Z]{2}", "a country code of two letters, such as AF"),
    AfterValidator(_country),
]
Network = Annotated[str, AfterValidator(_network)]
Sender = Annotated[
    str,
    _matching(
        r"([^@\s<>,]+@)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "an address or a domain, as it stands in From"
    ),
]
ServerName = Annotated[str, _matching(r"[A-Za-z0-9._:-]{1,200}", "the name a mail server gives itself")]
RateGroup = Annotated[str, _matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "a word, or the name of a host")]


class _Basic(Section):
    kind: Literal["basic"]
    user: Secret
    password: Secret

    def made(self) -> Auth:
        return Auth(kind=self.kind, name=self.user, secret=self.password)


class _Bearer(Section):
    kind: Literal["bearer"]
    token: Secret

    def made(self) -> Auth:
        return Auth(kind=self.kind, secret=self.token)


class _Header(Section):
    kind: Literal["header"]
    name: HeaderName
    value: Secret

    def made(self) -> Auth:
        return Auth(kind=self.kind, name=self.name, secret=self.value)


class _Query(Section):
    kind: Literal["query"]
    name: str = Field(min_length=1)
    value: Secret

    def made(self) -> Auth:
        return Auth(kind=self.kind, name=self.name, secret=self.value)


class _Wishes(Section):
    """What may be wished for one source, or under `defaults:` for all."""

    provider: str | None = Field(None, min_length=1)
    interval: Seconds | None = None
    min_interval: Seconds | None = None
    max_interval: Seconds | None = None
    rate_group: RateGroup | None = None
    hosts: Words | None = None
    language: Language | None = None
    default_region: Country | None = None
    priority: Literal["low", "normal", "urgent"] | None = None
    tags: Words | None = None
    enabled: bool | None = None
    proxy: ProxyUrl | None = None
    ca_file: str | None = None
    allow_private: Annotated[tuple[Network, ...] | None, BeforeValidator(_networks)] = None
    document_days: Days | None = None
    raw_days: Days | None = None


class _Defaults(_Wishes):
    @model_validator(mode="after")
    def _interval_is_for_http(self) -> Self:
        _check_intervals(self, MIN_HTTP_INTERVAL_S)
        return self


class Listed(_Wishes):
    """One source of the list."""

    url: HttpUrl | None = None
    directory: PathName | None = None
    imap: MailboxUrl | None = None
    id: Id | None = None
    trust_provider: bool = False
    auth: Annotated[_Basic | _Bearer | _Header | _Query, Field(discriminator="kind")] | None = None
    headers: Annotated[dict[HeaderName, Secret], EMPTY_SECTION] = Field(default_factory=dict)
    done: PathName | None = None
    failed: PathName | None = None
    senders: Annotated[tuple[Sender, ...], BeforeValidator(comma_separated)] | None = None
    authenticated_by: ServerName | None = None
    settle: Annotated[Seconds, Field(ge=0, le=MAX_SETTLE_S)] | None = None
    full_text: bool = False
    plain_text: bool = False

    @property
    def kind(self) -> SourceKind:
        """Say what kind of source it is."""
        if self.directory is not None:
            return SourceKind.DIRECTORY
        return SourceKind.MAILBOX if self.imap is not None else SourceKind.HTTP

    @property
    def place(self) -> str:
        """Give the address or path, as it is written."""
        return self.url or self.directory or self.imap or ""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        given = [name for name in ("url", "directory", "imap") if getattr(self, name) is not None]
        if not given:
            raise ValueError('"url", "directory" or "imap" is missing')
        if len(given) > 1:
            raise about(given[1], f"stands beside {given[0]}; a source is one or the other")
        for name, what in _NOT_FOR[self.kind].items():
            given = getattr(self, name)
            if given is not None and given is not False and given != {}:
                raise about(name, what)
        _check_intervals(self, _LEAST_INTERVAL_S[self.kind])
        return self

    @model_validator(mode="after")
    def _folders_are_others(self) -> Self:
        for name in ("done", "failed"):
            if self.directory and Path(getattr(self, name) or name) == Path():
                raise about(name, "is the directory itself: its files would be read again")
            if self.imap and getattr(self, name) == unquote(urlsplit(self.imap).path[1:]):
                raise about(name, "is the mailbox itself: its mails would be read again")
        if self.failed and not self.done:
            raise about("failed", "needs done beside it")
        return self

    @model_validator(mode="after")
    def _mailbox_has_a_password(self) -> Self:
        if self.imap and (self.auth is None or self.auth.kind != "basic"):
            raise about("auth" if self.auth else "imap", "needs auth: {kind: basic, user: …, password: …}")
        return self


_FOR_URLS = "is for an url"
_FOR_DIRECTORIES = "is for a directory"
_FOR_MAILBOXES = "is for a mailbox"
_LOOKED_AT = "is for an url: this is looked at every `interval`"
#: what may not be wished of a kind of source, and why
_NOT_FOR: Mapping[SourceKind, Mapping[str, str]] = {
    SourceKind.HTTP: dict.fromkeys(("done", "failed"), "is for a directory or a mailbox")
    | dict.fromkeys(("senders", "authenticated_by"), _FOR_MAILBOXES)
    | {"settle": _FOR_DIRECTORIES},
    SourceKind.DIRECTORY: dict.fromkeys(("senders", "authenticated_by"), _FOR_MAILBOXES)
    | dict.fromkeys(("min_interval", "max_interval"), _LOOKED_AT)
    | dict.fromkeys(("full_text", "plain_text"), _FOR_URLS),
    SourceKind.MAILBOX: {"settle": _FOR_DIRECTORIES}
    | dict.fromkeys(("min_interval", "max_interval"), _LOOKED_AT)
    | dict.fromkeys(("full_text", "plain_text", "headers", "proxy", "rate_group"), _FOR_URLS),
}
_LEAST_INTERVAL_S = {
    SourceKind.HTTP: MIN_HTTP_INTERVAL_S,
    SourceKind.DIRECTORY: MIN_DIRECTORY_INTERVAL_S,
    SourceKind.MAILBOX: MIN_MAILBOX_INTERVAL_S,
}


class _FeedsFile(Section):
    defaults: Annotated[_Defaults, EMPTY_SECTION] = _Defaults()
    feeds: Annotated[tuple[Listed, ...], BeforeValidator(lambda value: () if value is None else value)] = ()


#: what may be shown of the file when something is wrong
_PUBLIC = frozenset(
    {f"feeds.{key}" for key in Listed.model_fields.keys() - {"auth", "headers", "proxy"}}
    | {f"defaults.{key}" for key in _Wishes.model_fields.keys() - {"proxy"}}
    | {"feeds.auth.kind"}
)


def load_feeds(path: Path, env: Mapping[str, str]) -> tuple[Feed, ...]:
    """Read feeds.yaml; an empty file means no feeds.

    Args:
        path: The file; relative paths in it start at its directory.
        env: Where `${NAME}` comes from.

    Raises:
        ConfigError: With everything that is wrong in the file.
    """
    return _feeds_of(Source.read(path, public=_PUBLIC), Surroundings(path.parent.absolute(), env))


def read_feeds(text: str, path: Path, env: Mapping[str, str]) -> tuple[tuple[Feed, ...], Source]:
    """Read a text as if it stood in the file at `path`; say also where everything stands."""
    source = Source.of(text, name=shown_path(path), public=_PUBLIC)
    return _feeds_of(source, Surroundings(path.parent.absolute(), env)), source


def _feeds_of(source: Source, around: Surroundings) -> tuple[Feed, ...]:
    value = {} if source.value is None else source.value
    twice = list(_listed_twice(value))
    try:
        wishes = _FeedsFile.model_validate(value, context=around)
    except ValidationError as error:
        source.refuse([*complaints(error, _FeedsFile, value), *twice])
        raise ConfigError(f"{source.name}: is wrong") from error
    feeds = [_feed(listed, wishes.defaults, around) for listed in wishes.feeds]
    missing = (
        Complaint(place=("feeds", index, "ca_file"), message="there is no such file")
        for index, feed in enumerate(feeds)
        if feed.ca_file and not Path(feed.ca_file).is_file()
    )
    source.refuse([*twice, *missing])
    return tuple(feeds)


def _listed_twice(value: object) -> Iterator[Complaint]:
    listed = value.get("feeds") if isinstance(value, dict) else None
    seen: dict[str, int] = {}
    for index, each in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(each, dict):
            continue
        key = next(
            (key for key in ("id", "url", "directory", "imap") if isinstance(each.get(key), str)), None
        )
        if key is None:
            continue
        name = each[key] if key == "id" else feed_id(each[key])
        if name in seen:
            hint = "" if key == "id" else "; give one of them an id of its own"
            yield Complaint(place=("feeds", index, key), message=f"is the same as feeds[{seen[name]}]{hint}")
        seen.setdefault(name, index)


def _feed(listed: Listed, defaults: _Defaults, around: Surroundings) -> Feed:
    wishes = {name: getattr(defaults, name) for name in _Wishes.model_fields}
    wishes |= {name: given for name in wishes if (given := getattr(listed, name)) is not None}
    folder = around.config_dir / listed.directory if listed.directory else None
    return Feed(
        id=listed.id or feed_id(listed.place),
        kind=listed.kind,
        url=str(folder or listed.place),
        provider=wishes["provider"] or _host(listed.url),
        trust_provider=listed.trust_provider,
        **_intervals(listed, wishes),
        language=wishes["language"],
        default_region=wishes["default_region"],
        priority=_PRIORITIES[wishes["priority"] or "normal"],
        tags=wishes["tags"] or (),
        enabled=wishes["enabled"] is not False,
        auth=listed.auth.made() if listed.auth else None,
        headers=listed.headers,
        proxy=wishes["proxy"],
        ca_file=str(around.config_dir / wishes["ca_file"]) if wishes["ca_file"] else None,
        allow_private=wishes["allow_private"] or (),
        rate_group=wishes["rate_group"],
        hosts=wishes["hosts"] or (),
        senders=listed.senders or (),
        authenticated_by=listed.authenticated_by,
        **_settle(listed),
        done=_inside(folder, listed.done),
        failed=_inside(folder, listed.failed or (FAILED if listed.done and folder else None)),
        full_text=listed.full_text,
        plain_text=listed.plain_text,
        kept=Kept(document_days=wishes["document_days"], raw_days=wishes["raw_days"]),
    )


def _inside(folder: Path | None, name: str | None) -> str | None:
    """Find where files are moved to, seen from their directory; mailboxes are named as they are."""
    return str(folder / name) if folder and name else name


def _intervals(listed: Listed, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Say how often a source is polled: at a fixed interval, or by its rhythm between two bounds.

    An interval alone is fixed, and one that a source gives itself is not loosened by bounds that stand under
    `defaults`, which are for those that give none.
    """
    own = listed.interval is not None and not (listed.min_interval or listed.max_interval)
    fixed = wishes["interval"] and not (wishes["min_interval"] or wishes["max_interval"])
    if listed.kind is not SourceKind.HTTP:
        usual_s = DIRECTORY_INTERVAL_S if listed.directory else MAILBOX_INTERVAL_S
        return {"interval": timedelta(seconds=listed.interval or usual_s)}
    interval = wishes["interval"] or HTTP_INTERVAL_S
    if own or fixed:
        return {"interval": timedelta(seconds=interval)}
    fastest, slowest = _BOUNDS_S[wishes["priority"] or "normal"]
    fastest = wishes["min_interval"] or min(fastest, wishes["max_interval"] or fastest)
    slowest = max(wishes["max_interval"] or slowest, fastest)
    return {
        "interval": timedelta(seconds=min(max(interval, fastest), slowest)),
        "fastest": timedelta(seconds=fastest),
        "slowest": timedelta(seconds=slowest),
    }


def _settle(listed: Listed) -> dict[str, Any]:
    if listed.directory is None:
        return {}
    usual_s = min(listed.interval or DIRECTORY_INTERVAL_S, LONGEST_USUAL_SETTLE_S)
    return {"settle": timedelta(seconds=usual_s if listed.settle is None else listed.settle)}


def _host(url: str | None) -> str | None:
    return (urlsplit(url).hostname or "").removeprefix("www.") if url else None

"""feeds list, add, remove and test: the sources of the configuration."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.context import AppContext
from pipeline.config.source import shown_path
from pipeline.errors import ConfigError, FetchError, NewswireError, ParseError
from pipeline.feeds_file import add_feed, check_new_feed, remove_feed
from pipeline.identity import feed_id
from pipeline.model import Feed, SourceKind
from pipeline.plain import safe_json, safe_line
from pipeline.redaction import hide_in_urls

if TYPE_CHECKING:
    from workers.tag.tagger import Tagger

feeds_app = typer.Typer(help="List, add, remove and try sources.", no_args_is_help=True)

_PRIORITIES = {-1: "low", 0: "normal", 1: "urgent"}


@feeds_app.command("list")
def list_command(
    app: AppContext,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON array.")] = False,
) -> None:
    """List the sources of the configuration."""
    feeds = app.settings_and_feeds.feeds
    if as_json:
        typer.echo(safe_json(json.dumps([_described(feed) for feed in feeds], ensure_ascii=False, indent=2)))
        return
    rows = [("ID", "PROVIDER", "INTERVAL", "ENABLED", "URL")]
    rows += [_row(feed) for feed in feeds]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        typer.echo("  ".join([*cells, row[-1]]))


@feeds_app.command("add")
def add_command(  # noqa: PLR0913 - one for each option
    app: AppContext,
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the feed.")],
    *,
    name: Annotated[
        str | None, typer.Option("--id", help="Its id; made from the URL when not given.")
    ] = None,
    provider: Annotated[str | None, typer.Option(help="Who supplies it; the host when not given.")] = None,
    interval: Annotated[str | None, typer.Option(help="Time between polls: 90s, 5m, 1h.")] = None,
    language: Annotated[
        str | None, typer.Option(help="Language, where texts are too short to tell: fr.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Country, where texts do not say: AF.")] = None,
    priority: Annotated[str | None, typer.Option(help="low, normal or urgent.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="A tag of all its documents; may be repeated.")
    ] = None,
    allow_private: Annotated[
        list[str] | None, typer.Option(help="A private network it may reach; may be repeated.")
    ] = None,
    as_is: Annotated[bool, typer.Option("--as-is", help="Do not look whether it is a web page.")] = False,
) -> None:
    """Add a feed to feeds.yaml, or the feed of a web page; a running service takes it up by itself."""
    _check_networks(allow_private or ())
    path = _own_file(app)
    given = {
        "url": url,
        "id": name,
        "provider": provider,
        "interval": interval,
        "language": language,
        "default_region": region,
        "priority": priority,
        "tags": tag,
        "allow_private": allow_private,
    }
    wishes = {key: value for key, value in given.items() if value}
    check_new_feed(path, wishes, app.env)
    found = url if as_is else _feed_of(app, url, tuple(allow_private or ()))
    feed = add_feed(path, {**wishes, "url": found}, app.env)
    typer.echo(f"added {feed.id} to {shown_path(path)}: {_shown(feed)}")


@feeds_app.command("remove")
def remove_command(
    app: AppContext,
    name: Annotated[str, typer.Argument(metavar="ID|URL", help="The source's id or URL, or its directory.")],
) -> None:
    """Remove a source from feeds.yaml; its documents stay."""
    path = _own_file(app)
    feed = remove_feed(path, name, app.env)
    typer.echo(f"removed {feed.id} from {shown_path(path)}: {_shown(feed)}")


@feeds_app.command("test")
def try_command(
    app: AppContext,
    name: Annotated[str, typer.Argument(metavar="URL|ID", help="A URL, or the id of a configured source.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON object.")] = False,
    allow_private: Annotated[
        list[str] | None, typer.Option(help="A private network it may reach; may be repeated.")
    ] = None,
) -> None:
    """Fetch a source once, say what came and what would become of it; keep nothing."""
    _check_networks(allow_private or ())
    feed = _found(app, name)
    feed = replace(feed, allow_private=(*feed.allow_private, *(allow_private or ())))
    if feed.kind is SourceKind.DIRECTORY:
        typer.echo(_directory_in_words(feed))
        return
    from pipeline.cli import trial
    from pipeline.publish.record import to_line

    fetch = app.settings.fetch

    @cache
    def tagger() -> "Tagger":
        # Loading it takes seconds: only when there is something to tag.
        from workers.tag.tagger import load_tagger

        return load_tagger(app.config_dir)

    if feed.kind is SourceKind.MAILBOX:
        items = asyncio.run(trial.try_mailbox(feed, fetch, tagger))
        record = {"url": hide_in_urls(feed.url), "items": trial.items_as_records(items)}
        words = [f"mailbox     {_shown(feed)}", *trial.items_in_words(items)]
    else:
        tried = asyncio.run(trial.try_feed(feed, fetch, tagger))
        record, words = trial.as_record(tried), list(trial.in_words(tried))
    for line in [to_line(record).decode().rstrip()] if as_json else words:
        typer.echo(line)


@feeds_app.command("explain")
def explain_command(
    app: AppContext,
    name: Annotated[str, typer.Argument(metavar="ID", help="The source's id.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON object.")] = False,
) -> None:
    """Say what happened at a source's last polls, when the next one is, and why."""
    from pipeline.cli.service_link import stored
    from pipeline.monitor.explain import explain, in_words

    feeds = {feed.id: feed for feed in app.settings_and_feeds.feeds}
    now = datetime.now(UTC)
    with stored(app) as store:
        report = store.report(name)
        if report is None:
            raise NewswireError(f"there is no source {name!r} in the store; newswire status shows them")
        hosts = {each.host for each in store.fetchers(now)}
        told = explain(feeds.get(name), report, store.polls(name), now, hosts=hosts)
    if as_json:
        from pipeline.codec import to_json

        typer.echo(safe_json(to_json(told).decode()))
        return
    for line in in_words(told, now):
        typer.echo(line)


@feeds_app.command("import-opml")
def import_command(
    app: AppContext,
    file: Annotated[Path, typer.Argument(metavar="FILE", help='The list; "-" is standard input.')],
) -> None:
    """Add the feeds of an OPML list to feeds.yaml; folders become tags."""
    from pipeline.cli.opml import import_opml

    path = _own_file(app)
    done = import_opml(path, file, app.env)
    for line in done.left_out:
        typer.echo(safe_line(line), err=True)
    typer.echo(f"added {done.added} to {shown_path(path)}; {done.known} known before")
    if done.left_out:
        raise NewswireError(f"{len(done.left_out)} of the list were left out")


@feeds_app.command("export-opml")
def export_command(
    app: AppContext,
    *,
    out: Annotated[Path | None, typer.Option(help="Write to this file, not to standard output.")] = None,
) -> None:
    """Write the feeds of the configuration as an OPML list, without secrets."""
    from pipeline.cli.opml import export_opml

    document, left_out = export_opml(app.settings_and_feeds.feeds)
    if out is None:
        typer.echo(document.decode(), nl=False)
    else:
        try:
            out.write_bytes(document)
        except OSError as error:
            raise NewswireError(f"{out} cannot be written: {error.strerror}") from error
    if left_out:
        typer.echo(f"left out, as their URL holds a secret: {', '.join(left_out)}", err=True)


@feeds_app.command("resume")
def resume_command(
    app: AppContext, name: Annotated[str, typer.Argument(metavar="ID", help="The source's id.")]
) -> None:
    """Poll a source again that was stopped or backs off, now."""
    from pipeline.cli.service_link import stored

    with stored(app) as store:
        if not store.resume_feed(name, datetime.now(UTC)):
            raise NewswireError(f"there is no source {name!r} that is polled; newswire status shows them")
    typer.echo(f"{name} is polled again, within a minute")


def _check_networks(networks: Iterable[str]) -> None:
    for network in networks:
        try:
            ip_network(network)
        except ValueError as error:
            raise ConfigError("--allow-private: should be a network such as 10.1.0.0/16") from error


def _feed_of(app: AppContext, url: str, allow_private: tuple[str, ...]) -> str:
    """Find the feed of a page; what cannot be looked at now is taken for a feed."""
    from pipeline.sources.discover import FoundFeed, careful_fetcher, find_feed

    async def find() -> FoundFeed:
        async with careful_fetcher(app.settings.fetch) as fetcher:
            feed = Feed(id=feed_id(url), kind=SourceKind.HTTP, url=url, allow_private=allow_private)
            return await find_feed(feed, fetcher)

    try:
        found = asyncio.run(find())
    except FetchError as error:
        typer.echo(f"it could not be looked at and is added as it is: {safe_line(error.detail)}", err=True)
        return url
    except ParseError as error:
        raise NewswireError(f"{error.detail} (--as-is adds it all the same)") from error
    return found.feed.url


def _found(app: AppContext, name: str) -> Feed:
    for feed in app.settings_and_feeds.feeds:
        if name in (feed.id, feed.url):
            return feed
    if "://" not in name:
        raise NewswireError(f"there is no source {name!r}; newswire feeds list shows their ids")
    return Feed(id=feed_id(name), kind=SourceKind.HTTP, url=name)


def _own_file(app: AppContext) -> Path:
    """Find the feeds.yaml that may be edited: not the one inside the installed package."""
    if app.config_is_shipped:
        raise NewswireError("this is the configuration that came with newswire; make your own: newswire init")
    if not app.config_dir.is_dir():
        raise NewswireError(
            f"there is no directory {app.config_dir}; make one: newswire init {app.config_dir}"
        )
    return app.config_dir / "feeds.yaml"


def _shown(feed: Feed) -> str:
    return safe_line(hide_in_urls(feed.url))


def _row(feed: Feed) -> tuple[str, str, str, str, str]:
    enabled = "yes" if feed.enabled else "no"
    return feed.id, safe_line(feed.provider or "-", 40), _duration(feed), enabled, _shown(feed)


def _duration(feed: Feed) -> str:
    seconds = feed.interval.total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g}{unit}"
    return f"{seconds:g}s"


def _described(feed: Feed) -> dict[str, Any]:
    return {
        "id": feed.id,
        "kind": feed.kind.value,
        "url": hide_in_urls(feed.url),
        "provider": feed.provider,
        "interval_s": feed.interval.total_seconds(),
        "enabled": feed.enabled,
        "language": feed.language,
        "default_region": feed.default_region,
        "priority": _PRIORITIES[feed.priority],
        "tags": list(feed.tags),
    }


def _directory_in_words(feed: Feed) -> str:
    try:
        files = sum(each.is_file() and not each.name.startswith(".") for each in Path(feed.url).iterdir())
    except OSError as error:
        raise NewswireError(f"the directory {feed.url} cannot be read: {error.strerror}") from error
    return f"directory  {feed.url}\nfiles      {files}"

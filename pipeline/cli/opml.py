"""Lists of feeds from other programs into feeds.yaml, and from the configuration for them."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.feeds import read_feeds
from pipeline.errors import ConfigError, NewswireError
from pipeline.feeds_file import Wishes, add_feeds
from pipeline.formats.opml import Outline, read_opml, write_opml
from pipeline.model import Feed, SourceKind
from pipeline.redaction import Redactor, hide_in_urls
from pipeline.settings import load_feeds, secrets_of_feeds

_MAX_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of a list."""

    added: int
    #: had been there, or stood in the list twice
    known: int
    #: what could not be added, and why, one line each
    left_out: tuple[str, ...]


def import_opml(path: Path, file: Path, env: Mapping[str, str]) -> Imported:
    """Add the feeds of a list to feeds.yaml, every line that is there already kept.

    Raises:
        NewswireError: The list cannot be read; nothing was written.
        ConfigError: feeds.yaml is wrong.
    """
    known = {feed.url for feed in load_feeds(path, env)} if path.exists() else set()
    new: list[Wishes] = []
    left_out: list[str] = []
    repeated = 0
    for each in read_opml(_bytes(file)):
        if each.url in known:
            repeated += 1
        elif why := _refusal(each):
            left_out.append(f"{hide_in_urls(each.url)}: {why}")
        else:
            known.add(each.url)
            new.append({"url": each.url, "tags": each.tags} if each.tags else {"url": each.url})
    if new:
        add_feeds(path, new, env)
    return Imported(added=len(new), known=repeated, left_out=tuple(left_out))


def export_opml(feeds: Sequence[Feed]) -> tuple[bytes, list[str]]:
    """Write the feeds as a list.

    Returns:
        The list, and the ids of feeds that are left out because their URL holds a secret.
    """
    redactor = Redactor(secrets_of_feeds(feeds))
    polled = [feed for feed in feeds if feed.kind is SourceKind.HTTP]
    shown = [feed for feed in polled if redactor.text(feed.url) == feed.url]
    outlines = [Outline(url=feed.url, title=feed.provider or feed.id, tags=feed.tags) for feed in shown]
    shown_ids = {feed.id for feed in shown}
    return write_opml(outlines, "newswire"), [feed.id for feed in polled if feed.id not in shown_ids]


def _refusal(each: Outline) -> str | None:
    """Say why an address is none that may stand in feeds.yaml; None: it may."""
    try:
        # A list says nothing that is quoted: JSON's strings are YAML's.
        read_feeds(f"feeds: [{{url: {_quoted(each.url)}}}]", Path("feeds.yaml"), {})
    except ConfigError as error:
        return str(error).partition("\n")[0].rpartition("url: ")[2]
    return None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bytes(file: Path) -> bytes:
    try:
        if str(file) == "-":
            body = sys.stdin.buffer.read(_MAX_BYTES + 1)
        else:
            with file.open("rb") as opened:
                body = opened.read(_MAX_BYTES + 1)
    except OSError as error:
        raise NewswireError(f"{file} cannot be read: {error.strerror}") from error
    if len(body) > _MAX_BYTES:
        raise NewswireError(f"{file} has more than {_MAX_BYTES // 2**20} MiB")
    return body

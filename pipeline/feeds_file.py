"""feeds.yaml as a file that people keep: watched for changes, and edited without touching what they wrote.

An edit inserts or removes the lines of one source; every other byte stays, comments included. (A round trip
through a YAML writer moves or drops comments beside a removed item.)
"""

import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.config.feeds import load_feeds, read_feeds
from pipeline.config.source import Source
from pipeline.errors import ConfigError, NewswireError
from pipeline.model import Feed

_PLAIN = re.compile(r"[A-Za-z0-9/][\w./:%?&=+~,;@-]*")
_EMPTY_LIST = re.compile(r"(feeds[\"']?\s*:)\s*(?:\[\s*\]|~|null)?")
#: plain words that YAML readers take for something else
_NOT_TEXT = re.compile(r"(?i:true|false|yes|no|on|off|null|y|n)|[\d.eE+_:-]+|.*:|.*[,;]")


class FeedsFile:
    """Watches feeds.yaml: says cheaply whether it changed, and reads it again."""

    def __init__(self, path: Path, env: Mapping[str, str] = os.environ) -> None:
        """Remember how the file is now.

        Args:
            path: The file; it may be missing.
            env: Where `${NAME}` in it comes from.
        """
        self._path = path
        self._env = env
        self._seen = self._stamp()

    def changed(self) -> bool:
        """Say whether the file is another one than at the last `reload`, or at the start."""
        return self._stamp() != self._seen

    def reload(self) -> tuple[Feed, ...] | ConfigError:
        """Read the file. What is wrong with it is a value: the old feeds stay in force."""
        # Before reading: what is written meanwhile is then seen as a change.
        self._seen = self._stamp()
        try:
            return load_feeds(self._path, self._env)
        except ConfigError as error:
            return error

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


Wishes = Mapping[str, str | Sequence[str]]


def add_feeds(path: Path, new: Sequence[Wishes], env: Mapping[str, str]) -> tuple[Feed, ...]:
    """Write sources at the end of the list.

    Args:
        path: feeds.yaml; made when missing.
        new: The keys of each as they stand in the file, `url` or `directory` first.
        env: Where `${NAME}` in the file comes from.

    Raises:
        ConfigError: The file would not load with them; nothing was written.
        NewswireError: The list is written in a way that has no lines to add.
    """
    with _editing(path) as text:
        changed, added = _with_new(text, path, new, env)
        _replace(path, changed)
    return added


def check_new_feed(path: Path, wishes: Wishes, env: Mapping[str, str]) -> None:
    """See whether a source could be added; raises what `add_feeds` would."""
    with _editing(path) as text:
        _with_new(text, path, [wishes], env)


def add_feed(path: Path, wishes: Wishes, env: Mapping[str, str]) -> Feed:
    """Write one source at the end of the list; see `add_feeds`."""
    return add_feeds(path, [wishes], env)[0]


def remove_feed(path: Path, name: str, env: Mapping[str, str]) -> Feed:
    """Remove the source with this id, URL or directory. Its documents stay.

    Raises:
        ConfigError: The file is wrong; nothing was written.
        NewswireError: There is no such source, or its list is written in brackets.
    """
    with _editing(path) as text:
        feeds, source = read_feeds(text, path, env)
        index = _index_of(feeds, source, name)
        if not source.is_block(("feeds",)):
            raise NewswireError(f"{source.name}: feeds stands in brackets; edit it by hand")
        first, end = source.lines_of_item(("feeds", index))
        lines = text.splitlines(keepends=True)
        changed = "".join([*lines[:first], *lines[end:]])
        left, _ = read_feeds(changed, path, env)
        if left != (*feeds[:index], *feeds[index + 1 :]):
            raise NewswireError(
                f"{source.name}: the lines of {name} cannot be told from others; edit it by hand"
            )
        _replace(path, changed)
    return feeds[index]


def _index_of(feeds: Sequence[Feed], source: Source, name: str) -> int:
    listed = source.value["feeds"] if isinstance(source.value, dict) and source.value.get("feeds") else []
    for index, feed in enumerate(feeds):
        if name in (feed.id, feed.url, listed[index].get("directory")):
            return index
    raise NewswireError(f"there is no source {name!r} in {source.name}")


def _with_new(
    text: str, path: Path, new: Sequence[Wishes], env: Mapping[str, str]
) -> tuple[str, tuple[Feed, ...]]:
    """Make the text with the new sources; gives them as they were read from it."""
    old, source = read_feeds(text, path, env)
    changed = _with_items(text, source, [_keys(wishes) for wishes in new])
    try:
        feeds, _ = read_feeds(changed, path, env)
    except ConfigError as error:
        raise ConfigError(
            f"{source.name} is unchanged; with the new source it would be wrong\n{error}"
        ) from error
    if feeds[: len(old)] != old or len(feeds) != len(old) + len(new):
        raise NewswireError(f"{source.name}: there is no place for a new source; edit it by hand")
    return changed, feeds[len(old) :]


def _with_items(text: str, source: Source, items: Sequence[Sequence[str]]) -> str:
    lines = text.splitlines(keepends=True)
    newline = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += newline
    value = source.value if isinstance(source.value, dict) else {}
    if "feeds" not in value:
        return "".join([*lines, f"feeds:{newline}", *_items(items, 2, newline)])
    listed = value["feeds"]
    if source.is_block(("feeds",)) and listed:
        _, end = source.lines_of_item(("feeds", len(listed) - 1))
        return "".join([*lines[:end], *_items(items, source.column_of(("feeds",)), newline), *lines[end:]])
    if listed:
        raise NewswireError(f"{source.name}: feeds stands in brackets; edit it by hand")
    line = source.line_of_key(("feeds",))
    emptied = _EMPTY_LIST.sub(r"\1", lines[line], count=1).rstrip()
    lines[line] = emptied + newline
    return "".join([*lines[: line + 1], *_items(items, 2, newline), *lines[line + 1 :]])


def _items(items: Sequence[Sequence[str]], column: int, newline: str) -> list[str]:
    return [
        f"{' ' * column}{'  ' if place else '- '}{key}{newline}"
        for keys in items
        for place, key in enumerate(keys)
    ]


def _keys(wishes: Wishes) -> list[str]:
    return [f"{key}: {_scalar(value)}" for key, value in wishes.items()]


def _scalar(value: str | Sequence[str]) -> str:
    """Write a value so that YAML reads it as this text; JSON's strings are YAML's."""
    if not isinstance(value, str):
        return f"[{', '.join(_scalar(each) for each in value)}]"
    plain = _PLAIN.fullmatch(value) and "," not in value and not _NOT_TEXT.fullmatch(value)
    return value if plain else json.dumps(value, ensure_ascii=False)


@contextmanager
def _editing(path: Path) -> Iterator[str]:
    """Read the file under a lock, so that two edits at once both stay."""
    try:
        with _opened(path.parent) as folder:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield path.read_bytes().decode("utf-8-sig") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise NewswireError(f"{path} cannot be edited: {error}") from error


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)


def _replace(path: Path, text: str) -> None:
    """Put a new file in the place of the old: readers see one or the other, also after a crash."""
    path = path.resolve()  # a link stays a link
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            os.fchmod(file.fileno(), path.stat().st_mode & 0o777 if path.exists() else 0o644)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    with _opened(path.parent) as folder:
        os.fsync(folder)

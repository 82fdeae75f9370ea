"""The words of complaints about a configuration: what was meant, the line with a caret. Pure."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from pipeline.redaction import HIDDEN, hide_in_urls

#: keys and indexes from the top of the document
KeyPath = tuple[str | int, ...]

#: keys whose values are never shown, whatever they are under
SECRET_WORDS = frozenset(
    {
        "auth",
        "headers",
        "proxy",
        "user",
        "password",
        "passphrase",
        "token",
        "secret",
        "value",
        "key",
        "api_key",
    }
)

_KEY_VALUE = re.compile(r"(\s*(?:- +)*)([A-Za-z_][\w-]*)\s*:\s*(.*)")
_WIDTH = 160
_UNPRINTABLE = dict.fromkeys((*range(32), *range(127, 160), 8232, 8233), "�")
_UNPRINTABLE[0x09] = " "

#: what people write for a key of ours
_OTHER_WORDS = {
    "active": "enabled",
    "address": "url",
    "ca": "ca_file",
    "country": "default_region",
    "dir": "directory",
    "every": "interval",
    "folder": "directory",
    "labels": "tags",
    "lang": "language",
    "link": "url",
    "login": "user",
    "name": "id",
    "pass": "password",
    "path": "directory",
    "poll": "interval",
    "refresh": "interval",
    "region": "default_region",
    "sources": "feeds",
    "type": "kind",
    "username": "user",
}


def suggest(key: str, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """Say which of the known keys was probably meant.

    Args:
        key: As written.
        known: Keys that may stand there.
        likeness: 0 to 1; from which on a key counts as a slip of another.

    >>> suggest("evry", ["interval", "enabled"]), suggest("langauge", ["language"]), suggest("x", ["url"])
    ('interval', 'language', None)
    """
    names = {name: name for name in known}
    words = {word: name for word, name in _OTHER_WORDS.items() if name in names} | names
    found = get_close_matches(key.lower().replace("-", "_"), words, n=1, cutoff=likeness)
    return words[found[0]] if found else None


def written(place: KeyPath) -> str:
    """Write a place as people do.

    >>> written(("feeds", 0, "auth", "kind"))
    'feeds[0].auth.kind'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return printable(text.removeprefix("."))


def may_be_shown(place: KeyPath, public: frozenset[str]) -> bool:
    """Say whether the value at a place may stand in a complaint: it is public, or was meant for one that is.

    Args:
        place: Where the value stands.
        public: Places without indexes: `feeds.url`.

    >>> public = frozenset({"feeds.url", "feeds.interval"})
    >>> [may_be_shown(("feeds", 0, key), public) for key in ("url", "intervall", "passwrd", "x")]
    [True, True, False, False]
    """
    *around, leaf = [part for part in place if isinstance(part, str)] or [""]
    inside = ".".join(around)
    beside = {name.rpartition(".")[2] for name in public if name.rpartition(".")[0] == inside}
    meant = suggest(leaf, beside | SECRET_WORDS, likeness=0.75)
    return leaf in beside or meant in beside - SECRET_WORDS


def masked(line: str, spans: Iterable[tuple[int, int]], column: int) -> tuple[str, int]:
    """Hide spans of a line.

    Returns:
        The line, and where `column` has gone.

    >>> masked("user: abc, key: 1", [(6, 9)], 11)
    ('user: ***, key: 1', 11)
    """
    shown, done, moved = "", 0, column
    for start, end in sorted(spans):
        if end > start >= done:
            shown += line[done:start] + HIDDEN
            done = end
            moved += len(HIDDEN) - (end - start) if end <= column else 0
    return hide_in_urls(shown + line[done:]), moved


def pointed(line: str, column: int) -> str:
    """Show a line with a caret under a column (from 0), on lines of their own."""
    line = printable(line)
    shown = line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
    caret = f"\n    {' ' * column}^" if column <= len(shown) else ""
    return f"\n    {shown}{caret}"


def pointed_unread(line: str, column: int, public: frozenset[str]) -> str:
    """Show a line that could not be read as YAML, as far as it is known to hold no secret."""
    match = _KEY_VALUE.fullmatch(line)
    if match is None:
        return ""
    leaves = {name.rpartition(".")[2] for name in public} - SECRET_WORDS
    if match[2] in leaves and not match[3].startswith(("{", "[")):
        return pointed(hide_in_urls(line), column)
    return pointed(f"{line[: match.start(3)]}{HIDDEN if match[3] else ''}", min(column, match.start(3)))


def printable(text: str) -> str:
    """Replace what a terminal would obey; the length stays."""
    return text.translate(_UNPRINTABLE)

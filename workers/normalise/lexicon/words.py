"""How the tables of the lexicon are written down, and how they are looked for."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

#: characters of an expression that one ending saves: with fewer it only grows deeper
_WORTH_SHARING = 200


def words(listed: str) -> frozenset[str]:
    """Give the words of a list that is written as a text."""
    return frozenset(listed.split())


def names(listed: str) -> frozenset[str]:
    """Give the names of a list that is written as lines, with bars between names on one line."""
    return frozenset(name.strip() for line in listed.splitlines() for name in line.split("|") if name.strip())


def any_of(listed: str) -> str:
    """Make one regular expression, without groups of its own, of alternatives that are written as lines."""
    return "|".join(line.strip() for line in listed.strip().splitlines())


def one_of(names: Collection[str]) -> str:
    r"""Make one regular expression, without groups of its own, that finds any of many names, longest first.

    What many names begin or end with stands in it once: a plain list of a thousand names takes five times as
    long to compile, and fifty times as long to find none of them.

    >>> one_of(["writethru", "write-thru", "write"])
    'write(?:\\-thru|thru)?'
    """
    endings: dict[str, list[str]] = defaultdict(list)
    whole = _longest_first(_tree(sorted(set(names))), "", endings)
    ending, beginnings = max(endings.items(), key=_saved, default=("", []))
    if _saved((ending, beginnings)) < _WORTH_SHARING:
        return whole
    # Every name that begins so ends so; none of the others can be longer at the same place.
    others = one_of([name for name in names if not name.startswith(tuple(beginnings))])
    shared = f"{one_of(beginnings)}{ending}"
    return f"(?:{shared}|{others})" if others else shared


def _tree(names: Iterable[str]) -> Mapping[str, Any]:
    """Build the tree of what names begin with; an empty key ends a name."""
    following: dict[str, list[str]] = defaultdict(list)
    for name in names:
        following[name[:1]].append(name[1:])
    return {first: _tree(rest) if first else {} for first, rest in following.items()}


def _longest_first(tree: Mapping[str, Any], beginning: str, endings: dict[str, list[str]]) -> str:
    """Write a tree as a regular expression; note for each part of it after which beginnings it stands."""
    branches = [
        re.escape(first) + _longest_first(rest, beginning + first, endings)
        for first, rest in tree.items()
        if first
    ]
    if not branches:
        return ""
    several = len(branches) > 1 or "" in tree
    ending = (f"(?:{'|'.join(branches)})" if several else branches[0]) + ("?" if "" in tree else "")
    endings[ending].append(beginning)
    return ending


def _saved(shared: tuple[str, list[str]]) -> int:
    ending, beginnings = shared
    return len(ending) * (len(beginnings) - 1)

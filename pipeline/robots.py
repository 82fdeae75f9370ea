"""What a site's robots.txt lets us fetch. Pure.

Feeds are made to be fetched by programs, and are not looked up here; pages of articles are made for people.

Source: RFC 9309.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

#: of a robots.txt that is read (RFC 9309 §2.5 asks for 500 KiB at least)
MAX_BYTES = 512_000
#: rules that count; a site needs a few hundred
_MAX_RULES = 5_000
#: wild cards in one rule; each is a search
_MAX_STARS = 20
_PRODUCT = re.compile(r"\*|[a-z_-]+")
_LINE = re.compile(r"\s*([A-Za-z-]+)\s*:\s*([^#\r\n]*)")


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for us: the rules of our group, longest first."""

    #: pattern, and whether it allows
    lines: Sequence[tuple[str, bool]] = ()

    def allow(self, url: str) -> bool:
        """Say whether a URL may be fetched.

        >>> read_rules(b"User-agent: *\\nDisallow: /paid/\\nAllow: /paid/free", "newswire").allow(
        ...     "https://wire.example/paid/free/1")
        True
        """
        parts = urlsplit(url)
        path = _normal(f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/")
        return next((allows for pattern, allows in self.lines if _fits(pattern, path)), True)


EVERYTHING = Rules()
NOTHING = Rules((("/", False),))


def read_rules(body: bytes, agent: str) -> Rules:
    """Read a robots.txt.

    Args:
        body: The file; what is over MAX_BYTES is not read.
        agent: Our name, in lower case.
    """
    groups: dict[str, list[tuple[str, bool]]] = {}
    names: list[str] = []
    is_header = False
    for line in body[:MAX_BYTES].decode("utf-8-sig", "replace").splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        key, value = found[1].lower(), found[2].strip()
        if key == "user-agent":
            name = _product(value)
            names = [*names, name] if is_header else [name]
            groups.setdefault(name, [])
            is_header = True
        elif key in ("allow", "disallow"):
            is_header = False
            for name in names if value else ():
                groups[name].append((_normal(value), key == "allow"))
    # A group that names us holds instead of the one for all.
    rules = groups.get(agent, groups.get("*", []))[:_MAX_RULES]
    # The longest rule decides; of two that are as long, the one that allows.
    return Rules(tuple(sorted(rules, key=lambda rule: (-len(rule[0]), not rule[1]))))


def _product(value: str) -> str:
    """Give the product token of a group's name, without a version or what else stands behind it."""
    found = _PRODUCT.match(value.lower())
    return found[0] if found else ""


def _normal(path: str) -> str:
    """Write a path in one way, whatever of it was quoted."""
    return quote(path, safe="/%?=&*$:;,@!+~()'[]-._")


def _fits(pattern: str, path: str) -> bool:
    """Compare a path with a pattern of `*` and a `$` at the end, in linear steps: no regular expression."""
    is_whole = pattern.endswith("$")
    pieces = pattern.removesuffix("$").split("*", _MAX_STARS)
    if not path.startswith(pieces[0]):
        return False
    at = len(pieces[0])
    for piece in pieces[1:-1]:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    if len(pieces) == 1:
        return not is_whole or at == len(path)
    last = pieces[-1]
    return path.endswith(last) and len(path) - len(last) >= at if is_whole else path.find(last, at) >= 0

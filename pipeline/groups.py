"""Rate-limit groups: which feeds share the limits of one server's patience. Pure.

A group is a host, with its port where that is not the usual one; or what the configuration says: a label of
the source's own, or for all the registrable domain (`news.example.co.uk` and `www.example.co.uk` together).
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from pipeline.cache_sizes import RATE_GROUPS
from pipeline.model import Feed, SourceKind

#: between the beginnings of two requests to one group, where nothing else is configured
SPACING_S = 1.0

_USUAL_PORTS = {"http": 80, "https": 443, "imaps": 993}
#: second levels under which countries register names: example.co.uk is one site, co.uk is none. To take two
#: sites for one costs a second's wait, so that no list of all such names is needed
_REGISTRIES = frozenset("ac co com edu gob gouv gov go ltd mil ne net nom or org plc sch".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRules:
    """How requests are grouped, and what a group may be asked to bear."""

    #: requests at once to one group
    at_once: int = 2
    #: None: SPACING_S, and none for this machine's own servers
    spacing_s: float | None = None
    by_domain: bool = False

    def of_feed(self, feed: Feed) -> str:
        """Name the group of a source; a directory is one of its own."""
        if feed.kind in (SourceKind.DIRECTORY, SourceKind.IMPORT):
            return f"{feed.kind}:{feed.id}"
        return feed.rate_group or self.of_url(feed.url)

    def of_url(self, url: str) -> str:
        """Name the group of an address."""
        return _group_of(url, self.by_domain)

    def spacing_of(self, group: str) -> float:
        """Say how many seconds lie between the beginnings of two requests to a group."""
        if self.spacing_s is not None:
            return self.spacing_s
        return 0.0 if _is_here(group) else SPACING_S

    def begun_of(self, group: str) -> int:
        """Say how many polls of a group may be under way, those that wait for a place among them.

        Where requests are spaced each begins in its turn. Where they are not, twice as many more are claimed
        ahead, for a claim takes longer than a server that is near. Not more, as their lease runs meanwhile.
        """
        return self.at_once if self.spacing_of(group) else 3 * self.at_once


@lru_cache(RATE_GROUPS)
def _group_of(url: str, by_domain: bool) -> str:
    """Take host and port out of an address; one poll asks for it several times."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url
    if by_domain:
        return registrable(host)
    host = f"[{host}]" if ":" in host else host
    return host if port in (None, _USUAL_PORTS.get(parts.scheme)) else f"{host}:{port}"


def registrable(host: str) -> str:
    """Cut a host down to the domain that somebody registered; addresses stay whole.

    >>> [registrable(host) for host in ("www.example.com", "a.b.example.co.uk", "127.0.0.1", "localhost")]
    ['example.com', 'example.co.uk', '127.0.0.1', 'localhost']
    """
    labels = host.split(".")
    if ":" in host or labels[-1].isdigit():
        return host
    deep = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _REGISTRIES
    return ".".join(labels[-3 if deep else -2 :])


@lru_cache(RATE_GROUPS)
def _is_here(group: str) -> bool:
    """Say whether a group is this machine: politeness to oneself is none."""
    if group.startswith(("directory:", "import:")):
        return True
    try:
        host = urlsplit(f"//{group}").hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False

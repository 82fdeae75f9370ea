"""Which network addresses a feed may reach: judged at the socket, where no spelling or resolver can lie.

A feed's URL, its redirects and the answers of name servers come from strangers, who must not make us
talk to this machine or its neighbours (server-side request forgery). The guard sits where sockets are
made, because only there every new connection shows the address it really goes to. `ipaddress.is_global`
is no guard: it calls 64:ff9b::7f00:1, 2002:7f00:1:: and ::127.0.0.1 global.
"""

import socket
from collections.abc import Callable, Sequence
from errno import EACCES
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any

Network = IPv4Network | IPv6Network
#: family, type, protocol, canonical name, socket address: as getaddrinfo gives it
AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]

#: IANA special-purpose registries (RFC 6890 and later) and what reaches IPv4 by way of IPv6
_DENIED: Sequence[tuple[Network, str]] = tuple(
    (ip_network(network), why)
    for network, why in (
        ("0.0.0.0/8", "this machine"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "a carrier's private network"),
        ("127.0.0.0/8", "this machine"),
        ("169.254.0.0/16", "a link-local network"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "reserved for documentation"),
        ("192.88.99.0/24", "reserved (6to4 relays)"),
        ("192.168.0.0/16", "a private network"),
        ("198.18.0.0/15", "reserved for benchmarks"),
        ("198.51.100.0/24", "reserved for documentation"),
        ("203.0.113.0/24", "reserved for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "this machine"),
        ("::1/128", "this machine"),
        ("64:ff9b:1::/48", "a private network (local NAT64)"),
        ("2001::/23", "reserved for protocols (Teredo among them)"),
        ("2001:db8::/32", "reserved for documentation"),
        ("2002::/16", "reserved (6to4)"),
        ("3fff::/20", "reserved for documentation"),
        ("fc00::/7", "a private network"),
        ("fe80::/10", "a link-local network"),
        ("fec0::/10", "a private network (site-local)"),
        ("ff00::/8", "multicast"),
    )
)
_V6_IN_USE = IPv6Network("2000::/3")
#: RFC 6052: stands for the IPv4 address in its last 32 bits, on networks that have no IPv4
_NAT64 = IPv6Network("64:ff9b::/96")


class BlockedAddressError(OSError):
    """A socket was not made, for its address may not be reached."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(EACCES, "an address that feeds may not reach")
        self.address = address
        self.why = why

    def __str__(self) -> str:
        # The same words for every address: happy eyeballs keeps the type of an error only
        # when all addresses of a name failed with the same words.
        return "an address that feeds may not reach"


def blocked(address: str, allow: Sequence[Network]) -> str | None:
    """Say why an address may not be reached; None: it may.

    Args:
        address: IPv4 or IPv6 in numbers, perhaps with an IPv6 scope (`fe80::1%eth0`).
        allow: Networks that may be reached all the same.

    >>> blocked("::ffff:127.0.0.1", ())
    'this machine'
    >>> blocked("10.1.2.3", [ip_network("10.0.0.0/8")]) is None
    True
    >>> blocked("198.41.0.4", ()) is None
    True
    """
    try:
        ip = _plain(ip_address(address.partition("%")[0]))
    except ValueError:
        return "not an address"
    if any(ip in network for network in allow):
        return None
    for network, why in _DENIED:
        if ip in network:
            return why
    if ip.version == 6 and ip not in _V6_IN_USE:
        return "not an address of the public internet"
    return None


def literal(host: str) -> str | None:
    """Read a URL's host as an address, in any spelling a system takes for one; None: it is a name.

    >>> [literal(host) for host in ("0x7f.1", "2130706433", "[::1]", "127.0.0.1.", "news.example")]
    ['127.0.0.1', '127.0.0.1', '::1', '127.0.0.1', None]
    """
    bare = host.strip("[]").rstrip(".")
    try:
        return str(ip_address(bare.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(bare))
    except (OSError, UnicodeError):
        return None


def guarded_socket_factory(allow: Sequence[Network]) -> Callable[[AddrInfo], socket.socket]:
    """Make what an aiohttp connector calls for each socket: it refuses addresses that are blocked.

    Raises (when called):
        BlockedAddressError: The address may not be reached; no packet was sent.
    """

    def open_socket(info: AddrInfo) -> socket.socket:
        family, kind, protocol, _, target = info
        why = blocked(str(target[0]), allow)
        if why is not None:
            raise BlockedAddressError(str(target[0]), why)
        return socket.socket(family, kind, protocol)

    return open_socket


def _plain(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Take the IPv4 address out of an IPv6 one that only stands for it."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    return IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip

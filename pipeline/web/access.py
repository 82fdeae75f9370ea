"""Who may ask the web interface what. Pure: a request's words in, a refusal or nothing out.

Three doors stand one behind the other. The host name must be one of ours, or any page in the operator's
browser could rebind its own name to this address and read everything. The method only reads. Beyond this
machine a token is needed.
"""

from dataclasses import dataclass, field
from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlsplit

from pipeline.errors import ConfigError
from pipeline.identity import digest

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
#: asked by those who watch the process; they give no content away
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
READING_METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What may be asked, and by whom."""

    #: names under which this server may be addressed, lower case, without port
    hosts: frozenset[str] = LOOPBACK_NAMES
    #: an address may be used instead of a name: it cannot be rebound
    any_address: bool = False
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of a request decides whether it is answered."""

    method: str
    path: str
    #: the Host header as sent
    host: str
    #: the Authorization header as sent
    authorization: str = field(default="", repr=False)
    #: the session cookie as sent
    session: str = field(default="", repr=False)
    #: the parameter `token` of the address
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request is not answered."""

    status: int
    words: str
    headers: tuple[tuple[str, str], ...] = ()


def access_for(host: str, *, token: str | None = None, names: tuple[str, ...] = ()) -> Access:
    """Say what may be asked of a server that listens at an address.

    Args:
        host: Name or address to listen at.
        token: What those who ask must know.
        names: Further names under which the server is reached, as behind a proxy.

    Raises:
        ConfigError: It would be open to others without a token.
    """
    if not _is_loopback(host) and not token:
        raise ConfigError(
            f"web.host is {host}: beyond this machine the web interface needs a token. "
            "Set NEWSWIRE_WEB__TOKEN, or listen at 127.0.0.1"
        )
    hosts = LOOPBACK_NAMES | {name.lower() for name in (*names, host)}
    return Access(hosts=frozenset(hosts), any_address=_is_any(host), token=token or None)


def refusal(access: Access, asked: Asked) -> Refusal | None:
    """Say why a request is refused; None: it is answered."""
    if not _knows_host(access, asked.host):
        return Refusal(status=400, words="this server is not known under that host name (see web.hosts)")
    if asked.method not in READING_METHODS:
        allowed = ", ".join(READING_METHODS)
        return Refusal(status=405, words=f"only {allowed}", headers=(("allow", allowed),))
    if asked.path in OPEN_PATHS or access.token is None or _has_token(access.token, asked):
        return None
    return Refusal(
        status=401,
        words="a token is needed: Authorization: Bearer TOKEN, or /?token=TOKEN once in a browser",
        headers=(("www-authenticate", "Bearer"),),
    )


def wants_session(access: Access, asked: Asked) -> bool:
    """Say whether a page's address holds the right token: browsers keep addresses and send them on."""
    machine = asked.path.startswith("/api/") or asked.path == "/metrics"
    return not machine and access.token is not None and _same(asked.token, access.token)


def session_of(token: str) -> str:
    """Make the value of the session cookie: the token itself is not kept in the browser."""
    return digest("web session", token)


def _has_token(token: str, asked: Asked) -> bool:
    scheme, _, given = asked.authorization.partition(" ")
    if scheme.lower() == "bearer" and _same(given.strip(), token):
        return True
    return _same(asked.token, token) or _same(asked.session, session_of(token))


def _same(given: str, expected: str) -> bool:
    return compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _knows_host(access: Access, header: str) -> bool:
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return False
    return name in access.hosts or (access.any_address and _is_address(name))


def _is_loopback(host: str) -> bool:
    return host.lower() in LOOPBACK_NAMES or (_is_address(host) and ip_address(host).is_loopback)


def _is_any(host: str) -> bool:
    return _is_address(host) and ip_address(host).is_unspecified


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True

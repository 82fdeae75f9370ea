"""URLs: one for each page, however it was linked to, and what may be told to which. Pure; a home of yarl."""

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from yarl import URL

from pipeline.model import Feed

# Parameters that say where a reader came from, not what the page is. Each belongs to a known tool:
# a parameter that might choose a page (`id`, `ref`, `source`) is none of them.
_TRACKING = frozenset(
    {
        *("fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid"),
        *("igshid", "igsh", "li_fat_id", "_openstat", "_ga", "_gl", "_hsenc", "_hsmi", "hsctatracking"),
        *("mc_cid", "mc_eid", "mkt_tok", "vero_id", "oly_enc_id", "oly_anon_id", "wickedid", "spm", "trk"),
        *("cmp", "cmpid", "ncid", "ocid", "icid", "smid", "smtyp", "ito", "s_cid", "xtor", "wtmc", "wt_mc"),
        *("wt.mc_id", "maca", "feedname", "feedtype", "ns_mchannel", "ns_source", "ns_campaign"),
        *("ns_linkname", "ns_fee", "__twitter_impression", "traffic_source"),
    }
)
_TRACKING_PREFIXES = ("utm_", "at_", "pk_", "mtm_", "matomo_", "hsa_")
_EDGES = "".join(map(chr, range(0x21)))
#: most links are in their one form already: lower-case host without port, a path without dots between slashes
_CANONICAL = re.compile(r"https?://(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*)?)+")
_USERINFO = re.compile(r"(?<=//)[^/?#@\s]*@(?:[^/?#@\s]*@)*")


def canonical_url(url: str, base: str | None = None) -> str | None:
    """Write an http(s) URL in its one form; None for anything else.

    Lower-case scheme and host (as ASCII), no user, default port, dot segments, tracking parameters or
    fragment; the query sorted by name. A parameter without a value ("?print") stays one: servers
    tell it from an empty one.

    Args:
        url: As found; relative ones need a base.
        base: URL of the document it was found in.

    >>> canonical_url("HTTP://Example.com:80/a/../b?utm_source=rss&b=2&a=1#top")
    'http://example.com/b?a=1&b=2'
    >>> canonical_url("mailto:desk@example.com") is None
    True
    """
    if _CANONICAL.fullmatch(url):
        return url
    try:
        text = url.strip(_EDGES)
        parsed = URL(urljoin(base, text) if base else text)
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            return None
        host = parsed.host.rstrip(".")
        port = None if parsed.is_default_port() else parsed.explicit_port
        query = sorted(each for each in _parameters(parsed) if not _tracks(each[0]))
        plain = parsed.with_user(None).with_host(host).with_port(port)
        plain = plain.with_path(plain.raw_path or "/", encoded=True).with_query(
            [(key, value) for key, value, _ in query]
        )
    except (
        ValueError,
        TypeError,
        IndexError,
    ):  # a broken port, address or international name; "http://a[b]@"
        return None
    if not any(bare for _, _, bare in query):
        return str(plain)
    written = zip(plain.raw_query_string.split("&"), query, strict=True)
    shown = "&".join(part.removesuffix("=") if bare else part for part, (_, _, bare) in written)
    return f"{plain.with_query(None)}?{shown}"


def origin(url: str) -> tuple[str, str, int | None] | None:
    """Give scheme, host and port; None: it is no address of the web.

    >>> origin("https://wire.example/a"), origin("file:///etc/hosts")
    (('https', 'wire.example', None), None)
    """
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and parts.hostname
        return (parts.scheme, parts.hostname or "", parts.port) if is_web else None
    except ValueError:
        return None


def at_address(feed: Feed, url: str) -> Feed:
    """Make of a feed what another address is asked for by; credentials and rights are its own site's."""
    there = replace(feed, url=url)
    if origin(url) == origin(feed.url):
        return there
    return replace(there, auth=None, headers={}, allow_private=(), rate_group=None, ca_file=None)


def without_secrets(url: str, parameters: Iterable[str] = ()) -> str:
    """Hide user, password and the named query parameters of a URL, for showing; a file name stays as it is.

    >>> without_secrets("https://me:pass@example.com/feed?apikey=s3cret&page=2", ["apikey"])
    'https://***@example.com/feed?apikey=***&page=2'
    """
    shown = _USERINFO.sub("***@", url)
    for name in parameters:
        shown = re.sub(rf"([?&;#]{re.escape(name)}=)[^&;#]*", r"\1***", shown, flags=re.IGNORECASE)
    return shown


def _parameters(url: URL) -> Iterable[tuple[str, str, bool]]:
    """Give name and value of each parameter, and whether it came without "="."""
    written = filter(None, url.raw_query_string.split("&"))
    for part, (key, value) in zip(written, url.query.items(), strict=True):
        yield key, value, "=" not in part


def _tracks(key: str) -> bool:
    name = key.lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)

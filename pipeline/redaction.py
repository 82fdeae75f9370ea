"""Texts without the secrets in them: known ones, and those that URLs carry. Pure."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, quote, quote_plus, unquote

HIDDEN = "***"

_USERINFO = re.compile(r"(?<=://)[^/?#\s\"'<>@]*(?:@[^/?#\s\"'<>@]*)*@")
_QUERY = re.compile(
    r"([?&][\w.-]*(?:key|token|auth|secret|pass|passwd|password|pwd|sig|signature|credential)=)[^&#\s\"'<>]+",
    re.I,
)
#: shorter ones occur in ordinary words; hiding them would make logs unreadable and tell them all the same
_SHORTEST = 4


def hide_in_urls(text: str) -> str:
    """Hide user and password of URLs, and query parameters whose name speaks of a secret.

    >>> hide_in_urls("redis://:pw@host/0 and https://host/rss?page=2&api_key=abc")
    'redis://***@host/0 and https://host/rss?page=2&api_key=***'
    """
    if "://" not in text:
        return text
    if "@" in text:
        text = _USERINFO.sub(f"{HIDDEN}@", text)
    return _QUERY.sub(rf"\1{HIDDEN}", text) if "=" in text else text


def passwords_in(url: str) -> Iterator[str]:
    """Give the passwords of a URL, as they are written and as they are meant.

    >>> list(passwords_in("redis+sentinel://u:p%40ss@a:1,b:2/wire?sentinel_password=word"))
    ['p%40ss', 'p@ss', 'word']
    """
    before, _, query = url.partition("://")[2].partition("?")
    in_front = before.partition("/")[0].rpartition("@")[0].partition(":")[2]
    behind = [value for key, value in parse_qsl(query) if key.endswith("password")]
    for each in filter(None, (in_front, *behind)):
        yield from dict.fromkeys((each, unquote(each)))


class Redactor:
    """Hides known secrets, also as they look inside a URL or in base64, and what URLs carry."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        # Longest first: a secret may be the beginning of another.
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """Return the text with its secrets hidden."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        return hide_in_urls(text)


def _forms(secret: str) -> tuple[str, ...]:
    data = secret.encode("utf-8", "surrogateescape")
    in_url = (quote(data, safe=""), quote(data), quote_plus(data))
    return secret, *in_url, b64encode(data).decode(), repr(secret)[1:-1], json.dumps(secret)[1:-1]

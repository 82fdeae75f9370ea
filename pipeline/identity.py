"""Who an item is: uri, id and content hash. One definition, for every format (docs/decisions.md).

The scope of an identity is the provider. `uri` names the item, `id` one version of it. Neither is ever
random, an ordinal or a time of arrival: reading the same bytes twice gives the same identity.
"""

import re
from hashlib import blake2b
from urllib.parse import quote

_NOT_WORD = re.compile(r"[^\w]+")


def digest(*parts: str | bytes | None) -> str:
    """Hash parts to 32 hexadecimal digits; where one part ends and the next begins counts.

    >>> digest("a", "bc") == digest("ab", "c")
    False
    >>> digest(None) == digest("")
    False
    """
    state = blake2b(digest_size=16)
    for part in parts:
        if part is None:
            state.update(b"-;")
            continue
        # Lone surrogates cannot be encoded as UTF-8: they must hash, not crash.
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        state.update(b"%d:" % len(data))
        state.update(data)
    return state.hexdigest()


def feed_id(url: str) -> str:
    """Name a feed that has no id in the configuration; redirects never change it."""
    return digest("feed", url)[:12]


def scope_of(provider: str) -> str:
    """Write a provider as the scope of an identity.

    >>> scope_of("Agence  France-Presse")
    'agence-france-presse'
    """
    return _NOT_WORD.sub("-", provider.casefold()).strip("-") or "unknown"


def uri_of_guid(provider: str, guid: str, revision: str | None = None) -> str:
    """Name an item by its sender's id, without the revision.

    Only a `urn:newsml:` ends in its revision by standard (RFC 3085), perhaps with a letter for updates.

    >>> uri_of_guid("Reuters", "tag:example.com,2026:a b")
    'urn:newswire:reuters:tag:example.com,2026:a%20b'
    >>> uri_of_guid("Reuters", "urn:newsml:wire.example:20260203:nL1:2U", "2")
    'urn:newswire:reuters:urn:newsml:wire.example:20260203:nL1'
    """
    if revision and guid.lower().startswith("urn:newsml:"):
        item, _, last = guid.strip().rpartition(":")
        guid = item if last.rstrip("NUA") == revision and item.count(":") >= 4 else guid
    return f"urn:newswire:{quote(scope_of(provider))}:{quote(guid.strip(), safe=':/,;@&=+$!*()#?~.-_%')}"


def uri_of_text(
    provider: str, *, service: str | None, date: str | None, slugline: str | None, opening: str
) -> str:
    """Name an item that has no sender's id: by agency, service, date and slug, or its first words.

    Args:
        provider: Scope of the identity.
        service: Wire service or category, where the format gives one.
        date: ISO 8601 date of the dateline, where there is one.
        slugline: Slug or keyword line; where it is given, later takes and leads keep the identity.
        opening: Headline without series words, or the first words of the body.
    """
    words = " ".join(_NOT_WORD.sub(" ", opening.casefold()).split()[:12])
    key = _folded(slugline.casefold()) if slugline else None
    name = digest("text", service, date, key, None if key else words)
    return f"urn:newswire:{quote(scope_of(provider))}:text:{name}"


def content_hash(*, headline: str | None, body_text: str, pub_status: str) -> str:
    """Hash what a version says; where its paragraphs end does not count.

    Args:
        headline: On one line, in NFC.
        body_text: As normalise writes it: NFC, no white space but single spaces and the blank lines between
            paragraphs.
        pub_status: Publishing status.
    """
    return digest("content", headline or "", body_text.replace("\n\n", " "), pub_status)


def document_id(uri: str, content: str, revision: str | None) -> str:
    """Name one version of an item: hash of uri, content hash and sender's revision."""
    return digest("document", uri, content, revision)


def entry_key(feed: str, entry_json: bytes, occurrence: str) -> str:
    """Name one taken-in entry: the same entry of the same feed is taken in once.

    Args:
        feed: The feed's id.
        entry_json: The entry's JSON as pipeline.codec writes it.
        occurrence: Empty for feeds that list an entry again and again; what tells one delivery from
            the next for files (each of them is a sighting).
    """
    return digest("entry", feed, entry_json, occurrence)


def revision_rank(revision: str | None) -> int:
    """Read a sender's revision as a number that orders a chain; -1 where it is none.

    >>> [revision_rank(r) for r in ("3", "10", "2.1", "v4", "abc", None)]
    [3, 10, 2, 4, -1, -1]
    """
    match = re.search(r"[0-9]{1,18}", revision or "")
    return int(match.group()) if match else -1


def _folded(text: str) -> str:
    return " ".join(text.split())

"""Who an item is: uri, id and content hash. One definition, for every format (docs/decisions.md).

The scope of an identity is the provider. `uri` names the item, `id` one version of it. Neither is ever
random, an ordinal or a time of arrival: reading the same bytes twice gives the same identity.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import quote

from pipeline.cache_sizes import ITEM_NAMES, SENT_NAMES

_NOT_WORD = re.compile(r"[^\w]+")


class _Scheme(NamedTuple):
    """A well-known form of ids that have the revision inside."""

    #: stands in every id of this form, folded: cheaper to look for than the form
    sign: str
    #: groups: `name`, perhaps `rest` of the name, and the revision as `rev` where there is one
    form: re.Pattern[str]


def _scheme(sign: str, form: str) -> _Scheme:
    return _Scheme(sign.casefold(), re.compile(form, re.IGNORECASE))


#: asked in this order; the first that has the form of the id decides
_SCHEMES = (
    # RFC 3085: urn:newsml:{provider}:{date}:{item}:{revision}{update}
    _scheme(
        "urn:newsml:",
        r"(?P<name>urn:newsml:[^:]+:\d{4}-?\d\d-?\d\d(?:T\d{4,6}(?:Z|[+-]\d{4})?)?:.+):(?P<rev>\d+)[NUA]?",
    ),
    # dpa: urn:newsml:dpa.com:20090101:200101-99-123456/2
    _scheme("urn:newsml:dpa.com:", r"(?P<name>urn:newsml:dpa\.com:\d+:[^/]+)/(?P<rev>\d{1,3})"),
    # AFP: its items are TX-PAR-ABC12 and doc-1a2b3c
    _scheme("afp.com", r"(?P<name>.*[:.](?:TX-[A-Z]{3}-[A-Z0-9]{5}|doc-[a-z0-9]{5,8}))[-:.](?P<rev>\d{1,3})"),
    # Reuters: tag:reuters.com,2014:newsml_KBN0FL0NM:10, or the same with underscores
    _scheme("reuters.com", r"(?P<name>tag[:_]reuters\.com[,_]\d{4}[:_]newsml_[A-Z0-9]+)[:_](?P<rev>\d{1,4})"),
    # NTB, and others that write with Superdesk: NTB{uuid}_01
    _scheme("NTB", r"(?P<name>NTB[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_(?P<rev>\d{2})"),
    # PA: http://PA_API/{uuid}/{time of the version}/{version}
    _scheme(
        "-",
        r"(?P<name>.*/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/\d{4}-\d\d-\d\dT[\d:.]+Z/(?P<rev>\d{1,4})",
    ),
    # AP: what stands behind the id are keys of one request
    _scheme("api.ap.org", r"(?P<name>https?://api\.ap\.org/[^?#]+)\?.*"),
    # BBC: https://www.bbc.co.uk/news/articles/abc#2
    _scheme("#", r"(?P<name>https?://(?:www\.)?bbc\.(?:com|co\.uk)/[^#]+)#(?P<rev>\d{1,3})"),
    # anybody's: …_version_10
    _scheme("version", r"(?P<name>.{4,}?)[_:;/-]version[_:=/-](?P<rev>\d{1,6})"),
    # urn:example:story-7:v3, tag:example.com,2026:story-7:v3
    _scheme(":v", r"(?P<name>(?:urn|tag):.{4,}):v(?P<rev>\d{1,4})"),
    # https://example.com/story?v=2, but not view.php?v=2, where v is what names the story
    _scheme(
        "=",
        r"(?P<name>https?://[^/?#]+/(?![^?#]*\.(?:php|aspx?|jsp|cgi|cfm)\?)[^?#]+\?(?:[^#]+&)?)"
        r"(?:v|ver|version|rev|revision)=(?P<rev>\d{1,3})(?P<rest>(?:&[^#]*)?)",
    ),
)

_WEB = re.compile(
    r"(?i)https?://(?P<host>[^/?#\s]+)(?P<path>[^?#\s]*)(?P<query>\?[^#\s]*)?(?P<fragment>#\S*)?"
)
#: what WordPress adds to the address of a story for those who look at it before it is out
_PREVIEW = re.compile(r"(?i)(?:#038;)?(?:preview|preview_id|preview_nonce|_ppp|_thumbnail_id)(?:=.*)?")
#: keys of one request or one reader, which change while the story is the same
_OF_REQUEST = re.compile(
    r"(?i)(?:(?:access|auth|session)?[_-]?token|api[_-]?key|signature|sig|hmac|nonce|expires|key-pair-id"
    r"|jsessionid|phpsessid|session_?id|x-(?:amz|goog)-[\w-]+)=.*"
)
_NO_ID = frozenset({"", "0", "-1", "-", "none", "null", "nil", "undefined", "false", "true", "guid", "n/a"})

# What tells the versions of a story apart in its slug: 1st Ld-Writethru, UPDATE 2, (Lead). Takes and adds
# stay: a part of a story replaces nothing.
_ORDINAL = r"(?:\d{1,2}(?:st|nd|rd|th|\.|er|ère|e|ème)?[\s_-]*)?"
_VERSION_WORDS = re.compile(
    rf"(?i)(?:(?<=^)|(?<=[\s,;:/(_-])){_ORDINAL}"
    r"(?:l(?:ea)?d(?:[\s_-]*write-?\s?thr(?:u|ough))?|write-?\s?thr(?:u|ough)|update[ds]?|upd|urgent|bulletin"
    r"|newsalert|corr(?:ect(?:ion|ed|s|ive)?)?|refile[ds]?|rpt|repeat|recast|wrapup"
    r"|kill|mandatory kill|withdrawal"
    r"|zusammenfassung|zf|berichtigung|korrektur|rectificati[fo]n?|corrección|actualización|actualisation)"
    r"(?:[\s_-]*\d{1,2})?(?=$|[\s,;:/)_-])"
)
_CYCLE = re.compile(r"(?i)^(?:am|pm|bc)-+")
_COUNT = re.compile(r",\s*\d{1,5}\s*$")
#: a part of an id that names its item alone, too: a UUID; the last part of an id of many, but no day
_UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LAST_PART = re.compile(
    r"(?i)(?:urn|tag):.*[:/](?:newsml_|n(?=[A-Z0-9]{7}))?(?P<name>(?=[^:/]*\d)(?!\d{4}-?\d\d-?\d\d$)[^:/]{8,})"
)
_UUID_MARKS = 4
_TRANSMISSION = re.compile(r"[^\W_]+")
_TEXT_URI = re.compile(r"urn:newswire:[^:]+:text:[0-9a-f]{32}")
_NOT_LETTER = re.compile(r"[\W_]+")

#: hexadecimal digits of an id that are enough to ask by, and all of them
SHORTEST_ID = 8
ID_DIGITS = 32


def digest(*parts: str | bytes | None) -> str:
    """Hash parts to 32 hexadecimal digits; where one part ends and the next begins counts.

    >>> digest("a", "bc") == digest("ab", "c")
    False
    >>> digest(None) == digest("")
    False
    """
    said: list[bytes] = []
    for part in parts:
        if part is None:
            said.append(b"-;")
            continue
        # Lone surrogates cannot be encoded as UTF-8: they must hash, not crash.
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        said += (b"%d:" % len(data), data)
    return blake2b(b"".join(said), digest_size=16).hexdigest()


def feed_id(url: str) -> str:
    """Name a feed that has no id in the configuration; redirects never change it."""
    return digest("feed", url)[:12]


@lru_cache(SENT_NAMES)
def scope_of(provider: str) -> str:
    """Write a provider as the scope of an identity.

    >>> scope_of("Agence  France-Presse")
    'agence-france-presse'
    """
    return _NOT_WORD.sub("-", provider.casefold()).strip("-") or "unknown"


class SenderId(NamedTuple):
    """A sender's id, taken apart."""

    name: str
    revision: str | None


def split_guid(guid: str) -> SenderId:
    """Take a sender's id apart into what names the item and what names the version.

    >>> split_guid("urn:newsml:example.com:20140718:nABC:10")
    SenderId(name='urn:newsml:example.com:20140718:nABC', revision='10')
    >>> split_guid("http://Example.com/story/?v=2")
    SenderId(name='https://example.com/story', revision='2')
    """
    guid = guid.strip()
    lower = guid.casefold()
    for scheme in _SCHEMES:
        if scheme.sign in lower and (match := scheme.form.fullmatch(guid)):
            found = match.groupdict()
            name = (
                (found["name"] + (found.get("rest") or "")).replace("&&", "&").replace("?&", "?").rstrip("?&")
            )
            return SenderId(_web_name(name), found.get("rev"))
    return SenderId(_web_name(guid), None)


def names_an_item(guid: str) -> bool:
    """Tell an id from what is the same for every item: words for nothing, and the front page of a site.

    >>> [names_an_item(each) for each in ("0", "https://example.com/", "https://example.com/?p=7", "7")]
    [False, False, True, True]
    """
    match = _WEB.fullmatch(guid.strip())
    if match is None:
        return guid.strip().casefold() not in _NO_ID
    return bool(match["path"].strip("/") or match["query"] or match["fragment"])


def _web_name(guid: str) -> str:
    """Write an address that is an id in one form: its scheme and its last slash do not tell stories apart."""
    match = _WEB.fullmatch(guid)
    if match is None:
        return guid
    host = match["host"].lower().removesuffix(":80").removesuffix(":443")
    path, query = match["path"].rstrip("/"), match["query"] or ""
    if query:
        sent = query[1:].split("&")
        kept = [
            each for each in sent if each and not (_PREVIEW.fullmatch(each) or _OF_REQUEST.fullmatch(each))
        ]
        if len(kept) < len(sent) and (kept or path):  # without a path it is all that names the item
            query = f"?{'&'.join(kept)}" if kept else ""
    return f"https://{host}{path}{query}{match['fragment'] or ''}"


def uri_of_guid(provider: str, guid: str) -> str:
    """Name an item by its sender's id, without the revision.

    >>> uri_of_guid("Reuters", "tag:example.com,2026:a b:v2")
    'urn:newswire:reuters:tag:example.com,2026:a%20b'
    >>> uri_of_guid("Reuters", "urn:newsml:wire.example:20260203:nL1:2U")
    'urn:newswire:reuters:urn:newsml:wire.example:20260203:nL1'
    """
    return uri_of_id(provider, split_guid(guid))


def uri_of_id(provider: str, sent: SenderId) -> str:
    """Name an item by its sender's id, taken apart."""
    return f"urn:newswire:{quote(scope_of(provider))}:{quote(sent.name, safe=':/,;@&=+$!*()#?~.-_%')}"


@lru_cache(ITEM_NAMES)
def item_key(uri: str) -> str:
    """Hash the name of an item."""
    return digest("uri", uri)


def names_in(guid: str) -> Iterator[str]:
    """Give the parts of a sender's id by which others may name the item: formats write ids in several forms.

    >>> list(names_in("urn:newsml:wire.example:20260203:nKB0FL0NM:10"))
    ['KB0FL0NM']
    >>> list(names_in("urn:example:sport:20260203"))
    []
    """
    if guid.count("-") < _UUID_MARKS and not guid.lower().startswith(("urn:", "tag:")):
        return  # nearly all ids of feeds: addresses
    name = split_guid(guid).name
    if (uuid := _UUID.search(name)) is not None:
        part = uuid[0].lower()
    elif (last := _LAST_PART.fullmatch(name)) is not None:
        part = last["name"]
    else:
        return
    if part != name:
        yield part


def number_of_day(number: str) -> str:
    """Write the number of a transmission in one form: what it is parted by does not count, that it is does.

    >>> number_of_day("DPA-061"), number_of_day("V1234")
    ('dpa 061', 'v1234')
    """
    return " ".join(_TRANSMISSION.findall(number.casefold()))


def number_key(provider: str, number: str, day: str) -> str:
    """Hash the number under which a provider transmitted something on a day.

    >>> number_key("dpa", "DPA-061", "2026-02-03") == number_key("dpa", "dpa 061", "2026-02-03")
    True
    """
    return digest("number", scope_of(provider), number_of_day(number), day)


def headline_key(provider: str, headline: str, day: str) -> str:
    """Hash the headline of what a provider sent on a day; case and marks do not count."""
    words = " ".join(_NOT_WORD.sub(" ", headline.casefold()).split())
    return digest("headline", scope_of(provider), words, day)


def uri_of_text(
    provider: str, *, service: str | None, date: str | None, slugline: str | None, opening: str
) -> str:
    """Name an item that has no sender's id: by agency, service, date and slug, or its first words.

    Args:
        provider: Scope of the identity.
        service: Wire service or category, where the format gives one.
        date: ISO 8601 date of the dateline, where there is one.
        slugline: Slug or keyword line; where it is given, later leads keep the identity (see slug_key).
        opening: Headline without series words, or the first words of the body.
    """
    words = " ".join(_NOT_WORD.sub(" ", opening.casefold()).split()[:12])
    key = slug_key(slugline) if slugline else None
    name = digest("text", service, date, key, None if key else words)
    return f"urn:newswire:{quote(scope_of(provider))}:text:{name}"


def slug_key(slugline: str) -> str | None:
    """Reduce a slug to what all versions of a story have in common; None where nothing is left of it.

    Out go the cycle (AM-, PM-, BC-), the words for a version and the word count, then all that is no
    letter or digit: the same slug is spelled with and without spaces. Adds and takes stay.

    >>> slug_key("BC-US--Giant Lobster, 1st Ld-Writethru,127") == slug_key("BC-US--GiantLobster")
    True
    >>> slug_key("PORT-FIRE 2nd Add") == slug_key("PORT-FIRE")
    False
    """
    text = _COUNT.sub("", _CYCLE.sub("", slugline.casefold().strip()))
    return _NOT_LETTER.sub("", _VERSION_WORDS.sub(" ", text)) or None


def slug_family(provider: str, slug: str) -> str:
    """Name all the items of a provider that have one slug (as slug_key writes it), whatever their day."""
    return digest("slug", scope_of(provider), slug)


def is_text_uri(uri: str) -> bool:
    """Tell the name of an item that has no sender's id."""
    return _TEXT_URI.fullmatch(uri) is not None


def day_before(day: str) -> str:
    """Give the ISO 8601 date of the day before.

    >>> day_before("2026-03-01")
    '2026-02-28'
    """
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def content_hash(
    *, headline: str | None, body_text: str, pub_status: str, embargoed: datetime | None = None
) -> str:
    """Hash what a version says; where its paragraphs end does not count.

    Args:
        headline: On one line, in NFC.
        body_text: As normalise writes it: NFC, no white space but single spaces and the blank lines between
            paragraphs.
        pub_status: Publishing status.
        embargoed: Time before which it may not be used: a new time for the same text is a version.
    """
    said = (headline or "", body_text.replace("\n\n", " "), pub_status)
    return digest("content", *said, *([embargoed.astimezone(UTC).isoformat()] if embargoed else []))


def document_id(uri: str, content: str, revision: str | None) -> str:
    """Name one version of an item: hash of uri, content hash and sender's revision."""
    return digest("document", uri, content, revision)


def entry_key(feed: str, said: Sequence[str | bytes | None], occurrence: str) -> str:
    """Name one taken-in entry: the same entry of the same feed is taken in once.

    Args:
        feed: The feed's id.
        said: What of the entry tells it from others.
        occurrence: Empty for feeds that list an entry again and again; what tells one delivery from
            the next for files (each of them is a sighting).
    """
    return digest("entry", feed, occurrence, *said)


def revision_rank(revision: str | None) -> int:
    """Read a sender's revision as a number that orders a chain; -1 where it is none.

    >>> [revision_rank(r) for r in ("3", "10", "2.1", "v4", "abc", None)]
    [3, 10, 2, 4, -1, -1]
    """
    match = re.search(r"[0-9]{1,18}", revision or "")
    return int(match.group()) if match else -1

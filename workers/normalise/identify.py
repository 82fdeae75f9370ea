"""Name an item: by its sender's id, its address, or what it says of itself. Pure; see docs/versions.md."""

import re
from dataclasses import dataclass, replace

from pipeline.identity import (
    day_before,
    names_an_item,
    slug_family,
    slug_key,
    split_guid,
    uri_of_id,
    uri_of_text,
)
from pipeline.model import Entry, Signal, Slugged
from pipeline.urls import canonical_url
from workers.normalise.text import one_line

_MAX_URL = 4000
#: of a text without headline, what names it
_OPENING = 200
#: what a version that is not the first of its story says of itself
_LATER = frozenset({Signal.UPDATE, Signal.CORRECTION, Signal.WRITETHRU, Signal.REFILE})
#: a kill names its story within its first words
_LOOK_AT = 1_000

# "Please kill the story slugged PORT-FIRE, sent at 1430 GMT", "Please disregard item slug PORT-FIRE."
_NAMED = re.compile(
    r"(?i)\b(?:slugged|slug(?:line)?|keyword(?:ed)?|kennwort|stichwort|mot-cl[ée]|clave)(?:\s+as)?\s*[:=]?\s*"
    r"(?P<quote>[\"“”«»\'‘’]?)\s*(?P<slug>[^\s\"“”«».;][^\"“”«».;\n]{2,80}?)\s*"
    r"(?=[\"“”«».;,\n]|\s(?:sent|moved|transmitted|issued|filed|dated|from|of|at|which|that|envoyée?|gesendet|vom)\b|$)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an item says of itself."""

    #: agency and service of the wire
    service: str | None
    #: ISO 8601 date, or month and day only (--07-25)
    day: str | None
    slugline: str | None
    headline: str | None
    body_text: str
    signal: Signal | None
    canceled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who an item is, and which version of it."""

    uri: str
    #: from inside the sender's id
    revision: str | None = None
    slugged: Slugged | None = None


def sender_id(entry: Entry) -> str | None:
    """Give the id that the sender gave, else the item's address; None where neither names this item alone."""
    guid = one_line(entry.guid)
    if guid and "guid" not in entry.shared_ids and names_an_item(guid):
        return guid
    url = web_address(entry.url)
    if url and "url" not in entry.shared_ids and names_an_item(url):
        return canonical_url(url) or url
    return None


def web_address(url: str | None) -> str | None:
    """Keep a URL only if it leads to the web: senders put ids and paths there too."""
    clean = one_line(url)
    if clean is None or " " in clean or len(clean) > _MAX_URL:
        return None
    return clean if clean.lower().startswith(("http://", "https://")) else None


def identify(provider: str, named: str | None, said: Said) -> Identity:
    """Name an item.

    Args:
        provider: Scope of the identity.
        named: As sender_id gives it.
        said: What else tells it from others.
    """
    # A slug names a story within a day only: without a whole date the first words must agree too.
    day = None if said.day is None or said.day.startswith("--") else said.day
    slug = slug_key(said.slugline) if said.slugline and day else None
    slugged = _slugged(provider, slug, day, said)
    if named:
        known = None if slugged is None else replace(slugged, later=False, kill=False)
        sent = split_guid(named)
        return Identity(uri=uri_of_id(provider, sent), revision=sent.revision, slugged=known)
    opening = said.headline or said.body_text[:_OPENING]

    def uri(date: str | None) -> str:
        return uri_of_text(provider, service=said.service, date=date, slugline=slug, opening=opening)

    if slugged is not None and slug and day:
        slugged = replace(slugged, before=uri(day_before(day)))
    return Identity(uri=uri(said.day), slugged=slugged)


def _slugged(provider: str, slug: str | None, day: str | None, said: Said) -> Slugged | None:
    """Say which chain an item looks for: that of its slug, or, for a kill, of the slug that it names."""
    kill = said.canceled or said.signal is Signal.KILL
    sought = (_slug_named(said) or slug) if kill else slug
    if sought is None or day is None:
        return None
    later = said.signal in _LATER
    return Slugged(family=slug_family(provider, sought), day=day, later=later, kill=kill)


def _slug_named(said: Said) -> str | None:
    """Find the slug of the story that a kill takes back; None where it names none, or several."""
    words = f"{said.headline or ''}\n{said.body_text[:_LOOK_AT]}"
    named = {slug_key(match["slug"]) for match in _NAMED.finditer(words)}
    return named.pop() if len(named) == 1 else None

"""Name an item: by its sender's id, its address, or what it says of itself. Pure; see docs/versions.md."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pipeline.identity import (
    day_before,
    headline_key,
    item_key,
    names_an_item,
    names_in,
    number_key,
    number_of_day,
    slug_family,
    slug_key,
    split_guid,
    uri_of_guid,
    uri_of_id,
    uri_of_text,
)
from pipeline.model import Entry, Signal, Slugged
from pipeline.urls import canonical_url
from workers.normalise.lexicon.kills import AFTER_SLUG, ORDERS, SLUG_WORDS
from workers.normalise.series import read_series
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
    rf"(?i)\b(?:{SLUG_WORDS})(?:\s+as)?\s*[:=]?\s*"
    r"(?P<quote>[\"“”«»\'‘’]?)\s*(?P<slug>[^\s\"“”«».;][^\"“”«».;\n]{2,80}?)\s*"
    rf"(?=[\"“”«».;,\n]|\s(?:{AFTER_SLUG})\b|$)"
)
#: characters around the word of an order in which it says what it takes back
_NEAR = 120
_ORDER = re.compile(rf"(?i)\b(?:{ORDERS})\b")
# "V1234", "dpa 061", "urn:example:4711", "https://example.com/a1": a word with figures, and perhaps the
# letters that stand before figures alone
_REFERENCE = re.compile(
    r"(?:(?P<letters>[^\W\d_]{1,6})[ /-])?(?P<word>[^\s\"“”«»‘’()<>\[\],;]*\d[^\s\"“”«»‘’()<>\[\],;]*)"
)
# A headline has two words at least.
_QUOTED = re.compile(r"[\"“„«](?P<headline>[^\"“”„«»\n]{3,200}\s[^\"“”„«»\n]{2,200})[\"”“»]")
_MARKS = ".:!?#'’*/-"
#: a number or a short word of a sentence is nobody's id: "hurts 14", "G20"
_ID = re.compile(r"(?=.{5})(?!\d{1,5}$).*")
#: a kill names no more
_MOST_NAMED = 20
# What plain text has of the header of a telegraph format: "hpa0123 4 pl 96", "BC-Port-Fire, a0123,0290".
_IN_HEADER = re.compile(
    r"^\^?(?:([A-Za-z]{1,6}\d{3,5}) \d? ?[A-Za-z]{1,4} \d{2,5}\b"
    r"|[^\n]{3,80}, ?([A-Za-z]\d{3,4})(?:, ?\d{2,4})?<?$)",
    re.MULTILINE,
)
_NUMBERED = re.compile(r"(?P<service>.*?[^\W\d_] ?)(?P<count>\d+)")


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


def further_names(
    provider: str, entry: Entry, said: Said, *, uri: str, named: str | None, day: str | None
) -> tuple[str, ...]:
    """Hash what else an item is called: by other ids, by its address, by the numbers of its transmission.

    What has no sender's id is called by its headline, too.

    Args:
        provider: Scope of the identity.
        entry: The item as its format gave it.
        said: What it says.
        uri: What it is called first: left out here.
        named: The id that this was made of, if any.
        day: ISO 8601 date of its transmission, by the sender's clocks.
    """
    others = dict.fromkeys(each for each in _ids(entry) if each != named)
    uris = dict.fromkeys(uri_of_guid(provider, each) for each in others)
    keys = [item_key(each) for each in uris if each != uri]
    numbers = [number_key(provider, each, day) for each in _numbers(entry)] if day else []
    if day and said.headline and not named:
        keys.append(headline_key(provider, said.headline, day))
    return tuple(dict.fromkeys((*keys, *numbers)))


def names_killed(
    provider: str, entry: Entry, said: Said, *, named: str | None, day: str | None
) -> tuple[str, ...]:
    """Hash by what names a kill takes back: its own ids, and what its words name.

    Args:
        provider: Scope of the identity.
        entry: The kill as its format gave it.
        said: What it says.
        named: Its own id, as sender_id gives it.
        day: ISO 8601 date of its transmission, by the sender's clocks.
    """
    # A page that it links to may be that of many: an address counts where nothing else names it.
    own = [each for each in _ids(replace(entry, url=None)) if named]
    references = list(_references(entry, said))
    ids = filter(_ID.fullmatch, references)
    called = (each for reference in ids for each in (reference, *names_in(reference)))
    uris = (uri_of_guid(provider, each) for each in (*([named] if named else ()), *own, *called))
    keys = [item_key(each) for each in uris]
    numbers = (number_key(provider, each, _day_of(each, _numbers(entry), day)) for each in references if day)
    headlines = (headline_key(provider, each, day) for each in _quoted(_orders(entry, said)) if day)
    return tuple(dict.fromkeys((*keys, *numbers, *headlines)))


def _ids(entry: Entry) -> Iterator[str]:
    """Give all the ids of an item that name no other one."""
    if (guid := one_line(entry.guid)) and "guid" not in entry.shared_ids and names_an_item(guid):
        yield guid
        yield from names_in(guid)
    if (url := web_address(entry.url)) and "url" not in entry.shared_ids and names_an_item(url):
        yield canonical_url(url) or url
    for each in entry.ids:
        if names_an_item(each):
            yield each
            yield from names_in(each)


def _numbers(entry: Entry) -> Sequence[str]:
    """Give the numbers of a transmission: as sent, else as the first lines of a plain text say."""
    if entry.numbers or not entry.text:
        return entry.numbers
    return [first or last for first, last in _IN_HEADER.findall(entry.text[:_OPENING])]


def _references(entry: Entry, said: Said) -> Iterator[str]:
    """Find what a kill names: words with figures, in its own lines and near its orders."""
    orders = _orders(entry, said)
    found: dict[str, None] = {}
    for words in filter(None, (said.headline, said.slugline, entry.ednote, *orders)):
        for match in _REFERENCE.finditer(words[:_LOOK_AT]):
            word = match["word"].strip(_MARKS)
            found |= dict.fromkeys([word, f"{match['letters']} {word}"] if match["letters"] else [word])
    yield from islice(filter(None, found), _MOST_NAMED)


def _orders(entry: Entry, said: Said) -> Sequence[str]:
    """Give what stands near the orders of a kill."""
    body = (entry.text or said.body_text)[:_LOOK_AT]
    return [body[max(match.start() - _NEAR, 0) : match.end() + _NEAR] for match in _ORDER.finditer(body)]


def _quoted(orders: Sequence[str]) -> Iterator[str]:
    """Find the headlines that a kill quotes: "the story headlined “Fire in the port”"."""
    found = (match["headline"] for words in orders for match in _QUOTED.finditer(" ".join(words.split())))
    yield from islice((read_series(each).rest for each in found), _MOST_NAMED)


def _day_of(number: str, own: Sequence[str], day: str) -> str:
    """Say on which day a kill's number was given: numbers begin anew each day, so a higher one is older.

    >>> _day_of("hpa0900", ["hpa0012"], "2026-02-04")
    '2026-02-03'
    """
    named = _NUMBERED.fullmatch(number_of_day(number))
    for each in own if named else ():
        mine = _NUMBERED.fullmatch(number_of_day(each))
        if mine and named and mine["service"] == named["service"]:
            return day_before(day) if int(named["count"]) > int(mine["count"]) else day
    return day


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

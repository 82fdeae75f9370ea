"""Normalise: an entry becomes a document. Pure: the same entry, source and time give the same document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.errors import EntryError, Reason
from pipeline.identity import content_hash, document_id, uri_of_guid, uri_of_text
from pipeline.model import Credit, Dateline, Document, Entry, PubStatus
from pipeline.ports import ClaimedEntry
from pipeline.urls import canonical_url
from workers.normalise import language
from workers.normalise.byline import authors_of
from workers.normalise.credit import split_credit
from workers.normalise.dateline import year_of
from workers.normalise.dates import NOT_SENT, Dates, claim, dates_of
from workers.normalise.html import html_paragraphs, sanitise
from workers.normalise.language import Language, language_of
from workers.normalise.lexicon import PUB_STATUS
from workers.normalise.opening import Story, read_story
from workers.normalise.restore import restore
from workers.normalise.series import Series, read_series
from workers.normalise.text import PARAGRAPH, lead_of, one_line, paragraphs

#: characters that decide the language; a body that is shorter is read together with its headline
_LANGUAGE_CHARS = 900
_SHORT_BODY = 200
_MAX_URL = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the source of an entry is configured to be."""

    #: id of the source; None: no source, the item is only looked at
    feed: str | None = None
    #: scope of the identity of its items
    provider: str | None = None
    #: a provider named inside an item is the scope of its identity
    trust_provider: bool = False
    #: BCP 47 hint
    language: str | None = None
    #: ISO 3166-1 alpha-2
    default_region: str | None = None

    @staticmethod
    def of(claimed: ClaimedEntry) -> "Source":
        """Take from a claimed entry what its source says."""
        return Source(
            feed=claimed.feed_id,
            provider=claimed.provider,
            trust_provider=claimed.trust_provider,
            language=claimed.language,
            default_region=claimed.default_region,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """The text of an entry, read."""

    html: str | None
    story: Story
    paragraphs: Sequence[str]
    credit: Credit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Time:
    """The dates of an entry, judged."""

    dates: Dates
    #: day of the dateline
    dateline: date | None
    #: day of the dateline as far as text and sender say it; part of an identity, so never from the receipt
    said: str | None


def normalise(
    entry: Entry, source: Source, received_at: datetime | None, *, now: datetime | None = None
) -> Document:
    """Make the document of an entry.

    Args:
        entry: As its format gave it.
        source: Where it came by.
        received_at: When it was taken in, aware UTC; None: it was only looked at.
        now: What dates are judged by where nothing was received.

    Raises:
        EntryError: There is neither text nor headline.
    """
    if (sent := entry.exported) is not None:
        scope = _scope(entry, source, None)
        return restore(sent, provider=scope, feed=source.feed, url=_web_address(sent.url))
    titled = read_series(one_line(entry.headline) or "")
    body = _read_body(entry, source, titled.rest or None)
    series = titled.then(body.story.header.series)
    status, notes = _status(entry)
    headline = titled.rest or body.story.header.headline or None
    if not (headline or body.paragraphs or (status is PubStatus.CANCELED and entry.guid)):
        raise EntryError(Reason.EMPTY, "neither text nor headline; the sender has to send it again")
    body_text = PARAGRAPH.join(body.paragraphs)
    time = _read_time(entry, body.story, received_at, now or received_at)
    agency = one_line(body.story.dateline.agency)
    provider = _scope(entry, source, agency)
    revision = one_line(entry.revision) or _numbered(series, time)
    uri = _uri(entry, provider, agency, time, headline or body_text[:200], body.story.header.slugline)
    content = content_hash(headline=headline, body_text=body_text, pub_status=status)
    spoken = _language(entry, source, headline, body_text)
    embargoed = claim("embargo", entry.embargoed, now=None)
    byline = one_line(entry.byline) or body.story.header.byline
    url = _web_address(entry.url)
    return Document(
        id=document_id(uri, content, revision),
        uri=uri,
        content_hash=content,
        revision=revision,
        guid=one_line(entry.guid),
        provider=provider,
        infosource=one_line(entry.provider) or agency,
        feed=source.feed,
        url=url,
        canonical_url=canonical_url(url) if url else None,
        format=entry.format,
        headline=headline,
        lead=lead_of(body.paragraphs),
        body_text=body_text,
        body_html=body.html,
        slugline=one_line(entry.slugline) or body.story.header.slugline,
        byline=byline,
        authors=_clean(entry.authors) or (authors_of(byline) if byline else ()),
        keywords=_clean(entry.keywords),
        concepts=entry.concepts,
        urgency=entry.urgency if entry.urgency in range(1, 10) else None,
        embargoed=embargoed.at,
        dateline=_dateline(body.story, time.dateline),
        credit=body.credit,
        signal=series.signal,
        signal_number=series.number,
        pub_status=status,
        language=spoken.code,
        language_score=spoken.score,
        published=time.dates.published,
        version_created=time.dates.version_created,
        date_note=time.dates.note,
        notes=_clean((entry.ednote or "", *entry.notes, *notes, spoken.note or "")),
    )


def warm_up() -> None:
    """Load what is slow to load, before workers are forked."""
    language.warm_up()


def _read_body(entry: Entry, source: Source, headline: str | None) -> _Body:
    """Read the text: HTML where it was sent and says something, else plain text, else the summary."""
    html: str | None = None
    body: list[str] = []
    if entry.html:
        html, body = _html_body(entry.html)
    if not body and entry.text:
        html, body = None, paragraphs(entry.text)
    if not body and entry.summary_html:
        html, body = _html_body(entry.summary_html)
    named = frozenset(name.lower() for name in (entry.provider, source.provider) if name)
    story = read_story(body, headline=headline, headed=headline is None and html is None, agencies=named)
    kept, credit = split_credit(list(story.body))
    return _Body(html=html, story=story, paragraphs=kept, credit=credit)


def _html_body(html: str) -> tuple[str | None, list[str]]:
    safe = sanitise(html)
    return safe or None, html_paragraphs(safe)


def _read_time(entry: Entry, story: Story, received_at: datetime | None, now: datetime | None) -> _Time:
    """Judge the dates, and find the year of the dateline."""
    published = claim("published", entry.published, now=now)
    updated = claim("updated", entry.updated, now=now)
    sent = published.at or updated.at
    opening, day, said, doubtful = story.dateline.date, None, None, NOT_SENT
    if opening is not None:
        year, is_said = year_of(
            opening,
            period=story.period,
            sent=sent.date() if sent else None,
            received=received_at.date() if received_at else None,
        )
        day = opening.on(year)
        said = day.isoformat() if day and is_said else f"--{opening.month:02}-{opening.day:02}"
        doubtful = claim("dateline", day.isoformat() if day else None, now=now)
    elif sent is not None:
        said = sent.date().isoformat()
    dates = dates_of(published=published, updated=updated, dateline=doubtful, received_at=received_at)
    return _Time(dates=dates, dateline=day, said=said)


def _status(entry: Entry) -> tuple[PubStatus, tuple[str, ...]]:
    """Say whether the item may be used, as its sender says; what cannot be understood is noted."""
    said = (one_line(entry.pub_status) or "usable").lower().removeprefix("stat:")
    embargo = claim("embargo", entry.embargoed, now=None)
    if said not in PUB_STATUS:
        return PubStatus.USABLE, (f'publishing status "{said}" is not known, taken as usable',)
    if embargo.doubt and PUB_STATUS[said] == PubStatus.USABLE:
        return PubStatus.WITHHELD, (f"{embargo.doubt}: withheld",)
    return PubStatus(PUB_STATUS[said]), ()


def _scope(entry: Entry, source: Source, agency: str | None) -> str:
    """Say whose item it is: as configured, else, where the source is trusted with it, as the item says.

    A source that is neither given a provider nor trusted is a provider of its own, so that what it claims
    can touch nobody else's items.
    """
    if source.provider:
        return source.provider
    if source.trust_provider:
        return one_line(entry.provider) or agency or "unknown"
    return source.feed or "unknown"


def _uri(
    entry: Entry, provider: str, agency: str | None, time: _Time, opening: str, slugline: str | None
) -> str:
    """Name the item: by the sender's id, else its address, else by what the text says of itself."""
    if guid := one_line(entry.guid) or _web_address(entry.url):
        return uri_of_guid(provider, guid)
    # A slug names a story within a day only: without a whole date the first words must agree too.
    whole = time.said is not None and not time.said.startswith("--")
    slug = one_line(entry.slugline) or slugline
    return uri_of_text(
        provider,
        service="/".join(filter(None, (agency, one_line(entry.service)))) or None,
        date=time.said,
        slugline=slug if whole else None,
        opening=opening,
    )


def _numbered(series: Series, time: _Time) -> str | None:
    """Take the number of "UPDATE 2-" for the sender's revision where nothing else orders the versions."""
    ordered = series.number is None or time.dates.version_created is not None
    return None if ordered else str(series.number)


def _language(entry: Entry, source: Source, headline: str | None, body_text: str) -> Language:
    sample = body_text[:_LANGUAGE_CHARS]
    if len(sample) < _SHORT_BODY and headline:
        sample = f"{headline}\n{sample}"
    return language_of(sample, sent=entry.language, hint=source.language)


def _dateline(story: Story, day: date | None) -> Dateline | None:
    opening = story.dateline
    if opening.text is None:
        return None
    return Dateline(
        text=opening.text, city=opening.city, date=day.isoformat() if day else None, agency=opening.agency
    )


def _web_address(url: str | None) -> str | None:
    """Keep a URL only if it leads to the web: senders put ids and paths there too."""
    clean = one_line(url)
    if clean is None or " " in clean or len(clean) > _MAX_URL:
        return None
    return clean if clean.lower().startswith(("http://", "https://")) else None


def _clean(values: Sequence[str]) -> tuple[str, ...]:
    """Clean each value to one line; empty ones and repetitions go."""
    return tuple(dict.fromkeys(filter(None, map(one_line, values))))

"""Normalise: an entry becomes a document. Pure: the same entry, source and time give the same document."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipeline.errors import EntryError, Reason
from pipeline.identity import content_hash, document_id
from pipeline.model import Credit, Dateline, Document, Entry, PubStatus, Signal, Slugged, SourceKind
from pipeline.ports.work import ClaimedEntry
from pipeline.urls import canonical_url
from workers.normalise import classifier
from workers.normalise.asides import Aside, Asides, split_asides, split_embargo, split_note
from workers.normalise.byline import authors_of
from workers.normalise.dateline import OpeningDate, city_name, read_sent, year_of
from workers.normalise.dates import (
    DATE_ONLY,
    NOT_SENT,
    Claim,
    Dates,
    claim,
    dates_of,
    embargo_end,
    not_early,
)
from workers.normalise.ending import read_ending
from workers.normalise.html import html_paragraphs, sanitise, without
from workers.normalise.identify import (
    Identity,
    Said,
    further_names,
    identify,
    names_killed,
    sender_id,
    web_address,
)
from workers.normalise.language import Language, language_of
from workers.normalise.lexicon.agencies import AGENCY_CLOCKS
from workers.normalise.lexicon.status import PUB_STATUS
from workers.normalise.opening import Sent, Story, read_story, signal_of
from workers.normalise.restore import restore
from workers.normalise.series import Series, read_series, read_signal, read_tail
from workers.normalise.text import PARAGRAPH, lead_of, one_line, paragraphs

#: characters that decide the language; a body that is shorter is read together with its headline
_LANGUAGE_CHARS = 900
_SHORT_BODY = 200


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
    #: the operator's own import: an export of ours is the document that it was
    restoring: bool = False

    @staticmethod
    def of(claimed: ClaimedEntry) -> "Source":
        """Take from a claimed entry what its source says."""
        return Source(
            feed=claimed.feed_id,
            provider=claimed.provider,
            trust_provider=claimed.trust_provider,
            language=claimed.language,
            default_region=claimed.default_region,
            restoring=claimed.source_kind is SourceKind.IMPORT,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """The text of an entry, read."""

    html: str | None
    story: Story
    paragraphs: Sequence[str]
    #: lines beside the story
    asides: Asides
    credit: Credit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Title:
    """The headline as sent, read: `series.rest` is what is left of it."""

    series: Series
    aside: Aside | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What this version is in the life of its story, and the notes that came with it."""

    series: Series
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Time:
    """The dates of an entry, judged."""

    dates: Dates
    #: day of the dateline
    dateline: date | None
    #: day of the dateline as far as text and sender say it; part of an identity, so never from the receipt
    said: str | None
    #: ISO 8601 date on which this version was sent, by the sender's clocks
    sent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """All that an entry says."""

    #: scope of its identity
    provider: str
    #: as the dateline names it
    agency: str | None
    headline: str | None
    slugline: str | None
    body: _Body
    body_text: str
    told: _Told
    status: PubStatus
    embargoed: datetime | None
    time: _Time


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """Which version of which item it is, and by what else it is known."""

    id: str
    uri: str
    content_hash: str
    revision: str | None
    slugged: Slugged | None
    names: tuple[str, ...]


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
        url = web_address(sent.url)
        return restore(sent, provider=scope, feed=source.feed, url=url, own=source.restoring)
    read = _read(entry, source, received_at, now or received_at)
    named = sender_id(entry)
    if not (read.headline or read.body_text or (read.status is PubStatus.CANCELED and named)):
        raise EntryError(Reason.EMPTY, "neither text nor headline; the sender has to send it again")
    return _document(entry, source, read, _version(entry, read, named))


def _read(entry: Entry, source: Source, received_at: datetime | None, now: datetime | None) -> _Read:
    """Read all that an entry says, each thing once."""
    titled = _read_title(entry)
    body = _read_body(entry, source, titled.series.rest or None)
    told = _tell(entry, titled, body)
    embargo = _embargo(entry, titled, body, received_at)
    status, notes = _status(entry, told.series.signal, embargo)
    if embargo.moment and embargo.moment.note:
        notes = (*notes, f"embargo: {embargo.moment.note}")
    agency = one_line(body.story.dateline.agency)
    return _Read(
        provider=_scope(entry, source, agency),
        agency=agency,
        headline=titled.series.rest or body.story.header.headline or None,
        slugline=one_line(entry.slugline) or body.story.header.slugline,
        body=body,
        body_text=PARAGRAPH.join(body.paragraphs),
        told=replace(told, notes=(*told.notes, *notes)),
        status=status,
        embargoed=embargo.at,
        time=_read_time(entry, body.story, received_at, now),
    )


def _version(entry: Entry, read: _Read, named: str | None) -> _Version:
    """Say whose and which version of which item it is."""
    series, time = read.told.series, read.time
    said = Said(
        service="/".join(filter(None, (read.agency, one_line(entry.service)))) or None,
        day=time.said,
        slugline=read.slugline,
        headline=read.headline,
        body_text=read.body_text,
        signal=series.signal,
        canceled=read.status is PubStatus.CANCELED,
    )
    identity = identify(read.provider, named, said)
    revision = one_line(entry.revision) or identity.revision or _numbered(series, time)
    content = content_hash(
        headline=read.headline,
        body_text=read.body_text,
        pub_status=read.status,
        embargoed=read.embargoed,
    )
    return _Version(
        id=document_id(identity.uri, content, revision),
        uri=identity.uri,
        content_hash=content,
        revision=revision,
        slugged=identity.slugged,
        names=_names(read.provider, entry, said, identity, named=named, day=time.sent),
    )


def _document(entry: Entry, source: Source, read: _Read, version: _Version) -> Document:
    """Put the document together."""
    story, series, dates = read.body.story, read.told.series, read.time.dates
    spoken = _language(entry, source, read.headline, read.body_text)
    byline = one_line(entry.byline) or story.header.byline
    url = web_address(entry.url)
    return Document(
        id=version.id,
        uri=version.uri,
        content_hash=version.content_hash,
        revision=version.revision,
        guid=one_line(entry.guid),
        slugged=version.slugged,
        names=version.names,
        provider=read.provider,
        infosource=one_line(entry.infosource) or one_line(entry.provider) or read.agency,
        feed=source.feed,
        url=url,
        canonical_url=canonical_url(url) if url else None,
        format=entry.format,
        headline=read.headline,
        lead=lead_of(read.body.paragraphs),
        body_text=read.body_text,
        body_html=read.body.html,
        slugline=read.slugline,
        byline=byline,
        authors=_clean(entry.authors) or (authors_of(byline) if byline else ()),
        keywords=_clean(entry.keywords),
        concepts=entry.concepts,
        copyright=one_line(entry.copyright),
        urgency=entry.urgency if entry.urgency in range(1, 10) else None,
        embargoed=read.embargoed,
        dateline=_dateline(entry, story, read.time.dateline),
        credit=read.body.credit,
        signal=series.signal,
        signal_number=series.number,
        pub_status=read.status,
        language=spoken.code,
        language_score=spoken.score,
        published=dates.published,
        version_created=dates.version_created,
        date_note=dates.note,
        notes=_clean((entry.ednote or "", *entry.notes, *read.told.notes, spoken.note or "")),
    )


def warm_up() -> None:
    """Load what is slow to load, before workers are forked."""
    classifier.warm_up()


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
    text, asides = split_asides(body)
    sent = Sent(
        headline=headline,
        dateline=one_line(entry.dateline),
        headed=headline is None and html is None,
        agencies=named,
    )
    story = read_story(text, sent)
    ending = read_ending(story.body, agency=story.dateline.agency or one_line(entry.provider))
    kept = ending.body
    if not kept and not (headline or story.header.headline):
        kept = body  # what reads as nothing but marks is all there is: it is kept as it came
    if html is not None and list(kept) != body:
        html = without(html, body, kept) or None
    return _Body(html=html, story=story, paragraphs=kept, asides=asides, credit=ending.credit)


def _read_title(entry: Entry) -> _Title:
    """Take an embargo, series words and a note in brackets off the headline."""
    line, embargo = split_embargo(one_line(entry.headline) or "")
    series = read_series(line)
    if embargo is not None:
        return _Title(series=Series(signal=embargo.signal, rest="").then(series), aside=embargo)
    rest, aside = split_note(series.rest)
    if aside is not None:  # what stood before the note may be series words too
        series = series.then(read_series(rest))
    return _Title(series=series, aside=aside)


def _tell(entry: Entry, titled: _Title, body: _Body) -> _Told:
    """Put together what field, headline, text, slug and notes say of this version: the first counts."""
    header = body.story.header
    notes = (*([titled.aside] if titled.aside else ()), *header.notes)
    series = read_signal(entry.signal)
    series = series.then(titled.series).then(header.series)
    if slug := one_line(entry.slugline):
        series = series.then(read_tail(slug))
    noted = signal_of(notes) or body.asides.signal
    return _Told(
        series=series.then(Series(signal=noted, rest="")),
        notes=(*(note.note for note in notes if note.note), *body.asides.notes),
    )


def _embargo(entry: Entry, titled: _Title, body: _Body, received_at: datetime | None) -> Claim:
    """Say until when the item may not be used: as sent, else as a line of the text or the headline says."""
    agency = body.story.dateline.agency or one_line(entry.provider)
    clocks = AGENCY_CLOCKS.get(agency.lower()) if agency else None
    if entry.embargoed and entry.embargoed.strip():
        said = claim("embargo", entry.embargoed, now=None)
        return Claim(moment=not_early(said.moment, clocks=clocks)) if said.moment else said
    until = body.asides.embargo or (titled.aside.embargo if titled.aside else None)
    if until is None:
        return NOT_SENT
    sent = claim("published", entry.updated or entry.published, now=None).at or received_at
    moment = embargo_end(until, sent=sent, clocks=clocks) if sent and until else None
    if moment is None:
        return Claim(doubt=f'embargo "{until}" could not be read' if until else "embargo without a time")
    return Claim(moment=moment)


def _html_body(html: str) -> tuple[str | None, list[str]]:
    safe = sanitise(html)
    return safe or None, html_paragraphs(safe)


def _read_time(entry: Entry, story: Story, received_at: datetime | None, now: datetime | None) -> _Time:
    """Judge the dates, and find the year of the dateline."""
    published = claim("published", entry.published, now=now)
    updated = claim("updated", entry.updated, now=now)
    sent = published.at or updated.at
    opening, day, said, doubtful = _opening_day(entry, story), None, None, NOT_SENT
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
    moment = updated.moment or published.moment
    on = moment.day if moment else doubtful.moment.day if doubtful.moment else None
    return _Time(dates=dates, dateline=day, said=said, sent=on.isoformat() if on else None)


def _opening_day(entry: Entry, story: Story) -> OpeningDate | None:
    """Give the day of the dateline: as sent apart, else as it opens the text."""
    sent = one_line(entry.dateline)
    return (read_sent(sent).date if sent else None) or story.dateline.date


def _status(entry: Entry, signal: Signal | None, embargo: Claim) -> tuple[PubStatus, tuple[str, ...]]:
    """Say whether the item may be used, as its sender or a kill says; what cannot be understood is noted."""
    said = (one_line(entry.pub_status) or "usable").lower().removeprefix("stat:")
    if signal is Signal.KILL:
        return PubStatus.CANCELED, ()
    if said not in PUB_STATUS:
        return PubStatus.USABLE, (f'publishing status "{said}" is not known, taken as usable',)
    usable = PUB_STATUS[said] == PubStatus.USABLE
    if usable and embargo.doubt:
        return PubStatus.WITHHELD, (f"{embargo.doubt}: withheld",)
    if usable and signal is Signal.EMBARGO and embargo.at is None:
        return PubStatus.WITHHELD, ("embargo without a time: withheld",)
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


def _numbered(series: Series, time: _Time) -> str | None:
    """Take the number of "UPDATE 2-" for the sender's revision where nothing else orders the versions."""
    ordered = time.dates.version_created is not None and DATE_ONLY not in (time.dates.note or "")
    return None if ordered or series.number is None else str(series.number)


def _language(entry: Entry, source: Source, headline: str | None, body_text: str) -> Language:
    sample = body_text[:_LANGUAGE_CHARS]
    if len(sample) < _SHORT_BODY and headline:
        sample = f"{headline}\n{sample}"
    return language_of(sample, sent=entry.language, hint=source.language)


def _dateline(entry: Entry, story: Story, day: date | None) -> Dateline | None:
    """Put together the dateline of the text and what was sent apart: what was sent counts first."""
    opening, located = story.dateline, one_line(entry.located)
    text = one_line(entry.dateline) or opening.text or located
    if text is None:
        return None
    sent = read_sent(text) if entry.dateline else opening
    return Dateline(
        text=text,
        city=sent.city or opening.city or (city_name(located) if located else None),
        date=day.isoformat() if day else None,
        agency=sent.agency or opening.agency,
    )


def _names(
    provider: str, entry: Entry, said: Said, identity: Identity, *, named: str | None, day: str | None
) -> tuple[str, ...]:
    """Hash what else an item is called, or what a kill takes back."""
    if said.canceled:
        return names_killed(provider, entry, said, named=named, day=day)
    return further_names(provider, entry, said, uri=identity.uri, named=named, day=day)


def _clean(values: Sequence[str]) -> tuple[str, ...]:
    """Clean each value to one line; empty ones and repetitions go."""
    return tuple(dict.fromkeys(filter(None, map(one_line, values))))

"""A document that comes back from an export of ours: the same one, as far as its source may speak of it.

Pure. What an export says is believed no further than what a sender says: texts are cleaned, HTML is
sanitised, hash and id are computed anew, and another provider's item becomes an item of the source's own.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import quote

from pipeline.identity import content_hash, document_id, scope_of, uri_of_guid
from pipeline.model import Credit, Dateline, Document, Slugged
from pipeline.urls import canonical_url
from workers.normalise.html import sanitise
from workers.normalise.text import PARAGRAPH, flat, lead_of, one_line

_MAX_BODY = 1_000_000
_MAX_FEED = 200
_HASH = re.compile(r"[0-9a-f]{32}")


def restore(
    sent: Document, *, provider: str, feed: str | None, url: str | None, own: bool = False
) -> Document:
    """Make the document anew that an export tells of.

    Args:
        sent: As exported; not trusted.
        provider: Scope of the identities of its source.
        feed: Id of the source, where there is one.
        url: The item's address, where it leads to the web.
        own: The operator imports it: it keeps the source that it names, and by what it finds its chain.
    """
    body = [clean for each in sent.body_text[:_MAX_BODY].split(PARAGRAPH) if (clean := flat(each))]
    headline, revision = one_line(sent.headline), one_line(sent.revision)
    body_text = PARAGRAPH.join(body)
    content = content_hash(
        headline=headline, body_text=body_text, pub_status=sent.pub_status, embargoed=sent.embargoed
    )
    ours = f"urn:newswire:{quote(scope_of(provider))}:"
    uri = sent.uri if sent.uri.startswith(ours) else uri_of_guid(provider, sent.uri)
    return replace(
        sent,
        id=document_id(uri, content, revision),
        uri=uri,
        content_hash=content,
        revision=revision,
        guid=one_line(sent.guid),
        # Whoever else wrote the file could name any chain here.
        slugged=_slugged(sent.slugged) if own else None,
        names=tuple(filter(_HASH.fullmatch, sent.names)) if own else (),
        provider=provider,
        infosource=one_line(sent.infosource),
        feed=((one_line(sent.feed) or "")[:_MAX_FEED] if own else None) or feed,
        url=url,
        canonical_url=canonical_url(url) if url else None,
        headline=headline,
        lead=lead_of(body),
        body_text=body_text,
        body_html=(sanitise(sent.body_html[:_MAX_BODY]) or None) if sent.body_html else None,
        slugline=one_line(sent.slugline),
        byline=one_line(sent.byline),
        authors=_lines(sent.authors),
        keywords=_lines(sent.keywords),
        urgency=sent.urgency if sent.urgency in range(1, 10) else None,
        dateline=_dateline(sent.dateline),
        credit=_credit(sent.credit),
        language=one_line(sent.language),
        published=_utc(sent.published),
        version_created=_utc(sent.version_created),
        embargoed=_utc(sent.embargoed),
        date_note=one_line(sent.date_note),
        notes=_lines(sent.notes),
    )


def _slugged(sent: Slugged | None) -> Slugged | None:
    if sent is None or not _HASH.fullmatch(sent.family):
        return None
    try:
        day = date.fromisoformat(sent.day).isoformat()
    except ValueError:
        return None
    return replace(sent, day=day)


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None


def _lines(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(one_line, values))))


def _dateline(sent: Dateline | None) -> Dateline | None:
    """Clean the words; the place is looked up anew when the document is tagged."""
    if sent is None or not (text := one_line(sent.text)):
        return None
    return Dateline(text=text, city=one_line(sent.city), date=sent.date, agency=one_line(sent.agency))


def _credit(sent: Credit | None) -> Credit | None:
    if sent is None or not (text := one_line(sent.text)):
        return None
    return Credit(
        text=text,
        reporting=one_line(sent.reporting),
        writing=one_line(sent.writing),
        editing=one_line(sent.editing),
        bureau=one_line(sent.bureau),
        translator=one_line(sent.translator),
    )

"""How things are shown in a terminal or a pipe. Text from outside passes `pipeline.plain` first."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipeline.model import Document, Evidence, Place, Relation, Sighting, StoredDocument, Tag, Tagging
from pipeline.monitor.words import count_words
from pipeline.plain import safe_json, safe_line, safe_text
from pipeline.ports.reading import Quarantined
from pipeline.publish.copies import Copy, is_original
from pipeline.publish.tail import Told

#: of an id in lists: enough to be unambiguous, short enough to be read out
ID_LENGTH = 12

_PIPE_WIDTH = 200


class _Console(Console):
    """A console that leaves it to the command what happens when its reader goes away."""

    def on_broken_pipe(self) -> None:
        """Say so as any other writer does; rich would end the process with status 1."""
        raise BrokenPipeError


def console() -> Console:
    """Make the console on standard output; pipes get long lines, NO_COLOR is heeded."""
    if not sys.stdout.isatty():
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure:
            # A pipe's encoding may know fewer letters than the news.
            reconfigure(errors="backslashreplace")
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PIPE_WIDTH
    return _Console(file=sys.stdout, width=width, markup=False, highlight=False, emoji=False)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as they are; the terminal wraps them."""
    shown = console()
    for line in lines:
        shown.print(Text(line), soft_wrap=True)


def print_json(line: bytes) -> None:
    """Print one line of JSON (with its newline) at once, in UTF-8 whatever the terminal's encoding is."""
    if sys.stdout.isatty():
        line = safe_json(line.decode()).encode()
    sys.stdout.flush()
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def result_line(stored: StoredDocument) -> str:
    """Show a document as one line: when, language, provider, id, headline or its first words."""
    document = stored.document
    when = document.published or stored.received_at
    words = [
        f"{when:%Y-%m-%d %H:%M}",
        f"{document.language or '-':<3}",
        document.id[:ID_LENGTH],
        safe_line(document.provider, 40),
        f"v{stored.version}" if stored.version > 1 else "",
        f"[{document.signal.value}]" if document.signal else "",
        safe_line(document.headline or document.lead, 160),
    ]
    return "  ".join(word for word in words if word)


def change_line(told: Told) -> str:
    """Show a change as one line: number, when, kind, and the document or the names of it."""
    change = told.change
    start = f"{change.seq}  {change.at:%Y-%m-%d %H:%M:%S}  {safe_line(change.kind, 40):<8}"
    if told.stored is not None:
        return f"{start}  {result_line(told.stored)}"
    return f"{start}  {change.document_id[:ID_LENGTH]}  {safe_line(change.uri or '', 160)}".rstrip()


def document_view(
    stored: StoredDocument,
    sightings: Sequence[Sighting],
    versions: Sequence[StoredDocument],
    copies: Sequence[Copy] = (),
) -> RenderableType:
    """Lay a document out to be read: text, fields, evidence, where it was seen."""
    document = stored.document
    parts: list[RenderableType] = []
    if document.headline:
        parts += [Text(safe_line(document.headline), style="bold"), Text()]
    parts += [Text(safe_text(document.body_text)), Text(), _pairs(_fields(stored))]
    parts += _section("Tagged", _tagging(stored.tagging))
    parts += _section("Related", (_relation(relation) for relation in stored.relations))
    parts += _section("Same copy", _copies(copies))
    others = [other for other in versions if other.document.id != document.id]
    parts += _section("Other versions", map(result_line, others))
    parts += _section("Seen", map(_sighting, sightings))
    return Group(*parts)


def quarantine_lines(rows: Sequence[Quarantined]) -> Iterator[str]:
    """Show what is in quarantine under a heading; of nothing there is none."""
    if rows:
        yield f"{'ID':>6}  {'SINCE (UTC)':<16}  {'REASON':<14}  FEED  WHERE: WHAT IS WRONG"
    yield from map(_quarantine_line, rows)


def _quarantine_line(row: Quarantined) -> str:
    """Show what is in quarantine as one line."""
    where = f" {row.where}" if row.where else ""
    return (
        f"{row.id:>6}  {row.quarantined_at:%Y-%m-%d %H:%M}  {row.reason.value:<14}  "
        f"{safe_line(row.feed_id, 40)}  {safe_line(row.location + where, 120)}: {safe_line(row.detail)}"
    )


def quarantine_view(row: Quarantined, body: bytes) -> RenderableType:
    """Lay one thing in quarantine out, with its bytes as far as they are text."""
    pairs = [
        ("id", str(row.id)),
        ("reason", row.reason.value),
        ("detail", row.detail),
        ("feed", row.feed_id),
        ("location", row.location),
        ("where", row.where or ""),
        ("guid", row.guid or ""),
        ("attempts", str(row.attempts)),
        ("quarantined", f"{row.quarantined_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("size", f"{row.size_bytes} bytes"),
    ]
    return Group(_pairs(pairs), Text(), Text(safe_text(body.decode("utf-8", "replace"))))


def failed_line(job: Mapping[str, object]) -> str:
    """Show a failed job as one line."""
    entries = job["entries"]
    count = len(entries) if isinstance(entries, Sequence) else 0
    words = (job["id"], job["queue"], f"{count} entries", job["ended_at"] or "-", job["error"])
    return "  ".join(safe_line(str(word)) for word in words)


def _fields(stored: StoredDocument) -> Iterator[tuple[str, str]]:
    document = stored.document
    yield from (("id", document.id), ("uri", document.uri), ("version", str(stored.version)))
    yield "provider", document.provider
    yield from _sent(document)
    yield "language", _language(document)
    yield "published", _moment_and_note(document)
    yield "received", f"{stored.received_at:%Y-%m-%d %H:%M:%S} UTC"
    yield "stored", f"{stored.stored_at:%Y-%m-%d %H:%M:%S} UTC"
    yield "story", stored.story_id or ""
    for note in document.notes:
        yield "note", note


def _sent(document: Document) -> Iterator[tuple[str, str]]:
    """Give the fields that are there or not, as the sender gave them."""
    yield "infosource", document.infosource or ""
    yield "feed", document.feed or ""
    yield "guid", document.guid or ""
    yield "url", document.canonical_url or document.url or ""
    yield "slugline", document.slugline or ""
    yield "byline", document.byline or ""
    yield "keywords", ", ".join(document.keywords)
    yield "urgency", str(document.urgency or "")
    yield "dateline", _dateline(document)
    yield "credit", document.credit.text if document.credit else ""
    yield "signal", f"{document.signal.value} {document.signal_number or ''}" if document.signal else ""
    yield "status", document.pub_status.value


def _dateline(document: Document) -> str:
    dateline = document.dateline
    if dateline is None:
        return ""
    read = ", ".join(part for part in (dateline.city, dateline.date, dateline.agency) if part)
    return f"{dateline.text}  ({read}{_place(dateline.place)})"


def _place(place: Place | None) -> str:
    return f"; {place.name}, {place.country}, GeoNames {place.geonames}" if place else ""


def _language(document: Document) -> str:
    if document.language is None:
        return ""
    score = f" ({document.language_score:.2f})" if document.language_score is not None else ""
    return document.language + score


def _moment_and_note(document: Document) -> str:
    moment = f"{document.published:%Y-%m-%d %H:%M:%S} UTC" if document.published else ""
    return f"{moment}  ({document.date_note})" if document.date_note else moment


def _tagging(tagging: Tagging) -> Iterator[str]:
    for kind, tags in (("region", tagging.regions), ("topic", tagging.topics), ("beat", tagging.beats)):
        for tag in tags:
            yield _tag(kind, tag)
            yield from map(_evidence, tag.evidence)
    for kind, entities in (("person", tagging.people), ("organisation", tagging.organisations)):
        for entity in entities:
            yield f"{kind} {safe_line(entity.name)} ({count_words(len(entity.mentions), 'mention')})"


def _tag(kind: str, tag: Tag) -> str:
    roles = f" ({', '.join(tag.roles)})" if tag.roles else ""
    return f"{kind} {tag.code} {safe_line(tag.name)} {tag.score:.2f}{roles}"


def _evidence(evidence: Evidence) -> str:
    return f"  because “{safe_line(evidence.text, 120)}” in {evidence.field}: {safe_line(evidence.why)}"


def _relation(relation: Relation) -> str:
    why = "; ".join(safe_line(evidence.why) for evidence in relation.evidence)
    return f"{relation.kind} {relation.id[:ID_LENGTH]} {relation.score:.2f}" + (f": {why}" if why else "")


def _copies(copies: Sequence[Copy]) -> Iterator[str]:
    words = {"whole": "holds this text", "part": "is a part of this text", None: "original"}
    for each in copies:
        said = words[each.role] if each.role or each.is_original else ""
        yield result_line(each.stored) + (f"  ({said})" if said else "")
    if is_original(copies):
        yield "this one was published first"


def _sighting(sighting: Sighting) -> str:
    when = f"{sighting.seen_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{when}  {safe_line(sighting.feed, 40)}  {safe_line(sighting.location)}"


def _section(title: str, lines: Iterable[str]) -> list[RenderableType]:
    shown = [Text(line) for line in lines]
    return [Text(f"\n{title}", style="bold"), Padding(Group(*shown), (0, 0, 0, 2))] if shown else []


def _pairs(pairs: Iterable[tuple[str, str]]) -> Table:
    """Make a table of names and values; what has no value is left out."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in pairs:
        if value.strip():
            table.add_row(name, Text(safe_line(value, 2000)))
    return table

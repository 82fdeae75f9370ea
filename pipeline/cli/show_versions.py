"""How chains of versions, differences and what is held back are shown in a terminal or a pipe."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from pipeline.cli.show_text import ID_LENGTH
from pipeline.model import StoredDocument
from pipeline.plain import safe_line, safe_text
from pipeline.ports.reading import AuditedVersion
from pipeline.publish.difference import ChainLine, Difference, Passage, Turn

#: in a pipe words stand for colours: what went and what came, as wdiff writes them
_MARKS = {Turn.REMOVED: ("[-", "-]"), Turn.ADDED: ("{+", "+}")}
_STYLES = {Turn.REMOVED: "red strike", Turn.ADDED: "green"}
_SIGNS = {Turn.SAME: "  ", Turn.CHANGED: "~ ", Turn.ADDED: "+ ", Turn.REMOVED: "- "}


def chain_line(line: ChainLine) -> str:
    """Show one version of a chain: number, time, signal, what it changed."""
    changed = line.changed or line.stored.document.headline or line.stored.document.lead
    return "  ".join(filter(None, (_version(line.stored), safe_line(changed, 400))))


def difference_view(compared: Difference, old: StoredDocument, new: StoredDocument) -> RenderableType:
    """Lay a difference out: what changed in full, what stayed as a count of paragraphs."""
    parts: list[Text] = [
        Text(f"--- {_version(old)}", style="dim"),
        Text(f"+++ {_version(new)}", style="dim"),
        Text(safe_line(compared.summary, 1_000), style="bold"),
        Text(),
    ]
    if compared.headline is not None:
        parts += [_passage(compared.headline), Text()]
    for turn, found in groupby(compared.body, key=lambda each: each.turn):
        passages = list(found)
        parts += _same(passages) if turn is Turn.SAME else map(_passage, passages)
    return Group(*parts)


def audit_line(one: AuditedVersion, chain: Sequence[AuditedVersion], now: datetime) -> str:
    """Show one version of a chain, whether or not it may be shown, and why not."""
    words = [f"v{one.version}", one.id[:ID_LENGTH], audit_words(one, chain, now)]
    if one.stored is not None:
        document = one.stored.document
        words.insert(1, f"{_made_at(one.stored):%Y-%m-%d %H:%M}")
        words.append(f"[{document.signal.value}]" if document.signal else "")
        words.append(safe_line(document.headline or document.lead, 120))
        words.append(f"(stored {one.stored.stored_at:%Y-%m-%d %H:%M:%S} UTC)")
    return "  ".join(filter(None, words))


def audit_words(one: AuditedVersion, chain: Sequence[AuditedVersion], now: datetime) -> str:
    """Say how a version stands."""
    if one.erased_at is not None:
        return f"erased {one.erased_at:%Y-%m-%d %H:%M} UTC: {safe_line(one.erase_reason or '')}"
    if one.taken_back_by is not None:
        return f"killed by {_kill(one.taken_back_by, chain)}"
    if one.embargoed is not None and one.embargoed > now and one.standing == "usable":
        return f"under embargo until {one.embargoed:%Y-%m-%d %H:%M} UTC"
    if one.standing == "canceled":
        return "a kill: takes back what is not newer"
    return "shown, current" if one.current else one.standing


def _kill(document_id: str, chain: Sequence[AuditedVersion]) -> str:
    kill = next(each for each in chain if each.id == document_id)
    named = f"version {kill.version} ({document_id[:ID_LENGTH]})"
    if kill.stored is None:
        return named
    received = kill.stored.received_at
    return f"{named} of {_made_at(kill.stored):%Y-%m-%d %H:%M} UTC, received {received:%Y-%m-%d %H:%M:%S} UTC"


def _version(stored: StoredDocument) -> str:
    document = stored.document
    number = f" {document.signal_number}" if document.signal_number else ""
    words = (
        f"v{stored.version}",
        f"{_made_at(stored):%Y-%m-%d %H:%M}",
        document.id[:ID_LENGTH],
        f"[{document.signal.value}{number}]" if document.signal else "",
    )
    return "  ".join(filter(None, words))


def _made_at(stored: StoredDocument) -> datetime:
    return stored.document.version_created or stored.document.published or stored.received_at


def _same(passages: Sequence[Passage]) -> Iterable[Text]:
    count = f"{len(passages)} paragraphs" if len(passages) > 1 else "one paragraph"
    return [Text(f"  … {count} as before", style="dim"), Text()]


def _passage(passage: Passage) -> Text:
    shown = Text(_SIGNS[passage.turn])
    for piece in passage.pieces:
        before, after = _MARKS.get(piece.turn, ("", "")) if passage.turn is Turn.CHANGED else ("", "")
        shown.append(f"{before}{safe_text(piece.text)}{after}", style=_STYLES.get(piece.turn, ""))
    return shown.append("\n")

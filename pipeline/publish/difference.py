"""What changed between two versions: headline, body by paragraph and word, fields; and in one line. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise

from pipeline.model import Document, StoredDocument
from pipeline.ports.reading import ReadStore

#: paragraphs compared; the rest of a longer text is left out, and that is said
MOST_PARAGRAPHS = 2_000
#: a paragraph of more words is shown as taken out and put in: finding the words costs their number squared
MOST_WORDS = 2_000
#: how far a paragraph that changed is looked for among those at its place
_NEAR = 4
#: words in common that make two paragraphs one that changed
_ALIKE = 0.4

#: a shorter number is that of a version
_SHORTEST_ID = 8

_BREAK = "\n\n"
# Chinese, Japanese, Thai and their like are written without spaces: each letter is compared.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]|\w+|\s+|[^\w\s]")
# How senders begin the note that says what they changed.
_SAID = re.compile(
    r"(?i)\W*(?:add(?:s|ed|ing)?|updat(?:es?|ed|ing)|correct(?:s|ed|ing|ion)?|recast(?:s|ing)?|refil(?:es?|ed|ing)"
    r"|fix(?:es)?|chang(?:es|ed)|remov(?:es|ed)|delet(?:es|ed)|clarif(?:ies|ied|y)|restor(?:es|ed)|rewrites?"
    r"|ajoute|complète|corrige|rectifie|actualise|précise|berichtigt|korrigiert|ergänzt|aktualisiert"
    r"|añade|agrega|actualiza|aggiunge|corregge|aggiorna|acrescenta|atualiza)\b"
)


class Turn(StrEnum):
    """What became of a passage or a piece of one."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Words that stayed, came or went."""

    turn: Turn
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A headline or paragraph; its pieces put together are what it was and what it is."""

    turn: Turn
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A field that says something else now."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one version says that another did not."""

    old: str
    new: str
    #: None: neither has one
    headline: Passage | None
    body: tuple[Passage, ...]
    fields: tuple[FieldChange, ...]
    #: what the sender says it changed
    said: tuple[str, ...]
    #: all of it in one line
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLine:
    """One version in the list of its chain."""

    stored: StoredDocument
    #: what it says that the version before did not; None: it is the first
    changed: str | None


def difference(old: Document, new: Document) -> Difference:
    """Compare two versions of a document."""
    headline = _headline(old.headline, new.headline)
    body = tuple(_body(_paragraphs(old), _paragraphs(new)))
    fields = tuple(_fields(old, new))
    said = tuple(note for note in new.notes if note not in old.notes and _SAID.match(note))
    cut = max(len(old.body_text.split(_BREAK)), len(new.body_text.split(_BREAK))) > MOST_PARAGRAPHS
    words = [*said, *_in_words(headline, body, fields)]
    if cut:
        words.append(f"compared are the first {MOST_PARAGRAPHS:,} paragraphs")
    return Difference(
        old=old.id,
        new=new.id,
        headline=headline,
        body=body,
        fields=fields,
        said=said,
        summary="; ".join(words) or "nothing that a reader sees",
    )


def version_to_compare(
    store: ReadStore, stored: StoredDocument, other: str | None, *, now: datetime
) -> StoredDocument | None:
    """Find the version that another is compared with.

    Args:
        store: Where both are.
        stored: The version that is looked at.
        other: A document's id, or the number of a version of the same item; None: the version before.
        now: Says what may be shown.

    Returns:
        None: there is none that may be shown.
    """
    if other is not None and not (other.isascii() and other.isdigit() and len(other) < _SHORTEST_ID):
        return store.document(other, now=now)
    chain = store.versions(stored.document.uri, now=now)
    if other is not None:
        return next((each for each in chain if each.version == int(other)), None)
    return max((each for each in chain if each.version < stored.version), key=_rank, default=None)


def _rank(stored: StoredDocument) -> int:
    return stored.version


def chain_lines(versions: Sequence[StoredDocument]) -> list[ChainLine]:
    """Say of each version what it changed; versions in their order, oldest first."""
    first = [ChainLine(stored=each, changed=None) for each in versions[:1]]
    return first + [
        ChainLine(stored=new, changed=difference(old.document, new.document).summary)
        for old, new in pairwise(versions)
    ]


def word_pieces(old: str, new: str) -> tuple[Piece, ...]:
    """Compare two texts word by word.

    >>> [(piece.turn.value, piece.text) for piece in word_pieces("Two hurt", "Three hurt")]
    [('removed', 'Two'), ('added', 'Three'), ('same', ' hurt')]
    """
    before, after = _WORD.findall(old), _WORD.findall(new)
    if max(len(before), len(after)) > MOST_WORDS:
        return _pieces((Turn.REMOVED, old), (Turn.ADDED, new))
    found: list[tuple[Turn, str]] = []
    # Spaces that happen to agree would cut what came and went into single words.
    for tag, a, b, c, d in SequenceMatcher(str.isspace, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append((Turn.SAME, "".join(before[a:b])))
        else:
            found += [(Turn.REMOVED, "".join(before[a:b])), (Turn.ADDED, "".join(after[c:d]))]
    return _pieces(*found)


def _pieces(*found: tuple[Turn, str]) -> tuple[Piece, ...]:
    return tuple(Piece(turn=turn, text=text) for turn, text in found if text)


def _paragraphs(document: Document) -> list[str]:
    return document.body_text.split(_BREAK)[:MOST_PARAGRAPHS] if document.body_text else []


def _headline(old: str | None, new: str | None) -> Passage | None:
    if not old and not new:
        return None
    if old and new:
        return _changed(old, new)
    turn = Turn.ADDED if new else Turn.REMOVED
    return Passage(turn=turn, pieces=_pieces((turn, new or old or "")))


def _changed(old: str, new: str) -> Passage:
    if old == new:
        return Passage(turn=Turn.SAME, pieces=_pieces((Turn.SAME, old)))
    return Passage(turn=Turn.CHANGED, pieces=word_pieces(old, new))


def _body(old: Sequence[str], new: Sequence[str]) -> Iterator[Passage]:
    """Find what became of each paragraph, in the order in which they are read."""
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=len(old) > 200).get_opcodes():
        if tag == "equal":
            yield from (_changed(each, each) for each in old[a:b])
        else:
            yield from _replaced(old[a:b], new[c:d])


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[Passage]:
    """Pair paragraphs that changed with what they became; the others went or came."""
    done = 0
    for each in old:
        near = range(done, min(done + _NEAR, len(new)))
        found = next((number for number in near if _alike(each, new[number])), None)
        if found is None:
            yield Passage(turn=Turn.REMOVED, pieces=_pieces((Turn.REMOVED, each)))
            continue
        yield from (Passage(turn=Turn.ADDED, pieces=_pieces((Turn.ADDED, one))) for one in new[done:found])
        yield _changed(each, new[found])
        done = found + 1
    yield from (Passage(turn=Turn.ADDED, pieces=_pieces((Turn.ADDED, one))) for one in new[done:])


def _alike(one: str, other: str) -> bool:
    a, b = set(_WORD.findall(one.casefold())), set(_WORD.findall(other.casefold()))
    return len(a & b) >= _ALIKE * len(a | b)


def _fields(old: Document, new: Document) -> Iterator[FieldChange]:
    for name, before, after in zip(_NAMES, _values(old), _values(new), strict=True):
        if before != after:
            yield FieldChange(name=name, old=before, new=after)


_NAMES = ("slugline", "byline", "dateline", "credit", "keywords", "urgency", "status", "embargoed")


def _values(document: Document) -> tuple[str | None, ...]:
    return (
        document.slugline,
        document.byline,
        document.dateline.text if document.dateline else None,
        document.credit.text if document.credit else None,
        ", ".join(document.keywords) or None,
        str(document.urgency) if document.urgency else None,
        document.pub_status.value,
        f"{document.embargoed:%Y-%m-%d %H:%M} UTC" if document.embargoed else None,
    )


def _in_words(
    headline: Passage | None, body: Sequence[Passage], fields: Sequence[FieldChange]
) -> Iterator[str]:
    if headline is not None and headline.turn is not Turn.SAME:
        yield f"headline {headline.turn}"
    turns = [each.turn for each in body]
    counts = [(turns.count(turn), turn) for turn in (Turn.CHANGED, Turn.ADDED, Turn.REMOVED)]
    told = [f"{count} {turn}" for count, turn in counts if count]
    if told:
        words = {turn: _words(body, turn) for turn in (Turn.ADDED, Turn.REMOVED)}
        yield f"paragraphs: {', '.join(told)} (+{words[Turn.ADDED]} -{words[Turn.REMOVED]} words)"
    for each in fields:
        yield f"{each.name}: {each.old or 'none'} → {each.new or 'none'}"


def _words(body: Sequence[Passage], turn: Turn) -> int:
    """Count the words that came or went."""
    texts = (piece.text for passage in body for piece in passage.pieces if piece.turn is turn)
    return sum(any(map(str.isalnum, word)) for text in texts for word in _WORD.findall(text))

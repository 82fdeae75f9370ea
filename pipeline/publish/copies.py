"""The copies of a document, for people: which of them was first, and what each is to the document. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.model import StoredDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A document that is the same copy as another."""

    stored: StoredDocument
    score: float
    #: `whole`: it holds the other's text; `part`: it is a part of it; None: neither
    role: str | None
    #: it was published before all others, and before the document itself
    is_original: bool


def copies_of(stored: StoredDocument, others: Sequence[StoredDocument]) -> tuple[Copy, ...]:
    """Say what each copy is to a document.

    Args:
        stored: The document, with its links.
        others: Its copies, first published first, as the store gives them.
    """
    links = {link.id: link for link in stored.relations if link.kind == "same-copy"}
    linked = [(each, links[each.document.id]) for each in others if each.document.id in links]
    texts = [stored, *(each for each, link in linked if link.role is None)]
    original = min(texts, key=_published).document.id
    return tuple(
        Copy(stored=each, score=link.score, role=link.role, is_original=each.document.id == original)
        for each, link in linked
    )


def is_original(copies: Sequence[Copy]) -> bool:
    """Say whether a document with these copies is the first of them; without any there is nothing to say."""
    return any(each.role is None for each in copies) and not any(each.is_original for each in copies)


def feeds_of(stored: StoredDocument, copies: Sequence[Copy]) -> int:
    """Count the other sources that brought the same copy."""
    return len(set(_sources(copies)) - {_source(stored)})


def _sources(copies: Sequence[Copy]) -> Iterator[str]:
    return (_source(each.stored) for each in copies)


def _source(stored: StoredDocument) -> str:
    return stored.document.feed or stored.document.provider


def _published(stored: StoredDocument) -> tuple[datetime, str]:
    return stored.document.published or stored.received_at, stored.document.id

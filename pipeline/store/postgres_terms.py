"""The search index on PostgreSQL: the same terms, phrases and limits as FTS5 has.

`tsvector` would do it only for short texts: it knows 255 places of a word and 16,383 of a text, and takes one
megabyte. Here a row holds the terms of a document as one text, a space before and after each, two between its
parts. A GIN index over the hashes of its words finds the rows that may have them all; phrases are then looked
for there.
"""

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    MetaData,
    ScalarSelect,
    Table,
    Text,
    and_,
    any_,
    exists,
    func,
    not_,
    or_,
    select,
)

from pipeline.ports.reading import Query
from pipeline.store.database import Terms
from pipeline.store.tables import document
from pipeline.store.terms import cut

#: documents whose texts are looked into one by one: some microseconds each
_FEW = 5_000

document_terms = Table(
    "document_terms",
    MetaData(),  # as with FTS5, the migrations make it
    Column("document_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("words", Text, nullable=False),
)


def words_of(terms: Terms) -> str:
    """Write what is stored of one document."""
    parts = (terms.headline, terms.body, terms.about)
    return "".join(f" {' '.join(cut(part))} " for part in parts)


def matching(
    query: Query, window: range | None = None, *, one_by_one: bool = False
) -> ColumnElement[bool] | None:
    """Say in SQL which rows of `document` have the query's words; see database.Database.

    Of few documents it is quicker to look into each text than to have the index list all that have a word.
    """
    said: list[ColumnElement[bool]] = []
    few = one_by_one or (window is not None and (bool(query.fields) or len(window) <= _FEW))
    if query.all_of and few:
        said.append(_of_document(*map(_in_text, query.all_of)))
    elif query.all_of and query.fields:
        # Which of the two is rarer, the words or the tags, the planner knows from its statistics.
        said.append(_of_document(*_indexed(query.all_of)))
    elif query.all_of:
        said.append(document.c.seq == any_(func.array(_listed(query.all_of, window))))
    if query.none_of:
        said.append(not_(_of_document(or_(*map(_in_text, query.none_of)))))
    return and_(*said) if said else None


def _of_document(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(document_terms.c.document_seq == document.c.seq, *conditions)


def _listed(phrases: Sequence[Sequence[str]], window: range | None) -> ScalarSelect[int]:
    """Select the numbers of all documents that have the phrases, whatever else is asked: by the index."""
    number = document_terms.c.document_seq
    rows = select(number).where(*_indexed(phrases))
    if window is not None:
        rows = rows.where(number >= window.start, number < window.stop)
    return rows.scalar_subquery()


def _indexed(phrases: Sequence[Sequence[str]]) -> list[ColumnElement[bool]]:
    words = dict.fromkeys(word for phrase in phrases for word in phrase)
    has_all = func.newswire_terms(document_terms.c.words).op("@>")
    found = has_all(func.newswire_terms(" ".join(words)))
    # Looked into first where something else has led to the rows, and a twentieth as dear. The index leads to
    # other words with the same hash, too.
    return [found, *map(_in_text, phrases)]


def _in_text(terms: Sequence[str]) -> ColumnElement[bool]:
    return func.strpos(document_terms.c.words, f" {' '.join(terms)} ") > 0

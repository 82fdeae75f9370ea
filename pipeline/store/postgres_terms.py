"""The search index on PostgreSQL: the same terms, phrases and limits as FTS5 has.

`tsvector` would do it only for short texts: it knows 255 places of a word and 16,383 of a text, and takes one
megabyte. Here a row holds the terms of a document as one text, a space before and after each, two between its
parts. A GIN index over its words finds the rows that have them all, and phrases are then looked for there.
"""

import re
from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    MetaData,
    Table,
    Text,
    and_,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from pipeline.identity import digest
from pipeline.ports import Query
from pipeline.store.database import Terms
from pipeline.store.tables import document
from pipeline.store.terms import cut

#: characters of a term that the index keeps: an entry of it may have 2,700 bytes
_LONGEST = 250
_LONG = re.compile(rf"[^ ]{{{_LONGEST + 1},}}")

document_terms = Table(
    "document_terms",
    MetaData(),  # as with FTS5, the migrations make it
    Column("document_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("words", Text, nullable=False),
)


def words_of(terms: Terms) -> str:
    """Write what is stored of one document."""
    parts = (terms.headline, terms.body, terms.about)
    return _shortened("".join(f" {' '.join(cut(part))} " for part in parts))


def matching(query: Query, window: range | None = None) -> ColumnElement[bool] | None:
    """Say in SQL which rows of `document` have the query's words; see database.Database."""
    found = document_terms.alias()
    is_it = [found.c.document_seq == document.c.seq]
    if window is not None:
        is_it += [found.c.document_seq >= window.start, found.c.document_seq < window.stop]
    wanted = [_has(found, terms) for terms in query.all_of]
    unwanted = or_(false(), *(_has(found, terms) for terms in query.none_of))
    # Those that have an unwanted word are found by the index as well: looking for it into each text that has
    # the others may take long.
    said: list[ColumnElement[bool]] = [exists().where(*is_it, *wanted)] if wanted else []
    said += [not_(exists().where(*is_it, unwanted))] if query.none_of else []
    return and_(*said) if said else None


def _has(rows: FromClause, terms: Sequence[str]) -> ColumnElement[bool]:
    phrase = _shortened(f" {' '.join(terms)} ")
    words = literal(list(dict.fromkeys(phrase.split())), ARRAY(Text))
    has_all = func.newswire_terms(rows.c.words).op("@>")(words)
    return and_(has_all, func.strpos(rows.c.words, phrase) > 0) if len(terms) > 1 else has_all


def _shortened(text: str) -> str:
    """Name terms that are too long for the index by their hash, where they are stored and where asked for."""
    return _LONG.sub(lambda term: digest("term", term.group()), text) if len(text) > _LONGEST else text

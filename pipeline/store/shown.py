"""Which documents may be shown, and which match a query: one predicate for every read."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, case, not_, or_, select

from pipeline.errors import QueryError
from pipeline.identity import ID_DIGITS
from pipeline.ports.reading import Query
from pipeline.store.chain import SHOWN
from pipeline.store.database import Database
from pipeline.store.tables import document, document_tag, item, story, story_member

#: stories looked at to see whether a beginning of an id means one of them
_AMBIGUOUS = 20


def may_be_shown(now: datetime) -> ColumnElement[bool]:
    """Say which rows of `document` may be shown.

    Usable and not taken back, or a kill of something that is not here; not under embargo, not erased.
    """
    return and_(
        document.c.standing.in_(SHOWN),
        or_(document.c.embargoed.is_(None), document.c.embargoed <= now),
        document.c.erased_at.is_(None),
    )


def shown_documents(now: datetime) -> Select[int]:
    """Select the numbers of the documents that may be shown, from `document` joined with `item`."""
    return select(document.c.seq).join(item, item.c.id == document.c.item_id).where(may_be_shown(now))


def is_current(now: datetime) -> ColumnElement[bool]:
    """Say which rows of `document` joined with `item` are the newest version that may be shown.

    Where an embargo has ended, what was held is, whether or not the chain was brought up to date since.
    """
    return document.c.seq == case((item.c.next_at <= now, item.c.next_seq), else_=item.c.current_seq)


def matches(
    database: Database, query: Query, window: range | None = None, *, one_by_one: bool = False
) -> list[ColumnElement[bool]]:
    """Make the conditions of a query on rows of `document`.

    Args:
        database: Has the search index.
        query: What to find.
        window: Numbers of documents; of others nothing is said.
        one_by_one: Few rows are asked about, each by itself.
    """
    found: list[ColumnElement[bool]] = []
    words = database.matching(query, window, one_by_one=one_by_one)
    if words is not None:
        found.append(words)
    found += [_any_value(name, values, window) for name, values in (query.fields or {}).items()]
    found += [not_(_any_value(name, values, window)) for name, values in (query.not_fields or {}).items()]
    if query.since is not None:
        found.append(document.c.published_at >= query.since)
    if query.until is not None:
        found.append(document.c.published_at < query.until)
    return found


def _any_value(name: str, values: tuple[str, ...], window: range | None) -> ColumnElement[bool]:
    if name in _TAGS:
        return _tagged(name, values, window)
    return or_(*(_FIELDS[name](value) for value in values))


def _language(code: str) -> ColumnElement[bool]:
    """Match a language and its regions: fr finds fr-CA, not frr."""
    known = document.c.language
    return and_(known.is_not(None), or_(known == code, known.startswith(f"{code}-", autoescape=True)))


def _provider(scope: str) -> ColumnElement[bool]:
    return document.c.provider == scope


def _feed(feed_id: str) -> ColumnElement[bool]:
    return document.c.feed_id == feed_id


def _tagged(kind: str, values: tuple[str, ...], window: range | None) -> ColumnElement[bool]:
    number = document_tag.c.document_seq
    found = select(number).where(document_tag.c.kind == kind, document_tag.c.value.in_(values))
    if window is not None:
        found = found.where(number >= window.start, number < window.stop)
    return document.c.seq.in_(found)


def stories_called(connection: Connection, beginning: str) -> set[str]:
    """Find the stories whose ids begin so, lower case; of those that are parts of others, the others."""
    named = select(story.c.id, story.c.merged_into).where(
        story.c.id >= beginning, story.c.id <= beginning.ljust(ID_DIGITS, "f")
    )
    return {row.merged_into or row.id for row in connection.execute(named.limit(_AMBIGUOUS))}


def with_whole_ids(database: Database, query: Query) -> Query:
    """Give a query in which stories are named by their whole ids.

    Raises:
        QueryError: Several stories begin as one is called.
    """
    fields, not_fields = query.fields or {}, query.not_fields or {}
    if "story" not in (*fields, *not_fields):
        return query
    with database.read() as connection:
        whole = [
            {**each, "story": tuple(_whole_id(connection, story_id) for story_id in each["story"])}
            if "story" in each
            else each
            for each in (fields, not_fields)
        ]
    return replace(query, fields=whole[0], not_fields=whole[1])


def _whole_id(connection: Connection, beginning: str) -> str:
    if len(beginning) >= ID_DIGITS:
        return beginning
    called = stories_called(connection, beginning)
    if len(called) > 1:
        raise QueryError(f"story:{beginning} begins several stories: give more of the id")
    return next(iter(called), beginning)


def _story(story_id: str) -> ColumnElement[bool]:
    """Match the documents of a story, or of the one it has become a part of."""
    successor = select(story.c.merged_into).where(story.c.id == story_id, story.c.merged_into.is_not(None))
    members = select(story_member.c.document_seq).where(
        or_(story_member.c.story_id == story_id, story_member.c.story_id.in_(successor))
    )
    return document.c.seq.in_(members)


#: field of a query → condition
_FIELDS: Mapping[str, Callable[[str], ColumnElement[bool]]] = {
    "lang": _language,
    "provider": _provider,
    "feed": _feed,
    "story": _story,
}
#: fields of a query that are kinds of tags
_TAGS = frozenset(("region", "topic", "beat", "person", "org"))

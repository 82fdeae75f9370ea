"""What people type into a search, read. Nothing of it ever reaches a database as its own syntax.

    taliban "air strikes" -pakistan lang:fr,en provider:"Harbour Press" since:7d until:2026-05-01 copies:hide

Words and phrases must all occur; a minus takes out what follows it. Dates are UTC; `until` is exclusive.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

from pipeline.config.countries import COUNTRIES, no_country
from pipeline.config.words import suggest
from pipeline.errors import QueryError
from pipeline.identity import ID_DIGITS, SHORTEST_ID, scope_of
from pipeline.ports.reading import Query
from pipeline.store.terms import search_terms, tag_value

__all__ = ["QueryError", "parse_query", "search_terms"]

#: code of a group of countries → codes of its members
Groups = Mapping[str, Collection[str]]

#: an honest query is shorter; each word costs the database a look into its index
MOST_TERMS = 200

_PART = re.compile(
    r'(?P<minus>-*)(?:(?P<field>[A-Za-z_]+):(?!//))?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))?'
)
_STORY_ID = re.compile(rf"[0-9a-f]{{{SHORTEST_ID},{ID_DIGITS}}}")
_AGO = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _language(code: str) -> str:
    return code.casefold().replace("_", "-")


def _story(beginning: str) -> str:
    story_id = beginning.lower()
    if not _STORY_ID.fullmatch(story_id):
        raise QueryError(
            f"story:{beginning[:40]} is no id of a story: give {SHORTEST_ID} or more of its digits, 0 to f"
        )
    return story_id


#: how the values of a field are written to be compared
_FIELDS: Mapping[str, Callable[[str], str]] = {
    "lang": _language,
    "provider": scope_of,
    "feed": str,
    "story": _story,
    # by code or name: region:AF, topic:"armed conflict", beat:afghanistan-security
    "region": tag_value,
    "topic": tag_value,
    "beat": tag_value,
    # by full name or, a person, by surname
    "person": tag_value,
    "org": tag_value,
}
_DATES = ("since", "until")
#: copies:hide leaves out what was found in another copy
_COPIES = {"hide": False, "show": True}
#: operators of other searches: taken as words they would find something else than was asked
_OPERATORS = {
    "OR": "there is no OR: search twice, or give a field several values (lang:fr,en)",
    "NOT": "there is no NOT: put a minus before the word (-word)",
}


@dataclass(frozen=True, slots=True)
class _Part:
    """One piece of a query as it was typed."""

    minus: bool
    field: str | None
    text: str
    quoted: bool


@dataclass(slots=True)
class _Draft:
    """A query while it is read."""

    all_of: list[tuple[str, ...]] = field(default_factory=list)
    none_of: list[tuple[str, ...]] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)
    not_fields: dict[str, list[str]] = field(default_factory=dict)
    since: list[datetime] = field(default_factory=list)
    until: list[datetime] = field(default_factory=list)
    copies: list[bool] = field(default_factory=list)


def parse_query(text: str, now: datetime, groups: Groups | None = None) -> Query:
    """Read a query.

    Args:
        text: As typed; empty: everything.
        now: Aware UTC, for times such as `since:24h`.
        groups: Of countries, by which documents of their members are found; None: there are none, and codes
            are not looked at.

    Raises:
        QueryError: A quotation mark that is not closed, a field without a value,
            a field or a region that there is not, a date that is none, or nothing to search for.
    """
    if text.count('"') % 2:
        raise QueryError("a quotation mark is not closed")
    draft = _Draft()
    for part in _parts(text):
        _read_part(draft, part, now, groups)
    terms = sum(map(len, draft.all_of)) + sum(map(len, draft.none_of))
    if terms > MOST_TERMS:
        raise QueryError(f"{terms} words are too many: give at most {MOST_TERMS}")
    query = Query(
        all_of=tuple(draft.all_of),
        none_of=tuple(draft.none_of),
        fields={name: tuple(values) for name, values in draft.fields.items()} or None,
        not_fields={name: tuple(values) for name, values in draft.not_fields.items()} or None,
        since=max(draft.since, default=None),
        until=min(draft.until, default=None),
        copies=all(draft.copies),
    )
    if text.strip() and query == Query() and not draft.copies:
        raise QueryError(f"there is no word in {text.strip()[:40]!r} to search for")
    return query


def _parts(text: str) -> Iterator[_Part]:
    for match in _PART.finditer(text):
        phrase, word = match["phrase"], match["word"]
        if phrase is None and word is None:
            if (match["field"] or "").lower() in (*_FIELDS, *_DATES, "copies"):
                raise QueryError(f"{match['field']}: needs a value, right behind it")
            # Any other word may have a colon, as in "Kabul: the day after".
            phrase, name = match["field"], None
        else:
            name = match["field"]
        said = phrase if phrase is not None else word
        if said:
            yield _Part(bool(match["minus"]), name.lower() if name else None, said, word is None)


def region_values(text: str, groups: Groups | None) -> list[str]:
    """Say by what documents of a region are found: those of a group by the codes of its countries.

    Raises:
        QueryError: It is written like a code, and there is none such.
    """
    value = tag_value(text)
    if groups is None:
        return [value]
    members = next((members for code, members in groups.items() if tag_value(code) == value), None)
    if members is not None:
        return sorted(map(tag_value, members))
    if value.isdecimal() or value.startswith("x "):
        meant = suggest(text.lower(), groups)
        hint = f"did you mean {meant}?" if meant else "groups are in regions.yaml"
        raise QueryError(f"region:{text[:40]} is no group of countries: {hint}")
    if len(value) == 2 and value.isascii() and value.isalpha() and value.upper() not in COUNTRIES:
        raise QueryError(no_country(text[:40]))
    return [value]


def _read_part(draft: _Draft, part: _Part, now: datetime, groups: Groups | None) -> None:
    if part.field is not None and part.field in _DATES:
        if part.minus:
            raise QueryError(f"-{part.field}: a date cannot be excluded; use since: and until:")
        getattr(draft, part.field).append(_moment(part.field, part.text, now))
    elif part.field is None:
        _read_words(draft, part)
    elif part.field == "copies":
        draft.copies.append(_shows_copies(part))
    elif fold := _FIELDS.get(part.field):
        values = [part.text] if part.quoted else [value for value in part.text.split(",") if value]
        if not values:
            raise QueryError(f"{part.field}: needs a value")
        if part.field == "region":
            values = [each for value in values for each in region_values(value, groups)]
        wanted = draft.not_fields if part.minus else draft.fields
        wanted.setdefault(part.field, []).extend(map(fold, values))
    else:
        raise QueryError(_unknown_field(part.field))


def _shows_copies(part: _Part) -> bool:
    said = part.text.lower()
    if part.minus or said not in _COPIES:
        raise QueryError("copies: takes hide or show: copies:hide gives each text once")
    return _COPIES[said]


def _read_words(draft: _Draft, part: _Part) -> None:
    if not part.quoted and part.text in _OPERATORS:
        raise QueryError(_OPERATORS[part.text])
    if not part.quoted and part.text == "AND":
        return  # is what is done anyway
    terms = tuple(search_terms(part.text))
    if terms:
        (draft.none_of if part.minus else draft.all_of).append(terms)


def _unknown_field(name: str) -> str:
    names = (*_FIELDS, *_DATES, "copies")
    close = get_close_matches(name, names, 1)
    meant = f"did you mean {close[0]}:?" if close else f"there are {', '.join(names)}"
    return f"there is no field {name}: - {meant} (words with a colon need quotation marks)"


def _moment(name: str, text: str, now: datetime) -> datetime:
    """Read a date (midnight UTC), a time, or how long ago."""
    try:
        if ago := _AGO.fullmatch(text.lower()):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise QueryError(
            f"{name}:{text[:40]} is no date: write {name}:2026-05-01, {name}:2026-05-01T09:30Z, "
            f"{name}:24h or {name}:7d"
        ) from None

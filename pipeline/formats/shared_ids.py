"""Ids that a feed gives to several items: they name none of them. Pure.

Feeds in the wild give every item the guid "0" or the address of their front page. Taken for ids, the stories
would be versions of each other, and only one of them would be seen.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from pipeline.identity import names_an_item
from pipeline.model import Entry


def with_shared_ids(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Note in each entry of a feed which of its ids name several items of it.

    Entries with one guid are one item where they stand at one address, or, without any, have one headline.
    Where the guid does not tell, those with one address are one item where they have one headline.
    """
    guids = _shared(entries, lambda each: each.guid, _place)
    nameless = [
        each for each in entries if each.guid is None or each.guid in guids or not names_an_item(each.guid)
    ]
    urls = _shared(nameless, lambda each: each.url, _title)
    if not guids and not urls:
        return tuple(entries)
    return tuple(_noted(each, guids, urls) for each in entries)


def _shared(
    entries: Iterable[Entry], id_of: Callable[[Entry], str | None], story_of: Callable[[Entry], Hashable]
) -> set[str]:
    """Find the ids that several stories have."""
    stories: defaultdict[str, set[Hashable]] = defaultdict(set)
    for each in entries:
        if (name := id_of(each)) is not None:
            stories[name].add(story_of(each))
    return {name for name, several in stories.items() if len(several) > 1}


def _place(entry: Entry) -> Hashable:
    return entry.url if entry.url and names_an_item(entry.url) else _title(entry)


def _title(entry: Entry) -> Hashable:
    return " ".join((entry.headline or "").casefold().split()) or (entry.html, entry.text)


def _noted(entry: Entry, guids: set[str], urls: set[str]) -> Entry:
    shared = [name for name, ids in (("guid", guids), ("url", urls)) if getattr(entry, name) in ids]
    return replace(entry, shared_ids=tuple(shared)) if shared else entry

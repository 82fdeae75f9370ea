"""Feeds whose guids are no ids: nothing grows without bound, and no story swallows another."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from fakes import rss
from pipeline.formats.detect import read
from pipeline.ports.feeds import RawCopy
from pipeline.ports.reading import Query
from pipeline.ports.store import Store
from pipeline.ports.work import ClaimedEntry, Processed
from pipeline.store.open import is_on_server
from store_builders import HARBOUR, NOON, claim, entry, feed, poll, sync_feeds, take_in
from workers.normalise.document import Source, normalise

STORIES = {f"Story {n}": f"The text of story {n} is its own." for n in range(5)}


def _items(guid: Callable[[int], str], *, links: bool = True, extra: str = "") -> bytes:
    items = "".join(
        f"<item>{guid(n)}<title>{title}</title>"
        + (f"<link>https://harbour.example/{n}</link>" if links else "")
        + f"<description>{text}</description>{extra}</item>"
        for n, (title, text) in enumerate(STORIES.items())
    )
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


def _take(store: Store, body: bytes, number: int = 0, feed_id: str = HARBOUR.id) -> None:
    """Poll a feed, and process what came, as the service does."""
    now = NOON + timedelta(minutes=number)
    if not store.snapshot(now).feeds:
        sync_feeds(store, [HARBOUR, feed("other", provider="Other Press")], now)
    parsed = read(body, name="https://harbour.example/rss")
    raw = RawCopy(body=body, media_type=None, location="https://harbour.example/rss")
    polled = poll(*parsed.entries, raw=raw, polled_at=now, feed_id=feed_id)
    (taken,) = store.take_in([polled], now)
    ids = [ref.id for ref in taken.new]
    token = f"poll-{feed_id}-{number}"
    claimed = store.claim(ids, token=token, owner="w", now=now, lease=timedelta(minutes=1))
    store.save([_processed(each, now) for each in claimed], [], token=token, now=now)


def _processed(one: ClaimedEntry, now: datetime) -> Processed:
    return Processed(entry_id=one.id, document=normalise(one.entry, Source.of(one), now))


def _headlines(store: Store) -> list[str | None]:
    return sorted(each.document.headline or "" for each in store.search(Query(), now=NOON, limit=1_000))


def _size(store: Store) -> tuple[int, int]:
    snapshot = store.snapshot(NOON)
    return snapshot.documents, snapshot.counters["accepted", ""]


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
@pytest.mark.parametrize(
    "guid",
    [
        pytest.param(lambda poll, n: "<guid>0</guid>", id="one for all"),
        pytest.param(lambda poll, n: "<guid>https://harbour.example/</guid>", id="the front page"),
        pytest.param(lambda poll, n: "<guid>the-same</guid>", id="one that looks like an id"),
        pytest.param(lambda poll, n: "<guid></guid>", id="empty"),
        pytest.param(lambda poll, n: "", id="none"),
        pytest.param(lambda poll, n: f"<guid>{poll}-{n}</guid>", id="new at each poll"),
        pytest.param(lambda poll, n: f"<guid>{n}</guid><pubDate>{_date(poll)}</pubDate>", id="new dates"),
        pytest.param(
            lambda poll, n: f"<guid>{poll}-{n}</guid><pubDate>{_date(poll)}</pubDate>", id="both new"
        ),
    ],
)
def test_h11_a_hundred_polls_store_each_story_once(store: Store, store_url: str, guid, links: bool) -> None:
    # What is an item is ours to say, and not the database's: a server need not be asked as often.
    for number in range(10 if is_on_server(store_url) else 100):
        _take(store, _items(lambda n, number=number: guid(number, n), links=links), number)
    assert _headlines(store) == sorted(STORIES)
    assert _size(store) == (5, 5)


def _date(number: int) -> str:
    return (NOON + timedelta(minutes=number)).strftime("%a, %d %b %Y %H:%M:%S +0000")


def test_spellings_of_a_permalink_are_one_item(store: Store) -> None:
    for number, link in enumerate(
        (
            "http://harbour.example/a",
            "https://harbour.example/a/",
            "https://HARBOUR.example/a",
            "https://harbour.example:443/a/",
        )
    ):
        text = lambda guid, number=number: f"Version {number} of it."  # noqa: E731
        _take(store, rss(link, text=text), number)
    (found,) = store.search(Query(), now=NOON)
    assert len(store.versions(found.document.uri, now=NOON)) == 4


def test_a_preview_of_wordpress_is_the_item_that_it_becomes(store: Store) -> None:
    for number, query in enumerate(("?p=7&amp;preview=true&amp;preview_id=7", "?p=7", "?p=8")):
        text = lambda guid, number=number: f"Text {number}."  # noqa: E731
        _take(store, rss(f"https://harbour.example/{query}", text=text), number)
    assert len(_headlines(store)) == 2


def test_h10_a_feed_that_repeats_anothers_ids_changes_nothing_of_it(store: Store) -> None:
    def one(n: int) -> str:
        return f"<guid>g{n}</guid>"

    _take(store, _items(one))
    before = {each.document.id: each for each in store.stream(Query(), now=NOON)}
    hijack = _items(one).replace(b"is its own", b"is not yours")
    _take(store, hijack, 1, "other")
    after = {each.document.id: each for each in store.stream(Query(), now=NOON)}
    assert {key: after[key] for key in before} == before
    assert len(after) == 10


def test_a_story_that_changes_is_a_version_whatever_its_dates(store: Store) -> None:
    _take(store, rss("g", text=lambda guid: "One."))
    _take(store, rss("g", text=lambda guid: "Two."), 1)
    _take(store, rss("g", text=lambda guid: "One."), 2)
    (found,) = store.search(Query(), now=NOON)
    assert len(store.versions(found.document.uri, now=NOON)) == 2


def test_kills_that_say_nothing_are_told_apart_by_their_guid(store: Store) -> None:
    first = take_in(store, entry("a", text=None, pub_status="canceled"))
    second = take_in(store, entry("b", text=None, pub_status="canceled"))
    assert (len(first), len(second)) == (1, 1)
    assert claim(store, [*first, *second]) == [*first, *second]

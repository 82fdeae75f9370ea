"""H7: whatever a feed holds, it is stored or refused in words, by every database."""

from datetime import timedelta

from pipeline.formats.detect import read
from pipeline.ports.feeds import RawCopy
from pipeline.ports.reading import Query
from pipeline.ports.store import Store
from pipeline.ports.work import Processed
from store_builders import HARBOUR, NOON, poll, sync_feeds
from workers.normalise.document import Source, normalise

_MARKS = "a\x00b\x01\x1b[31m\x7f\x9b\ufffe\u202e\u2066\u200f\ud800\udfff\U0010ffff"
_REFERENCES = "&#0;&#1;&#27;&#xD800;&#xDFFF;&#xFFFE;&#x10FFFF;&#1114112;&#9223372036854775808;"
_FIELDS = ("title", "description", "author", "category", "link", "guid", "pubDate")
#: what databases of 64 bits, 8 KiB a key or UTF-8 stumble over
_VALUES = (
    _MARKS,
    _REFERENCES,
    "\N{COMBINING ACUTE ACCENT}" * 10_000,
    "9223372036854775808",
    "-1e999",
    "\\u0000 \\ud800 '; DROP TABLE document; --",
    "xyz " * 25_000,
    "%s ? :1 {0} $1",
)


def _body() -> bytes:
    items = "".join(
        "<item>" + "".join(f"<{field}>{value}{number}</{field}>" for field in _FIELDS) + "</item>"
        for number, value in enumerate(_VALUES)
    )
    feed = f'<rss version="2.0"><channel><title>{_MARKS}</title>{items}</channel></rss>'
    return feed.encode("utf-8", "surrogatepass")


def test_h07_what_no_database_likes_is_stored_and_found(store: Store) -> None:
    sync_feeds(store, [HARBOUR], NOON)
    body = _body()
    parsed = read(body, name="https://harbour.example/rss")
    raw = RawCopy(body=body, media_type=_REFERENCES, location="https://harbour.example/rss")
    (taken,) = store.take_in([poll(*parsed.entries, raw=raw, problems=parsed.problems)], NOON)
    assert len(taken.new) == len(_VALUES)
    claimed = store.claim(
        [ref.id for ref in taken.new], token="t", owner="w", now=NOON, lease=timedelta(minutes=1)
    )
    documents = [
        Processed(entry_id=each.id, document=normalise(each.entry, Source.of(each), NOON)) for each in claimed
    ]
    store.save(documents, [], token="t", now=NOON)
    found = list(store.stream(Query(), now=NOON))
    assert len(found) == len(_VALUES)
    for each in found:
        repr(each.document).encode()  # no lone surrogate
        assert "\x00" not in f"{each.document.headline}{each.document.body_text}{each.document.guid}"
    assert store.search(Query(all_of=(("drop", "table"),)), now=NOON)
    assert store.check() == []

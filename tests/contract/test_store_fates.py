"""What became of entries: new, known, erased, in quarantine, open."""

from datetime import timedelta

from pipeline.errors import Reason
from pipeline.model import Entry
from pipeline.ports.feeds import Poll
from pipeline.ports.work import Processed, Refusal
from store_builders import NOON
from workers.normalise.document import Source, normalise


def test_each_fate_is_counted(store) -> None:
    texts = ("One story.", "One story.", "Another story.", "A bad story.", "A story that waits.")
    entries = tuple(
        Entry(format="text", text=text, headline=text, summary_html=str(n)) for n, text in enumerate(texts)
    )
    (taken,) = store.take_in(
        [Poll(feed_id="import", epoch=None, polled_at=NOON, duration_s=0, entries=entries)], NOON
    )
    ids = [ref.id for ref in taken.new]
    assert store.fates(ids) == {"new": 0, "known": 0, "erased": 0, "quarantined": 0, "open": 5}
    claimed = store.claim(ids[:4], token="t", owner="o", now=NOON, lease=timedelta(minutes=1))
    done = [
        Processed(entry_id=one.id, document=normalise(one.entry, Source(provider="wire"), NOON))
        for one in claimed[:3]
    ]
    refused = [Refusal(entry_id=ids[3], reason=Reason.EMPTY, detail="nothing in it")]
    store.save(done, refused, token="t", now=NOON)
    assert store.fates(ids) == {"new": 2, "known": 1, "erased": 0, "quarantined": 1, "open": 1}
    store.erase(done[2].document.id, reason="a court said so", now=NOON)
    assert store.fates(ids) == {"new": 1, "known": 1, "erased": 1, "quarantined": 1, "open": 1}

"""One bit of the database file is turned: it is found, or it changes nothing that anybody is shown."""

import random
import shutil
from collections import Counter
from contextlib import closing
from pathlib import Path

from fault_size import Size
from pipeline.codec import to_json
from pipeline.errors import StoreError
from pipeline.model import Tag, Tagging
from pipeline.ports.reading import Query
from pipeline.ports.work import Processed
from pipeline.store.open import open_store
from pipeline.store.store import SqlStore
from running import story
from store_builders import MINUTE, NOON, claim, document, entry, take_in

TAGGING = Tagging(rules="r", regions=(Tag(code="AF", name="Afghanistan", score=1.0),))


def test_a_bit_that_was_turned_is_found_or_means_nothing(tmp_path: Path, size: Size) -> None:
    dice = random.Random(3)
    sound = tmp_path / "sound"
    with closing(open_store(None, sound)) as store:
        _fill(store, 200)
        shown = _shown(store)
    whole = (sound / "newswire.db").read_bytes()
    came_to: Counter[str] = Counter()
    for number in range(1000 if size.full else 30):
        folder = tmp_path / str(number)
        folder.mkdir()
        place = dice.randrange(len(whole) * 8)
        turned = bytearray(whole)
        turned[place // 8] ^= 1 << place % 8
        (folder / "newswire.db").write_bytes(turned)
        came_to[_what_comes_of_it(folder, shown)] += 1
        shutil.rmtree(folder)
    print(f"\n{came_to.total()} bits turned, {len(whole)} bytes: {dict(came_to)}")
    assert not came_to["shown"]
    assert came_to["found at the start"]
    assert came_to["found by the check"]


def _fill(store: SqlStore, count: int) -> None:
    guids = [f"{number}" for number in range(count)]
    ids = take_in(store, *(entry(guid) for guid in guids))
    claim(store, ids)
    processed = [
        Processed(
            entry_id=id_,
            document=document(guid, text=story(int(guid)), published=NOON - int(guid) * MINUTE),
            tagging=TAGGING,
            signature=b"signature" * 20,
        )
        for id_, guid in zip(ids, guids, strict=True)
    ]
    store.save(processed, [], token="t", now=NOON)


def _shown(store: SqlStore) -> list[bytes]:
    found = store.search(Query(fields={"region": ("af",)}), now=NOON, limit=1000)
    listed = [to_json(each) for each in found]
    return [*listed, *(to_json(store.document(each.document.id, now=NOON)) for each in found[:20])]


def _what_comes_of_it(folder: Path, shown: list[bytes]) -> str:
    """Start on a file, check it, and read all that is in it."""
    try:
        with closing(open_store(None, folder)) as store:
            if store.check(quick=True):
                return "found at the start"
            found = bool(store.check())
            try:
                same = _shown(store) == shown
            except (StoreError, ValueError, ArithmeticError):
                return "found by the check" if found else "found when read"
            if found:
                return "found by the check"
            return "of no effect" if same else "shown"
    except (StoreError, ValueError, ArithmeticError):
        return "found at the start"

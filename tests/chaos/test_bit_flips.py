"""One bit of the database's files is turned: it is found, or it changes nothing that anybody is shown."""

import random
import shutil
import signal
from collections import Counter
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from damaging import turn_bit
from fault_size import Size
from pipeline.codec import to_json
from pipeline.errors import StoreError
from pipeline.model import Tag, Tagging
from pipeline.ports.reading import Query
from pipeline.ports.work import Processed
from pipeline.store.open import open_store
from pipeline.store.store import SqlStore
from postgres_server import PostgresServer
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
        (folder / "newswire.db").write_bytes(whole)
        turn_bit(folder / "newswire.db", dice.randrange(len(whole) * 8))
        came_to[_what_comes_of_it(None, folder, shown)] += 1
        shutil.rmtree(folder)
    print(f"\n{came_to.total()} bits turned, {len(whole)} bytes: {dict(came_to)}")
    assert not came_to["shown"]
    assert came_to["found at the start"]
    assert came_to["found by the check"]


#: every file of our tables, of their indexes, and of their long values
_OURS = """
SELECT pg_relation_filepath(oid) FROM pg_class
WHERE pg_relation_size(oid) > 0 AND relkind IN ('r', 'i', 't') AND oid IN (
    WITH own AS (SELECT oid, reltoastrelid FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    held AS (SELECT oid FROM own UNION SELECT reltoastrelid FROM own)
    SELECT oid FROM held UNION SELECT indexrelid FROM pg_index JOIN held ON indrelid = oid)
"""


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", [7, 8, 9])
@pytest.mark.parametrize("checksums", [True, False], ids=["checksums", "no checksums"])
def test_s08_a_bit_that_was_turned_in_a_servers_files_is_found_or_means_nothing(
    checksums: bool, seed: int, tmp_path: Path, size: Size
) -> None:
    if not size.full:
        pytest.skip("in `make chaos` only: a server is started for each bit")
    dice = random.Random(seed)
    server = PostgresServer(checksums=checksums, autovacuum="off")
    sound, came_to = tmp_path / "sound", Counter[str]()
    try:
        url = server.empty_url()
        with closing(open_store(url, tmp_path)) as store:
            _fill(store, 200)
            shown = _shown(store)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (FREEZE, ANALYZE)")
        ours = [server.data / path for (path,) in server.execute(_OURS, urlsplit(url).path[1:])]
        server.stop()
        shutil.copytree(server.data, sound)
        sizes = [file.stat().st_size for file in ours]
        for _ in range(60):
            (file,) = dice.choices(ours, sizes)
            turn_bit(file, dice.randrange(file.stat().st_size * 8))
            server.start()
            came_to[_what_comes_of_it(url, tmp_path, shown)] += 1
            server.stop(signal.SIGQUIT)
            server.put_back(sound)
    finally:
        server.remove()
    print(f"\n{came_to.total()} bits turned, {sum(sizes)} bytes in {len(ours)} files: {dict(came_to)}")
    assert not came_to["shown"]
    assert came_to["found by the check"] + came_to["found when read"]


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


def _what_comes_of_it(url: str | None, folder: Path, shown: list[bytes]) -> str:
    """Start on a database, check it, and read all that is in it."""
    try:
        with closing(open_store(url, folder)) as store:
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

"""PostgreSQL: what goes wrong between the store and its server, and in what words it is said."""

import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import LargeBinary, cast, event, select

from migrating import NEXT, next_release
from pipeline.errors import ConfigError, StoreError
from pipeline.ports.feeds import RawCopy
from pipeline.ports.reading import Query
from pipeline.ports.work import Processed
from pipeline.store.migrate import History, migrate
from pipeline.store.migrations import HEAD
from pipeline.store.open import database_exists, open_store, store_name
from pipeline.store.packing import checksum, unpack
from pipeline.store.postgres import _LOCK, PostgresDatabase
from pipeline.store.postgres_link import Link
from pipeline.store.store import SqlStore
from pipeline.store.tables import document_data
from postgres_server import PostgresServer
from store_builders import (
    HARBOUR,
    NOON,
    claim,
    document,
    entry,
    poll,
    save,
    sync_feeds,
    take_in,
    take_in_polls,
)

FULL = os.environ.get("NEWSWIRE_CHAOS") == "full"
#: what a trigger does to the transaction that fires it
_FAULTS = {
    "serialization failure": "RAISE EXCEPTION USING ERRCODE = '40001'",
    "deadlock": "RAISE EXCEPTION USING ERRCODE = '40P01'",
    "connection killed": "PERFORM pg_terminate_backend(pg_backend_pid())",
}
_FULL_DISK = "RAISE EXCEPTION USING ERRCODE = '53100'"


@pytest.fixture
def database(postgres_url: str) -> Iterator[PostgresDatabase]:
    with closing(PostgresDatabase(postgres_url, wait_s=5)) as opened:
        yield opened


@pytest.fixture
def store(database: PostgresDatabase) -> SqlStore:
    return SqlStore(database)


@pytest.fixture
def failing(postgres_url: str) -> Iterator[psycopg.Connection]:
    """A connection by which to have the first transactions fail that store a document; see `fail`."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE faults_done")
        yield connection
        connection.execute("DROP FUNCTION IF EXISTS fail_once CASCADE")
        connection.execute("DROP SEQUENCE faults_done")


def fail(connection: psycopg.Connection, fault: str, *, times: int, when: str = "BEFORE INSERT") -> None:
    """Have as many transactions fail; what a sequence has counted, no rollback takes back."""
    connection.execute(
        "CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF nextval('faults_done') <= {times} THEN {_FAULTS.get(fault, fault)}; END IF; RETURN NULL; END $$"
    )
    connection.execute(
        f"CREATE TRIGGER fails {when} ON document FOR EACH STATEMENT EXECUTE FUNCTION fail_once()"
    )


# --- what is tried again ---


@pytest.mark.parametrize("fault", _FAULTS)
def test_s07_what_came_to_nothing_is_done_once_more(
    store: SqlStore, failing: psycopg.Connection, fault: str
) -> None:
    fail(failing, fault, times=2)
    assert save(store, document()).stored == (document().id,)
    assert store.snapshot(NOON).documents == 1
    assert store.check() == []


def test_s07_nothing_is_tried_more_than_four_times(store: SqlStore, failing: psycopg.Connection) -> None:
    fail(failing, "deadlock", times=10)
    with pytest.raises(StoreError, match="40P01"):
        save(store, document())
    assert failing.execute("SELECT last_value FROM faults_done").fetchone() == (4,)
    assert (store.snapshot(NOON).documents, store.backlog()) == (0, 1)


def test_s04_a_full_disk_is_said_in_words_at_once_and_costs_nothing(
    store: SqlStore, failing: psycopg.Connection
) -> None:
    save(store, document("ferry"))
    fail(failing, _FULL_DISK, times=1)
    with pytest.raises(
        StoreError, match="the disk is full: make room, nothing that was acknowledged is lost"
    ):
        save(store, document("crane", text="A crane has fallen."))
    assert (store.snapshot(NOON).documents, store.backlog()) == (1, 1)
    save(store, document("quay", text="The quay is closed."))  # as if there were room again
    assert (store.snapshot(NOON).documents, store.check()) == (2, [])


@pytest.mark.parametrize("written", [True, False], ids=["it took place", "it did not"])
def test_s07_after_a_commit_without_an_answer_the_server_says_whether_it_took_place(
    store: SqlStore, database: PostgresDatabase, written: bool
) -> None:
    ids = take_in(store, entry("a"))
    cut: list[int] = []

    def cut_off(connection) -> None:
        driver = connection.connection.driver_connection
        if not cut:
            cut.append(1)
            if written:
                driver.commit()
            driver.close()

    claim(store, ids, "token")
    event.listen(database._engine, "commit", cut_off)
    outcome = store.save([Processed(entry_id=ids[0], document=document("a"))], [], token="token", now=NOON)
    assert (outcome.stored, outcome.lost) == ((document("a").id,), 0)
    assert cut
    assert (store.snapshot(NOON).documents, len(store.changes(0))) == (1, 1)
    assert store.check() == []


class Alarm(Exception):
    """What a job's time limit raises in the midst of anything."""


@pytest.fixture
def alarm() -> Iterator[Callable[[type[BaseException]], None]]:
    """Have an exception raised by a signal, in a fifth of a second."""
    before = signal.getsignal(signal.SIGALRM)

    def set_off(kind: type[BaseException]) -> None:
        def ring(*_: object) -> None:
            raise kind

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.2)

    yield set_off
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def _wait_for_others(database: PostgresDatabase) -> None:
    SqlStore(database).probe(NOON)


def _sleep(database: PostgresDatabase) -> None:
    with database.read() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(9)")


@pytest.mark.parametrize("kind", [Alarm, KeyboardInterrupt], ids=["a time limit", "Ctrl-C"])
@pytest.mark.parametrize("under_way", [_wait_for_others, _sleep], ids=["the beginning", "a statement"])
def test_what_a_signal_breaks_off_is_broken_off_and_not_tried_again(
    kind: type[BaseException],
    under_way: Callable[[PostgresDatabase], None],
    store: SqlStore,
    database: PostgresDatabase,
    postgres_url: str,
    alarm: Callable[[type[BaseException]], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A command that is still under way cannot be rolled back: that error would hide the signal."""
    with psycopg.connect(postgres_url) as other:
        # Whoever writes waits for this one.
        other.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        alarm(kind)
        with pytest.raises(kind):
            under_way(database)
    assert caplog.messages == []
    assert save(store, document("crane"))


def test_s07_a_server_that_crashes_loses_nothing_and_doubles_nothing(
    store: SqlStore, postgres: PostgresServer, postgres_url: str
) -> None:
    sync_feeds(store, [HARBOUR], NOON)
    acknowledged: list[str] = []
    halfway = threading.Barrier(3)

    def write(name: str) -> None:
        with closing(open_store(postgres_url, Path("unused"))) as own:
            for number in range(40):
                if number in (5, 20):
                    halfway.wait(30)
                acknowledged.extend(_store_one(own, f"{name}-{number}"))

    writers = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for writer in writers:
        writer.start()
    for _ in range(2):
        halfway.wait(30)
        postgres.stop(signal.SIGQUIT)
        postgres.start()
    for writer in writers:
        writer.join(60)
    expected = sorted(document(f"{name}-{number}").id for name in "ab" for number in range(40))
    # An answer may be lost with a server that is away for long: what is asked again was done.
    assert len(acknowledged) == len(set(acknowledged))
    assert set(acknowledged) <= set(expected)
    assert sorted(each.document.id for each in store.stream(Query(), now=NOON)) == expected
    assert sorted(each.document_id for each in store.changes(0, 1000)) == expected
    assert store.check() == []


def _store_one(store: SqlStore, guid: str) -> tuple[str, ...]:
    """Take in and store a document, however long the server is away; claim again what a crash took back."""
    (taken,) = _until_it_works(lambda: store.take_in([poll(entry(guid))], NOON))
    ids = [ref.id for ref in taken.new]
    done = [Processed(entry_id=ids[0], document=document(guid))]
    while True:
        _until_it_works(lambda: claim(store, ids, guid))
        stored = _until_it_works(lambda: store.save(done, [], token=guid, now=NOON)).stored
        if not _until_it_works(lambda: store.open_among(ids)):
            return stored


def _until_it_works(call):
    deadline = time.monotonic() + 30
    while True:
        try:
            return call()
        except StoreError:
            if time.monotonic() > deadline:
                raise


# --- the change log ---


def test_whoever_keeps_the_last_number_seen_misses_no_change(store: SqlStore, postgres_url: str) -> None:
    sync_feeds(store, [HARBOUR], NOON)
    seen: list[str] = []

    def write(name: str) -> None:
        with closing(open_store(postgres_url, Path("unused"))) as own:
            for number in range(15):
                save(own, document(f"{name}-{number}"))

    writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for writer in writers:
        writer.start()
    last = 0
    while any(writer.is_alive() for writer in writers) or store.last_change() > last:
        for change in store.changes(last):
            seen.append(change.document_id)
            last = change.seq
    assert len(seen) == len(set(seen)) == 45


def test_a_change_rings_for_those_who_wait(store: SqlStore, postgres_url: str) -> None:
    store.wait_for_change()  # begins to listen
    took: list[float] = []

    def wait() -> None:
        began = time.monotonic()
        store.wait_for_change()
        took.append(time.monotonic() - began)

    waiting = threading.Thread(target=wait)
    waiting.start()
    with closing(open_store(postgres_url, Path("unused"))) as other:
        save(other, document())
    waiting.join(10)
    assert took[0] < 4, "the bell, not the end of the wait"


# --- what is kept by month ---


def test_old_months_are_dropped_and_new_ones_made_ahead(store: SqlStore, postgres_url: str) -> None:
    store.expire(NOON, raw_days=30, change_days=30, poll_count=5)
    raws = [RawCopy(body=name.encode(), media_type=None, location=name) for name in "abc"]
    save(store, document("a"), raw=raws[0])
    take_in(store, entry("b"), raw=raws[1])  # is open: its raw copy is needed
    later = NOON + timedelta(days=31)
    save(store, document("c"), now=later, raw=raws[2])
    assert _parts(postgres_url, "raw") == {
        "raw_2026_05": 2,
        "raw_2026_06": 1,
        "raw_2026_07": 0,
        "raw_rest": 0,
    }
    assert _parts(postgres_url, "change")["change_2026_05"] == 1

    # By the month: what is older than 30 days goes when all of its month is.
    store.expire(NOON + timedelta(days=40), raw_days=30, change_days=30, poll_count=5)
    assert _parts(postgres_url, "raw")["raw_2026_05"] == 2
    gone = store.expire(NOON + timedelta(days=62), raw_days=30, change_days=30, poll_count=5)
    assert (gone["raw"], gone["change"]) == (1, 1)
    raw = _parts(postgres_url, "raw")
    assert "raw_2026_05" not in raw
    assert (raw["raw_rest"], raw["raw_2026_06"], raw["raw_2026_09"]) == (1, 1, 0)
    assert store.check() == []
    assert len(store.search(Query(), now=later)) == 2


def test_months_that_somebody_reads_are_left_to_the_next_time(store: SqlStore, postgres_url: str) -> None:
    store.expire(NOON, raw_days=30, change_days=30, poll_count=5)
    save(store, document("a"), document("b"))
    later = NOON + timedelta(days=62)
    with psycopg.connect(postgres_url) as reader:
        reader.execute("LOCK TABLE raw, change IN ACCESS SHARE MODE")  # as pg_dump does
        began = time.monotonic()
        assert store.expire(later, raw_days=30, change_days=30, poll_count=5)["change"] == 0
        assert time.monotonic() - began < 5
        assert len(store.changes(0)) == 2
    assert store.expire(later, raw_days=30, change_days=30, poll_count=5)["change"] == 1
    assert len(store.changes(0)) == 1  # whoever follows must see that it missed none


def test_what_keeps_months_from_going_keeps_nothing_else(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(store._database, "keep_months", fail)
    take_in_polls(store, poll(), poll())
    assert store.expire(NOON, raw_days=30, change_days=30, poll_count=1)["poll"] == 1


def test_what_cannot_be_scrubbed_in_time_is_left(database: PostgresDatabase, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE quarantine IN SHARE UPDATE EXCLUSIVE MODE")  # as another VACUUM does
        began = time.monotonic()
        with pytest.raises(StoreError):
            database.scrub(limit_s=0.5)
        assert time.monotonic() - began < 5
    database.scrub(limit_s=60)


def test_whole_tables_are_read_without_a_limit_of_time(database: PostgresDatabase) -> None:
    for patient, limit in ((True, "0"), (False, "2min")):
        with database.read(patient=patient) as connection:
            assert connection.exec_driver_sql("SHOW statement_timeout").scalar_one() == limit


def test_what_came_before_its_month_was_made_is_moved_there(store: SqlStore, postgres_url: str) -> None:
    save(store, document("a"))
    assert _parts(postgres_url, "change") == {"change_rest": 1}
    store.expire(NOON, raw_days=30, change_days=30, poll_count=5)
    assert _parts(postgres_url, "change")["change_2026_05"] == 1
    assert len(store.changes(0)) == 1


def test_the_number_of_a_raw_copy_that_went_is_not_given_again(store: SqlStore, postgres_url: str) -> None:
    copies = [RawCopy(body=name.encode(), media_type=None, location=name) for name in "ab"]
    store.expire(NOON, raw_days=1, change_days=1, poll_count=5)
    for number, copy in enumerate(copies):
        save(store, document(str(number)), raw=copy, now=NOON + timedelta(days=62 * number))
        store.expire(NOON + timedelta(days=62 * (number + 1)), raw_days=1, change_days=1, poll_count=5)
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(DISTINCT raw_id) FROM entry").fetchone() == (2,)


def _parts(url: str, table: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s)", (table,)
        ).fetchall()
        counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone() for (name,) in names}
    return {name: count[0] for name, count in counts.items() if count}


# --- what is said ---


def test_the_words_name_the_place_and_no_secret(postgres: PostgresServer) -> None:
    postgres.execute("DROP ROLE IF EXISTS locked")
    postgres.execute("CREATE ROLE locked LOGIN PASSWORD 'opensesame'")
    url = postgres.url("postgres", user="locked:s3cret-word")
    with pytest.raises(StoreError, match="user or the password is not accepted") as refused:
        database_exists(url, Path("unused"))
    assert "s3cret" not in str(refused.value)
    assert "s3cret" not in store_name(url, Path("unused"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("{known}/nowhere", "no such database"),
        ("postgresql://user:pw@127.0.0.1:1/db", "127.0.0.1:1/db: no PostgreSQL answers there"),
        ("postgresql:///db?host=/nowhere", "no PostgreSQL answers there"),
    ],
    ids=["no database", "no server", "no socket"],
)
def test_what_is_not_there_is_said(postgres: PostgresServer, url: str, words: str) -> None:
    if url.startswith("{known}"):
        url = postgres.url("nowhere")
    with pytest.raises(StoreError, match=words):
        database_exists(url, Path("unused"))


def test_a_url_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(ConfigError, match="percent-encode") as refused:
        Link("postgresql://user:pa%zz@host/db", wait_s=1)
    assert "zz" not in str(refused.value)


def test_a_database_without_unicode_is_refused(postgres: PostgresServer) -> None:
    postgres.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0")
    with pytest.raises(StoreError, match=r"SQL_ASCII.*--encoding=UTF8"):
        open_store(postgres.url("ascii"), Path("unused"))


def test_another_programs_database_is_refused(postgres: PostgresServer) -> None:
    url = postgres.empty_url()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE song (id integer)")
    with pytest.raises(StoreError, match="another program"):
        open_store(url, Path("unused"))


def test_a_user_who_may_make_no_tables_is_told_so(postgres: PostgresServer) -> None:
    postgres.execute("DROP ROLE IF EXISTS reader")
    postgres.execute("CREATE ROLE reader LOGIN")
    with pytest.raises(StoreError, match="GRANT CREATE"):
        open_store(postgres.empty_url(user="reader"), Path("unused"))


def test_a_writer_that_does_not_let_go_is_said_in_words(
    postgres_url: str, database: PostgresDatabase
) -> None:
    with closing(PostgresDatabase(postgres_url, wait_s=0.05)) as other, database.write():
        with pytest.raises(StoreError, match="busy"), other.write():
            pass
        with other.read():
            pass  # readers wait for nobody


def test_what_is_read_is_planned_for_what_is_asked(database: PostgresDatabase) -> None:
    show = "SHOW plan_cache_mode"
    with database.read() as connection:
        assert connection.exec_driver_sql(show).scalar_one() == "force_custom_plan"
    with database.write() as connection:
        assert connection.exec_driver_sql(show).scalar_one() == "auto"


# --- the schema ---


def test_a_schema_made_by_migrating_is_the_schema_of_the_tables(postgres: PostgresServer) -> None:
    from sqlalchemy import create_engine

    from pipeline.store.tables import metadata

    migrated, fresh = postgres.empty_url(), postgres.empty_url()
    with closing(PostgresDatabase(migrated, wait_s=5)) as database:
        migrate(database)
    engine = create_engine(fresh.replace("postgresql", "postgresql+psycopg", 1))
    metadata.create_all(engine)
    engine.dispose()
    assert _columns(migrated) == _columns(fresh)
    assert _indexes(migrated) == _indexes(fresh)


def test_s05_killed_at_any_statement_of_a_migration_the_old_schema_stands_whole(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url, history = postgres.empty_url(), next_release(tmp_path, HEAD)
    with closing(open_store(url, tmp_path)) as store:
        save(store, document("ferry"))
    before, number = (_columns(url), _indexes(url), _step(url)), 0
    while _killed_at(url, history, number):
        assert (_columns(url), _indexes(url), _step(url)) == before
        number += 1 if FULL else 5
    assert number >= 10
    assert _step(url) == NEXT
    with (
        closing(PostgresDatabase(url, wait_s=5)) as database,
        pytest.raises(StoreError, match="newer newswire"),
    ):
        migrate(database)


def test_s05_a_release_that_runs_goes_on_while_the_next_one_changes_the_schema(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.empty_url()
    stored: list[str] = []
    ended = threading.Event()
    with closing(open_store(url, tmp_path)) as store:
        sync_feeds(store, [HARBOUR], NOON)

        def work() -> None:
            for number in itertools.count():
                if ended.is_set():
                    return
                stored.extend(save(store, document(str(number))).stored)
                store.search(Query(), now=NOON, limit=3)

        worker = threading.Thread(target=work)
        worker.start()
        try:
            _wait_for_more(stored)
            with closing(PostgresDatabase(url, wait_s=5)) as database:
                migrate(database, next_release(tmp_path, HEAD), backup=False)
            _wait_for_more(stored)
        finally:
            ended.set()
            worker.join()
        assert _step(url) == NEXT
        with pytest.raises(StoreError, match="newer newswire"):
            open_store(url, tmp_path)
        assert [each.document.id for each in store.stream(Query(), now=NOON)] == stored


def _wait_for_more(stored: list[str]) -> None:
    least = len(stored) + 10
    deadline = time.monotonic() + 30
    while len(stored) < least:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _step(url: str) -> str:
    with psycopg.connect(url) as connection:
        ((step,),) = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        return str(step)


def _killed_at(url: str, history: History, number: int) -> bool:
    """Migrate in a process that is killed before its n-th statement; False: it had no more than that."""
    pid = os.fork()
    if pid == 0:
        left = itertools.count(number, -1)

        def count(*_: object) -> None:
            if next(left) <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

        database = PostgresDatabase(url, wait_s=5)
        event.listen(database._engine, "before_cursor_execute", count)
        event.listen(database._engine, "commit", count)
        try:
            migrate(database, history, backup=False)
        finally:
            os._exit(0 if sys.exception() is None else 1)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, -signal.SIGKILL)
    return code != 0


def _columns(url: str) -> set[tuple]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name "
            "FROM information_schema.columns WHERE table_schema = 'public'"
        )
        return {row for row in found if not row[0].startswith(_NOT_COMPARED)}


#: what is PostgreSQL's own way: the search index, and the parts and keys of tables kept by month
_NOT_COMPARED = ("alembic_version", "document_terms", "raw_", "change_")


def _indexes(url: str) -> set[tuple]:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        return {row for row in found if not row[0].startswith((*_NOT_COMPARED, "raw", "change"))}


def test_a_document_is_packed_and_one_that_is_not_is_read_too(
    store: SqlStore, database: PostgresDatabase
) -> None:
    stored = document("a", body_text="The melons burn. " * 500)
    save(store, stored)
    sealed = select(cast(document_data.c.data, LargeBinary))
    with database.read() as connection:
        (packed,) = connection.execute(sealed).scalars()
    plain = unpack(packed[4:])
    assert len(packed) < len(plain) / 10
    with database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE document_data SET data = %s", (checksum(plain).to_bytes(4, "big") + plain,)
        )
    found = store.document(stored.id, now=NOON)
    assert found is not None
    assert found.document == stored

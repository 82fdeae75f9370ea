"""Archives in a folder and in a real object store: whole or not there, never doubled, readable by others."""

import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import typer

from fakes_read import NOON
from filling import fill
from new_database import new_store
from pipeline.archive import write
from pipeline.archive.columns import VERSION, row_of, table_blocks
from pipeline.archive.target import ObjectStore, Target, open_target
from pipeline.archive.write import Partition, archive
from pipeline.cli.archiving import archive_at
from pipeline.errors import ConfigError, FetchError, ServiceError
from pipeline.formats.detect import read
from pipeline.identity import content_hash, document_id, uri_of_guid
from pipeline.model import Document, PubStatus
from pipeline.ports.archive import ArchivedVersion
from pipeline.ports.store import Store
from pipeline.retention import Policy
from pipeline.settings import load_settings, shipped_config_dir
from pipeline.sources.files import remote_tables
from s3_server import KEY, SECRET, S3Server, s3_server

MAY = "year=2026/month=5/documents.parquet"
JUNE = "year=2026/month=6/documents.parquet"
LATER = NOON + timedelta(days=40)


def document(guid: str, text: str, **fields) -> Document:
    uri = uri_of_guid("Harbour Press", guid)
    status = fields.get("pub_status", PubStatus.USABLE)
    hashed = content_hash(headline=None, body_text=text, pub_status=status)
    return Document(
        **{
            "id": document_id(uri, hashed, fields.get("revision")),
            "uri": uri,
            "content_hash": hashed,
            "guid": guid,
            "provider": "Harbour Press",
            "format": "rss",
            "lead": text,
            "body_text": text,
            "language": "en",
            "keywords": ("ferries", "ports"),
            "published": NOON,
            **fields,
        }
    )


KILL = {"revision": "2", "pub_status": PubStatus.CANCELED}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(new_store(tmp_path / "data")) as opened:
        fill(opened, [document(f"may-{n}", f"Copy {n}.") for n in range(5)], NOON)
        fill(opened, [document("june", "Copy of June.", published=LATER)], NOON)
        yield opened


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Target:
    return open_target(str(tmp_path / "archive"), ObjectStore())


@pytest.fixture(params=["folder", "s3"])
def target(request: pytest.FixtureRequest, folder: Target, tmp_path: Path) -> Target:
    if request.param == "folder":
        return folder
    server = request.getfixturevalue("s3")
    keys = ObjectStore(endpoint=server.endpoint, region="us-east-1", access_key=KEY, secret_key=SECRET)
    return open_target(f"s3://wire/{tmp_path.name}", keys)


def run(store: Store, target: Target, partition: Partition = Partition.MONTH, **more) -> list:
    done = archive(store, target, partition, **{"now": LATER, **more})
    return [(each.span.name, each.documents, each.audit) for each in done]


def guids(target: Target, path: str) -> list[str]:
    with target.opened(path) as file:
        return sorted(pq.read_table(file)["guid"].to_pylist())


def test_each_month_is_a_file_and_what_has_not_changed_is_passed_over(store: Store, target: Target) -> None:
    assert run(store, target) == [("2026-05", 5, 0), ("2026-06", 1, 0)]
    assert list(target.paths()) == [MAY, JUNE]
    assert run(store, target) == [("2026-05", None, None), ("2026-06", None, None)]
    fill(store, [document("late", "Came late.")], NOON)
    assert run(store, target) == [("2026-05", 6, 0), ("2026-06", None, None)]
    assert guids(target, MAY) == ["late", *(f"may-{n}" for n in range(5))]


def test_what_is_killed_or_erased_moves_to_the_audit(store: Store, target: Target) -> None:
    run(store, target)
    fill(store, [document("may-1", "Kill.", **KILL)], NOON)
    store.erase(document("may-2", "Copy 2.").id, reason="a court said so", now=NOON)
    assert run(store, target)[0] == ("2026-05", 3, 3)
    assert guids(target, MAY) == ["may-0", "may-3", "may-4"]
    with target.opened(f"_audit/{MAY}") as file:
        rows = pq.read_table(file).to_pylist()
    assert rows[0]["standing"] == "canceled"
    assert {row["standing"] for row in rows[1:]} == {"killed", "usable"}
    (erased,) = (row for row in rows if row["erased"])
    assert (erased["erase_reason"], erased["body_text"], erased["detail"]) == ("a court said so", None, None)


def test_what_an_archive_held_stays_when_the_store_lets_it_go(
    store: Store, folder: Target, tmp_path: Path
) -> None:
    run(store, folder)
    with closing(new_store(tmp_path / "other")) as young:
        fill(young, [document("may-9", "Copy 9.")], NOON)
        assert run(young, folder) == [("2026-05", 6, 0), ("2026-06", 1, 0)]
    assert guids(folder, MAY) == [f"may-{n}" for n in (0, 1, 2, 3, 4, 9)]
    assert guids(folder, JUNE) == ["june"]


def test_what_retention_removes_amid_a_run_is_there_once(
    store: Store, folder: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(store, folder)
    whole, policy = store.archived, Policy(document_days=1, raw_days=1)

    def archived(*args, shown: bool, **options) -> Iterator[ArchivedVersion]:
        yield from whole(*args, shown=shown, **options)
        if shown:
            past = [each.id for each in store.past_items(policy, LATER).items]
            store.remove_past(past, policy, LATER)

    monkeypatch.setattr(store, "archived", archived)
    run(store, folder, again=True)
    monkeypatch.undo()
    assert guids(folder, MAY) == [f"may-{n}" for n in range(5)]
    run(store, folder, again=True)
    assert guids(folder, MAY) == [f"may-{n}" for n in range(5)]


def forget(store: Store) -> None:
    """Have retention take all that is stored."""
    policy = Policy(document_days=1, raw_days=1)
    past = [each.id for each in store.past_items(policy, LATER).items]
    store.remove_past(past, policy, LATER)


def rows(target: Target, path: str) -> dict[str, dict]:
    with target.opened(path) as file:
        return {row["id"]: row for row in pq.read_table(file).to_pylist()}


def test_a_kill_reaches_what_only_the_archive_has(store: Store, target: Target) -> None:
    killed, newer = document("may-1", "Copy 1."), document("may-1", "Copy 9.", revision="9")
    fill(store, [newer], NOON)
    run(store, target)
    forget(store)
    assert run(store, target) == [("2026-05", 6, 0), ("2026-06", 1, 0)]
    kill = document("may-1", "Kill.", published=LATER + timedelta(days=60), **KILL)
    fill(store, [kill], LATER)
    assert run(store, target) == [("2026-05", 5, 1), ("2026-06", None, None), ("2026-08", 0, 1)]
    assert killed.id not in rows(target, MAY)
    assert newer.id in rows(target, MAY)
    (moved,) = rows(target, f"_audit/{MAY}").values()
    assert (moved["id"], moved["standing"], moved["body_text"]) == (killed.id, "killed", "Copy 1.")
    assert [each[1] for each in run(store, target)] == [None, None, None]


def test_what_only_the_archive_has_can_be_erased(store: Store, target: Target) -> None:
    hidden = document("may-2", "Kill.", **KILL)
    fill(store, [hidden], NOON)
    run(store, target)
    forget(store)
    run(store, target)
    erased = [document("may-1", "Copy 1.").id, document("may-2", "Copy 2.").id]
    for each in erased:
        if not store.erase(each, reason="a court said so", now=NOON):
            store.erase_elsewhere(each, reason="a court said so", now=NOON)
    assert run(store, target)[0] == ("2026-05", 3, 3)
    assert guids(target, MAY) == ["may-0", "may-3", "may-4"]
    told = [row for row in rows(target, f"_audit/{MAY}").values() if row["id"] in erased]
    assert [(row["erase_reason"], row["body_text"]) for row in told] == [("a court said so", None)] * 2
    assert run(store, target)[0] == ("2026-05", None, None)


def test_a_run_for_one_month_does_not_hide_a_kill_from_the_others(store: Store, folder: Target) -> None:
    run(store, folder)
    forget(store)
    run(store, folder)
    fill(store, [document("may-1", "Kill.", published=LATER, **KILL)], LATER)
    assert run(store, folder, wanted=lambda span: span.name == "2026-06") == [("2026-06", 1, 1)]
    assert run(store, folder)[0] == ("2026-05", 4, 1)


def test_a_kill_that_comes_amid_a_run_is_found_by_the_next(store: Store, folder: Target) -> None:
    run(store, folder)
    forget(store)
    run(store, folder)
    fill(store, [document("may-7", "Copy 7.")], NOON)
    spans = archive(store, folder, Partition.MONTH, now=LATER)
    assert next(spans).span.name == "2026-05"
    fill(store, [document("may-1", "Kill.", published=LATER + timedelta(days=60), **KILL)], LATER)
    list(spans)
    assert run(store, folder)[0] == ("2026-05", 5, 1)


def test_a_run_cut_off_after_the_audit_brings_nothing_there_twice(
    store: Store, folder: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(store, folder)
    forget(store)
    run(store, folder)
    fill(store, [document("may-1", "Kill.", published=LATER, **KILL)], LATER)
    with monkeypatch.context() as patched:
        patched.setattr(Target, "write", _audit_only(Target.write))
        with pytest.raises(_PowerCutError):
            run(store, folder)
    assert run(store, folder)[0] == ("2026-05", 4, 1)


class Failing:
    """A file of a store that goes away after so many reads."""

    def __init__(self, file, reads: int) -> None:
        self._file = file
        self._left = reads

    def read(self, size=None) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise OSError("AWS Error NETWORK_CONNECTION during GetObject")
        return self._file.read(size)

    def __getattr__(self, name: str):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_exception: object) -> None:
        self._file.close()


@pytest.mark.parametrize("reads", range(4))
def test_a_file_that_cannot_be_read_now_is_not_said_to_be_damaged(
    store: Store, folder: Target, reads: int
) -> None:
    run(store, folder)
    files = folder._files

    class Files:
        def open_input_file(self, path: str) -> Failing:
            return Failing(files.open_input_file(path), reads)

        def __getattr__(self, name: str):
            return getattr(files, name)

    flaky = replace(folder, _files=Files())
    with pytest.raises(ServiceError, match="cannot be used: AWS Error") as caught:
        run(store, flaky, again=True)
    assert "damaged" not in str(caught.value)


def test_a_damaged_file_is_not_to_be_thrown_away(store: Store, folder: Target) -> None:
    run(store, folder)
    file = Path(folder._at(MAY))
    whole = file.read_bytes()
    for damaged in (whole[:-40], b"x" * 400, whole[:100] + bytes(200) + whole[300:]):
        file.write_bytes(damaged)
        with pytest.raises(ServiceError, match=r"damaged.*put a copy.*lacks what retention has removed"):
            run(store, folder, again=True)
        assert file.read_bytes() == damaged


def test_all_of_it_is_read_again_the_audit_first(store: Store, target: Target) -> None:
    fill(store, [document("may-1", "Kill.", **KILL)], NOON)
    run(store, target)
    found = list(remote_tables(target))
    assert not any(isinstance(each, FetchError) for each in found)
    entries = [entry for each in found for entry in read(each.body, name=each.name).entries]
    assert [entry.exported.guid for entry in entries[:2]] == ["may-1", "may-1"]
    assert entries[0].exported.pub_status is PubStatus.CANCELED
    assert len(entries) == 7


def test_another_program_reads_the_partitions(store: Store, tmp_path: Path) -> None:
    fill(store, [document("may-1", "Kill.", **KILL)], NOON)
    run(store, open_target(str(tmp_path / "archive"), ObjectStore()))
    everything = f"read_parquet('{tmp_path}/archive/year=*/**/*.parquet', hive_partitioning=true)"
    duckdb.sql("SET TimeZone='UTC'")
    rows = duckdb.sql(
        f"SELECT year, month, guid, body_text, published, keywords FROM {everything} ORDER BY published, guid"
    ).fetchall()
    expected = [(2026, 5, f"may-{n}", f"Copy {n}.", NOON, ["ferries", "ports"]) for n in (0, 2, 3, 4)]
    assert rows == [*expected, (2026, 6, "june", "Copy of June.", LATER, ["ferries", "ports"])]
    assert duckdb.sql(f"SELECT count(*) FROM {everything} WHERE month = 6").fetchall() == [(1,)]


class _PowerCutError(Exception):
    pass


def _audit_only(whole):
    def write(self: Target, path: str, blocks) -> None:
        if not path.startswith("_audit"):
            raise _PowerCutError
        whole(self, path, blocks)

    return write


def test_a_run_that_is_cut_off_leaves_whole_files_and_goes_on(
    store: Store, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(rows, *, about):
        yield b"PAR1 half a file"
        raise _PowerCutError

    run(store, target)
    fill(store, [document("late", "Came late."), document("may-1", "Kill.", **KILL)], NOON)
    with monkeypatch.context() as patched:
        patched.setattr(write, "table_blocks", cut)
        with pytest.raises(_PowerCutError):
            run(store, target)
    assert list(target.paths()) == [MAY, JUNE]
    assert guids(target, MAY) == [f"may-{n}" for n in range(5)]
    assert run(store, target) == [("2026-05", 5, 2), ("2026-06", None, None)]


def test_a_run_cut_off_between_audit_and_documents_is_done_again(
    store: Store, folder: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, [document("may-1", "Kill.", **KILL)], NOON)
    with monkeypatch.context() as patched:
        patched.setattr(Target, "write", _audit_only(Target.write))
        with pytest.raises(_PowerCutError):
            run(store, folder)
    assert run(store, folder)[0] == ("2026-05", 4, 2)


def test_days_and_months_do_not_mix(store: Store, folder: Target) -> None:
    assert run(store, folder, Partition.DAY, wanted=lambda span: span.name == "2026-05-01") == [
        ("2026-05-01", 5, 0)
    ]
    assert list(folder.paths()) == ["year=2026/month=5/day=1/documents.parquet"]
    with pytest.raises(ServiceError, match="give --partition day"):
        run(store, folder)


def test_a_file_of_a_newer_newswire_is_not_overwritten(store: Store, folder: Target) -> None:
    row = {**row_of_any(store), "schema_version": VERSION + 1}
    folder.write(MAY, table_blocks(iter([row])))
    with pytest.raises(ServiceError, match="newer newswire"):
        run(store, folder)
    assert guids(folder, MAY) == ["may-0"]


def row_of_any(store: Store) -> dict:
    first = next(iter(store.archived(NOON, NOON + timedelta(days=1), shown=True, now=NOON)))
    assert first.stored is not None
    return row_of(write.whole_record(first.stored), "usable")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"secret_key": "wrong"}, "the key is not accepted, or may not do this: see archive.access_key and"),
        ({"access_key": "wrong"}, "the key is not accepted"),
        ({"bucket": "none"}, "there is no such bucket: make it first"),
        ({"endpoint": "http://127.0.0.1:1"}, "no object store answers there: see archive.endpoint"),
        ({"endpoint": "http://nowhere.invalid"}, "there is no such host: see archive.endpoint"),
    ],
    ids=["secret", "key", "bucket", "port", "host"],
)
def test_what_is_wrong_with_an_object_store_is_told_in_one_line(
    s3: S3Server, wrong: dict[str, str], words: str
) -> None:
    right = {"endpoint": s3.endpoint, "access_key": KEY, "secret_key": SECRET, "bucket": "wire"}
    given = right | wrong
    url = f"s3://{given.pop('bucket')}/x"
    target = open_target(url, ObjectStore(region="us-east-1", **given))
    with pytest.raises(ServiceError, match=f"^{url} cannot be used: {words}") as caught:
        target.write("one", [b"content"])
    assert "AWS" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_in_the_object_store_is_named(s3: S3Server) -> None:
    keys = ObjectStore(endpoint=s3.endpoint, region="us-east-1", access_key=KEY, secret_key=SECRET)
    with (
        pytest.raises(ServiceError, match=r"there is no file x/none$"),
        open_target("s3://wire/x", keys).opened("none"),
    ):
        pass


def test_an_unknown_kind_of_target_is_told_and_is_wrong_usage(tmp_path: Path) -> None:
    settings = load_settings(shipped_config_dir(), tmp_path, {})
    with pytest.raises(typer.Exit) as ended:
        archive_at("gopher://somewhere/x", settings)
    assert ended.value.exit_code == 2
    with pytest.raises(ConfigError, match="no such kind of target"):
        open_target("gopher://somewhere/x", ObjectStore())


def test_whatever_fsspec_knows_is_a_target(store: Store, tmp_path: Path) -> None:
    target = open_target(f"memory://{tmp_path}", ObjectStore())
    assert run(store, target) == [("2026-05", 5, 0), ("2026-06", 1, 0)]
    assert run(store, target) == [("2026-05", None, None), ("2026-06", None, None)]
    assert guids(target, JUNE) == ["june"]


def test_what_a_killed_writer_left_is_cleared_away(store: Store, tmp_path: Path) -> None:
    import os

    left = tmp_path / "archive" / "year=2026" / "month=5" / ".documents.parquet.abc.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    target = open_target(str(tmp_path / "archive"), ObjectStore())
    run(store, target)
    assert not left.exists()
    assert pq.read_metadata(io.BytesIO((tmp_path / "archive" / MAY).read_bytes())).num_rows == 5

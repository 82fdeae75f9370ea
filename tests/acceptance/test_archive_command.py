"""archive, its import and export --format parquet, by the installed command; and what comes of them."""

import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from filling import fill
from pipeline.identity import content_hash, document_id, uri_of_guid
from pipeline.model import Document, PubStatus
from pipeline.publish.record import document_record
from pipeline.store.open import open_store
from pipeline.store.search import parse_query
from running import NEWSWIRE, marked, run, storage_url, write_config
from s3_server import KEY, SECRET, s3_server

MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
NOW = datetime.now(UTC)
#: stored at another time; and the tags, links and stories that a store without workers has not made
ANEW = {"stored", "story_id", "relations", "regions", "places", "topics", "beats", "organisations"}


def document(guid: str, text: str, **fields: Any) -> Document:
    provider, revision = "Harbour Press", fields.get("revision")
    uri = uri_of_guid(provider, guid)
    status = fields.get("pub_status", PubStatus.USABLE)
    hashed = content_hash(headline=None, body_text=text, pub_status=status)
    id_ = document_id(uri, hashed, revision)
    fields = {"published": MAY, "guid": guid, "feed": "harbour", "language": "en", "format": "rss", **fields}
    return Document(
        id=id_, uri=uri, content_hash=hashed, provider=provider, lead=text, body_text=text, **fields
    )


KILLED = document("mill", "The mill is closed, wrongly.", revision="1")
KILL = document("mill", "Withdrawn.", revision="2", pub_status=PubStatus.CANCELED)
OTHERS = (
    document("ferry", "The ferry is back.", revision="1"),
    document("ferry", "The ferry is back again.", revision="2"),
    document("bac", "Le bac est revenu à Kaboul.", language="fr", published=None),
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_config(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with versions of a story, a text in French, and a story that was killed."""
    data = tmp_path_factory.mktemp("first")
    with closing(open_store(storage_url(data), data)) as store:
        fill(store, [KILLED, *OTHERS], MAY)
        fill(store, [KILL], MAY)
    return data


def shown(data: Path) -> dict[str, dict[str, Any]]:
    with closing(open_store(storage_url(data), data)) as store:
        records = [document_record(each) for each in store.stream(parse_query("", NOW), now=NOW)]
    return {each["id"]: {name: each[name] for name in each if name not in ANEW} for each in records}


def standings(data: Path) -> list[str]:
    with closing(open_store(storage_url(data), data)) as store:
        return [each.standing for each in store.audit(KILLED.id, now=NOW)]


def test_an_archive_in_an_object_store_makes_the_same_store_again(
    first: Path, config: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    with s3_server(tmp_path / "s3") as server:
        env = {
            "NEWSWIRE_ARCHIVE__ENDPOINT": server.endpoint,
            "NEWSWIRE_ARCHIVE__REGION": "us-east-1",
            "NEWSWIRE_ARCHIVE__ACCESS_KEY": KEY,
            "NEWSWIRE_ARCHIVE__SECRET_KEY": SECRET,
        }
        done = run("archive", "s3://wire/archive", data=first, config=config, env=env)
        assert done.returncode == 0, done.stderr
        assert "2026-05: 3 documents, 2 for audit only" in done.stderr
        back = run("import", "s3://wire/archive", "--wait", data=second, config=config, env=env)
        assert back.returncode == 0, back.stderr
        assert "5 new" in back.stderr
    assert SECRET not in done.stderr + back.stderr
    assert len(shown(second)) == 3
    assert shown(second) == shown(first)
    assert standings(second) == standings(first) == ["killed", "canceled"]


def test_an_export_as_parquet_is_the_same_in_a_file_and_a_pipe(
    first: Path, config: Path, tmp_path: Path
) -> None:
    out, piped = tmp_path / "fr.parquet", tmp_path / "piped"
    words = ("export", "--format", "parquet", "--where", "lang:fr")
    result = run(*words, "--out", str(out), data=first, config=config)
    assert f"1 documents written to {out}" in result.stderr, result.stderr
    command = f"{NEWSWIRE} {' '.join(words)} --data {first} --config {config} | cat > {piped}"
    subprocess.run(["bash", "-c", command], check=True, timeout=60, env=marked(first))
    assert pq.read_table(piped) == pq.read_table(out)
    assert pq.read_table(out)["guid"].to_pylist() == ["bac"]

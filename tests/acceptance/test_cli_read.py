"""The commands that read and mend, run as a user runs them, on a data directory that was filled before."""

import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes_read import stored
from filling import FEED, fill, poll, refuse
from pipeline.errors import Reason
from pipeline.model import Document, Entry, Problem, PubStatus, Signal
from pipeline.store.open import open_store
from running import NEWSWIRE, command, marked, on_embedded_queue, queue_url, run, storage_url, write_config

NOW = datetime.now(UTC).replace(microsecond=0)
FERRY = "a1" * 16
BAKERS = "b2" * 16
FRENCH = "c3" * 16


def document(name: str, **fields: Any) -> Document:
    """Make an invented document; each is an item of its own."""
    given = {"feed": FEED.id, "published": NOW - timedelta(hours=1), "language": "en", **fields}
    return stored(name, **given).document


DOCUMENTS = (
    document(FERRY, published=NOW - timedelta(hours=3)),
    document(
        BAKERS,
        headline="Bakers \x1b[31mmeet\u202e in Port Ellery",
        body_text="Bakers of Port Ellery met on Monday.\n\nThey spoke of bread.",
        signal=Signal.UPDATE,
    ),
    document(
        FRENCH,
        headline=None,
        lead="Le bac est de retour.",
        body_text="Le bac est de retour.",
        language="fr",
        published=NOW - timedelta(hours=2),
    ),
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_config(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("data")
    store = open_store(storage_url(directory), directory)
    fill(store, DOCUMENTS, NOW)
    store.close()
    return directory


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A data directory that the test may change."""
    store = open_store(storage_url(tmp_path / "data"), tmp_path / "data")
    fill(store, DOCUMENTS, NOW)
    store.close()
    return tmp_path / "data"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return tmp_path / "nothing"


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_search_shows_a_line_each_newest_first(data: Path, config: Path) -> None:
    result = run("search", "port", "ellery", data=data, config=config)

    assert (result.returncode, result.stderr) == (0, "")
    assert [line.split()[3] for line in lines(result.stdout)] == [BAKERS[:12], FERRY[:12]]


def test_search_understands_fields_and_limits(data: Path, config: Path) -> None:
    french = run("search", "lang:fr", data=data, config=config)
    one = run("search", "ellery", "--limit", "1", data=data, config=config)

    assert "Le bac est de retour." in french.stdout
    assert len(lines(one.stdout)) == 1


def test_search_as_json_gives_whole_documents(data: Path, config: Path) -> None:
    result = run("search", "bakers", "--json", data=data, config=config)
    (found,) = map(json.loads, lines(result.stdout))

    assert found["id"] == BAKERS
    assert found["headline"] == DOCUMENTS[1].headline
    assert found["version"] == 1
    assert found["stored"].startswith(str(NOW.year))


def test_search_without_a_match_is_no_failure(data: Path, config: Path) -> None:
    result = run("search", "zeppelin", data=data, config=config)

    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "no document matches\n"


def test_what_no_document_has_at_all_is_named(data: Path, config: Path) -> None:
    result = run("search", "zeppelin", "region:Atlantis", "lang:fr", data=data, config=config)

    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "no document matches; none at all has region:atlantis\n"


def test_a_group_of_countries_is_searched_and_a_wrong_one_refused(data: Path, config: Path) -> None:
    found = run("search", "region:x-sahel", data=data, config=config)
    wrong = run("export", "--where", "region:x-sahal", data=data, config=config)

    assert (found.returncode, found.stderr) == (0, "no document matches; none at all has region:x sahel\n")
    assert (wrong.returncode, "did you mean x-sahel?" in wrong.stderr) == (2, True)


def test_a_query_that_is_not_understood_is_wrong_usage(data: Path, config: Path) -> None:
    result = run("search", "since:yesterdayish", data=data, config=config)

    assert result.returncode == 2
    assert "yesterdayish" in result.stderr
    assert len(lines(result.stderr)) == 1


def test_show_gives_a_readable_document(data: Path, config: Path) -> None:
    result = run("show", BAKERS[:8], data=data, config=config)

    assert result.returncode == 0
    for part in (BAKERS, "They spoke of bread.", "Harbour Press", "update", "Seen", FEED.url):
        assert part in result.stdout


def test_show_as_json_is_the_document(data: Path, config: Path) -> None:
    shown = json.loads(run("show", FERRY, "--json", data=data, config=config).stdout)

    assert (shown["id"], shown["body_text"]) == (FERRY, DOCUMENTS[0].body_text)


def test_show_of_an_unknown_id_is_one_line_and_1(data: Path, config: Path) -> None:
    result = run("show", "00000000", data=data, config=config)

    assert (result.returncode, result.stdout) == (1, "")
    assert lines(result.stderr) == ["newswire: no document '00000000' that may be shown"]


@pytest.mark.parametrize("words", [["show"], ["explain"], ["dedupe", "compare", FERRY]])
def test_an_id_that_is_cut_too_short_is_called_so(data: Path, config: Path, words: list[str]) -> None:
    result = run(*words, FERRY[:4], data=data, config=config)

    assert result.returncode == 1
    assert lines(result.stderr) == [
        f"newswire: {FERRY[:4]!r} is too short: give an id, or 8 or more characters it begins with"
    ]


def test_versions_of_an_item_are_listed_oldest_first(mine: Path, config: Path) -> None:
    store = open_store(storage_url(mine), mine)
    later = replace(
        DOCUMENTS[0],
        id="d4" * 16,
        content_hash="d4" * 16,
        revision="2",
        body_text="The ferry is late.",
        lead="The ferry is late.",
    )
    fill(store, [later], NOW)
    store.close()

    result = run("show", FERRY, "--versions", "--json", data=mine, config=config)

    found = [json.loads(line) for line in lines(result.stdout)]
    assert [(each["id"], each["version"]) for each in found] == [(FERRY, 1), (later.id, 2)]
    assert len(lines(run("search", "ferry", data=mine, config=config).stdout)) == 1
    assert len(lines(run("search", "ferry", "--all-versions", data=mine, config=config).stdout)) == 2


def _later(**fields: Any) -> Document:
    return replace(
        DOCUMENTS[0],
        id="d4" * 16,
        content_hash="d4" * 16,
        revision="2",
        **{"lead": "The ferry is late.", **fields},
    )


def test_versions_say_what_changed_and_a_diff_shows_it(mine: Path, config: Path) -> None:
    store = open_store(storage_url(mine), mine)
    fill(store, [_later(body_text="The ferry is late.\n\nIt carries bicycles.")], NOW)
    store.close()

    listed = lines(run("show", FERRY, "--versions", data=mine, config=config).stdout)
    found = json.loads(lines(run("show", FERRY, "--versions", "--json", data=mine, config=config).stdout)[1])
    diff = run("show", "d4" * 16, "--diff", data=mine, config=config).stdout
    back = json.loads(run("show", FERRY, "--diff", "2", "--json", data=mine, config=config).stdout)
    none = run("show", FERRY, "--diff", data=mine, config=config)

    assert [line.split("  ")[0] for line in listed] == ["v1", "v2"]
    assert listed[1].endswith(found["changed"] or "-")
    assert found["changed"] == "paragraphs: 1 changed (+1 -1 words)"
    assert "~ The ferry is [-back-]{+late+}." in diff
    assert (back["old"], back["new"], back["headline"]["turn"]) == ("d4" * 16, FERRY, "same")
    assert (none.returncode, lines(none.stderr)) == (
        1,
        ["newswire: there is no version before it that may be shown"],
    )


def test_a_killed_document_is_told_of_and_kept_for_audit(mine: Path, config: Path) -> None:
    store = open_store(storage_url(mine), mine)
    kill = _later(pub_status=PubStatus.CANCELED, signal=Signal.KILL, headline="Kill", body_text="Kill it.")
    fill(store, [kill], NOW)
    store.close()

    shown = run("show", FERRY, data=mine, config=config)
    audited = lines(run("show", FERRY, "--audit", data=mine, config=config).stdout)
    records = [
        json.loads(line)
        for line in lines(run("show", FERRY[:8], "--audit", "--json", data=mine, config=config).stdout)
    ]
    unknown = run("show", "00000000", "--audit", data=mine, config=config)

    assert (shown.returncode, shown.stdout) == (1, "")
    assert "may not be shown: killed by version 2" in shown.stderr
    assert "killed by version 2" in audited[0]
    assert "a kill" in audited[1]
    assert [(each["standing"], each["taken_back_by"]) for each in records] == [
        ("killed", kill.id),
        ("canceled", None),
    ]
    assert records[0]["document"]["body_text"] == DOCUMENTS[0].body_text
    assert run("search", "ferry", data=mine, config=config).stdout == ""
    assert (unknown.returncode, lines(unknown.stderr)) == (1, ["newswire: no document '00000000'"])


def test_a_second_document_without_diff_is_wrong_usage(data: Path, config: Path) -> None:
    assert run("show", FERRY, BAKERS, data=data, config=config).returncode == 2


def test_export_writes_every_document_in_the_order_stored(data: Path, config: Path) -> None:
    result = run("export", data=data, config=config)

    assert [json.loads(line)["id"] for line in lines(result.stdout)] == [each.id for each in DOCUMENTS]


def test_export_takes_a_query_and_a_file(data: Path, config: Path, tmp_path: Path) -> None:
    out = tmp_path / "french.jsonl"
    result = run("export", "--where", "lang:fr", "--out", str(out), data=data, config=config)

    assert (result.returncode, result.stdout) == (0, "")
    assert [json.loads(line)["id"] for line in lines(out.read_text())] == [FRENCH]
    assert list(tmp_path.iterdir()) == [out]


def test_an_export_that_fails_leaves_the_old_file(data: Path, config: Path, tmp_path: Path) -> None:
    result = run("export", "--out", str(tmp_path / "no" / "such" / "file"), data=data, config=config)

    assert result.returncode == 1
    assert "cannot write" in result.stderr
    assert len(lines(result.stderr)) == 1


def test_a_reader_that_goes_away_is_no_error(data: Path, config: Path) -> None:
    command = f"{NEWSWIRE} export --data {data} --config {config} | head -c 10"
    result = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=30, check=False, env=marked(data)
    )

    assert (len(result.stdout), result.stderr) == (10, "")


@pytest.mark.parametrize("words", [["export"], ["search", "ellery"], ["status"]])
def test_a_reader_that_has_gone_is_141_in_every_command(data: Path, config: Path, words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    where = ["--data", str(data), "--config", str(config)]
    result = subprocess.run(
        [*command(), *words, *where],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
        env=marked(data),
    )
    os.close(writing)

    assert (result.returncode, result.stderr) == (141, "")


@pytest.mark.parametrize("words", [["export"], ["search", "ellery"], ["search", "ellery", "--json"]])
def test_an_output_that_is_full_is_one_line(data: Path, config: Path, words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        where = ["--data", str(data), "--config", str(config)]
        result = subprocess.run(
            [*command(), *words, *where],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
            env=marked(data),
        )

    assert result.returncode == 1
    assert lines(result.stderr) == ["newswire: the output cannot be written: No space left on device"]


@pytest.mark.parametrize(
    "words",
    [
        ["search", "ellery"],
        ["search", "ellery", "--json"],
        ["show", BAKERS],
        ["show", BAKERS, "--json"],
        ["status"],
    ],
)
def test_no_untrusted_control_character_reaches_a_terminal(
    data: Path, config: Path, words: list[str]
) -> None:
    shown = _on_terminal(*words, data=data, config=config)

    assert "\x1b[31m" not in shown
    assert "\u202e" not in shown
    assert "Port Ellery" in shown or words == ["status"]


def _on_terminal(*words: str, data: Path, config: Path) -> str:
    """Run the command on a terminal of its own, without colours, and return what it showed."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*command(), *words, "--data", data, "--config", config],
        stdout=follower,
        stderr=follower,
        env=marked(data, {"NO_COLOR": "1"}),
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            block = os.read(leader, 4096)
        except OSError:  # the other end is closed
            break
        if not block:
            break
        shown += block
    os.close(leader)
    assert process.wait(30) == 0
    return shown.decode()


@pytest.mark.parametrize("words", [["status"], ["search", "ellery"], ["show", BAKERS]])
def test_a_pipe_gets_no_colours(data: Path, config: Path, words: list[str]) -> None:
    result = run(*words, data=data, config=config)

    assert "\x1b" not in result.stdout


def test_an_encoding_that_lacks_letters_is_no_error(data: Path, config: Path) -> None:
    result = run("search", "retour", data=data, config=config, env={"PYTHONIOENCODING": "ascii"})

    assert result.returncode == 0
    assert FRENCH[:12] in result.stdout


def test_status_needs_no_service(data: Path, config: Path) -> None:
    result = run("status", data=data, config=config)

    assert (result.returncode, result.stderr) == (0, "")
    assert ("! the queue is not running" in result.stdout) == (queue_url(data) is None)
    for part in (
        "3 documents of 3 items",
        "wire",
        "harbour",
        "never polled yet",
    ):
        assert part in result.stdout


def test_status_as_json_is_one_object(data: Path, config: Path) -> None:
    status = json.loads(run("status", "--json", data=data, config=config).stdout)

    assert status["documents"] == 3
    assert {queue["queue"] for queue in status["queues"]} >= {"wire", "backfill"}
    assert status["queue_error"] == (None if queue_url(data) else "the queue is not running")


def test_status_says_when_the_configured_queue_does_not_answer(
    data: Path, config: Path, tmp_path: Path
) -> None:
    env = {"NEWSWIRE_QUEUE__URL": f"unix://{tmp_path}/nobody.sock"}
    result = run("status", data=data, config=config, env=env)

    assert result.returncode == 0
    assert "! the queue server does not work" in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["search", "x"],
        ["show", "00000000"],
        ["tail"],
        ["export"],
        ["quarantine", "list"],
        ["erase", "00000000", "--reason", "x"],
    ],
    ids=" ".join,
)
def test_where_nothing_is_stored_a_line_says_so_and_nothing_is_made(
    empty: Path, config: Path, words: list[str]
) -> None:
    result = run(*words, data=empty, config=config)

    assert (result.returncode, result.stdout) == (1, "")
    assert len(lines(result.stderr)) == 1
    assert "nothing is stored in " in result.stderr
    if storage_url(empty) is None:
        assert f"nothing is stored in {empty} yet" in result.stderr
    assert not empty.exists()


@pytest.fixture
def changes(mine: Path, config: Path) -> Iterator[subprocess.Popen[str]]:
    process = _tail("--changes", "--json", "--since-start", data=mine, config=config)
    yield process
    process.kill()
    process.communicate()


def test_tail_of_changes_tells_of_kills_and_erasures(
    changes: subprocess.Popen[str], mine: Path, config: Path
) -> None:
    assert changes.stdout
    first = [json.loads(changes.stdout.readline()) for _ in DOCUMENTS]
    assert [(each["kind"], each["document"]["id"]) for each in first] == [
        ("new", each.id) for each in DOCUMENTS
    ]
    with closing(open_store(storage_url(mine), mine)) as store:
        fill(
            store,
            [document("e5" * 16, uri=DOCUMENTS[0].uri, body_text="Kill.", pub_status=PubStatus.CANCELED)],
            NOW,
        )
        store.erase(BAKERS, reason="a court said so", now=NOW)
    later = [json.loads(changes.stdout.readline()) for _ in range(2)]
    assert [(each["kind"], each["id"], each["uri"], each["document"]) for each in later] == [
        ("killed", FERRY, DOCUMENTS[0].uri, None),
        ("erased", BAKERS, DOCUMENTS[1].uri, None),
    ]
    far = run("tail", "--changes", "--after", "4711", data=mine, config=config)
    assert (far.returncode, far.stdout) == (1, "")
    assert f"the log ends with change {later[-1]['seq']}" in far.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--after", "1"],
        ["--changes", "--since-start", "--after", "1"],
        ["--changes", "--beat", "x"],
        ["--changes", "-n", "1"],
    ],
)
def test_options_of_tail_that_do_not_go_together_are_wrong_usage(
    data: Path, config: Path, words: list[str]
) -> None:
    assert run("tail", *words, data=data, config=config).returncode == 2


def _tail(*words: str, data: Path, config: Path) -> subprocess.Popen[str]:
    where = ["--data", str(data), "--config", str(config)]
    return subprocess.Popen(
        [NEWSWIRE, "tail", *words, *where],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=marked(data),
    )


@pytest.fixture
def tail(mine: Path, config: Path) -> Iterator[subprocess.Popen[str]]:
    process = _tail("--json", "--lines", "1", data=mine, config=config)
    yield process
    process.kill()
    process.communicate()


def test_tail_gives_each_new_document_once(tail: subprocess.Popen[str], mine: Path) -> None:
    assert tail.stdout
    assert json.loads(tail.stdout.readline())["id"] == FRENCH

    new = [document(f"{number:032x}", body_text=f"Plan {number}.") for number in range(5)]
    store = open_store(storage_url(mine), mine)
    for number, each in enumerate(new):
        fill(store, [each], NOW + timedelta(seconds=number))
    store.close()

    assert [json.loads(tail.stdout.readline())["id"] for _ in new] == [each.id for each in new]


def test_tail_ends_quietly_on_ctrl_c(tail: subprocess.Popen[str]) -> None:
    assert tail.stdout
    tail.stdout.readline()
    tail.send_signal(signal.SIGINT)
    _, errors = tail.communicate(timeout=10)

    assert tail.returncode == 130
    assert "Traceback" not in errors


def test_tail_from_the_start_gives_all(data: Path, config: Path) -> None:
    process = _tail("--since-start", data=data, config=config)
    assert process.stdout
    try:
        found = [process.stdout.readline().split()[3] for _ in DOCUMENTS]
    finally:
        process.kill()
        process.communicate()

    assert found == [each.id[:12] for each in DOCUMENTS]


@pytest.fixture
def ill(mine: Path) -> Path:
    """A data directory with a refused entry and a line that never was an entry."""
    store = open_store(storage_url(mine), mine)
    refuse(store, Entry(format="rss", guid="empty", text=""), NOW)
    line = Problem(
        reason=Reason.BAD_RECORD,
        detail="text is missing",
        where="line 2",
        body=b'{"id": "late", "provider": "Harbour Press", "text": "The late ferry came at noon."}',
    )
    store.take_in([poll([], [line], at=NOW, body=b"whole file")], NOW)
    store.close()
    return mine


def quarantine(data: Path, config: Path) -> list[dict[str, Any]]:
    result = run("quarantine", "list", "--json", data=data, config=config)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in lines(result.stdout)]


def test_quarantine_lists_reason_place_and_words(ill: Path, config: Path) -> None:
    text = run("quarantine", "list", data=ill, config=config).stdout

    heading, *rows = lines(text)
    assert heading.split()[:2] == ["ID", "SINCE"]
    assert len(rows) == 2
    assert "line 2: text is missing" in text
    assert "empty" in text


def test_quarantine_shows_the_bytes(ill: Path, config: Path) -> None:
    row = next(row for row in quarantine(ill, config) if row["where"])
    shown = run("quarantine", "show", str(row["id"]), data=ill, config=config)
    raw = run("quarantine", "show", str(row["id"]), "--raw", data=ill, config=config)

    assert "text is missing" in shown.stdout
    assert "The late ferry" in shown.stdout
    assert json.loads(raw.stdout)["id"] == "late"


def test_a_released_entry_waits_again(ill: Path, config: Path) -> None:
    row = next(row for row in quarantine(ill, config) if row["entry_id"])
    result = run("quarantine", "release", str(row["id"]), data=ill, config=config)
    status = json.loads(run("status", "--json", data=ill, config=config).stdout)

    assert (result.returncode, result.stderr) == (0, "1 released\n")
    assert sum(queue["waiting"] for queue in status["queues"]) == 1


def test_a_released_line_is_read_again_and_taken_in(ill: Path, config: Path) -> None:
    result = run("quarantine", "release", "--all", data=ill, config=config)
    status = json.loads(run("status", "--json", data=ill, config=config).stdout)

    assert (result.returncode, result.stderr) == (0, "2 released\n")
    assert sum(queue["waiting"] for queue in status["queues"]) == 2
    assert quarantine(ill, config) == []


def test_what_still_cannot_be_read_stays(ill: Path, config: Path) -> None:
    store = open_store(storage_url(ill), ill)
    bad = Problem(
        reason=Reason.UNKNOWN_FORMAT, detail="no format we read", where="file", body=b"\x00\x01\x02"
    )
    store.take_in([poll([], [bad], at=NOW, body=b"\x00\x01\x02")], NOW)
    store.close()

    result = run("quarantine", "release", "--all", data=ill, config=config)

    assert result.returncode == 1
    assert "still cannot be read" in result.stderr
    assert len(quarantine(ill, config)) == 1


def test_what_is_dropped_is_gone(ill: Path, config: Path) -> None:
    result = run("quarantine", "drop", "--all", data=ill, config=config)

    assert (result.returncode, result.stderr) == (0, "2 dropped\n")
    assert quarantine(ill, config) == []


@pytest.mark.parametrize("words", [["release"], ["drop"], ["release", "1", "--all"]], ids=" ".join)
def test_quarantine_wants_ids_or_all(ill: Path, config: Path, words: list[str]) -> None:
    assert run("quarantine", *words, data=ill, config=config).returncode == 2


@pytest.mark.parametrize("word", ["show", "release", "drop"])
def test_an_unknown_quarantine_id_is_1(ill: Path, config: Path, word: str) -> None:
    result = run("quarantine", word, "999999", data=ill, config=config)

    assert result.returncode == 1
    assert "newswire: " in result.stderr


def test_an_erased_document_is_gone_from_every_read(mine: Path, config: Path) -> None:
    result = run("erase", BAKERS, "--reason", "asked for by the harbour", data=mine, config=config)

    assert (result.returncode, result.stdout) == (0, "")
    assert run("show", BAKERS, data=mine, config=config).returncode == 1
    assert run("search", "bakers", data=mine, config=config).stdout == ""
    assert BAKERS not in run("export", data=mine, config=config).stdout


def test_erasing_what_is_not_here_says_so(mine: Path, config: Path) -> None:
    result = run("erase", "0" * 32, "--reason", "a court said so", data=mine, config=config)

    assert (result.returncode, result.stdout) == (0, "")
    assert "not stored here" in result.stderr
    assert "newswire archive" in result.stderr


def test_erase_wants_a_reason_and_a_document(mine: Path, config: Path) -> None:
    assert run("erase", BAKERS, data=mine, config=config).returncode == 2
    assert run("erase", BAKERS, "--reason", " ", data=mine, config=config).returncode == 2
    assert run("erase", "00000000", "--reason", "x", data=mine, config=config).returncode == 1


@on_embedded_queue
def test_failed_jobs_live_in_a_queue_that_runs(data: Path, config: Path) -> None:
    result = run("failed", "list", data=data, config=config)

    assert result.returncode == 1
    assert "the queue is not running" in result.stderr


def test_doctor_finds_this_machine_well(data: Path, config: Path) -> None:
    result = run("doctor", data=data, config=config)

    assert (result.returncode, result.stderr) == (0, "")
    names = {line.split()[1].rstrip(":") for line in lines(result.stdout)}
    engine = "postgresql" if storage_url(data) else "sqlite"
    assert names >= {"python", "clock", "data", "space", "config", engine, "storage", "queue"}


def test_doctor_makes_nothing(empty: Path, config: Path) -> None:
    result = run("doctor", data=empty, config=config)

    assert result.returncode == 0
    assert not empty.exists()


def test_doctor_fails_on_what_will_not_work(data: Path, config: Path, tmp_path: Path) -> None:
    env = {"NEWSWIRE_QUEUE__URL": f"unix://{tmp_path}/nobody.sock"}
    unreachable = run("doctor", data=data, config=config, env=env)
    (tmp_path / "newswire.yaml").write_text("wep: {}\n")
    misconfigured = run("doctor", data=data, config=tmp_path)

    assert unreachable.returncode == 1
    assert "fail  queue: " in unreachable.stdout
    assert misconfigured.returncode == 1
    assert "fail  config: " in misconfigured.stdout

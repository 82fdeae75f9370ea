"""newswire.yaml and the environment."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest

from pipeline.errors import ConfigError
from pipeline.retention import FOREVER
from pipeline.settings import Settings, load_settings, secrets_of, shipped_config_dir

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load_text(text: str = "", feeds: str | None = None, **env: str) -> Settings:
        (tmp_path / "newswire.yaml").write_text(text)
        if feeds is not None:
            (tmp_path / "feeds.yaml").write_text(feeds)
        return load_settings(tmp_path, Path("data"), env)

    return load_text


def refused(load: Load, text: str, **more: str) -> str:
    with pytest.raises(ConfigError) as refusal:
        load(text, **more)
    return str(refusal.value)


def test_an_empty_file_gives_the_defaults(load: Load) -> None:
    settings = load("# nothing\nweb:\n")
    assert settings.storage.url is None
    assert settings.queue.url is None
    assert (settings.fetch.timeout_s, settings.fetch.max_body_bytes) == (30, 10 * 2**20)
    assert (settings.workers.wire, settings.workers.backfill, settings.workers.enrich) == (2, 1, 1)
    assert settings.ner is True
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8600)
    assert settings.log.format == "auto"
    assert settings.feeds == ()


@pytest.mark.parametrize(("written", "on"), [("on", True), ("off", False), ("no", False), ("true", True)])
def test_ner_is_a_switch(written: str, on: bool, load: Load) -> None:
    assert load(f"ner: {written}\n").ner is on
    assert load("", NEWSWIRE_NER=written).ner is on
    assert load("ner: on\n", NEWSWIRE_NER="off").ner is False


def test_a_ner_that_is_no_switch_is_refused(load: Load) -> None:
    assert "newswire.yaml:1:6: ner: " in refused(load, "ner: perhaps\n")
    assert "NEWSWIRE_NER" in refused(load, "", NEWSWIRE_NER="perhaps")


def test_the_data_directory_is_absolute(load: Load) -> None:
    assert load().data_dir == Path.cwd() / "data"


def test_durations_and_sizes_are_written_as_people_write_them(load: Load) -> None:
    settings = load(
        "fetch: {timeout_s: 1m, max_body_bytes: 2MiB}\nworkers: {drain_s: 2.5, memory_bytes: 1 GB}\n"
    )
    assert settings.fetch.timeout_s == 60
    assert settings.fetch.max_body_bytes == 2 * 2**20
    assert settings.workers.drain_s == 2.5
    assert settings.workers.memory_bytes == 10**9


def test_json_is_yaml(load: Load) -> None:
    assert load('{"web": {"port": 8700, "token": null, "hosts": ["a.example"]}}').web.port == 8700


def test_the_environment_wins_over_the_file(load: Load) -> None:
    settings = load("web: {port: 1}\n", NEWSWIRE_WEB__PORT="2", NEWSWIRE_QUEUE__URL="redis://q/0")
    assert settings.web.port == 2
    assert settings.queue.url == "redis://q/0"


def test_an_empty_variable_says_nothing(load: Load) -> None:
    assert load("web: {port: 1}\n", NEWSWIRE_WEB__PORT="").web.port == 1


def test_lists_in_the_environment_have_commas(load: Load) -> None:
    assert load(NEWSWIRE_WEB__HOSTS="a.example, b.example").web.hosts == ("a.example", "b.example")


def test_other_variables_are_not_ours(load: Load) -> None:
    load(NEWSWIRE_DATA="x", NEWSWIRE_CONFIG="y", NEWSWIREX__Y="z")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("NEWSWIRE_WEB__PORT", "many", "NEWSWIRE_WEB__PORT: should be a whole number"),
        ("NEWSWIRE_WEB__PROT", "1", "there is no such setting (did you mean NEWSWIRE_WEB__PORT?)"),
        ("NEWSWIRE_WUB__PORT", "1", "NEWSWIRE_WUB__PORT: there is no such setting"),
        ("NEWSWIRE_QUEUE__URL", "http://sesame", "NEWSWIRE_QUEUE__URL: should begin with redis://"),
    ],
)
def test_a_wrong_variable_is_named_without_its_value(
    load: Load, variable: str, value: str, words: str
) -> None:
    message = refused(load, "", **{variable: value})
    assert words in message
    assert "sesame" not in message


def test_urls_of_services_take_their_secrets_from_elsewhere(load: Load, tmp_path: Path) -> None:
    (tmp_path / "db").write_text("postgresql://u:pw@db/x\n")
    settings = load("storage: {url: 'file:db'}\nqueue: {url: 'redis://:${PW}@q/0'}\n", PW="sesame")
    assert settings.storage.url == "postgresql://u:pw@db/x"
    assert settings.queue.url == "redis://:sesame@q/0"


def test_the_files_of_tls_become_a_part_of_the_queue_s_url_once(load: Load, tmp_path: Path) -> None:
    for name in ("ca.pem", "us.pem"):
        (tmp_path / name).touch()
    text = "queue: {url: 'rediss://:pw@q/0?db=1', ca_file: ca.pem, cert_file: us.pem}\n"
    address = load(text).queue.address
    files = {"ssl_ca_certs": tmp_path / "ca.pem", "ssl_certfile": tmp_path / "us.pem"}
    assert address == f"rediss://:pw@q/0?db=1&{urlencode(files)}"
    # A child process is told the whole URL, and reads the same file.
    assert load(text, NEWSWIRE_QUEUE__URL=address).queue.address == address


@pytest.mark.parametrize(
    ("queue", "words"),
    [
        ("{ca_file: newswire.yaml}", "queue.ca_file: is for a queue.url that begins with rediss://"),
        ("{url: 'redis://q/0', cert_file: newswire.yaml}", "queue.cert_file: is for a queue.url that"),
        ("{url: 'rediss://q/0', key_file: newswire.yaml}", "queue.key_file: is the key to a cert_file"),
        ("{url: 'rediss://q/0', ca_file: nowhere.pem}", "queue.ca_file: there is no such file"),
        ("{url: 'redis+sentinel://:sesame@q'}", "queue.url: should name the service behind the Sentinels"),
    ],
)
def test_a_wrong_section_of_the_queue_is_refused(load: Load, queue: str, words: str) -> None:
    message = refused(load, f"queue: {queue}\n")
    assert words in message
    assert "sesame" not in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("web:\n  prot: 1\n", ':2:3: web.prot: unknown key (did you mean "port"?)'),
        ("web: {port: 70000}\n", ":1:13: web.port: should be less than or equal to 65535"),
        ("web: 1\n", ":1:6: web: should be a mapping"),
        ("fetch: {timeout_s: 0}\n", "fetch.timeout_s: should be greater than 0"),
        ("fetch: {max_body_bytes: 10Mb}\n", "fetch.max_body_bytes: should be a size such as"),
        ("log: {level: loud}\n", "log.level: should be 'debug', 'info', 'warning' or 'error'"),
        ("wab: {}\n", ':1:1: wab: unknown key (did you mean "web"?)'),
        ("[]\n", ":1:1: should be a mapping"),
        ("storage: {url: 'mysql://u:sesame@h/x'}\n", "storage.url: should begin with postgresql://"),
    ],
)
def test_a_mistake_is_named_with_its_place(load: Load, text: str, words: str) -> None:
    message = refused(load, text)
    assert f"newswire.yaml{words}" in message if words.startswith(":") else words in message
    assert "sesame" not in message


def test_mistakes_of_both_files_are_told_at_once(load: Load) -> None:
    message = refused(load, "wab: 1\n", feeds="feeds: 1\n")
    assert "newswire.yaml:1:1" in message
    assert "feeds.yaml:1:8" in message


def test_a_directory_with_neither_file_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds neither newswire\.yaml nor feeds\.yaml"):
        load_settings(tmp_path, tmp_path, {})


def test_values_are_frozen(load: Load) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().web.port = 1  # type: ignore[misc]


def test_all_secrets_are_known_and_none_is_shown(load: Load) -> None:
    settings = load(
        "storage: {url: 'postgresql://u:pw-1@h/x'}\nqueue: {url: 'redis://:pw-2@h/0'}\nweb: {token: pw-3}\n",
        feeds="feeds:\n  - url: https://a.example/\n    proxy: http://p:pw-4@h\n"
        "    auth: {kind: bearer, token: pw-5}\n    headers: {X-A: pw-6}\n",
    )
    secrets = secrets_of(settings)
    assert set(secrets) == {"pw-1", "pw-2", "pw-3", "pw-4", "pw-5", "pw-6"}
    assert not any(secret in repr(settings) for secret in secrets)


def test_the_shipped_configuration_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(shipped_config_dir(), Path("data"), {})
    assert [feed.id for feed in settings.feeds if feed.kind == "directory"] == ["samples"]
    assert len({feed.language for feed in settings.feeds}) >= 4


def test_days_of_retention_are_numbers_or_for_ever(load: Load) -> None:
    assert load().retention.document_days is None
    assert load("retention: {document_days: forever}").retention.document_days == FOREVER
    retention = load("retention:\n  document_days: 90\n  beat_days: {a: 365, b: forever}\n").retention
    assert (retention.document_days, retention.beat_days) == (90, {"a": 365, "b": FOREVER})
    named = load("", NEWSWIRE_RETENTION__BEAT_DAYS="a=365, b=forever").retention
    assert named.beat_days == {"a": 365, "b": FOREVER}


@pytest.mark.parametrize("name", ["retention.document_days", "retention.raw_days", "retention.change_days"])
def test_more_days_than_a_calendar_can_count_are_refused(load: Load, name: str) -> None:
    section, key = name.split(".")
    assert getattr(load(f"retention: {{{key}: 36500}}").retention, key) == 36_500
    for days in (36_501, 740_000, FOREVER):
        complaint = refused(load, f"{section}:\n  {key}: {days}\n")
        assert f"newswire.yaml:2:{len(key) + 5}: {name}: should be less than or equal to 36500" in complaint


def test_days_of_the_other_sections_have_an_end_too(load: Load) -> None:
    assert "36500" in refused(load, "retention: {beat_days: {a: 36501}}")
    assert "36500" in refused(load, "dedupe: {window_days: 36501}")


@pytest.mark.parametrize("written", ["0", "-1", "90d", "always"])
def test_other_words_for_days_are_refused(load: Load, written: str) -> None:
    assert "newswire.yaml:1:28: retention.document_days: " in refused(
        load, f"retention: {{document_days: {written}}}"
    )

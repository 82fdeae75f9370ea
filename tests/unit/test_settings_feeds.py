"""feeds.yaml: what may stand there, and the feeds it makes."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.config.feeds import load_feeds, read_feeds
from pipeline.errors import ConfigError
from pipeline.identity import feed_id
from pipeline.model import Auth, Feed, SourceKind
from pipeline.retention import FOREVER, Kept
from pipeline.settings import open_mailboxes

PATH = Path("/etc/wire/feeds.yaml")


def feeds_of(text: str, **env: str) -> tuple[Feed, ...]:
    return read_feeds(text, PATH, env)[0]


def one(keys: str, **env: str) -> Feed:
    [feed] = feeds_of(f"feeds:\n  - url: https://www.example.org/rss\n    {keys}\n", **env)
    return feed


def refused(text: str, **env: str) -> str:
    with pytest.raises(ConfigError) as refusal:
        feeds_of(text, **env)
    return str(refusal.value)


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "feeds:\n", "feeds: []\n", "defaults:\nfeeds: ~\n", "---\n"]
)
def test_an_empty_file_means_no_feeds(text: str) -> None:
    assert feeds_of(text) == ()


def test_one_line_makes_a_feed() -> None:
    [feed] = feeds_of("feeds:\n  - url: https://www.example.org/rss\n")
    assert feed == Feed(
        id=feed_id("https://www.example.org/rss"),
        kind=SourceKind.HTTP,
        url="https://www.example.org/rss",
        provider="example.org",
        fastest=timedelta(minutes=5),
        slowest=timedelta(days=1),
    )


@pytest.mark.parametrize(
    ("defaults", "own", "expected"),
    [
        ("", "interval: 2m", (120, None, None)),
        ("interval: 2m", "", (120, None, None)),
        ("min_interval: 2m", "interval: 3m", (180, None, None)),
        ("interval: 10m", "min_interval: 2m", (600, 120, 86400)),
        ("interval: 10m", "max_interval: 5m", (300, 300, 300)),
        ("max_interval: 2m", "min_interval: 10m", (600, 600, 600)),
        ("", "interval: 10m\n    max_interval: 1h", (600, 300, 3600)),
        ("", "priority: urgent", (300, 60, 3600)),
        ("", "priority: low", (900, 900, 86400)),
    ],
)
def test_an_interval_alone_is_fixed_and_bounds_leave_room_to_learn(
    defaults: str, own: str, expected: tuple[float | None, ...]
) -> None:
    above = f"defaults:\n  {defaults}\n" if defaults else ""
    [feed] = feeds_of(f"{above}feeds:\n  - url: https://example.org/rss\n    {own}\n")
    spans = (feed.interval, feed.fastest, feed.slowest)
    assert tuple(span and span.total_seconds() for span in spans) == expected


@pytest.mark.parametrize(
    "wrong",
    ["min_interval: 10s", "max_interval: 2000d", "min_interval: 2h\n    max_interval: 1h"],
)
def test_bounds_that_cannot_be_kept_are_refused(wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"min_interval|max_interval"):
        feeds_of(f"feeds:\n  - url: https://example.org/rss\n    {wrong}\n")


def test_a_directory_has_no_rhythm() -> None:
    with pytest.raises(ConfigError, match="for an url"):
        feeds_of("feeds:\n  - directory: in\n    min_interval: 2m\n")


def test_a_directory_is_relative_to_the_configuration_and_has_no_provider() -> None:
    [feed] = feeds_of("feeds:\n  - directory: in/box\n")
    assert feed.kind is SourceKind.DIRECTORY
    assert feed.url == "/etc/wire/in/box"
    assert feed.id == feed_id("in/box")
    assert feed.provider is None
    assert feed.interval == timedelta(seconds=5)


def test_everything_that_may_be_said_of_a_feed_arrives() -> None:
    feed = one(
        "{}".format(
            "\n    ".join(
                [
                    "id: a.b-1",
                    "provider: Example Agency",
                    "trust_provider: true",
                    "interval: 1h30m",
                    "language: pt-BR",
                    "default_region: br",
                    "priority: urgent",
                    "tags: [sport, late desk]",
                    "enabled: no",
                    "headers: {X-Desk: night}",
                    "proxy: http://proxy.example:3128",
                    "allow_private: [10.1.2.3, 192.168.7.9/24]",
                ]
            )
        )
    )
    assert feed.id == "a.b-1"
    assert feed.provider == "Example Agency"
    assert feed.trust_provider
    assert feed.interval == timedelta(minutes=90)
    assert (feed.language, feed.default_region, feed.priority) == ("pt-BR", "BR", 1)
    assert feed.tags == ("sport", "late desk")
    assert not feed.enabled
    assert feed.headers == {"X-Desk": "night"}
    assert feed.proxy == "http://proxy.example:3128"
    assert feed.allow_private == ("10.1.2.3/32", "192.168.7.0/24")


@pytest.mark.parametrize(
    ("auth", "made"),
    [
        ("{kind: basic, user: u, password: p}", Auth(kind="basic", name="u", secret="p")),
        ("{kind: bearer, token: t}", Auth(kind="bearer", secret="t")),
        ("{kind: header, name: X-Key, value: v}", Auth(kind="header", name="X-Key", secret="v")),
        ("{kind: query, name: key, value: v}", Auth(kind="query", name="key", secret="v")),
    ],
    ids=["basic", "bearer", "header", "query"],
)
def test_each_kind_of_credentials_is_read(auth: str, made: Auth) -> None:
    assert one(f"auth: {auth}").auth == made


def test_plain_words_stay_text_where_text_is_meant() -> None:
    feed = one("{language: no, id: 007, provider: 1999}".strip("{}").replace(", ", "\n    "))
    assert (feed.language, feed.id, feed.provider) == ("no", "007", "1999")


def test_a_password_of_digits_is_a_password() -> None:
    auth = one("auth: {kind: basic, user: 12, password: 0123}").auth
    assert auth is not None
    assert (auth.name, auth.secret) == ("12", "0123")


def test_private_networks_are_all_allowed_by_true() -> None:
    assert one("allow_private: true").allow_private == ("0.0.0.0/0", "::/0")
    assert one("allow_private: false").allow_private == ()


def test_defaults_hold_where_a_feed_says_nothing() -> None:
    feeds = feeds_of(
        "defaults: {interval: 10m, language: fr, tags: [a], enabled: false}\n"
        "feeds:\n"
        "  - url: https://a.example/\n"
        "  - url: https://b.example/\n"
        "    interval: 2m\n"
        "    tags: []\n"
        "    enabled: true\n"
        "  - directory: box\n"
    )
    assert [feed.interval.total_seconds() for feed in feeds] == [600, 120, 5]
    assert [feed.tags for feed in feeds] == [("a",), (), ("a",)]
    assert [feed.enabled for feed in feeds] == [False, True, False]
    assert {feed.language for feed in feeds} == {"fr"}


def test_a_secret_comes_from_the_environment() -> None:
    feed = one("headers: {Authorization: 'Key ${WIRE_KEY}'}", WIRE_KEY="sesame")
    assert feed.headers == {"Authorization": "Key sesame"}


def test_a_secret_comes_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sesame\n")
    (tmp_path / "feeds.yaml").write_text(
        "feeds:\n  - url: https://a.example/\n    auth: {kind: bearer, token: 'file:token'}\n"
    )
    [feed] = load_feeds(tmp_path / "feeds.yaml", {})
    assert feed.auth == Auth(kind="bearer", secret="sesame")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("${WIRE_KEY}", "the environment variable WIRE_KEY is not set"),
        ("file:no/such", "the file no/such cannot be read"),
        ("''", "is empty"),
        ('"a\\nb"', "holds a line break"),
    ],
    ids=["variable", "file", "empty", "two lines"],
)
def test_a_secret_that_is_not_there_is_a_mistake(value: str, words: str) -> None:
    text = f"feeds:\n  - url: https://a.example/\n    auth:\n      kind: bearer\n      token: {value}\n"
    assert f"/etc/wire/feeds.yaml:5:14: feeds[0].auth.token: {words}" in refused(text)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("interval: 59s", "feeds[0].interval: should be 60 s to 365 days"),
        ("interval: soon", "feeds[0].interval: should be a duration such as 90s, 5m or 1h"),
        ("interval: 400d", "feeds[0].interval: should be 60 s"),
        ("directory: box", "feeds[0].directory: stands beside url"),
        ("priority: high", "feeds[0].priority: should be 'low', 'normal' or 'urgent'"),
        ("enabled: perhaps", "feeds[0].enabled: should be true or false"),
        ("auth: {kind: basic, user: u}", "feeds[0].auth.password: is missing"),
        ("auth: {user: u}", 'feeds[0].auth: needs a "kind"'),
        ("auth: {kind: magic}", "feeds[0].auth: kind should be one of"),
        ("auth: {kind: basic, user: u, pasword: p}", 'pasword: unknown key (did you mean "password"?)'),
        ("headers: {Host: a.example}", "feeds[0].headers.Host: is set by newswire itself"),
        ("headers: {'a b': c}", "is not the name of a header"),
        ("allow_private: [ten]", "feeds[0].allow_private[0]: should be a network"),
        ("ca_file: no.pem", "feeds[0].ca_file: there is no such file"),
        ("proxy: socks5://p", "feeds[0].proxy: should be a URL that begins with http"),
        ("id: a/b", "feeds[0].id: should be up to 64 letters"),
        ("tags: {a: b}", "feeds[0].tags: should be a list"),
        ("id: a\n    id: b", "feeds[0].id: stands here twice (first on line 3)"),
        ("id: !!python/name:os.system a", "feeds[0].id: has a tag"),
        ("language: french", "feeds[0].language: should be a language code"),
        ("default_region: uk", 'feeds[0].default_region: "UK" is no country code (did you mean GB?)'),
        ("default_region: AFG", "feeds[0].default_region: should be a country code"),
        ("id: !secret a", "feeds[0].id: has a tag"),
        ("evry: 5m", 'feeds[0].evry: unknown key (did you mean "interval"?)'),
        ("intervall: 5m", 'feeds[0].intervall: unknown key (did you mean "interval"?)'),
        ("tags: &t [*t]", "feeds[0].tags[0]: refers to itself"),
    ],
)
def test_a_mistake_in_a_feed_is_named(keys: str, words: str) -> None:
    assert words in refused(f"feeds:\n  - url: https://a.example/\n    {keys}\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("feeds:\n  - id: a\n", ':2:5: feeds[0]: "url", "directory" or "imap" is missing'),
        ("feeds:\n  - url: htp://a.example/\n", ":2:10: feeds[0].url: should be a URL that begins with http"),
        ("feeds:\n  - url: https://u:sesame@a.example/\n", "feeds[0].url: holds a user and password"),
        ("feeds:\n  - url: 'https://a.example/ b'\n", "feeds[0].url: holds a space"),
        ("feeds:\n  - url: https://a.example:99999/\n", "feeds[0].url: is not a URL"),
        ("feeds:\n  - https://a.example/\n", ":2:5: feeds[0]: should be a mapping"),
        ("feeds: {a: b}\n", ":1:8: feeds: should be a list"),
        ("feed:\n  - url: https://a.example/\n", ':1:1: feed: unknown key (did you mean "feeds"?)'),
        ("- url: https://a.example/\n", ":1:1: should be a mapping"),
        ("just words\n", ":1:1: should be a mapping"),
        ("defaults: {interval: 5s}\n", "defaults.interval: should be 60 s"),
        ("defaults: {url: https://a.example/}\n", "defaults.url: unknown key"),
        ("feeds: [\n", "not YAML"),
        ("feeds:\n\t- url: x\n", ":2:1: not YAML"),
        ("a: b\n--- \nc: d\n", "not YAML"),
        ("feeds: *nobody\n", "not YAML"),
        ("feeds: \x07\n", "holds a character that YAML does not allow"),
        ("? [a]\n: b\n", ":1:3: a key must be a word"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(text: str, words: str) -> None:
    assert words in refused(text)


def test_all_mistakes_of_a_file_are_told_at_once_in_its_order() -> None:
    text = "feeds:\n  - url: a\n    tagz: b\n  - id: c\n  - url: https://a.example/\n    priority: d\n"
    places = [line.split(": ")[0] for line in refused(text).splitlines() if line.startswith("/etc")]
    assert places == [f"/etc/wire/feeds.yaml:{place}" for place in ("2:10", "3:5", "4:5", "6:15")]


def test_a_feed_that_is_listed_twice_is_refused() -> None:
    text = "feeds:\n  - url: https://a.example/\n  - url: https://a.example/\n"
    assert ":3:10: feeds[1].url: is the same as feeds[0]; give one of them an id" in refused(text)


def test_an_id_is_given_once_also_beside_other_mistakes() -> None:
    text = "feeds:\n  - {url: 'https://a.example/', id: x}\n  - {url: nothing, id: x}\n"
    words = refused(text)
    assert "feeds[1].id: is the same as feeds[0]" in words
    assert "feeds[1].url: should be a URL" in words


def test_a_feed_of_the_same_url_with_an_id_of_its_own_is_another() -> None:
    feeds = feeds_of("feeds:\n  - url: https://a.example/\n  - {url: 'https://a.example/', id: again}\n")
    assert len({feed.id for feed in feeds}) == 2


def test_a_mistake_shows_its_line_with_a_caret() -> None:
    assert refused("feeds:\n  - url: https://a.example/\n    evry: 5m\n") == (
        '/etc/wire/feeds.yaml:3:5: feeds[0].evry: unknown key (did you mean "interval"?)\n'
        "        evry: 5m\n"
        "        ^"
    )


@pytest.mark.parametrize(
    "keys",
    [
        "auth: {kind: basic, user: u, pasword: sesame}",
        "auth: {kind: basic, user: sesame, wrong: sesame}",
        "auth: {kind: basik, token: sesame}",
        "auth:\n      kind: bearer\n      tokn: sesame",
        "auth: sesame",
        "headers: {'bad name': sesame}",
        "headers: sesame",
        "heders: {id: sesame}",
        "proxy: socks5://u:sesame@p",
        "proxi: http://u:sesame@p",
        "password: sesame",
        "token: sesame",
        "auth: {kind: bearer, token: 'sesame\n      sesame', wrong: 1}",
        "auth: {kind: bearer, token: sesame",
        "auth: {kind: bearer, token: sesame]",
        "token: 'sesame",
        "headers: {X-Any: sesame: b}",
        "token: sesame: b",
        "auth: {kind: bearer, token: |\n sesame\n\tsesame}",
    ],
)
def test_no_complaint_shows_a_secret(keys: str) -> None:
    assert "sesame" not in refused(f"feeds:\n  - url: https://a.example/\n    {keys}\n")


def test_a_complaint_beside_a_secret_points_at_its_own_place() -> None:
    text = "feeds:\n  - {url: 'https://a.example/', proxy: 'http://u:sesame-and-more@p', nonsense: 1}\n"
    heading, line, caret = refused(text).splitlines()
    assert "feeds[0].nonsense" in heading
    assert line[caret.index("^") :].startswith("nonsense")


def test_what_only_refers_to_a_secret_is_shown() -> None:
    assert "token: ${WIRE_KEY}" in refused(
        "feeds:\n  - url: https://a.example/\n    auth:\n      kind: bearer\n      token: ${WIRE_KEY}\n"
    )


def test_a_complaint_obeys_no_escape_sequence() -> None:
    assert "\x1b" not in refused('feeds:\n  - "\\e[31m": x\n    url: \x9b\n')


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_bytes(b"feeds:\n  - url: \xff\xfe\n")
    with pytest.raises(ConfigError, match=r"feeds\.yaml:2:1: is not UTF-8"):
        load_feeds(tmp_path / "feeds.yaml", {})


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"feeds\.yaml: cannot be read: No such file"):
        load_feeds(tmp_path / "feeds.yaml", {})


def test_a_deep_nest_is_refused() -> None:
    assert "nested too deeply" in refused("feeds: " + "[" * 5000 + "]" * 5000)


def test_a_mailbox_is_a_source() -> None:
    [feed] = feeds_of(
        "feeds:\n  - imap: imaps://mail.example/Wire%20desk\n"
        "    auth: {kind: basic, user: desk, password: '${PW}'}\n"
        "    done: Taken in\n    interval: 30s\n    ca_file: /etc/hostname\n",
        PW="sesame",
    )
    assert feed == Feed(
        id=feed_id("imaps://mail.example/Wire%20desk"),
        kind=SourceKind.MAILBOX,
        url="imaps://mail.example/Wire%20desk",
        auth=Auth(kind="basic", name="desk", secret="sesame"),
        interval=timedelta(seconds=30),
        done="Taken in",
        ca_file="/etc/hostname",
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("imap://mail.example/INBOX", "only imaps:// is read"),
        ("imaps://mail.example", "a server and a mailbox"),
        ("imaps://me:pw@mail.example/INBOX", "write them under auth"),
        ("imaps://mail.example/IN BOX", "write them as %20"),
        ("https://mail.example/INBOX", "a server and a mailbox"),
    ],
)
def test_an_address_of_a_mailbox_that_is_none_is_refused(url: str, words: str) -> None:
    auth = "auth: {kind: basic, user: desk, password: sesame}"
    assert words in refused(f"feeds:\n  - imap: {url}\n    {auth}\n")


@pytest.mark.parametrize(
    ("source", "key", "words"),
    [
        ("imap: imaps://mail.example/INBOX", "tags: [a]", "needs auth: {kind: basic"),
        ("imap: imaps://mail.example/INBOX", "auth: {kind: bearer, token: abcd}", "needs auth: {kind: basic"),
        ("imap: imaps://mail.example/INBOX", "url: https://a.example/", "a source is one or the other"),
        ("imap: imaps://mail.example/INBOX", "full_text: true", "is for an url"),
        ("imap: imaps://mail.example/INBOX", "interval: 5s", "should be 10 s"),
        ("directory: in", "full_text: true", "is for an url"),
        ("directory: in", "failed: failed", "needs done beside it"),
        ("directory: in", "done: ./", "is the directory itself"),
        ("directory: in", 'done: "a\\0b"', "holds a NUL"),
        ('directory: "in\\0"', "tags: [a]", "holds a NUL"),
        ("url: https://a.example/", "done: done", "is for a directory or a mailbox"),
    ],
)
def test_what_is_not_for_a_kind_of_source_is_refused(source: str, key: str, words: str) -> None:
    assert words in refused(f"feeds:\n  - {source}\n    {key}\n")


def test_a_mailbox_is_not_moved_into_itself() -> None:
    auth = "auth: {kind: basic, user: desk, password: sesame}"
    source = f"imap: imaps://mail.example/Wire%20desk\n    {auth}\n    done: Wire desk"
    assert "done: is the mailbox itself" in refused(f"feeds:\n  - {source}\n")


def test_h14_a_directory_moves_its_files_where_it_says() -> None:
    [feed] = feeds_of("feeds:\n  - {directory: in, done: done}\n")
    assert (feed.done, feed.failed) == ("/etc/wire/in/done", "/etc/wire/in/failed")
    [feed] = feeds_of("feeds:\n  - {directory: in, done: ../read, failed: /var/bad}\n")
    assert (feed.done, feed.failed) == ("/etc/wire/in/../read", "/var/bad")


def test_full_text_is_wished_for_a_feed() -> None:
    assert one("full_text: true").full_text


def test_a_source_says_how_long_it_is_kept() -> None:
    assert one("").kept == Kept()
    assert one("document_days: 30\n    raw_days: 3").kept == Kept(document_days=30, raw_days=3)
    assert one("document_days: forever").kept == Kept(document_days=FOREVER)


@pytest.mark.parametrize("key", ["document_days", "raw_days"])
def test_a_source_is_kept_for_a_hundred_years_at_most(key: str) -> None:
    source = f"feeds:\n  - url: https://a.example/rss\n    {key}: "
    assert f"{key}: should be less than or equal to 36500" in refused(f"{source}740000\n")
    assert feeds_of(f"{source}36500\n")


def test_a_source_may_name_the_hosts_that_poll_it() -> None:
    assert one("hosts: [wire1, wire2]").hosts == ("wire1", "wire2")
    assert one("language: fr").hosts == ()


@pytest.mark.parametrize(
    ("keys", "seconds"),
    [("", 5), ("interval: 1s", 1), ("interval: 1h", 60), ("settle: 2m", 120), ("settle: 0", 0)],
)
def test_a_file_stands_still_for_as_long_as_is_said(keys: str, seconds: float) -> None:
    [feed] = feeds_of(f"feeds:\n  - directory: in\n    {keys}\n")
    assert feed.settle == timedelta(seconds=seconds)


def test_only_directories_settle() -> None:
    assert "is for a directory" in refused("feeds:\n  - url: https://www.example.org/rss\n    settle: 0\n")


MAILBOX = """
feeds:
  - imap: imaps://mail.example/INBOX
    auth: {kind: basic, user: u, password: p}
"""


def test_a_mailbox_may_name_its_senders() -> None:
    [feed] = feeds_of(f"{MAILBOX}    senders: [a@b.example, c.example]\n    authenticated_by: mx.b.example\n")
    assert (feed.senders, feed.authenticated_by) == (("a@b.example", "c.example"), "mx.b.example")
    assert open_mailboxes([feed]) == []
    assert open_mailboxes(feeds_of(MAILBOX)) == [feed.id]
    assert "an address or a domain" in refused(f"{MAILBOX}    senders: [everybody]\n")
    assert "is for a mailbox" in refused("feeds: [{url: https://a.example/, senders: [b.example]}]")

"""Who an item is. The exact values are a contract with what is already stored: they never change."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identity import (
    content_hash,
    day_before,
    digest,
    document_id,
    entry_key,
    feed_id,
    is_text_uri,
    revision_rank,
    scope_of,
    slug_family,
    slug_key,
    split_guid,
    uri_of_guid,
    uri_of_text,
)


def text_uri(provider: str = "Example Press", **changes: str | None) -> str:
    given_ = {
        "service": "general",
        "date": "2031-07-25",
        "slugline": None,
        "opening": "Melons burn in old town",
    }
    return uri_of_text(provider, **(given_ | changes))


def test_stored_identities_stay_as_they_are() -> None:
    assert digest("a", None, b"b") == "da2400c7cb5e63b0e17800a384c14981"
    assert feed_id("https://example.org/feed") == "bece6a4be96a"
    assert text_uri() == "urn:newswire:example-press:text:e641655e062e1c3f7f041f74ed955c36"
    assert (
        content_hash(headline="H", body_text="One.\n\nTwo.", pub_status="usable")
        == "a621a9c7bdee0d3ad8b7ec72343bd447"
    )
    assert document_id("urn:newswire:a:1", "c", "2") == "ea926982865a0a5198c1762378f0be8d"


@given(
    st.lists(st.text() | st.binary() | st.none(), max_size=4),
    st.lists(st.text() | st.binary() | st.none(), max_size=4),
)
def test_a_digest_tells_where_parts_end(one: list, other: list) -> None:
    def plain(parts: list) -> list:
        return [part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part for part in parts]

    assert (digest(*one) == digest(*other)) is (plain(one) == plain(other))


@given(st.text())
def test_any_provider_is_a_scope(provider: str) -> None:
    scope = scope_of(provider)
    assert scope
    assert scope_of(scope) == scope or unicodedata.normalize("NFKC", scope) != scope


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_uri_is_plain_ascii_without_spaces(guid: str) -> None:
    uri = uri_of_guid("Example", guid)
    assert uri.isascii()
    assert not any(each.isspace() for each in uri)


def test_no_provider_touches_anothers_items() -> None:
    assert uri_of_guid("one", "a") != uri_of_guid("two", "a")
    assert uri_of_guid("a", "b:c") != uri_of_guid("a:b", "c")
    assert text_uri("one") != text_uri("two")


def test_a_text_is_named_by_its_first_words() -> None:
    assert text_uri(opening="MELONS burn, in “old town”!") == text_uri()
    assert text_uri(opening="Pears burn in old town") != text_uri()


@pytest.mark.parametrize(
    ("field", "value"), [("service", "sport"), ("date", "2031-07-26"), ("service", None), ("date", None)]
)
def test_a_text_is_named_by_service_and_date(field: str, value: str | None) -> None:
    assert text_uri(**{field: value}) != text_uri()


def test_where_there_is_a_slug_the_words_do_not_count() -> None:
    assert text_uri(slugline="Melons-Fire") == text_uri(slugline=" MELONS-FIRE ", opening="Other words")
    assert text_uri(slugline="Melons-Fire") != text_uri()


def test_where_paragraphs_end_makes_no_version() -> None:
    def of(body: str, headline: str | None = "H", status: str = "usable") -> str:
        return content_hash(headline=headline, body_text=body, pub_status=status)

    assert of("One.\n\nTwo.") == of("One. Two.")
    assert of("One.") != of("Two.")
    assert of("One.") != of("One.", headline="I")
    assert of("One.") != of("One.", status="canceled")
    assert of("One.", headline=None) == of("One.", headline="")


def test_a_revision_is_a_version_of_its_own() -> None:
    assert document_id("u", "c", "1") != document_id("u", "c", "2") != document_id("u", "c", None)


def test_an_entry_is_known_by_feed_content_and_occurrence() -> None:
    assert (
        len(
            {
                entry_key("f", ["{}"], ""),
                entry_key("g", ["{}"], ""),
                entry_key("f", ["{1}"], ""),
                entry_key("f", ["{}"], "x"),
            }
        )
        == 4
    )


@pytest.mark.parametrize(
    ("revision", "rank"),
    [
        ("3", 3),
        ("10", 10),
        ("2.1", 2),
        ("v4", 4),
        ("abc", -1),
        ("", -1),
        (None, -1),
        ("9" * 30, int("9" * 18)),
    ],
)
def test_a_revision_orders_a_chain(revision: str | None, rank: int) -> None:
    assert revision_rank(revision) == rank


@pytest.mark.parametrize(
    ("guid", "name", "revision"),
    [
        ("urn:newsml:example.com:20140718:nKBN0:10", "urn:newsml:example.com:20140718:nKBN0", "10"),
        (
            "urn:newsml:ex.com:20140718T101500Z:nKBN0:1U",
            "urn:newsml:ex.com:20140718T101500Z:nKBN0",
            "1",
        ),
        ("urn:newsml:example.com:20140718:nKBN0", "urn:newsml:example.com:20140718:nKBN0", None),
        ("urn:newsml:example.com:20140718:2", "urn:newsml:example.com:20140718:2", None),
        (
            "urn:newsml:local:2026-05-01T10:00:00.1:77",
            "urn:newsml:local:2026-05-01T10:00:00.1:77",
            None,
        ),
        ("urn:newsml:dpa.com:20090101:260501-99-1/3", "urn:newsml:dpa.com:20090101:260501-99-1", "3"),
        (
            "urn:newsml:afp.com:20260501T135002Z:TX-PAR-ABC12:1",
            "urn:newsml:afp.com:20260501T135002Z:TX-PAR-ABC12",
            "1",
        ),
        (
            "afp.com.20260501T135002Z.TX-PAR-ABC12-2",
            "afp.com.20260501T135002Z.TX-PAR-ABC12",
            "2",
        ),
        ("http://d.afp.com.doc-9ab1cd", "https://d.afp.com.doc-9ab1cd", None),
        ("tag:reuters.com,2026:newsml_KBN0FL0XX:10", "tag:reuters.com,2026:newsml_KBN0FL0XX", "10"),
        ("tag_reuters.com_2026_newsml_KBN0FL0XX_10", "tag_reuters.com_2026_newsml_KBN0FL0XX", "10"),
        ("tag:example.com,2026:story_version_10", "tag:example.com,2026:story", "10"),
        ("tag:example.com,2026:blog-1.post-2", "tag:example.com,2026:blog-1.post-2", None),
        ("tag:example.com,2026:story:7", "tag:example.com,2026:story:7", None),
        ("tag:example.com,2026:story:v7", "tag:example.com,2026:story", "7"),
        ("NTB5df9281a-a270-4dc5-a618-869bbc3bbca7_02", "NTB5df9281a-a270-4dc5-a618-869bbc3bbca7", "02"),
        (
            "http://PA_API/8d588e55-f20e-4647-ad46-7d0e9d63e4b5/2026-02-09T15:02:05.000Z/4",
            "https://pa_api/8d588e55-f20e-4647-ad46-7d0e9d63e4b5",
            "4",
        ),
        (
            "http://api.ap.org/media/v/content/0cc82c1e?qt=H1&et=0a3",
            "https://api.ap.org/media/v/content/0cc82c1e",
            None,
        ),
        ("https://www.bbc.co.uk/news/articles/abc#2", "https://www.bbc.co.uk/news/articles/abc", "2"),
        ("https://example.com/live#2", "https://example.com/live#2", None),
        ("https://example.com/story?v=2", "https://example.com/story", "2"),
        ("https://example.com/story?a=1&v=2&b=3", "https://example.com/story?a=1&b=3", "2"),
        ("https://example.com/view.php?v=2", "https://example.com/view.php?v=2", None),
        ("https://example.com/?v=2", "https://example.com?v=2", None),
        ("https://example.com/watch?v=Abc12", "https://example.com/watch?v=Abc12", None),
        ("http://Example.com:80/a/", "https://example.com/a", None),
        (
            "https://example.com/?p=7&preview=true&preview_nonce=af",
            "https://example.com?p=7",
            None,
        ),
        ("https://example.com/?p=7", "https://example.com?p=7", None),
        ("https://example.com/a?id=7&token=s3&expires=9", "https://example.com/a?id=7", None),
        ("https://example.com/a?X-Amz-Signature=s3&X-Amz-Date=1", "https://example.com/a", None),
        ("https://example.com/?token=7", "https://example.com?token=7", None),
        ("audi-unveils-v8", "audi-unveils-v8", None),
        (" 4711 ", "4711", None),
    ],
)
def test_a_senders_id_is_taken_apart(guid: str, name: str, revision: str | None) -> None:
    assert split_guid(guid) == (name, revision)
    assert uri_of_guid("a", guid) == uri_of_guid("a", name)


SLUG = "PORT-FIRE"


@pytest.mark.parametrize(
    "slug",
    [
        "PORT-FIRE",
        "port fire",
        "BC-Port--Fire",
        "AM-PORT-FIRE",
        "Port-Fire, 1st Ld-Writethru,466",
        "PortFire 2ndLd-Writethru",
        "PORT-FIRE 3rd Lead",
        "PORT-FIRE/UPDATE 2",
        "PORT-FIRE (UPDATE)",
        "PORT-FIRE Correction",
        "URGENT PORT-FIRE",
        "PORT-FIRE 2. Zusammenfassung",
        "PORT-FIRE 1. Lead",
        "KILL PORT-FIRE",
    ],
)
def test_versions_of_a_slug_have_one_key(slug: str) -> None:
    assert slug_key(slug) == slug_key(SLUG)


@pytest.mark.parametrize(
    "slug", ["PORT-FIRE 1st Add", "PORT-FIRE Take 2", "PORT-FIRE-BOX", "PORT-FIRES", "PORT-FIRE 2", "PORT"]
)
def test_parts_and_others_have_a_slug_key_of_their_own(slug: str) -> None:
    assert slug_key(slug) != slug_key(SLUG)


@pytest.mark.parametrize("slug", ["", "BULLETIN KILL", "--", "URGENT"])
def test_a_slug_that_names_no_story_has_no_key(slug: str) -> None:
    assert slug_key(slug) is None


def test_a_slug_names_the_items_of_one_provider() -> None:
    assert slug_family("A", "x") == slug_family(" a", "x")
    assert len({slug_family("a", "x"), slug_family("b", "x"), slug_family("a", "y")}) == 3


def test_the_day_before_knows_months() -> None:
    assert (day_before("2026-01-01"), day_before("2028-03-01")) == ("2025-12-31", "2028-02-29")


def test_an_item_named_by_its_text_is_told_from_others() -> None:
    assert is_text_uri(text_uri())
    assert not is_text_uri(uri_of_guid("a", "text:story"))


def test_an_embargo_is_part_of_what_a_version_says() -> None:
    def of(until: datetime | None) -> str:
        return content_hash(headline="H", body_text="B", pub_status="usable", embargoed=until)

    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    there = noon.astimezone(timezone(timedelta(hours=2)))
    assert len({of(None), of(noon), of(noon + timedelta(hours=1))}) == 3
    assert of(there) == of(noon)

"""Who an item is. The exact values are a contract with what is already stored: they never change."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identity import (
    content_hash,
    digest,
    document_id,
    entry_key,
    feed_id,
    revision_rank,
    scope_of,
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


@pytest.mark.parametrize(
    ("guid", "revision", "ending"),
    [
        ("urn:newsml:wire.example:20260203:nL1:2", "2", ":nL1"),
        ("urn:newsml:wire.example:20260203:nL1:2N", "2", ":nL1"),
        ("urn:newsml:wire.example:20260203:nL1:2", "3", ":nL1:2"),
        ("urn:newsml:wire.example:20260203:nL1:2", None, ":nL1:2"),
        ("urn:newsml:wire.example:20260203:2", "2", ":20260203:2"),
        ("tag:wire.example,2026:nL1:2", "2", ":nL1:2"),
    ],
)
def test_the_revision_at_the_end_of_a_newsml_urn_names_no_other_item(
    guid: str, revision: str | None, ending: str
) -> None:
    assert uri_of_guid("Wire", guid, revision).endswith(ending)


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
                entry_key("f", b"{}", ""),
                entry_key("g", b"{}", ""),
                entry_key("f", b"{1}", ""),
                entry_key("f", b"{}", "x"),
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

"""Who an item is: by its sender's id, its address, its slug, its words."""

import pytest

from pipeline.identity import item_key
from pipeline.model import Document, Entry, PubStatus
from workers.normalise.document import Source, normalise

BODY = "The harbour of Port Ellery burned on Friday, the fire brigade said. Nobody was hurt."
AGENCY = Source(feed="wire", provider="Harbour Press")


def made(text: str = BODY, *, source: Source = AGENCY, **fields) -> Document:
    return normalise(Entry(**({"format": "text", "text": text} | fields)), source, None)


def wire(slug: str | None = "PORT-FIRE", text: str = BODY, **fields) -> Document:
    return made(text, **({"slugline": slug, "published": "2026-05-01T10:00:00Z"} | fields))


def test_the_revision_inside_a_guid_is_kept_apart_from_the_item() -> None:
    first, second = (made(guid=f"urn:newsml:example.com:20260501:n1:{n}") for n in (1, 2))
    assert first.uri == second.uri == "urn:newswire:harbour-press:urn:newsml:example.com:20260501:n1"
    assert (first.revision, second.revision) == ("1", "2")
    assert first.guid == "urn:newsml:example.com:20260501:n1:1"


def test_a_revision_that_is_sent_apart_counts() -> None:
    assert made(guid="urn:newsml:example.com:20260501:n1:1", revision="7").revision == "7"


def test_one_item_by_two_formats_of_one_provider_is_one() -> None:
    feed = made(format="rss", guid="https://example.com/a/", url="https://example.com/a/?utm_source=rss")
    item = made(
        format="ninjs", guid="http://example.com/a", source=Source(feed="files", provider="harbour press")
    )
    assert feed.uri == item.uri
    assert feed.uri == made(format="rss", url="http://example.com/a?utm_medium=x").uri


def test_what_an_item_claims_touches_no_other_provider() -> None:
    claimed = made(guid="1", provider="Harbour Press", source=Source(feed="b", provider="B"))
    assert claimed.uri != made(guid="1").uri
    trusted = made(guid="1", provider="Harbour Press", source=Source(feed="c", trust_provider=True))
    assert trusted.uri == made(guid="1").uri


@pytest.mark.parametrize(
    "fields",
    [
        {"guid": "0", "url": "https://example.com/b"},
        {"guid": "https://example.com/", "url": "https://example.com/b"},
        {"guid": "same", "shared_ids": ("guid",), "url": "https://example.com/b"},
        {"guid": " ", "url": "https://example.com/b"},
    ],
)
def test_where_the_guid_names_nothing_the_address_does(fields) -> None:
    assert made(**fields).uri == "urn:newswire:harbour-press:https://example.com/b"


def test_where_guid_and_address_name_nothing_the_words_do() -> None:
    fields = {"guid": "0", "url": "https://example.com/live", "shared_ids": ("guid", "url")}
    one, other = (made(headline=headline, **fields) for headline in ("One story", "Another"))
    assert one.uri != other.uri
    assert one.uri == made(headline="One story").uri
    assert (one.guid, one.url) == ("0", "https://example.com/live")


@pytest.mark.parametrize(
    ("slug", "text"),
    [
        ("PORT-FIRE, 1st Ld-Writethru,466", "The fire in Port Ellery is out, the brigade said on Friday."),
        ("Port-Fire 2ndLd", "Still burning."),
        ("BC-PORT--FIRE", "Corrected text of the same story."),
        ("URGENT PORT-FIRE", "The harbour burns."),
    ],
)
def test_leads_and_writethrus_are_versions_of_one_item(slug: str, text: str) -> None:
    assert wire(slug, text).uri == wire().uri
    assert wire(slug, text).id != wire().id


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"slug": "PORT-FIRE 1st Add"}, id="an add is a part of its own"),
        pytest.param({"slug": "PORT-STRIKE"}, id="another slug"),
        pytest.param({"published": "2026-05-02T10:00:00Z"}, id="another day"),
        pytest.param({"service": "sport"}, id="another service"),
        pytest.param({"source": Source(feed="x", provider="Other")}, id="another provider"),
    ],
)
def test_what_is_another_item(fields) -> None:
    assert wire(**fields).uri != wire().uri


def test_a_text_says_what_it_would_be_had_it_begun_the_day_before() -> None:
    first, second = wire(), wire(published="2026-05-02T00:10:00Z")
    assert second.slugged is not None
    assert first.slugged is not None
    assert second.slugged.before == first.uri
    assert first.slugged.family == second.slugged.family
    assert wire(guid="1").slugged is not None
    assert wire(None).slugged is None


def test_only_series_words_make_a_text_a_later_one() -> None:
    later = [
        wire(headline=words).slugged for words in ("Fire in port", "UPDATE 2-Fire in port", "URGENT-Fire")
    ]
    assert [each is not None and each.later for each in later] == [False, True, False]


def test_what_the_format_says_of_the_version_counts_too() -> None:
    sent = wire(signal="sig:writethru").slugged
    odd = wire(signal="sig:unheard-of").slugged
    assert [each is not None and each.later for each in (sent, odd)] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        "Kill the story slugged PORT-FIRE, sent at 1430 GMT. It is wrong.",
        "EDITORS: Please disregard item slugged “Port-Fire, 1st Ld-Writethru”.",
        "Please withdraw slug: PORT-FIRE from all publication",
        "Mandatory kill. Keyword PORT-FIRE",
    ],
)
def test_a_kill_names_the_slug_of_its_story(text: str) -> None:
    kill = wire("BULLETIN KILL", text, pub_status="canceled")
    story = wire().slugged
    assert kill.pub_status is PubStatus.CANCELED
    assert kill.slugged is not None
    assert story is not None
    assert (kill.slugged.family, kill.slugged.kill) == (story.family, True)


def test_a_kill_that_names_nothing_goes_by_its_own_slug_or_by_none() -> None:
    kill = wire("PORT-FIRE KILL", "Kill it.", pub_status="canceled")
    assert kill.uri == wire().uri
    assert wire("KILL", "Kill it.", pub_status="canceled").slugged is None
    both = wire("KILL", "Kill slug PORT-FIRE. Kill slug PORT-STRIKE.", pub_status="canceled")
    assert both.slugged is None


def test_numbers_order_versions_where_there_is_only_a_day() -> None:
    assert wire(headline="UPDATE 2-Fire", published="2026-05-01").revision == "2"
    assert wire(headline="UPDATE 2-Fire").revision is None


# --- by other names ---

STORY = {"text": BODY, "published": "2026-05-01T10:00:00Z"}
ORDER = {"headline": "KILL", "pub_status": "canceled", "published": "2026-05-01T12:00:00Z"}


def named_alike(kill: Document, story: Document) -> bool:
    """Say whether a kill names a story, as the store finds it."""
    return not {item_key(story.uri), *story.names}.isdisjoint(kill.names)


@pytest.mark.parametrize(
    "order",
    [
        "Please kill story V1234, sent at 1430 GMT.",
        "EDITORS: Kill V1234 and V1240. A kill is mandatory.",
        "Annuler la dépêche no. V1234",
        "Die Meldung v1234 wird zurückgezogen.",
        "La notizia V1234 è annullata.",
    ],
)
def test_a_kill_names_the_number_of_a_transmission(order: str) -> None:
    story = made(**STORY, numbers=("V1234",))
    assert named_alike(made(order, **ORDER), story)
    assert not named_alike(made(order, **ORDER), made(**STORY, numbers=("V1235",)))


def test_a_number_with_letters_apart_is_written_with_any_mark_between() -> None:
    story = made(**STORY, numbers=("hpa 061",))
    for written in ("hpa 061", "HPA-061"):
        assert named_alike(made(f"Kill {written}, please.", **ORDER), story)
    assert not named_alike(made("Kill hpa061, please.", **ORDER), story)


@pytest.mark.parametrize("header", ["BC-Port-Fire, 1st Ld, v1234,0290", "V1234 4 pl 96 hpa"])
def test_plain_text_has_its_number_in_its_header(header: str) -> None:
    story = made(f"{header}\n{BODY}", published="2026-05-01T10:00:00Z")
    assert named_alike(made("Kill V1234.", **ORDER), story)


def test_numbers_begin_anew_each_day_by_the_clocks_of_their_sender() -> None:
    evening = made(BODY, published="2026-05-01T23:00:00-05:00", numbers=("a0900",))
    order = {"headline": "KILL", "pub_status": "canceled"}
    same_day = made("Kill a0900.", published="2026-05-01T23:30:00-05:00", **order)
    day_after = made("Kill a0900.", published="2026-05-02T09:00:00-05:00", **order)
    assert named_alike(same_day, evening)
    assert not named_alike(day_after, evening)


def test_a_kill_with_a_lower_number_means_the_day_before() -> None:
    story = made(BODY, published="2026-05-01T22:00:00Z", numbers=("hpa0900",))
    order = {"headline": "KILL", "pub_status": "canceled", "published": "2026-05-02T01:00:00Z"}
    assert named_alike(made("Kill hpa0900.", numbers=("hpa0012",), **order), story)
    assert not named_alike(made("Kill hpa0900.", numbers=("hpa0901",), **order), story)
    assert not named_alike(made("Kill hpa0900.", numbers=("xyz0012",), **order), story)


@pytest.mark.parametrize(
    ("story", "kill"),
    [
        pytest.param(
            {"guid": "harbour:1", "url": "https://example.com/a?utm_source=rss"},
            {"guid": "http://example.com/a/"},
            id="its address",
        ),
        pytest.param({"guid": "a-1", "ids": ("x-4711",)}, {"guid": "x-4711"}, id="another id"),
        pytest.param({"guid": "a-1"}, {"guid": "k-1", "ids": ("a-1",)}, id="another id of the kill"),
        pytest.param(
            {"guid": "urn:newsml:example.com:20260501:nHW123456:3"},
            {"guid": "tag:example.com,2026:newsml_HW123456"},
            id="the same number in two forms of ids",
        ),
        pytest.param(
            {"guid": "urn:uuid:0a1b2c3d-0000-4000-8000-00000000abcd"},
            {"guid": "https://api.example.com/v1/0A1B2C3D-0000-4000-8000-00000000ABCD"},
            id="a UUID",
        ),
        pytest.param(
            {"guid": "urn:example:4711"}, {"text": "Withdraw urn:example:4711, please."}, id="in its words"
        ),
    ],
)
def test_a_kill_finds_its_item_by_any_of_its_names(story, kill) -> None:
    killing = made(**({"text": "Do not use it."} | ORDER | kill))
    assert killing.pub_status is PubStatus.CANCELED
    assert named_alike(killing, made(**STORY | story))


@pytest.mark.parametrize(
    "order",
    [
        'The story headlined "UPDATE 1-Fire in the port", sent at 0915 GMT, has been withdrawn.',
        "Annullare per cortesia la notizia «FIRE IN THE PORT», trasmessa alle 18.32.",
        "Die Meldung „Fire in the port“ von 9.30 Uhr wird zurückgezogen.",
    ],
)
def test_a_kill_quotes_the_headline_of_what_has_no_id(order: str) -> None:
    story = made(**STORY, headline="Fire in the port")
    assert named_alike(made(order, **ORDER), story)
    assert not named_alike(made(order, **ORDER), made(**STORY, headline="Fire in the old port"))
    assert not named_alike(made(order, **ORDER), made(**STORY, headline="Fire in the port", guid="a-1"))
    yesterday = STORY | {"published": "2026-04-30T10:00:00Z"}
    assert not named_alike(made(order, **ORDER), made(**yesterday, headline="Fire in the port"))


def test_figures_in_the_words_of_a_kill_are_no_ids() -> None:
    kill = made("Kill it, it was of 2026.", **ORDER | {"headline": "KILL-Fire at G20 hurts 14"})
    for guid in ("14", "G20", "2026"):
        assert not named_alike(kill, made(**STORY, guid=guid))


def test_a_longer_id_is_another_one() -> None:
    assert not named_alike(made("Kill urn:example:47110.", **ORDER), made(**STORY, guid="urn:example:4711"))


def test_a_kill_with_an_id_does_not_go_by_the_page_that_it_links_to() -> None:
    page = "https://example.com/news"
    assert not named_alike(made("Gone.", guid="k-1", url=page, **ORDER), made(**STORY, guid="a-1", url=page))


def test_words_that_order_nothing_name_nothing() -> None:
    story = made(**STORY, guid="urn:example:4711")
    told = "The ferry sank.\n\n" + "It was built in a yard by the sea. " * 9 + "See urn:example:4711."
    assert not named_alike(made(told, headline="Ferry sinks", pub_status="canceled"), story)


def test_ids_that_a_feed_gives_to_several_items_name_none() -> None:
    shared = {"guid": "g", "url": "https://example.com/a", "shared_ids": ("guid", "url")}
    assert made(**STORY, **shared).names == ()
    assert made(**STORY, guid="g", url="https://example.com/", ids=("0",)).names == ()

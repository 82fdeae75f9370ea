"""What the pages show and what their twins answer, over HTTP on loopback."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator

from fakes_read import NOON, FakeQueueView, FakeReadStore, entry_queue, feed_report, stored, worker
from pipeline.errors import Reason
from pipeline.model import (
    Credit,
    Dateline,
    Entity,
    Evidence,
    Mention,
    Place,
    PlaceMention,
    PubStatus,
    Relation,
    Sighting,
    Signal,
    SourceKind,
    StoredDocument,
    Tag,
    Tagging,
)
from pipeline.publish.record import document_record
from pipeline.web.answers import DocumentRecord
from web_serving import Ask, Page, serving

ID = "0123456789abcdef" * 2
OLD = "fedcba9876543210" * 2
BARE = "00112233445566778899aabbccddeeff"
MARKUP = "<b onmouseover=alert(1)>\"'&amp;"
PORT = Place(name="Port Ellery", geonames=7, country="XE", lat=1.0, lon=2.0)

HEADLINE = "Ferry returns to Port Ellery"
BODY = f"Ann Example of the Ferry Board said so. {MARKUP}\n\nA strike is over."
TEXT = f"{HEADLINE}\n\n{BODY}"


def _mention(part: str) -> Mention:
    start = TEXT.index(part)
    return Mention(field="text", text=part, start=start, end=start + len(part))


def _evidence(part: str, why: str) -> Evidence:
    at = _mention(part)
    return Evidence(field="text", text=part, start=at.start, end=at.end, why=why)


TAGGING = Tagging(
    rules="r1",
    regions=(
        Tag(
            code="XE",
            name="Ellerland",
            score=0.9,
            roles=("dateline", "subject"),
            evidence=(
                _evidence("Port Ellery", f"town of the country {MARKUP}"),
                Evidence(field="dateline", text="ELLERY", start=5, end=11, why="dateline"),
                Evidence(field="feed", text="XE", why="default region of the source"),
            ),
        ),
    ),
    places=(PlaceMention(place=PORT, score=0.8, mention=_mention("Port Ellery")),),
    topics=(
        Tag(
            code="medtop:20000001",
            name="labour dispute",
            score=0.7,
            evidence=(_evidence("strike", "term"),),
        ),
    ),
    beats=(Tag(code="ferries", name="Ferries", score=0.7),),
    people=(Entity(name="Ann Example", mentions=(_mention("Ann Example"),)),),
    organisations=(Entity(name="Ferry Board", mentions=(_mention("Ferry Board"),)),),
)


def _documents() -> tuple[StoredDocument, ...]:
    uri = "urn:newswire:harbour-press:ferry"
    newest = stored(
        ID,
        uri=uri,
        headline=HEADLINE,
        body_text=BODY,
        language="en",
        language_score=0.97,
        url="https://news.example/ferry",
        dateline=Dateline(text="PORT ELLERY, May 1 -", city="Port Ellery", date="2026-05-01", place=PORT),
        credit=Credit(text="(Reporting by Ann Example)", reporting="Ann Example"),
        signal=Signal.UPDATE,
        signal_number=2,
        embargoed=NOON,
        notes=(f"a note with {MARKUP}",),
        date_note="date only",
    )
    relation = Relation(kind="same-copy", id=BARE, score=0.91, evidence=())
    return (
        stored(BARE, headline=None, lead="Nobody sent a headline.", url="javascript:alert(1)"),
        stored(OLD, uri=uri, headline="Ferry may return", pub_status=PubStatus.WITHHELD),
        replace(newest, version=2, tagging=TAGGING, relations=(relation,), story_id="story-1"),
    )


STORY = "5" * 32


@pytest.fixture(scope="module")
def ask_stories() -> Iterator[Ask]:
    """Serve a story of two documents, of which one has a hostile headline, and one of a single document."""
    hostile = f"<script>alert(1)</script> {MARKUP}"
    documents = (
        stored(OLD, headline=hostile, provider=MARKUP, language="fr", published=NOON - timedelta(hours=1)),
        stored(ID, headline=hostile, language="en"),
    )
    single = replace(stored(BARE, headline="A train is late"), story_id="6" * 32)
    in_story = [replace(each, story_id=STORY) for each in documents]
    with serving(FakeReadStore(documents=[*in_story, single]), FakeQueueView()) as asking:
        yield asking


@pytest.mark.parametrize("path", ["/stories", f"/stories/{STORY}"])
def test_hostile_headlines_are_text_on_the_pages_of_stories(ask_stories: Ask, path: str) -> None:
    answer = ask_stories(path)
    assert answer.status == 200
    assert "<script>alert" not in answer.text
    assert "<b onmouseover" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "alert(1)" in _words(ask_stories, path)


def test_the_list_of_stories_leads_to_each_and_says_how_large_it_is(ask_stories: Ask) -> None:
    page = ask_stories("/stories").text
    assert f'href="/stories/{STORY}"' in page
    words = _words(ask_stories, "/stories")
    assert "2 documents" in words
    assert "A train is late" in words


def test_the_page_of_a_story_has_its_documents(ask_stories: Ask) -> None:
    page = ask_stories(f"/stories/{STORY}").text
    assert f"/documents/{OLD}" in page
    assert f"/documents/{ID}" in page
    assert f"/documents/{BARE}" not in page


def test_the_twins_of_stories_give_the_same(ask_stories: Ask) -> None:
    listed: Any = ask_stories("/api/v1/stories?order=biggest").data
    assert [(each["id"], each["documents"]) for each in listed["stories"]] == [(STORY, 2), ("6" * 32, 1)]
    assert listed["next_offset"] is None
    one: Any = ask_stories(f"/api/v1/stories/{STORY}").data
    assert [each["id"] for each in one["members"]] == [OLD, ID]
    assert set(one["languages"]) == {"en", "fr"}


def test_stories_come_in_pages(ask_stories: Ask) -> None:
    first: Any = ask_stories("/api/v1/stories?limit=1").data
    second: Any = ask_stories(f"/api/v1/stories?limit=1&offset={first['next_offset']}").data
    assert {each["id"] for each in first["stories"] + second["stories"]} == {STORY, "6" * 32}


@pytest.mark.parametrize("path", ["/stories/unknown", "/api/v1/stories/unknown"])
def test_a_story_that_is_not_there_is_not_found(ask_stories: Ask, path: str) -> None:
    assert ask_stories(path).status == 404


@pytest.mark.parametrize("path", ["/stories?q=nosuch:x", "/api/v1/stories?q=nosuch:x"])
def test_a_query_for_stories_that_is_not_understood_is_said(ask_stories: Ask, path: str) -> None:
    assert ask_stories(path).status == 400


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    store = FakeReadStore(
        documents=_documents(),
        seen={ID: [Sighting(feed="harbour", location="ferry.xml", seen_at=NOON)]},
        feeds=[
            feed_report("ill", failures=2, last_reason=Reason.DNS, last_detail="the name is unknown"),
            feed_report("well", last_polled_at=NOON, next_poll_at=NOON + timedelta(minutes=5)),
            feed_report("import", kind=SourceKind.IMPORT),
        ],
        queues=[entry_queue(waiting=3, oldest_received_at=NOON - timedelta(minutes=4))],
    )
    with serving(store, FakeQueueView(of_workers=[worker()])) as asking:
        yield asking


def _words(ask: Ask, path: str) -> str:
    return " ".join(" ".join(Page(ask(path).text).words).split())


def test_the_status_page_has_queues_workers_feeds_in_trouble_and_the_newest(ask: Ask) -> None:
    words = _words(ask, "/")

    for part in ("4 min", "wire-1", "backing off until 12:00 UTC: the name is unknown", "All 3 feeds"):
        assert part in words
    assert "well" not in words.split()
    assert words.index(HEADLINE) < words.index("Ferry may return") < words.index("Nobody sent")


def test_the_status_page_follows_by_itself_with_scripts_and_without(ask: Ask) -> None:
    text = ask("/").text

    assert 'hx-get="/fragments/status"' in text
    assert 'hx-get="/fragments/newest?seen=3" hx-trigger="arrived from:body, every 30s"' in text
    assert '<noscript><meta http-equiv="refresh"' in text


@pytest.mark.parametrize("path", ["/", "/queues", "/feeds"])
def test_updates_can_be_paused(ask: Ask, path: str) -> None:
    text = ask(f"{path}?live=off").text

    assert "hx-get" not in text
    assert "refresh" not in text
    assert f'href="{path}">Follow updates' in text


@pytest.mark.parametrize("path", ["/fragments/status", "/fragments/newest"])
def test_a_fragment_is_the_part_of_the_page_it_replaces(ask: Ask, path: str) -> None:
    fragment = ask(path)
    page = Page(fragment.text)

    assert fragment.status == 200
    assert "html" not in page.tags
    assert page.ids[0] in Page(ask("/").text).ids
    assert f'hx-get="{path}' in fragment.text


def test_nothing_new_leaves_the_page_as_it_is(ask: Ask) -> None:
    assert (ask("/fragments/newest?seen=3").status, ask("/fragments/newest?seen=2").status) == (204, 200)


def test_the_queues_page_shows_entries_workers_and_jobs(ask: Ask) -> None:
    words = _words(ask, "/queues")

    assert "wire 3 4 min" in words
    assert "wire-1" in words


def test_a_queue_that_cannot_be_asked_is_said_and_is_no_error() -> None:
    with serving(FakeReadStore(queues=[entry_queue()]), FakeQueueView(broken="gone away")) as asking:
        words = _words(asking, "/queues")

    assert "gone away" in words
    assert "cannot be asked" in words


def test_feeds_are_listed_by_trouble_and_chosen_by_condition(ask: Ask) -> None:
    rows = [word for word in _words(ask, "/feeds").split() if word in ("ill", "well", "import")]

    assert rows[:3] == ["ill", "well", "import"]
    assert "the name is unknown" not in _words(ask, "/feeds?condition=ok")


def test_many_feeds_are_cut_into_pages() -> None:
    store = FakeReadStore(feeds=[feed_report(f"feed-{number:03}") for number in range(201)])
    with serving(store, FakeQueueView()) as asking:
        first, second = _words(asking, "/feeds"), _words(asking, "/feeds?page=2")

    assert ("feed-199" in first, "feed-200" in first, "Next" in first) == (True, False, True)
    assert ("feed-200" in second, "Next" in second) == (True, False)


def test_documents_show_provider_and_language_and_are_found_by_words(ask: Ask) -> None:
    words = _words(ask, "/documents?q=returns")

    assert f"en Harbour Press version 2 update 2 {HEADLINE}" in words
    assert "Ferry may return" not in words


def test_a_search_that_is_not_understood_is_said_in_words_and_kept_in_the_box(ask: Ask) -> None:
    answer = ask("/documents?q=since:yesterdayish")

    assert answer.status == 400
    assert "not understood: since:yesterdayish is no date" in _words(ask, "/documents?q=since:yesterdayish")
    assert 'value="since:yesterdayish"' in answer.text


def test_nothing_found_is_said(ask: Ask) -> None:
    assert "No document matches." in _words(ask, "/documents?q=zeppelin")


def test_documents_are_cut_into_pages_that_keep_the_search() -> None:
    store = FakeReadStore(documents=[stored(f"{number:032x}") for number in range(26)])
    with serving(store, FakeQueueView()) as asking:
        first = asking("/documents?q=ferry+boat+-or&q=ferry").text
        second = asking("/documents?q=ferry&page=2").text
        behind = _words(asking, "/documents?q=ferry&page=3")

    assert '<a rel="next" href="/documents?q=ferry&amp;page=2"' in first
    assert 'rel="prev"' not in first
    assert '<a rel="prev" href="/documents?q=ferry&amp;page=1"' in second
    assert 'rel="next"' not in second
    assert "nothing on this page" in behind


def test_a_document_is_shown_with_its_evidence(ask: Ask) -> None:
    text = ask(f"/documents/{ID}").text

    at = len("Ferry returns to ")
    assert f'<mark id="at-text-{at}" class="one-region two-place"' in text
    assert ">Port Ellery</mark>" in text
    assert ">strike</mark>" in text
    assert f'href="#at-text-{at}"' in text


def test_evidence_in_the_dateline_is_marked_there(ask: Ask) -> None:
    text = ask(f"/documents/{ID}").text

    assert (
        'PORT <mark id="at-dateline-5" class="one-region" title="region Ellerland: dateline">ELLERY' in text
    )


def test_a_document_has_its_legend_fields_notes_versions_and_sightings(ask: Ask) -> None:
    words = _words(ask, f"/documents/{ID}")

    for part in (
        "region 1 place 1 topic 1 beat 1 person 1 organisation 1",
        "Ellerland XE dateline, subject 0.90",
        "“ XE ” in feed: default region of the source",
        "(Reporting by Ann Example)",
        "a note with",
        "version 1",
        "version 2 (this one)",
        "harbour ferry.xml",
        "en (0.97)",
        "Port Ellery, XE (GeoNames 7)",
        "same-copy",
    ):
        assert part in words, part


def test_an_older_version_names_the_newer_one(ask: Ask) -> None:
    words = _words(ask, f"/documents/{OLD}")

    assert "There is a newer version: version 2" in words
    assert "withheld" in words


def test_a_document_without_headline_or_tags_is_shown(ask: Ask) -> None:
    words = _words(ask, f"/documents/{BARE}")

    assert "Sent without a headline" in words
    assert "Not tagged yet." in words


def test_a_document_says_what_each_version_changed(ask: Ask) -> None:
    words = _words(ask, f"/documents/{ID}")
    compared = ask(f"/documents/{ID}/diff")

    assert "headline changed; paragraphs: " in words
    assert f"/documents/{ID}/diff" in Page(ask(f"/documents/{ID}").text).links
    assert "<ins>returns to Port Ellery</ins>" in compared.text
    assert f"/api/v1/documents/{ID}/diff?other={OLD}" in Page(compared.text).links
    assert compared.text == ask(f"/documents/{ID}/diff?other=1").text


@pytest.mark.parametrize(
    "path", [f"/documents/{OLD}/diff", f"/documents/{ID}/diff?other=9", "/documents/0/diff"]
)
def test_what_cannot_be_compared_is_not_there(ask: Ask, path: str) -> None:
    assert (ask(path).status, ask(f"/api/v1{path}").status) == (404, 404)


def test_versions_as_json_say_what_they_changed(ask: Ask) -> None:
    found: Any = ask(f"/api/v1/documents/{ID}/versions").data["documents"]

    assert [(each["id"], each["changed"] is None) for each in found] == [(OLD, True), (ID, False)]


@pytest.mark.parametrize(
    "path",
    ["/", "/documents", f"/documents/{ID}", f"/documents/{ID}/diff", f"/documents?q={MARKUP[:10]}"],
)
def test_text_from_outside_is_text(ask: Ask, path: str) -> None:
    page = Page(ask(path.replace(" ", "+")).text)

    assert "b" not in page.tags


def test_an_address_that_is_no_web_address_is_no_link(ask: Ask) -> None:
    assert not [link for link in Page(ask(f"/documents/{BARE}").text).links if "javascript" in link]
    assert "https://news.example/ferry" in Page(ask(f"/documents/{ID}").text).links


def test_ids_in_a_page_are_unique(ask: Ask) -> None:
    for path in ("/", "/feeds", "/documents", f"/documents/{ID}"):
        ids = Page(ask(path).text).ids
        assert len(ids) == len(set(ids)), path


def test_every_link_between_our_pages_leads_somewhere(ask: Ask) -> None:
    for path in ("/", "/queues", "/feeds", "/documents", f"/documents/{ID}"):
        page = Page(ask(path).text)
        for link in page.links:
            if link.startswith("#"):
                assert link[1:] in page.ids, link
            elif link.startswith("/"):
                assert ask(link.partition("#")[0]).status in (200, 204), link


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/documents/00000000", 404),
        ("/nothing", 404),
        ("/documents?page=0", 422),
        ("/feeds?condition=x", 422),
    ],
)
def test_what_cannot_be_shown_is_said_on_a_page(ask: Ask, path: str, status: int) -> None:
    answer = ask(path)

    assert answer.status == status
    assert "Not shown" in " ".join(Page(answer.text).words)


def test_a_store_that_is_down_is_said_on_a_page() -> None:
    with serving(FakeReadStore(broken="disk full"), FakeQueueView()) as asking:
        answer = asking("/")
        fragment = asking("/fragments/status")

    assert (answer.status, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "disk full" in " ".join(Page(answer.text).words)
    assert (fragment.status, fragment.text) == (503, "disk full\n")


# --- the twins ---

TWINS = (
    "/api/v1/status",
    "/api/v1/queues",
    "/api/v1/feeds",
    "/api/v1/newest",
    "/api/v1/documents",
    f"/api/v1/documents/{ID}",
    f"/api/v1/documents/{ID}/versions",
    f"/api/v1/documents/{ID}/diff",
    f"/api/v1/documents/{ID}/sightings",
    "/api/v1/changes?after=0&limit=2",
    "/api/v1/map",
)


@pytest.mark.parametrize("path", TWINS)
def test_answers_are_as_the_api_describes_them(ask: Ask, path: str) -> None:
    described: dict[str, Any] = ask("/api/openapi.json").data
    route = path.replace(ID, "{document_id}").partition("?")[0]
    schema = described["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert schema != {}
    answer = json.loads(ask(path).body)
    Draft202012Validator({**schema, "components": described["components"]}).validate(answer)


def test_the_described_document_has_the_fields_of_a_record_in_their_order() -> None:
    assert [each.name for each in fields(DocumentRecord)] == list(document_record(_documents()[2]))


def test_refusals_are_described_and_are_so(ask: Ask) -> None:
    described: dict[str, Any] = ask("/api/openapi.json").data
    paths = described["paths"]

    assert "400" in paths["/api/v1/documents"]["get"]["responses"]
    assert "404" in paths["/api/v1/documents/{document_id}"]["get"]["responses"]
    for path in ("versions", "sightings", "diff"):
        answer = ask(f"/api/v1/documents/00000000/{path}")
        assert (answer.status, list(answer.data)) == (404, ["detail"])


def test_the_newest_are_given_in_the_order_they_were_stored(ask: Ask) -> None:
    found: Any = ask("/api/v1/newest?limit=2").data["documents"]

    assert [each["id"] for each in found] == [ID, OLD]


def test_changes_are_given_piece_by_piece(ask: Ask) -> None:
    first: Any = ask("/api/v1/changes?after=0&limit=2").data
    rest: Any = ask(f"/api/v1/changes?after={first['next_after']}").data
    last = rest["next_after"]
    given = [
        (each["seq"], each["kind"], each["document"]["id"]) for each in first["changes"] + rest["changes"]
    ]

    assert given == [(seq, "new", each.document.id) for seq, each in enumerate(_documents(), start=1)]
    assert ask(f"/api/v1/changes?after={last}").data == {"changes": [], "next_after": last}
    assert ask("/api/v1/changes").data == {"changes": [], "next_after": last}


def test_who_asks_for_changes_that_are_gone_is_told_so(ask: Ask) -> None:
    answer = ask("/api/v1/changes?after=4711")

    assert (answer.status, list(answer.data)) == (410, ["detail"])
    assert ask("/api/v1/changes?after=-1").status == 422


def test_the_map_shows_places_and_says_the_same_in_tables(ask: Ask) -> None:
    page = ask("/map")
    found: Any = ask("/api/v1/map").data

    assert page.status == 200
    assert (found["documents"], found["complete"]) == (3, True)
    assert [(each["code"], each["documents"]) for each in found["countries"]] == [("XE", 1)]
    (place,) = found["places"]
    assert (place["name"], place["lat"], place["lon"]) == (PORT.name, PORT.lat, PORT.lon)
    assert f'cx="{round(PORT.lon + 180, 2)}" cy="{round(90 - PORT.lat, 2)}"' in page.text
    assert page.text.count("<circle") == 1
    assert "/documents?q=region%3AXE" in Page(page.text).links
    assert f'<th scope="row">{PORT.name}</th>' in page.text


def test_the_map_of_nothing_and_of_what_is_not_understood_say_so(ask: Ask) -> None:
    assert "No document matches." in ask("/map?q=zeppelin").text
    refused = ask("/map?q=since:yesterdayish")
    assert (refused.status, "is no date" in refused.text) == (400, True)
    assert ask("/api/v1/map?q=since:yesterdayish").status == 400


def test_groups_of_countries_are_known_to_every_search_of_the_pages() -> None:
    with serving(FakeReadStore(), FakeQueueView(), groups={"x-sahel": {"ML"}}) as asking:
        for path in ("/documents", "/stories", "/map", "/api/v1/documents", "/api/v1/stories", "/api/v1/map"):
            assert asking(f"{path}?q=region:x-sahel").status == 200, path
            assert "did you mean x-sahel?" in asking(f"{path}?q=region:x-sahal").text, path


def test_hostile_names_of_places_are_words_on_the_map() -> None:
    place = PlaceMention(
        place=replace(PORT, name=MARKUP, country=MARKUP), score=1.0, mention=_mention("Port")
    )
    tag = Tag(code=MARKUP, name=MARKUP, score=1.0)
    hostile = replace(stored(ID), tagging=Tagging(rules="r", regions=(tag,), places=(place,)))
    with serving(FakeReadStore(documents=[hostile]), FakeQueueView()) as asking:
        text = asking(f"/map?q={quote(MARKUP)}").text + asking("/map").text

    assert MARKUP not in text
    assert "<b onmouseover" not in text


def test_a_page_of_documents_says_where_the_next_begins(ask: Ask) -> None:
    offsets = [ask(f"/api/v1/documents?limit=2&offset={offset}").data["next_offset"] for offset in (0, 2)]

    assert offsets == [2, None]


def test_each_page_links_to_its_twin(ask: Ask) -> None:
    for path, twin in (
        ("/", "/api/v1/status"),
        ("/queues", "/api/v1/queues"),
        ("/feeds", "/api/v1/feeds"),
        ("/documents?q=ferry&page=1", "/api/v1/documents?q=ferry"),
        ("/map?q=ferry", "/api/v1/map?q=ferry"),
        (f"/documents/{ID[:8]}", f"/api/v1/documents/{ID}"),
    ):
        assert twin in Page(ask(path).text).links

"""An entry becomes a document. All copy is invented."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.codec import from_json, to_json
from pipeline.errors import EntryError, Reason
from pipeline.model import Dateline, Document, Entry, PubStatus, Signal, SourceKind
from pipeline.ports.work import ClaimedEntry
from workers.normalise.document import Source, normalise, warm_up

NOW = datetime(2031, 7, 26, 12, tzinfo=UTC)
DATA = Path(__file__).parents[1] / "data" / "normalise"
TRUSTED = Source(feed="melons", trust_provider=True)
COPY = """\
KABUL, July 25 (Example Press) - Melons burned in the old town on Sunday.

Nobody was hurt.

(Reporting by Ann Example; Editing by Bo Sample)
"""


def made(
    source: Source = TRUSTED, received_at: datetime | None = NOW, now: datetime | None = None, **fields
) -> Document:
    return normalise(Entry(format="text", **fields), source, received_at, now=now)


def test_the_seed_shape() -> None:
    document = made(text=(DATA / "seed-shape.txt").read_text(), received_at=None)
    assert (document.language, document.headline) == ("fr", None)
    assert document.dateline is not None
    assert document.dateline.text == "MELONVILLE, 25 juillet (Presse Hindou-Kouch) -"
    assert (document.dateline.city, document.dateline.date) == ("Melonville", "2031-07-25")
    assert document.dateline.agency == document.provider == document.infosource == "Presse Hindou-Kouch"
    paragraphs = document.body_text.split("\n\n")
    assert len(paragraphs) == 8
    assert paragraphs[0] == document.lead
    assert document.body_text.startswith("Les jardiniers continueront")
    assert document.body_text.endswith("peuplés.")
    assert document.credit is not None
    assert (document.credit.bureau, document.credit.translator) == ("Melonville", "Jean Modèle")
    assert document.credit.reporting is None
    assert (document.published, document.date_note) == (datetime(2031, 7, 25, tzinfo=UTC), "date only")


def test_html_is_sanitised_and_read() -> None:
    html = (
        "<div><p>KABUL (AFP) - Melons <b>burned</b>.<p>Nobody was hurt.<script>x</script>"
        "<p>(Reporting by A B)</div>"
    )
    document = made(html=html, headline="Melons burn", text="unused", summary_html="unused")
    assert document.body_text == "Melons burned.\n\nNobody was hurt."
    assert document.body_html is not None
    assert "script" not in document.body_html
    assert "KABUL (AFP)" not in document.body_html
    assert document.credit is not None


def test_text_is_read_where_the_html_says_nothing() -> None:
    document = made(html="<img src='https://example.org/i.png'>", text=COPY)
    assert document.body_text.startswith("Melons burned")
    assert document.body_html is None


def test_a_summary_is_the_body_where_there_is_none() -> None:
    document = made(headline="Melons burn", summary_html="<p>Nobody was <i>hurt</i>.</p>")
    assert document.body_text == document.lead == "Nobody was hurt."
    assert document.body_html == "<p>Nobody was <i>hurt</i>.</p>"


def test_html_that_is_all_script_is_null() -> None:
    document = made(headline="Melons burn", html="<script>x</script>")
    assert (document.body_html, document.body_text, document.lead) == (None, "", "")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"text": " \n"},
        {"headline": "URGENT - "},
        {"html": "<p></p>", "headline": "\x07"},
        {"pub_status": "canceled"},
    ],
    ids=str,
)
def test_neither_text_nor_headline_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(EntryError) as refused:
        made(**fields)
    assert refused.value.reason is Reason.EMPTY


def test_a_kill_needs_no_text() -> None:
    assert made(pub_status="stat:canceled", guid="a").pub_status is PubStatus.CANCELED


def test_a_headline_is_never_invented() -> None:
    assert made(text=COPY).headline is None


def test_a_headline_above_the_dateline_was_sent() -> None:
    document = made(text=f"UPDATE 1-Melons burn\n\nBy Ann Example and Bo Sample\n\n{COPY}")
    assert (document.headline, document.signal, document.signal_number) == ("Melons burn", Signal.UPDATE, 1)
    assert (document.byline, document.authors) == (
        "By Ann Example and Bo Sample",
        ("Ann Example", "Bo Sample"),
    )


def test_in_html_a_line_above_the_dateline_is_no_headline() -> None:
    assert made(html="<p>A line</p><p>KABUL (AFP) - Melons</p>").headline is None


def test_what_was_sent_beside_the_text_counts_first() -> None:
    document = made(
        text=f"MELONS-FIRE/\n\nBy Bo Sample\n\n{COPY}",
        headline="CORRECTED-Melons  burn",
        slugline="SENT-SLUG",
        byline="By Ann Example",
        authors=("A. Example",),
        keywords=(" melons ", "", "melons"),
        urgency=3,
        ednote="Mind the melons",
        notes=("repaired",),
    )
    assert (document.headline, document.signal) == ("Melons burn", Signal.CORRECTION)
    assert (document.slugline, document.byline, document.authors) == (
        "SENT-SLUG",
        "By Ann Example",
        ("A. Example",),
    )
    assert (document.keywords, document.urgency) == (("melons",), 3)
    assert document.notes == ("Mind the melons", "repaired")


def test_an_urgency_that_is_none_is_null() -> None:
    assert made(text=COPY, urgency=0).urgency is None


@pytest.mark.parametrize(
    ("sent", "status", "note"),
    [
        (None, PubStatus.USABLE, ()),
        ("stat:withheld", PubStatus.WITHHELD, ()),
        ("Cancelled", PubStatus.CANCELED, ()),
        ("odd", PubStatus.USABLE, ('publishing status "odd" is not known, taken as usable',)),
    ],
)
def test_the_sender_says_whether_it_may_be_used(
    sent: str | None, status: PubStatus, note: tuple[str, ...]
) -> None:
    document = made(text=COPY, pub_status=sent)
    assert (document.pub_status, document.notes) == (status, note)


def test_an_embargo_is_kept() -> None:
    document = made(text=COPY, embargoed="2099-01-01T00:00:00Z")
    assert document.embargoed == datetime(2099, 1, 1, tzinfo=UTC)
    assert document.pub_status is PubStatus.USABLE


def test_an_embargo_that_cannot_be_read_withholds() -> None:
    document = made(text=COPY, embargoed="Tuesday noon")
    assert document.pub_status is PubStatus.WITHHELD
    assert document.notes == ('embargo "Tuesday noon" could not be read: withheld',)
    assert made(text=COPY, embargoed="?", pub_status="canceled").pub_status is PubStatus.CANCELED


@pytest.mark.parametrize(
    ("line", "published", "until"),
    [
        ("EMBARGOED UNTIL 0001 GMT, JULY 27", None, "2031-07-27T00:01:00+00:00"),
        ("SPERRFRIST: 27. Juli, 14:30 Uhr", None, "2031-07-27T12:30:00+00:00"),
        ("EMBARGO jusqu'au 3 janvier à 10h00 GMT", "2029-12-30T10:00:00Z", "2030-01-03T10:00:00+00:00"),
        ("Hold for release 6 a.m. EDT", "2031-07-25T01:00:00Z", "2031-07-25T10:00:00+00:00"),
    ],
)
def test_an_embargo_line_of_the_text_counts(line: str, published: str | None, until: str) -> None:
    document = made(text=f"{line}\n\n{COPY}", published=published)
    assert document.embargoed == datetime.fromisoformat(until)
    assert (document.signal, document.pub_status) == (Signal.EMBARGO, PubStatus.USABLE)
    assert document.body_text.startswith("Melons burned")
    assert document.notes == ()


@pytest.mark.parametrize(
    ("line", "until"),
    [
        pytest.param("EMBARGOED UNTIL 0600, JULY 27", "2031-07-27T18:00:00+00:00", id="no zone: the last"),
        pytest.param("EMBARGO: 27 July", "2031-07-27T12:00:00+00:00", id="a day: where it begins last"),
        pytest.param("EMBARGOED UNTIL 0600 GMT SUNDAY", "2031-07-27T06:00:00+00:00", id="the next weekday"),
        pytest.param("EMBARGOED UNTIL 0600 GMT", "2031-07-26T06:00:00+00:00", id="the next such time"),
        pytest.param("EMBARGO ATÉ 06:00 DE 27 JULHO (HORA DE LISBOA)", "2031-07-27T05:00:00+00:00", id="far"),
        pytest.param("EMBARGO TOT 27 JULI, 9.00 UUR BELGISCHE TIJD", "2031-07-27T07:00:00+00:00", id="named"),
        pytest.param("EMBARGOED TO 0001 JULY 27", "2031-07-27T12:01:00+00:00", id="figures that are no year"),
    ],
)  # fmt: skip
def test_an_embargo_never_ends_early(line: str, until: str) -> None:
    document = made(text=f"{line}\n\n{COPY}", published="2031-07-25T10:00:00Z")
    assert document.embargoed == datetime.fromisoformat(until)


def test_the_agency_says_whose_clocks_an_embargo_means() -> None:
    text = "EMBARGO: 27 juillet, 10:00\n\nKABOUL, 25 juillet (AFP) - Les melons ont brûlé."
    document = made(text=text, published="2031-07-25T10:00:00Z")
    assert document.embargoed == datetime(2031, 7, 27, 8, tzinfo=UTC)
    assert document.notes == ("embargo: no time zone, read as heure de paris",)


def test_an_embargo_that_was_sent_without_a_zone_does_not_end_early() -> None:
    document = made(text=COPY, embargoed="2099-01-01T00:00:00")
    assert document.embargoed == datetime(2099, 1, 1, 12, tzinfo=UTC)


def test_an_embargo_before_the_headline_counts() -> None:
    document = made(
        text=COPY, headline="EMBARGOED UNTIL 2300 GMT - Melons burn", published="2031-07-25T10:00:00Z"
    )
    assert document.headline == "Melons burn"
    assert (document.signal, document.embargoed) == (Signal.EMBARGO, datetime(2031, 7, 25, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    "line", ["EMBARGOED", "Embargo: 30 February, 10:00 GMT", "Embargo: after the fair", "EMBARGOED - Melons"]
)
def test_an_embargo_line_without_a_time_withholds(line: str) -> None:
    document = made(text=f"{line}\n\n{COPY}")
    assert (document.embargoed, document.pub_status) == (None, PubStatus.WITHHELD)
    assert any(note.endswith(": withheld") for note in document.notes)


def test_an_embargo_that_was_sent_counts_first() -> None:
    document = made(text=f"EMBARGOED UNTIL 0001 GMT, JULY 27\n\n{COPY}", embargoed="2099-01-01T00:00:00Z")
    assert document.embargoed == datetime(2099, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [
        {"headline": "KILL - Melons burn", "text": COPY},
        {"headline": "Melons burn", "text": f"KILL KILL KILL\n\n{COPY}"},
        {"headline": "Melons burn", "text": COPY, "signal": "sig:kill"},
        {"headline": "Melons burn", "text": COPY, "slugline": "BC-Melons, Mandatory Kill"},
        {"text": "MANDATORY KILL: Melons burn\n\nPlease kill the story."},
    ],
    ids=str,
)
def test_a_kill_cancels(fields: dict[str, str]) -> None:
    document = made(**fields)
    assert (document.signal, document.pub_status) == (Signal.KILL, PubStatus.CANCELED)
    assert document.headline == (
        "Melons burn" if "headline" in fields or "MANDATORY" in fields["text"] else None
    )


def test_an_advisory_cancels_nothing() -> None:
    document = made(headline="ADVISORY - Melons story withdrawn", text=COPY)
    assert (document.signal, document.pub_status) == (Signal.ADVISORY, PubStatus.USABLE)


def test_the_senders_signal_counts_first() -> None:
    assert (
        made(headline="UPDATE 2-Melons burn", text=COPY, signal="sig:correction").signal is Signal.CORRECTION
    )


def test_notes_are_kept_apart_from_the_text() -> None:
    document = made(
        headline="Melons burn (updates toll)",
        text=f"(Adds quote)\n\n{COPY}\n\nEds: Pictures follow",
        ednote="As sent",
    )
    assert document.headline == "Melons burn"
    assert document.notes == ("As sent", "updates toll", "Adds quote", "Eds: Pictures follow")
    assert document.signal is Signal.UPDATE
    assert document.body_text == "Melons burned in the old town on Sunday.\n\nNobody was hurt."


def test_a_dateline_that_was_sent_counts_first() -> None:
    document = made(
        text="Melonville, July 24 - Melons burned.", dateline="MELONVILLE, July 24", located="Kabul"
    )
    assert document.dateline == Dateline(text="MELONVILLE, July 24", city="Melonville", date="2031-07-24")
    assert document.body_text == "Melons burned."


@pytest.mark.parametrize("text", ["Kabul - Melons burned.", "A standfirst.\n\nKabul: Melons burned."])
def test_a_sent_dateline_is_taken_off_a_text_that_repeats_it(text: str) -> None:
    document = made(text=text, dateline="KABUL", headline="Melons burn")
    assert document.dateline == Dateline(text="KABUL", city="Kabul")
    assert document.body_text.endswith("Melons burned.")
    assert ("Kabul" in document.body_text) is text.startswith("A")


def test_a_sent_dateline_is_completed_by_the_texts() -> None:
    document = made(text=COPY, dateline="KABUL")
    assert document.dateline == Dateline(
        text="KABUL", city="Kabul", date="2031-07-25", agency="Example Press"
    )
    assert document.body_text.startswith("Melons burned")


@pytest.mark.parametrize(
    ("text", "dateline"),
    [
        ("Melons burned.", Dateline(text="Melonville", city="Melonville")),
        ("(Reuters) - Melons burned.", Dateline(text="(Reuters) -", city="Melonville", agency="Reuters")),
        ("KABUL (AP) — Melons burned.", Dateline(text="KABUL (AP) —", city="Kabul", agency="AP")),
    ],
    ids=["no dateline", "no city", "a city"],
)  # fmt: skip
def test_where_it_was_written_is_the_city_where_the_text_names_none(text: str, dateline: Dateline) -> None:
    assert made(text=text, located="Melonville", headline="Melons burn").dateline == dateline


@pytest.mark.parametrize(
    ("source", "claimed", "provider"),
    [
        pytest.param(Source(feed="f", provider="Configured"), "Claimed", "Configured", id="as configured"),
        pytest.param(Source(feed="f", trust_provider=True), "Claimed", "Claimed", id="a trusted claim"),
        pytest.param(
            Source(feed="f", trust_provider=True), None, "Example Press", id="the agency of a trusted text"
        ),
        pytest.param(Source(feed="f"), "Claimed", "f", id="a claim that is not trusted"),
        pytest.param(Source(), None, "unknown", id="nobody"),
    ],
)
def test_the_scope_of_an_identity(source: Source, claimed: str | None, provider: str) -> None:
    document = made(source, text=COPY, provider=claimed)
    assert document.provider == provider
    assert document.infosource == (claimed or "Example Press")


def test_nobody_named_is_unknown() -> None:
    document = made(text="The melons burned.")
    assert (document.provider, document.infosource) == ("unknown", None)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("HTTP://example.org", "HTTP://example.org"),
        ("tag:example.org,2031:a", None),
        ("javascript:alert(1)", None),
        ("https://example.org/a b", None),
        ("https://example.org/" + "a" * 5000, None),
        (None, None),
    ],
    ids=lambda value: str(value)[:30],
)
def test_only_a_web_address_is_a_url(url: str | None, kept: str | None) -> None:
    assert made(text=COPY, url=url).url == kept


def test_the_senders_id_names_the_item() -> None:
    document = made(text=COPY, guid="a:1", revision="2")
    assert (document.uri, document.guid, document.revision) == ("urn:newswire:example-press:a:1", "a:1", "2")
    later = made(text=COPY + "\n\nMore.", guid="a:1", revision="3")
    assert (later.uri, later.id) == (document.uri, later.id)
    assert later.id != document.id


@pytest.mark.parametrize(
    ("fields", "revision"),
    [
        ({"headline": "UPDATE 2-Melons burn"}, "2"),
        ({"headline": "UPDATE 2-Melons burn", "revision": "7"}, "7"),
        ({"headline": "UPDATE 2-Melons burn", "published": "2031-07-25T10:00:00Z"}, None),
        ({"headline": "CORRECTED-Melons burn"}, None),
    ],
    ids=str,
)
def test_the_number_of_an_update_orders_what_has_no_dates(
    fields: dict[str, str], revision: str | None
) -> None:
    assert made(text=COPY, **fields).revision == revision


def test_without_an_id_the_address_names_the_item() -> None:
    assert (
        made(text=COPY, url="https://example.org/a").uri == "urn:newswire:example-press:https://example.org/a"
    )


def test_a_slug_keeps_the_identity_of_an_update() -> None:
    first = made(text=COPY, slugline="MELONS-FIRE", published="2031-07-25T10:00:00Z")
    second = made(
        text=COPY.replace("Melons", "All melons"), slugline="melons-fire", published="2031-07-25T12:00:00Z"
    )
    assert (first.uri, first.id) == (second.uri, first.id)
    assert first.id != second.id


def test_a_slug_without_a_year_needs_the_same_words() -> None:
    first = made(text=COPY, slugline="MELONS-FIRE")
    assert first.uri != made(text=COPY.replace("Melons", "Old pears"), slugline="MELONS-FIRE").uri


def test_an_identity_never_depends_on_the_receipt() -> None:
    one = made(text=COPY, received_at=datetime(2031, 7, 26, tzinfo=UTC))
    other = made(text=COPY, received_at=datetime(2033, 7, 26, tzinfo=UTC))
    assert one.dateline != other.dateline
    assert (one.uri, one.id) == (other.uri, other.id)


def test_the_items_date_is_part_of_its_name_where_no_dateline_gives_one() -> None:
    one = made(text="The melons burned.", published="2031-07-25")
    assert one.uri != made(text="The melons burned.", published="2031-07-26").uri


def test_another_agency_is_another_item() -> None:
    source = Source(feed="f", provider="Aggregator")
    assert made(source, text=COPY).uri != made(source, text=COPY.replace("Example", "Other")).uri


def test_a_far_future_date_is_not_believed() -> None:
    document = made(text=COPY, published="2199-01-01T00:00:00Z", updated="2031-07-25T10:00:00Z")
    assert document.published == datetime(2031, 7, 25, 10, tzinfo=UTC)
    assert document.date_note == 'published "2199-01-01T00:00:00Z" is in the future, not believed'


def test_an_item_that_is_only_looked_at_is_judged_by_the_clock() -> None:
    document = made(text="The melons burned.", published="2199-01-01T00:00:00Z", received_at=None, now=NOW)
    assert document.published is None
    assert document.date_note is not None


def test_an_undated_item_is_of_its_receipt() -> None:
    document = made(text="The melons burned.")
    assert (document.published, document.version_created) == (NOW, None)


def test_the_year_of_a_dateline_is_the_items() -> None:
    document = made(text=COPY, published="2030-07-26T10:00:00Z")
    assert document.dateline is not None
    assert document.dateline.date == "2030-07-25"


def test_a_day_that_does_not_exist_is_no_date() -> None:
    document = made(text=COPY.replace("July 25", "Feb 30"))
    assert document.dateline is not None
    assert document.dateline.date is None


def test_the_language_of_a_short_body_is_read_with_its_headline() -> None:
    document = made(headline="Le conseil a décidé lundi que le pont resterait fermé", text="A voir.")
    assert document.language == "fr"


def test_a_source_gives_its_hint() -> None:
    assert made(Source(language="ps"), headline="Kabul").language == "ps"


def test_a_language_that_is_not_believed_is_noted() -> None:
    document = made(text=(DATA / "seed-shape.txt").read_text(), language="en")
    assert document.notes == ("the sender says language en, the text is in fr",)


def test_a_source_is_made_of_a_claimed_entry() -> None:
    claimed = ClaimedEntry(
        id=1,
        entry=Entry(format="text"),
        feed_id="f",
        source_kind=SourceKind.HTTP,
        provider="p",
        trust_provider=True,
        language="fr",
        default_region="AF",
        tags=(),
        location="x",
        received_at=NOW,
        attempts=1,
    )
    expected = Source(feed="f", provider="p", trust_provider=True, language="fr", default_region="AF")
    assert Source.of(claimed) == expected


def test_warming_up_is_harmless() -> None:
    warm_up()


TEXT = st.lists(
    st.sampled_from(
        [
            "KABUL, ",
            "July 25 ",
            "(Reuters) ",
            "- ",
            "URGENT\n",
            "\n\n",
            "By Ann Example\n\n",
            "date 2031-07 ",
            "\ud800",
            "(Reporting by A; editing by B)",
            "<p>",
            "<br>",
            "&amp;",
            "e\u0301",
            "\u202e",
            "UPDATE 2-",
            "mots ",
            "/",
            "\x9b",
        ]
    )
    | st.text(max_size=20),
    max_size=12,
).map("".join)


@settings(deadline=None, max_examples=150)
@given(headline=TEXT | st.none(), text=TEXT | st.none(), html=TEXT | st.none(), published=TEXT | st.none())
def test_any_entry_becomes_a_clean_document_or_is_refused(headline, text, html, published) -> None:
    entry = Entry(format="text", headline=headline, text=text, html=html, published=published, guid=headline)
    try:
        document = normalise(entry, TRUSTED, NOW)
    except EntryError:
        return
    assert normalise(entry, TRUSTED, NOW) == document
    assert from_json(to_json(document), Document) == document
    for paragraph in document.body_text.split("\n\n") if document.body_text else []:
        assert paragraph == " ".join(paragraph.split()) != ""
    assert document.body_text.startswith(document.lead.removesuffix("…"))


@settings(deadline=None, max_examples=150)
@given(TEXT)
def test_white_space_between_words_makes_no_new_version(text: str) -> None:
    line = " ".join(text.split())
    try:
        document = made(text=line, guid="a")
    except EntryError:
        return
    assert made(text=line.replace(" ", "  "), guid="a").id == document.id


@pytest.mark.parametrize("text", ["...", "ENDS", "-0-", "(MORE)"])
def test_a_text_of_nothing_but_marks_is_kept_where_there_is_no_headline(text: str) -> None:
    document = normalise(Entry(format="text", guid="marks", text=text), Source(provider="Example"), NOW)
    assert document.body_text == text

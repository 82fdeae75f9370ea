"""What a sender's codes say: topics and countries with evidence that has no place in the text."""

from pathlib import Path

import pytest

from gazetteering import gazetteer
from pipeline.errors import ConfigError
from pipeline.model import Concept, Document, Evidence, Tag
from workers.tag.mediatopics import load_media_topics
from workers.tag.regions import RegionReading
from workers.tag.sendercodes import SenderCodes, load_sender_codes
from workers.tag.sent import CATEGORY_SCORE, CODE_SCORE, NAME_SCORE, with_sent_regions, with_sent_topics

CONFIG = Path(__file__).parents[2] / "config"
LISTED = load_media_topics(CONFIG / "mediatopics.json")
CODES = load_sender_codes(CONFIG, LISTED)
SPORT, SOCCER, POLITICS = "medtop:15000000", "medtop:20001065", "medtop:11000000"


def document(*concepts: Concept) -> Document:
    return Document(
        id="1", uri="u", content_hash="c", provider="p", format="x", lead="", body_text="", concepts=concepts
    )


def topics(*concepts: Concept, found: tuple[Tag, ...] = ()) -> dict[str, Tag]:
    return {tag.code: tag for tag in with_sent_topics(found, document(*concepts), CODES)}


def regions(*concepts: Concept, found: tuple[Tag, ...] = ()) -> dict[str, Tag]:
    reading = RegionReading(regions=found)
    return {
        tag.code: tag for tag in with_sent_regions(reading, document(*concepts), CODES, gazetteer()).regions
    }


def subject(scheme: str | None, code: str | None, name: str | None = None) -> Concept:
    return Concept(kind="subject", scheme=scheme, code=code, name=name)


def place(name: str | None = None, code: str | None = None, scheme: str | None = None) -> Concept:
    return Concept(kind="place", scheme=scheme, code=code, name=name)


@pytest.mark.parametrize(
    ("concept", "topic"),
    [
        (subject("medtop", "20001065"), SOCCER),
        (subject(None, "medtop:20001065"), SOCCER),
        (subject("http://cv.iptc.org/newscodes/mediatopic/", "20001065"), SOCCER),
        (subject("https://cv.iptc.org/newscodes/subjectcode", "15054000"), SOCCER),
        (subject("subj", "15054000"), SOCCER),
        (subject("subj", "15054999"), SOCCER),
        (subject("subj", "15999000"), SPORT),
        (subject(None, "15054000"), SOCCER),
        (subject("http://agency.example/spec/subref/1.0/", "11000000"), POLITICS),
        (Concept(kind="category", scheme="anpa", code="S"), SPORT),
        (Concept(kind="category", scheme="iptccat", code="SPO"), SPORT),
        (Concept(kind="category", scheme="iptc7901", code="sp"), SPORT),
        (subject(None, "N2:SOCC"), SOCCER),
        (subject(None, "p", "Political News"), POLITICS),
        (subject("http://agency.example/id/", "86aad5207d", "Sport"), SPORT),
        (subject(None, None, "Fußball"), SOCCER),
        (subject(None, None, "sports"), SPORT),
    ],
)
def test_a_code_or_name_stands_for_a_topic(concept: Concept, topic: str) -> None:
    assert next(iter(topics(concept))) == topic


@pytest.mark.parametrize(
    "concept",
    [
        subject("medtop", "99999999"),
        subject("http://agency.example/id/", "s"),
        subject("http://agency.example/id/", "86aad5207d", "Own Section"),
        Concept(kind="category", scheme="anpa", code="i"),
        Concept(kind="person", name="Sport"),
        subject(None, None, None),
    ],
)
def test_what_is_not_known_stands_for_nothing(concept: Concept) -> None:
    assert topics(concept) == {}


def test_the_evidence_is_the_code_and_has_no_place_in_the_text() -> None:
    (evidence,) = topics(subject("subj", "15054000", "soccer"))[SOCCER].evidence
    assert evidence == Evidence(
        field="concepts", text="15054000", why="sent by the provider as subject subj:15054000 (soccer)"
    )


def test_what_is_above_a_topic_is_a_tag_with_the_child_as_evidence() -> None:
    found = topics(subject("medtop", "20001065"))
    assert list(found) == [SOCCER, "medtop:20000822", SPORT]
    assert {tag.score for tag in found.values()} == {CODE_SCORE}
    assert [each.text for each in found[SPORT].evidence] == ["medtop:20000822"]


def test_a_code_says_more_than_a_name_and_a_name_more_than_a_category() -> None:
    assert topics(subject("medtop", "15000000"))[SPORT].score == CODE_SCORE
    assert topics(subject(None, None, "sport"))[SPORT].score == NAME_SCORE
    assert topics(Concept(kind="category", scheme="anpa", code="s"))[SPORT].score == CATEGORY_SCORE


def test_code_and_text_together_say_more_than_either() -> None:
    words = Evidence(field="text", text="goal", start=0, end=4, why="term")
    held = Tag(code=SPORT, name="sport", score=0.5, evidence=(words,))
    (tag,) = topics(subject("medtop", "15000000"), found=(held,)).values()
    assert tag.score == 0.95
    assert [each.field for each in tag.evidence] == ["concepts", "text"]


def test_the_same_topic_by_two_codes_counts_once() -> None:
    tag = topics(subject("medtop", "15000000"), subject("subj", "15000000"))[SPORT]
    assert tag.score == CODE_SCORE
    assert len(tag.evidence) == 2


def test_without_codes_nothing_changes() -> None:
    held = (Tag(code=SPORT, name="sport", score=0.5),)
    assert with_sent_topics(held, document(), CODES) == held


@pytest.mark.parametrize(
    ("concept", "country"),
    [
        (place(code="AF", scheme="iso3166-1a2"), "AF"),
        (place(code="af", scheme="http://cvx.iptc.org/iso3166-1a2/", name="Afghanistan"), "AF"),
        (place(code="AFG", scheme="http://cv.iptc.org/newscodes/iso3166-1a3/"), "AF"),
        (place(code="AFG"), "AF"),
        (place(code="AF"), "AF"),
        (place(code="AU-NSW", scheme="iso3166"), "AU"),
        (place(code="NSW", name="NSW"), "AU"),
        (subject(None, "N2:AF"), "AF"),
        (place("Afghanistan"), "AF"),
        (place("Sverige"), "SE"),
        (place("U.S."), "US"),
        (place("Tuscany"), "IT"),
        (place("Kabul"), "AF"),
        (place("Quillport, Ireland"), "IE"),
        (place("Paris, Texas, United States"), "US"),
        (subject(None, None, "United States"), "US"),
        (Concept(kind="place", name="Paris", lat=33.66, lon=-95.55), "US"),
    ],
)
def test_a_place_says_a_country(concept: Concept, country: str) -> None:
    (tag,) = regions(concept).values()
    assert (tag.code, tag.roles) == (country, ("subject",))
    assert [each.start for each in tag.evidence] == [None]


@pytest.mark.parametrize(
    "concept",
    [
        place("Quillport"),
        place("Western Europe"),
        place(code="ZZ", scheme="iso3166-1a2"),
        place(code="86aad5"),
        subject(None, None, "Paris"),
        subject(None, "AF"),
        Concept(kind="person", name="Jordan"),
    ],
)
def test_what_is_no_known_place_says_no_country(concept: Concept) -> None:
    assert regions(concept) == {}


def test_a_country_of_the_text_that_is_sent_too_is_the_subject() -> None:
    mention = Evidence(field="text", text="Kabul", start=0, end=5, why="town")
    held = Tag(code="AF", name="Afghanistan", score=0.3, roles=("dateline", "mention"), evidence=(mention,))
    (tag,) = regions(place("Afghanistan"), found=(held,)).values()
    assert tag.roles == ("dateline", "subject")
    assert tag.score == 0.86


def test_a_default_of_the_source_gives_way() -> None:
    default = Evidence(field="feed", text="DE", why="default region of the source")
    held = Tag(code="DE", name="Germany", score=0.2, evidence=(default,))
    assert list(regions(place("Afghanistan"), found=(held,))) == ["AF"]


def test_every_subject_code_leads_to_a_topic_of_the_list() -> None:
    assert set(CODES.subject_codes.values()) <= LISTED.keys()
    assert {f"{n:02}000000" for n in range(1, 18)} <= CODES.subject_codes.keys()


def test_a_wrong_table_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "sendercodes.yaml").write_text("topics:\n  anpa:\n    s: medtop:1\nnames: [sport]\n")
    with pytest.raises(ConfigError, match=r'sendercodes.yaml:3:.*"medtop:1" is no Media Topic'):
        load_sender_codes(tmp_path, LISTED)


def test_an_empty_table_is_one(tmp_path: Path) -> None:
    (tmp_path / "sendercodes.yaml").write_text("topics: {anpa: {}}\n")
    codes: SenderCodes = load_sender_codes(tmp_path, LISTED)
    assert codes.topic_of_name(subject(None, None, "sport")) == SPORT

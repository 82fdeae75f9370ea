"""Documents of one event come together, whatever the language; others stay apart."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.model import Document, Mention, Place, PlaceMention, StoryTraits, Tag, Tagging
from pipeline.ports.stories import Neighbours, StoryMember
from pipeline.settings import shipped_config_dir
from workers.dedupe.likeness import Compared, evidence_of, likeness, measures
from workers.dedupe.romanise import bare_arabic, skeleton
from workers.dedupe.stories import Board
from workers.dedupe.story_rules import load_story_rules
from workers.dedupe.telling import _split, decide, keys_of, remember
from workers.dedupe.traits import Seen, read_traits, weigh

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
RULES = load_story_rules(shipped_config_dir())

QUAKE_EN = (
    "en",
    "Strong quake kills eleven in Ruritania",
    (
        "A magnitude 5.8 earthquake struck the Hentzau valley of Ruritania on Monday, killing 11 people "
        "and injuring 64, said district chief Rupert Sampleton in Strelsau. Rescuers searched the rubble."
    ),
)
QUAKE_FR = (
    "fr",
    "Ruritanie: un séisme fait onze morts",
    (
        "Un tremblement de terre de magnitude 5,8 a secoué lundi la vallée de Hentzau, faisant onze "
        "morts et 64 "
        "blessés, a annoncé à Strelsau le chef du district, Rupert Sampleton. Les secours "
        "cherchaient des victimes."
    ),
)
QUAKE_RU = (
    "ru",
    "При землетрясении в Руритании погибли 11 человек",
    (
        "Землетрясение магнитудой 5,8 произошло в понедельник в долине Хентцау. Погибли 11 человек, "
        "64 получили "
        "травмы, сообщил в Стрельсау глава района Руперт Сэмплтон. Спасатели разбирают завалы."
    ),
)
STRIKE_EN = (
    "en",
    "Rail strike halts trains in Ruritania",
    (
        "Engine drivers in Ruritania walked off the job on Monday over night shifts, the railway in "
        "Strelsau said. "
        "The union's chairman, Flavia Exemplar, wants nights to count one and a half times."
    ),
)


def _document(name: str, told: tuple[str, str, str]) -> Document:
    language, headline, text = told
    return Document(
        id=name.ljust(32, "0"),
        uri=name,
        content_hash=name,
        provider="wire",
        format="text",
        headline=headline,
        lead=text,
        body_text=text,
        language=language,
    )


def _traits(told: tuple[str, str, str], seen: Seen, at: datetime = NOON) -> StoryTraits:
    return weigh(read_traits(_document("x", told), Tagging(), RULES, at), seen)


def _members(*told: tuple[str, str, str], step: timedelta = timedelta(hours=1)) -> list[StoryMember]:
    seen = Seen()
    return [
        StoryMember(
            seq=n,
            document_id=f"{n}".rjust(32, "0"),
            item_id=n,
            published_at=NOON + n * step,
            traits=_traits(each, seen, NOON + n * step),
        )
        for n, each in enumerate(told)
    ]


def _compared(members: Sequence[StoryMember]) -> list[Compared]:
    return [
        Compared.of(each.document_id, each.seq, each.published_at.timestamp(), each.item_id, each.traits)
        for each in members
    ]


def _groups(board: Board) -> set[frozenset[int]]:
    return {frozenset(each.seq for each in members) for members in board.stories.values()}


@pytest.mark.parametrize(
    ("latin", "other", "language"),
    [
        ("noorzai", "нурзаем", "ru"),
        ("noorzai", "نورزاي", "ar"),
        ("kandahar", "قندهار", "ar"),
        ("barakat", "баракат", "ru"),
    ],
)
def test_a_name_has_one_skeleton_in_every_script(latin: str, other: str, language: str) -> None:
    assert skeleton(latin, "en") == skeleton(other, language)


def test_arabic_words_are_found_with_and_without_their_article() -> None:
    assert bare_arabic("والزلزال") == bare_arabic("زلزال")


def test_numbers_days_and_kinds_are_the_same_in_every_language() -> None:
    seen = Seen()
    english, french, russian = (_traits(each, seen) for each in (QUAKE_EN, QUAKE_FR, QUAKE_RU))
    for other in (french, russian):
        assert {"5.8", "64", "11"} <= english.numbers.keys() & other.numbers.keys()
        assert "2026-05-11" in english.days
        assert "2026-05-11" in other.days
        assert {"quake", "killed"} <= english.kinds.keys() & other.kinds.keys()


def test_a_day_and_a_month_are_a_date_and_a_year_is_no_number() -> None:
    traits = _traits(("en", "Trial opens", "The trial opened on March 3, 2024 and 40 people came."), Seen())
    assert "2024-03-03" in traits.days
    assert "2024" not in traits.numbers
    assert "40" in traits.numbers


@pytest.mark.parametrize(
    "text", ["\u0301 \u0301", "", "² ½ ٣ 9999999999", "31 May 0000 99", "'' . ' \u200f ـ"]
)
@pytest.mark.parametrize("language", ["en", "ar", "ru", "zh", "xx"])
def test_odd_texts_are_read(text: str, language: str) -> None:
    assert _traits((language, text, text), Seen()).language == language


def test_digits_of_other_scripts_are_numbers_too() -> None:
    assert "64" in _traits(("ar", "زلزال", "أصيب ٦٤ شخصا"), Seen()).numbers


def test_what_many_documents_have_weighs_less() -> None:
    seen = Seen()
    for _ in range(50):
        _traits(STRIKE_EN, seen)
    traits = _traits(QUAKE_EN, seen)
    assert traits.names[skeleton("sampleton", "en")] > traits.names[skeleton("strelsau", "en")]


def test_what_was_seen_is_remembered_from_stored_traits() -> None:
    seen = Seen()
    stored = [_traits(STRIKE_EN, seen) for _ in range(5)]
    assert _traits(QUAKE_EN, remember(stored)) == _traits(QUAKE_EN, seen)


def test_one_event_is_one_story_in_three_languages_and_another_is_not() -> None:
    board = Board()
    for each in _compared(_members(QUAKE_EN, STRIKE_EN, QUAKE_FR, QUAKE_RU)):
        board.tell(each, list(board.stories))
    assert _groups(board) == {frozenset({0, 2, 3}), frozenset({1})}


def test_the_same_form_weeks_later_is_another_story() -> None:
    board = Board()
    for each in _compared(_members(QUAKE_EN, QUAKE_FR, step=timedelta(days=30))):
        board.tell(each, list(board.stories))
    assert len(board.stories) == 2


def test_the_order_of_arrival_makes_no_difference() -> None:
    documents = _compared(_members(QUAKE_EN, STRIKE_EN, QUAKE_FR, QUAKE_RU))
    for order in permutations(documents):
        board = Board()
        for each in order:
            board.tell(each, list(board.stories))
        assert _groups(board) == {frozenset({0, 2, 3}), frozenset({1})}


def test_copies_and_versions_share_a_story_whatever_they_say() -> None:
    one, other = _compared(_members(QUAKE_EN, STRIKE_EN))
    board = Board(ties={1: frozenset({0}), 0: frozenset({1})})
    assert board.tell(one, []) == board.tell(other, [])


def test_a_document_bound_to_two_stories_makes_them_one() -> None:
    first, second, third = _compared(_members(QUAKE_EN, STRIKE_EN, QUAKE_FR))
    board = Board(stories={"a": [first], "b": [second]}, ties={2: frozenset({0, 1})})
    assert board.tell(third, []) == "a"
    assert board.stories.keys() == {"a"}


def test_evidence_names_what_is_shared() -> None:
    one, other = _compared(_members(QUAKE_EN, QUAKE_FR))
    evidence = {each.why for each in evidence_of(one, other)}
    assert {"name Sampleton", "number 5.8", "kind of event quake", "day 2026-05-11"} <= evidence


def test_evidence_names_places_as_the_text_or_the_gazetteer_does() -> None:
    place = Place(name="Kandahar", geonames=1138336, country="AF", lat=31.6, lon=65.7)
    mention = PlaceMention(
        place=place, mention=Mention(field="text", text="Kandahar", start=0, end=8), score=1
    )
    tagging = Tagging(places=(mention,), regions=(Tag(code="AF", name="Afghanistan", score=0.9),))
    raw = read_traits(_document("x", QUAKE_EN), tagging, RULES, NOON)
    assert (raw.written["1138336"], raw.written["AF"]) == ("Kandahar", "Afghanistan")
    members = [replace(each, traits=weigh(raw, Seen())) for each in _members(QUAKE_EN, QUAKE_FR)]
    evidence = {each.why for each in evidence_of(*_compared(members))}
    assert {"place Kandahar", "place Afghanistan"} <= evidence


def test_where_all_words_may_be_names_what_is_shared_counts_as_ten_names_at_most() -> None:
    names = {f"N{n}": 1.0 for n in range(30)}
    one, other = (
        Compared.of(f"{seq}", seq, NOON.timestamp(), seq, StoryTraits(language="ar", names=names))
        for seq in (1, 2)
    )
    assert measures(one, other)["names"] == math.log1p(10)


def test_likeness_is_the_same_from_both_sides() -> None:
    one, other = _compared(_members(QUAKE_EN, QUAKE_RU))
    assert likeness(one, other) == likeness(other, one)


def test_a_decision_tells_new_documents_and_links_them_to_stored_ones() -> None:
    stored, fresh = _members(QUAKE_EN, QUAKE_FR)
    found = Neighbours(stories={"s": [stored]}, near={fresh.seq: ["s"]}, ties={})
    telling = decide([fresh], {fresh.seq: keys_of(fresh.traits, NOON)}, found)
    (place,) = telling.told
    assert place.story_id == "s"
    assert [(link.kind, link.id) for link in place.relations] == [("same-story", stored.document_id)]
    assert not telling.moved
    assert not telling.merged


def test_a_decision_says_which_story_is_gone_and_where_it_went() -> None:
    first, second, third = _members(QUAKE_EN, STRIKE_EN, QUAKE_FR)
    found = Neighbours(
        stories={"a": [first], "b": [second]}, near={2: ["a", "b"]}, ties={2: frozenset({0, 1})}
    )
    telling = decide([third], {2: ()}, found)
    assert telling.merged == {"b": "a"}
    assert [(each.seq, each.story_id) for each in telling.moved] == [(1, "a")]


def test_documents_of_one_event_share_keys() -> None:
    english, french = _members(QUAKE_EN, QUAKE_FR)
    assert set(keys_of(english.traits, NOON)) & set(keys_of(french.traits, NOON))


PORT_AR = (
    "ar",
    "إعادة فتح الميناء القديم بعد العاصفة",
    "أعادت سلطات المدينة فتح الميناء القديم صباح الاثنين بعد يومين من إغلاقه بسبب عاصفة قوية.",
)
PORT_ES = (
    "es",
    "El viejo puerto reabre tras la tormenta",
    "Las autoridades reabrieron el lunes el puerto, cerrado durante dos días por una fuerte tormenta.",
)


def test_documents_that_share_nothing_but_kinds_and_a_day_share_keys() -> None:
    arabic, spanish = _members(PORT_AR, PORT_ES)
    assert not arabic.traits.names.keys() & spanish.traits.names.keys()
    assert set(keys_of(arabic.traits, NOON)) & set(keys_of(spanish.traits, NOON))


def test_the_word_before_belongs_to_a_name_and_a_short_name_counts_as_it_is_written() -> None:
    (member,) = _members(("en", "Tara Reid is in Strelsau", "The actress Tara Reid flew to Strelsau."))
    written = member.traits.written
    assert (written["reid"], written["tara reid"], written["STRLS"]) == ("Reid", "Tara Reid", "Strelsau")


def test_a_story_of_which_a_part_goes_to_a_new_one_is_split() -> None:
    assert _split({1: "a", 2: "a", 3: "b"}, {1: "a", 2: "new", 3: "b", 4: "new"}) == 1
    assert _split({1: "a", 2: "a"}, {1: "b", 2: "b"}) == 0
    assert _split({1: "a", 2: "b"}, {1: "a", 2: "a"}) == 0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("kinds: {quake: {en: 'a*b'}}", "a * stands at the beginning or end"),
        ("weekdays: {en: [monday]}", "seven days"),
        ("numbers: {en: two three}", "from 2 to 20"),
        ("kind: {}", "unknown key"),
        ("kinds: [quake]", "mapping"),
    ],
)
def test_wrong_rules_are_refused_with_their_place(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "stories.yaml").write_text(text)
    with pytest.raises(ConfigError, match=complaint.replace("*", r"\*")):
        load_story_rules(tmp_path)


def test_a_document_told_again_leaves_its_story_for_that_of_its_copy() -> None:
    stored, other, again = _members(QUAKE_EN, STRIKE_EN, STRIKE_EN)
    found = Neighbours(
        stories={"a": [stored], "b": [other, again]},
        near={again.seq: ["b", "a"]},
        ties={again.seq: frozenset({stored.seq})},
        again={again.seq: "b"},
    )
    telling = decide([again], {again.seq: ()}, found)
    assert "a" in {each.story_id for each in telling.told}
    assert again.seq in {each.seq for each in telling.moved}


def test_a_document_told_again_stays_where_it_is_likest() -> None:
    first, again = _members(QUAKE_EN, QUAKE_FR)
    found = Neighbours(
        stories={"a": [first, again]}, near={again.seq: ["a"]}, ties={}, again={again.seq: "a"}
    )
    telling = decide([again], {again.seq: ()}, found)
    assert [each.story_id for each in telling.told] == ["a"]
    assert not telling.moved
    assert not telling.merged


def test_a_story_whose_only_document_goes_leads_to_where_it_went() -> None:
    first, again = _members(QUAKE_EN, STRIKE_EN)
    found = Neighbours(
        stories={"a": [first], "b": [again]},
        near={again.seq: ["a", "b"]},
        ties={again.seq: frozenset({first.seq})},
        again={again.seq: "b"},
    )
    assert decide([again], {again.seq: ()}, found).merged == {"b": "a"}


def test_what_was_seen_long_ago_is_forgotten() -> None:
    seen = Seen(memory=10)
    for _ in range(5):
        _traits(STRIKE_EN, seen)
    for _ in range(5):
        _traits(QUAKE_EN, seen)
    strelsau = skeleton("strelsau", "en")
    exemplar = skeleton("exemplar", "en")
    assert seen.rarities("names", [exemplar])[exemplar] > seen.rarities("names", [strelsau])[strelsau]
    for _ in range(6):
        _traits(QUAKE_EN, seen)
    assert seen.rarities("names", [exemplar])[exemplar] == seen.rarities("names", ["never"])["never"]


def test_of_what_is_always_new_no_more_is_remembered_than_fits() -> None:
    seen = Seen(memory=1000, most=30)
    for number in range(100):
        seen.add("en", {"words": {f"word{number}-{n}": 1.0 for n in range(10)}})
    halves = [*seen._now.values(), *seen._before.values()]
    assert sum(len(half.having) for half in halves) <= 2 * (30 + 10)
    newest, gone = seen.rarities("words/en", ["word99-0", "word0-0"]).values()
    assert newest < gone

"""Topics of documents: scores, parents, evidence; and the shipped rules on stories like the seed."""

from pathlib import Path

import pytest

from pipeline.model import Document, Tag
from workers.tag.mediatopics import load_media_topics
from workers.tag.tokens import tagged_text, tokenise
from workers.tag.topics import TopicRules, load_topics, topics_of

ROOT = Path(__file__).parents[2]
SEED = ROOT.parent / "shared" / "seed"

ARMED_CONFLICT, CONFLICT = "medtop:20000056", "medtop:16000000"

#: topics directly under conflict, each with a term
SIBLINGS = """
topics:
  - {code: 'medtop:20000080', name: prisoners of war, en: {terms: [anchor: 2]}}
  - {code: 'medtop:20000053', name: act of terror, en: {terms: [buoy: 2]}}
  - {code: 'medtop:20000073', name: peace process, en: {terms: [crane: 2]}}
  - {code: 'medtop:20000065', name: civil unrest, en: {terms: [derrick: 2]}}
  - {code: 'medtop:20000071', name: massacre, en: {terms: [ebb: 2]}}
  - {code: 'medtop:20000056', name: armed conflict, en: {terms: [ferry: 2]}}
"""

FRENCH = """\
Le Danemark maintiendra ses frappes aériennes en appui de l'armée afghane contre les talibans, a \
affirmé lundi un général de la coalition.

Depuis que les troupes étrangères ont commencé leur retrait d'Afghanistan, les insurgés ont lancé \
une offensive et pris d'assaut plusieurs districts du nord.

"Nous poursuivrons nos frappes tant que les attaques des talibans dureront", a dit le général Anders \
Brovold lors d'un point de presse à Kaboul.

Le gouvernement et les négociateurs se sont vus à Mascate le mois dernier, mais les pourparlers de \
paix piétinent, selon des diplomates."""

ENGLISH = """\
Denmark will keep up its air strikes in support of the Afghan army against the Taliban, a coalition \
general said on Monday.

Since foreign troops began their withdrawal from Afghanistan, the insurgents have launched an \
offensive and stormed several districts in the north.

"We will continue our strikes as long as the Taliban attacks go on," General Anders Brovold told \
reporters in Kabul.

The government and the negotiators met in Muscat last month, but the peace talks have stalled, \
diplomats say."""

OWN = """
topics:
  - code: medtop:20000056
    name: armed conflict
    en: {terms: [shelling: 2, war], not: [price war]}
    fr: {terms: [obus: 2]}
  - code: medtop:20000062
    name: war
    en: {terms: [war: 3, trench*]}
  - code: medtop:15000000
    name: sport
    en: {terms: [match: 2, goal, player*], not: [match made in heaven, price match]}
"""


def document(body: str, *, headline: str | None = None, language: str | None = "en") -> Document:
    return Document(
        id="",
        uri="",
        content_hash="",
        provider="",
        format="text",
        lead="",
        headline=headline,
        body_text=body,
        language=language,
    )


def tags(rules: TopicRules, body: str, **more: str | None) -> dict[str, Tag]:
    story = document(body, **more)
    return {tag.code: tag for tag in topics_of(story, tokenise(tagged_text(story), story.language), rules)}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> TopicRules:
    directory = tmp_path_factory.mktemp("config")
    (directory / "topics").mkdir()
    (directory / "topics" / "own.yaml").write_text(OWN)
    return load_topics(directory)


@pytest.fixture(scope="module")
def shipped() -> TopicRules:
    return load_topics(ROOT / "config")


# --- how it works ------------------------------------------------------------------------------------------


def test_parents_are_tags_and_their_evidence_names_the_child(own: TopicRules) -> None:
    found = tags(own, "Shelling went on through the night.")
    assert list(found) == [ARMED_CONFLICT, CONFLICT]
    assert [(each.field, each.text) for each in found[CONFLICT].evidence] == [("topics", ARMED_CONFLICT)]
    assert "armed conflict" in found[CONFLICT].evidence[0].why


def test_narrower_topics_of_one_score_are_named_in_the_order_of_their_codes(tmp_path: Path) -> None:
    """Not in that of a set: two workers would give one document different evidence."""
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "own.yaml").write_text(SIBLINGS)
    found = tags(load_topics(tmp_path), "Nothing.\n\nFerry, ebb, derrick, crane, buoy and anchor.")
    named = [each.text for each in found[CONFLICT].evidence]
    assert len(named) == 6
    assert named == sorted(named)


def test_evidence_is_cut_out_exactly(own: TopicRules) -> None:
    text = "Ends in “SHELLING”"
    (evidence,) = tags(own, "Nothing more.", headline=text)[ARMED_CONFLICT].evidence
    assert (evidence.field, evidence.text, evidence.start, evidence.end) == ("text", "SHELLING", 9, 17)
    assert evidence.why == 'term "shelling" of armed conflict, weight 2 × 2.5 in the headline'


def test_the_headline_counts_more_than_the_lead_and_the_lead_more_than_the_rest(own: TopicRules) -> None:
    headline = tags(own, "Nothing.", headline="Shelling and shelling")
    lead = tags(own, "Shelling and shelling.\n\nNothing.")
    rest = tags(own, "Nothing.\n\nShelling and shelling.")
    scores = [each[ARMED_CONFLICT].score for each in (headline, lead, rest)]
    assert scores == sorted(set(scores), reverse=True)


def test_the_same_term_counts_less_each_time(own: TopicRules) -> None:
    once, twice, often = (tags(own, "match " * count)["medtop:15000000"].score for count in (1, 2, 10))
    assert once < twice < often < 1
    assert (twice - once) < once


def test_words_of_a_not_say_nothing(own: TopicRules) -> None:
    assert tags(own, "It is a match made in heaven, with a price match.") == {}
    (evidence,) = tags(own, "After the price match came the match.")["medtop:15000000"].evidence
    assert evidence.start == 31


def test_the_same_words_count_once_for_a_topic_above(own: TopicRules) -> None:
    found = tags(own, "It was war.")
    assert found["medtop:20000062"].score == found[ARMED_CONFLICT].score


def test_one_ordinary_word_is_not_enough(own: TopicRules) -> None:
    assert tags(own, "It is our goal to be there in time.") == {}


def test_what_is_said_in_passing_is_no_topic(own: TopicRules) -> None:
    told = "Shelling, war, shelling, war, trenches. " * 4
    assert "medtop:15000000" in tags(own, "Shelling.\n\nA match.")
    assert "medtop:15000000" not in tags(own, told + "\n\nA match.", headline="Shelling, war and trenches")


def test_a_long_text_needs_more(own: TopicRules) -> None:
    short = tags(own, "Shelling.")[ARMED_CONFLICT].score
    long = tags(own, "Shelling. " + "word " * 500)[ARMED_CONFLICT].score
    assert long < short


def test_rules_are_those_of_the_language(own: TopicRules) -> None:
    assert ARMED_CONFLICT in tags(own, "Des obus sont tombés.", language="fr-CA")
    for language in ("de", None):
        assert tags(own, "Shelling and obus.", language=language) == {}


# --- the shipped rules -------------------------------------------------------------------------------------


def test_a_shipped_topic_has_terms_and_examples_enough(shipped: TopicRules) -> None:
    for code, rule in shipped.rules.items():
        for language in ("en", "fr"):
            terms = [term for term in rule.terms.get(language, ()) if term.weight]
            assert len(terms) >= 15, f"{code} has {len(terms)} terms in {language}"
        wanted = [each.text for each in rule.examples if each.matches]
        others = [each.text for each in rule.examples if not each.matches]
        assert len(set(wanted)) >= 3, code
        assert len(set(others)) >= 3, code


def test_all_top_topics_and_the_five_branches_are_shipped(shipped: TopicRules) -> None:
    tops = {code for code, topic in shipped.topics.items() if topic.parent is None and not topic.retired}
    assert len(tops) == 17
    assert tops <= shipped.rules.keys()
    for branch in (CONFLICT, "medtop:11000000", "medtop:03000000", "medtop:04000000", "medtop:07000000"):
        assert sum(branch in path for path in shipped.lineages.values()) >= 10, branch


@pytest.mark.parametrize(("body", "language"), [(FRENCH, "fr"), (ENGLISH, "en")])
def test_a_story_like_the_seed_is_about_armed_conflict(shipped: TopicRules, body: str, language: str) -> None:
    found = list(tags(shipped, body, language=language))
    assert set(found[:2]) == {CONFLICT, ARMED_CONFLICT}


@pytest.mark.parametrize(("body", "language"), [(FRENCH, "fr"), (ENGLISH, "en")])
def test_all_evidence_of_such_a_story_is_cut_out_exactly(
    shipped: TopicRules, body: str, language: str
) -> None:
    for tag in tags(shipped, body, language=language).values():
        assert tag.evidence
        assert 0 < tag.score < 1
        for each in tag.evidence:
            assert each.field == "topics" or body[each.start : each.end] == each.text


@pytest.mark.skipif(not SEED.is_dir(), reason="the seed is not beside the project")
def test_the_seed_is_about_armed_conflict(shipped: TopicRules) -> None:
    (path,) = SEED.glob("*.txt")
    body = path.read_text().partition(" - ")[2]
    assert set(list(tags(shipped, body, language="fr"))[:2]) == {CONFLICT, ARMED_CONFLICT}


def test_the_list_holds_every_topic_with_its_parents() -> None:
    listed = load_media_topics(ROOT / "config" / "mediatopics.json")
    assert len(listed) == 1372
    assert sum(not topic.retired for topic in listed.values()) == 1099
    assert listed[ARMED_CONFLICT].parent == CONFLICT
    assert listed[ARMED_CONFLICT].labels["fr"] == "Conflit armé"
    for topic in listed.values():
        if not topic.retired and topic.parent:
            assert not listed[topic.parent].retired

"""Both databases find the same documents, whatever the texts and the words: long ones too."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from random import Random
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.ports.reading import Query
from pipeline.ports.store import Store
from pipeline.store import newest, postgres_terms
from pipeline.store.open import open_store
from pipeline.store.search import parse_query
from pipeline.store.terms import search_terms
from store_builders import NOON, document, save

#: words that occur in several texts, of several scripts; some are joined with others to one term or cut apart
_WORDS = (
    "kabul",
    "Zürich",
    "l’armée",
    "10,000",
    "1.000",
    "阿富汗",
    "قصف",
    "ไทย",
    "a",
    "the",
    "ﬁn",
    "ß",
    "x_y",
    "-",
    "🙂",
)
#: of how many documents PostgreSQL looks into the texts, and among how many of the newest is looked at most
_WAYS = [(postgres_terms._FEW, newest._MOST), (0, newest._MOST), (0, 0)]
_TEXTS = st.lists(
    st.one_of(
        st.sampled_from(_WORDS), st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=6)
    ),
    max_size=12,
).map(" ".join)


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory,
    postgres: "PostgresServer",  # noqa: F821
) -> Iterator[tuple[Store, Store]]:
    folder = tmp_path_factory.mktemp("both")
    url = postgres.store_url()
    with closing(open_store(None, folder)) as in_file, closing(open_store(url, folder)) as on_server:
        yield in_file, on_server
    postgres.give_back(url)


def _found(store: Store, query: Query) -> list[str]:
    return [each.document.id for each in store.search(query, now=NOON, limit=10_000)]


def _store(both: Sequence[Store], **told: object) -> str:
    one = document(f"{len(_found(both[0], Query()))}", **told)
    for store in both:
        save(store, one)
    return one.id


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headline=_TEXTS, text=_TEXTS, asked=_TEXTS, cut=st.tuples(st.integers(0, 20), st.integers(1, 4)))
def test_any_query_finds_the_same_in_both(
    both: tuple[Store, Store], headline: str, text: str, asked: str, cut: tuple[int, int]
) -> None:
    _store(both, headline=headline, text=text)
    words = tuple(search_terms(asked))[:20]
    run = tuple(search_terms(text))[cut[0] : cut[0] + cut[1]]
    singles = tuple((word,) for word in words[:3])
    queries = [
        Query(all_of=singles),
        Query(all_of=(run,) if run else ()),
        Query(all_of=(words,) if words else ()),
        Query(all_of=(run,) if run else (), none_of=singles[:1]),
        Query(none_of=(run, *singles[:1]) if run else singles[:1]),
        Query(all_of=singles[:1], fields={"lang": ("en",)}),
        Query(all_of=singles[:1], not_fields={"lang": ("fr",)}, copies=False),
    ]
    for query in queries:
        expected = _found(both[0], query)
        for few, most in _WAYS:
            with mock.patch.object(postgres_terms, "_FEW", few), mock.patch.object(newest, "_MOST", most):
                assert _found(both[1], query) == expected, (query, few, most)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(
            [f"word{number % 20_000}" for number in range(40_000)], id="more places than tsvector has"
        ),
        pytest.param(["the", "sea"] * 3_000 + ["the", "end"], id="one word thousands of times"),
        pytest.param(["x" * 3_000, "y" * 251, "é" * 2_000, "end"], id="words longer than an index entry"),
        pytest.param(
            [Random(n).randbytes(4).hex() for n in range(60_000)], id="half a megabyte, each word once"
        ),
    ],
)
def test_long_texts_are_found_alike(both: tuple[Store, Store], words: list[str]) -> None:
    stored = _store(both, text=" ".join(words))
    last = tuple(search_terms(" ".join(words[-3:])))
    wanted = [
        Query(all_of=(last,)),
        Query(all_of=(last[1:],)),
        Query(all_of=((words[0].replace("é", "e"),),)),
    ]
    for query in wanted:
        assert stored in _found(both[0], query)
        assert _found(both[0], query) == _found(both[1], query)
    for query in (Query(all_of=(last[::-1],)), Query(all_of=((words[0][:-1],),)), Query(none_of=(last,))):
        assert stored not in _found(both[1], query)
        assert _found(both[0], query) == _found(both[1], query)


def test_words_that_share_their_hash_are_not_taken_for_each_other(both: tuple[Store, Store]) -> None:
    """The index on PostgreSQL holds hashes of 32 bits; `hashtext` gives these two words the same."""
    one = _store(both, text="The ferry word24095 sailed")
    other = _store(both, text="The ferry word173899 sailed")
    with mock.patch.object(postgres_terms, "_FEW", 0), mock.patch.object(newest, "_MOST", 0):
        for store in both:
            assert _found(store, Query(all_of=(("word24095",),))) == [one]
            assert _found(store, Query(all_of=(("word173899",),))) == [other]
            assert _found(store, Query(all_of=(("word24095",), ("word173899",)))) == []


@pytest.mark.parametrize("text", ["provider:\0", '"\0 a"', "lang:\0", "feed:x\0y", "\udcff", "region:\udcff"])
def test_what_no_database_takes_as_text_finds_nothing_and_breaks_nothing(
    both: tuple[Store, Store], text: str
) -> None:
    for store in both:
        store.search(parse_query(text, NOON), now=NOON) if text.strip("\0\udcff") else None
        assert store.document("\0" * 10, now=NOON) is None

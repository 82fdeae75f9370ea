"""Whether two texts are the same copy: how much is common, and whether what differs speaks against it.

Pure, and the same whichever text is named first, so that any order of arrival gives the same links.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.model import Evidence
from pipeline.store.terms import search_terms
from workers.dedupe.facts import Agreement, Difference, Facts, agreement, facts_of
from workers.dedupe.signature import FEWEST_SHINGLES
from workers.dedupe.text import Comparable, Hashes, comparable_text, without_boilerplate

#: below this the headline must speak for it too
_SHORT_TERMS = 40
#: share of the shorter's headline that must be found in the longer, where the text is short
_HEADLINE_FOUND = 0.5
#: headlines alike by so much are one frame: what differs in it counts
_HEADLINE_FRAME = 0.5
_SHOWN_DIFFERENCES = 5
#: of the words of a text: with more numbers it is a table, where nothing may differ
_NUMERIC = 0.25
_TABLE_CONTAINMENT = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """From when on two texts are the same copy."""

    #: share of both texts' shingles that is common
    similarity: float = 0.5
    #: share of the shorter text's shingles that is common: an alert in its story, a story cut short
    containment: float = 0.8
    #: share of numbers and names that may differ where their frames are the same
    differing: float = 0.08


@dataclass(frozen=True, eq=False)
class Text:
    """What is compared, made once for a text however often it is compared."""

    headline: str
    body: str
    comparable: Comparable

    @cached_property
    def shingles(self) -> Hashes:
        """Its shingles, each once, in order."""
        return np.unique(self.comparable.shingles)

    @cached_property
    def facts(self) -> Facts:
        """Its numbers and names; reading them costs more than all the rest."""
        return facts_of(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What comparing two texts came to."""

    same: bool
    similarity: float
    containment: float
    #: the one text that is a part of the other: 0 or 1; None: neither
    part: int | None = None
    #: why it is not the same copy although much is common; empty where it is, or where little is
    against: str = ""
    agreed: int = 0
    differing: tuple[Difference, ...] = ()

    @property
    def score(self) -> float:
        """How sure it is, 0 to 1."""
        return round(self.similarity if self.part is None else self.containment, 4)

    def evidence(self) -> tuple[Evidence, ...]:
        """Say in words why."""
        return tuple(self._evidence())

    def _evidence(self) -> Iterator[Evidence]:
        why = f"similarity {self.similarity:.2f}, containment {self.containment:.2f}"
        if self.agreed or self.differing:
            why += f"; in the same place {self.agreed} numbers and names agree, {len(self.differing)} differ"
        yield Evidence(field="text", text="", why=why)
        if self.against:
            yield Evidence(field="text", text="", why=self.against)
        for each in sorted(sorted((d.one, d.other)) for d in self.differing)[:_SHOWN_DIFFERENCES]:
            yield Evidence(field="text", text=" | ".join(each), why="differs")


def text_of(headline: str | None, body: str) -> Text:
    """Prepare a text for comparing."""
    body = without_boilerplate(body or headline or "")
    return Text(headline or "", body, comparable_text(body))


def compare(one: Text, other: Text, rules: Rules) -> Comparison:
    """Compare two texts."""
    similarity, containment = _common(one.shingles, other.shingles)
    alike, within = similarity >= rules.similarity, containment >= rules.containment
    sizes = len(one.comparable.shingles), len(other.comparable.shingles)
    if min(sizes) < FEWEST_SHINGLES or not (alike or within):
        return Comparison(same=False, similarity=similarity, containment=containment)
    # Of equal texts the facts are equal, too: most copies are.
    found = agreement(one.facts, other.facts) if similarity < 1 else Agreement(0, 0, ())
    against = _against(one, other, containment, found, rules)
    return Comparison(
        same=not against,
        similarity=similarity,
        containment=containment,
        part=None if alike else int(sizes[1] < sizes[0]),
        against=against,
        agreed=found.numbers + found.names,
        differing=found.differing,
    )


def _common(one: Hashes, other: Hashes) -> tuple[float, float]:
    """Give similarity (Jaccard) and containment of two texts' shingles."""
    if not len(one) or not len(other):
        return 0.0, 0.0
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common), common / min(len(one), len(other))


def _against(one: Text, other: Text, containment: float, found: Agreement, rules: Rules) -> str:
    """Say what speaks against two texts of which much is common; empty: nothing does."""
    short = min(len(one.comparable.terms), len(other.comparable.terms)) < _SHORT_TERMS
    # A long text says itself whom it is about; of a short one often only the headline does.
    differing = len(found.differing) + (short and _headlines_differ(one.headline, other.headline))
    agreed = found.numbers + found.names
    table = min(one.facts.numeric, other.facts.numeric) > _NUMERIC
    if table and containment < _TABLE_CONTAINMENT:
        return "tables, and not the same throughout"
    if differing > (0 if table else rules.differing * (differing + agreed)):
        return "a template: the same words around other numbers and names"
    if short and not _headline_found(one, other):
        return "too short to be told from others by its words alone, and the headlines have little in common"
    return ""


def _headlines_differ(one: str, other: str) -> bool:
    """Say whether two headlines are one frame with something else in it."""
    first, second = set(search_terms(one)), set(search_terms(other))
    if not first or not second or first <= second or second <= first:
        return False
    return len(first & second) >= _HEADLINE_FRAME * max(len(first), len(second))


def _headline_found(one: Text, other: Text) -> bool:
    """Say whether the longer text knows what the shorter's headline says; of two short ones, both.

    Without headlines, say whether the text names anybody.
    """
    if not one.headline or not other.headline:
        return one.facts.names > 0
    short, long = sorted((one, other), key=lambda text: len(text.comparable.terms))
    shares = [_share(short.headline, long)]
    if len(long.comparable.terms) < _SHORT_TERMS:
        shares.append(_share(long.headline, short))
    return min(shares) > _HEADLINE_FOUND


def _share(headline: str, text: Text) -> float:
    wanted = {term for term in search_terms(headline) if len(term) > 2}
    known = set(search_terms(f"{text.headline} {text.body}"))
    return len(wanted & known) / len(wanted) if wanted else 0.0

"""Which documents tell of one event: online clustering in the order of publication. Pure.

A document goes to the story it is likest to, if it is like enough, else it begins one. How like it is to a
story is the mean of its likeness to the story's members and of the greatest of these: so a story may go on
from day to day, but not by one odd pair. When a document has made two stories alike, they become one.

Where two young stories compete for a document, what was decided before, with less to go by, is decided again:
their documents are sorted anew, the likest groups first (average linkage), so that one early mistake does not
hold all that come later.

One that comes late, after documents published later than it, is told in its place: the documents of the
stories it may belong to are told anew in the order of publication. So the order of arrival makes little
difference: none as long as all stories that compete for a document are among those it may belong to.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations, product

from pipeline.identity import digest
from workers.dedupe.likeness import Compared, likeness

#: between the publication of two documents of a story that follow each other, at most
WINDOW = timedelta(days=7)
#: likeness at which a document joins a story, and at which two stories become one
JOIN = 0.25
MERGE = 0.25
#: below JOIN: stories that are told anew with a document that came late
CLOSE = 2.0
#: members of a story that a document is compared with: those published nearest to it
NEAREST = 12
#: documents told anew for one that came late, at most; more, and it is told as if it were new
MOST_RETOLD = 60
#: below JOIN: young stories that compete for a document
COMPETES = 1.0
#: between the first and the last document of stories that are sorted anew, and how many these are at most
YOUNG = timedelta(days=3)
MOST_SORTED = 20
#: mean likeness at which two groups of documents that are sorted anew are one
TOGETHER = 0.0


@dataclass(slots=True)
class Board:
    """The stories that are being told, and which documents are bound to each other."""

    #: id → documents
    stories: dict[str, list[Compared]] = field(default_factory=dict)
    #: document's number → numbers of its copies and versions
    ties: Mapping[int, frozenset[int]] = field(default_factory=dict)
    #: pairs are compared more than once
    _known: dict[tuple[int, int], float] = field(default_factory=dict)
    #: document's number → its story
    _story_of: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        self._story_of = {each.seq: story for story, members in self.stories.items() for each in members}

    def stories_of(self, documents: Iterable[int]) -> list[str]:
        """Name the stories of some documents, each once; those that stand in none are passed over."""
        return list(dict.fromkeys(self._story_of[seq] for seq in sorted(documents) if seq in self._story_of))

    def tell(self, document: Compared, among: Iterable[str]) -> str:
        """Put a document into one of some stories, or a new one.

        Args:
            document: Stands in no story.
            among: Ids of the stories it may belong to, besides those of its copies and versions.

        Returns:
            Id of its story.
        """
        near = self._near(document, among)
        if any(_place(each) > _place(document) for story in near for each in self.stories[story]):
            close = [story for story in near if self._is_close(document, story, CLOSE)]
            retold = self._of(close)
            if retold and len(retold) < MOST_RETOLD:
                fresh = Board(ties=self.ties, _known=self._known)
                for each in sorted([*retold, document], key=_place):
                    fresh.tell(each, list(fresh.stories))
                return self._replace(close, list(fresh.stories.values()), document)
        competing = [story for story in near if self._is_close(document, story, COMPETES)]
        if len(competing) > 1 and _is_young(disputed := [*self._of(competing), document]):
            return self._replace(competing, self._sorted(disputed), document)
        return self._put(document, near)

    def likeness(self, one: Compared, other: Compared) -> float:
        """Give the likeness of two documents."""
        key = (min(one.seq, other.seq), max(one.seq, other.seq))
        if key not in self._known:
            self._known[key] = likeness(one, other)
        return self._known[key]

    def likest(self, document: Compared, story: str, count: int) -> list[tuple[float, Compared]]:
        """Give the members of a story that are likest to one of them, from the likest."""
        others = (each for each in self.stories[story] if each.seq != document.seq)
        rated = [(self.likeness(document, each), each) for each in others]
        return sorted(rated, key=lambda each: (-each[0], each[1].document_id))[:count]

    def _near(self, document: Compared, among: Iterable[str]) -> list[str]:
        bound = self._bound(document)
        alive = (story for story in among if story in self.stories and self._goes_on(document, story))
        return list(dict.fromkeys((*bound, *alive)))

    def _bound(self, document: Compared) -> list[str]:
        """Name the stories of a document's copies and versions."""
        return self.stories_of(self.ties.get(document.seq, frozenset()))

    def _goes_on(self, document: Compared, story: str) -> bool:
        """Say whether a story has a document published about when this one was."""
        return any(abs(each.at - document.at) <= WINDOW.total_seconds() for each in self.stories[story])

    def _of(self, stories: Iterable[str]) -> list[Compared]:
        return [each for story in stories for each in self.stories[story]]

    def _is_close(self, document: Compared, story: str, within: float) -> bool:
        """Say whether a document may come to belong to a story, or change who does."""
        return story in self._bound(document) or self._rate(document, story) >= JOIN - within

    def _put(self, document: Compared, near: Sequence[str]) -> str:
        bound = self._bound(document)
        rated = [(self._rate(document, story), story) for story in near if story not in bound]
        best = max(rated, default=(JOIN - 1, ""))
        close = [each for value, each in rated if value >= JOIN - CLOSE]
        if bound:
            story = bound[0]
        elif best[0] >= JOIN:
            story = best[1]
        else:
            story = digest("story", document.document_id)
            self.stories[story] = []
        self._add(story, [document])
        return self._merge(story, [each for each in (*bound, *close) if each != story], set(bound))

    def _rate(self, document: Compared, story: str) -> float:
        nearest = sorted(self.stories[story], key=lambda each: (abs(each.at - document.at), each.document_id))
        values = [self.likeness(document, each) for each in nearest[:NEAREST]]
        return (sum(values) / len(values) + max(values)) / 2

    def _merge(self, story: str, near: Sequence[str], bound: set[str]) -> str:
        """Join to a story those its document is bound to, and those close to it it is now like."""
        for other in near:
            if other in bound or self._alike(story, other):
                older, younger = sorted((story, other), key=self._age)
                self._add(older, self.stories.pop(younger))
                story = older
        return story

    def _alike(self, one: str, other: str) -> bool:
        sides = (sorted(self.stories[each], key=_place)[-NEAREST:] for each in (one, other))
        values = [self.likeness(*each) for each in product(*sides)]
        return sum(values) / len(values) >= MERGE

    def _age(self, story: str) -> tuple[float, str]:
        return min(_place(each) for each in self.stories[story])

    def _sorted(self, documents: Sequence[Compared]) -> list[list[Compared]]:
        """Group documents, the likest first; those that are bound to each other always."""
        groups = self._tied(sorted(documents, key=_place))
        sums = {
            (n, m): math.fsum(self.likeness(*pair) for pair in product(groups[n], groups[m]))
            for n, m in combinations(range(len(groups)), 2)
        }

        def mean(pair: tuple[int, int]) -> float:
            return sums[pair] / (len(groups[pair[0]]) * len(groups[pair[1]]))

        while sums and mean(best := max(sums, key=mean)) >= TOGETHER:
            kept, gone = best
            del sums[best]
            for other in {n for pair in sums if gone in pair for n in pair if n != gone}:
                sums[_pair(kept, other)] += sums.pop(_pair(gone, other))
            groups[kept] += groups[gone]
            groups[gone] = []
        return [group for group in groups if group]

    def _tied(self, documents: Sequence[Compared]) -> list[list[Compared]]:
        """Group those that are bound to each other."""
        groups: list[list[Compared]] = []
        for each in documents:
            ties = self.ties.get(each.seq, frozenset())
            bound = [
                group
                for group in groups
                if any(one.seq in ties or each.seq in self.ties.get(one.seq, frozenset()) for one in group)
            ]
            groups = [group for group in groups if group not in bound]
            groups.append([*(one for group in bound for one in group), each])
        return groups

    def _replace(self, old: Sequence[str], groups: Sequence[list[Compared]], asked: Compared) -> str:
        """Put groups in the place of stories; a story keeps the id that most of it had.

        Args:
            old: The stories.
            groups: Of their documents and the one that is told.
            asked: That one: gives its id to what is new.

        Returns:
            Id of its story.
        """
        before = {each.seq: story for story in old for each in self.stories[story]}
        for story in old:
            del self.stories[story]
        for members in sorted(groups, key=lambda each: (-len(each), min(map(_place, each)))):
            kept = _most(before[each.seq] for each in members if each.seq in before)
            first = min(members, key=_place)
            # One document may have begun a story before that is told on without it.
            own = digest("story", *dict.fromkeys((first.document_id, asked.document_id)))
            story = own if kept is None or kept in self.stories else kept
            self.stories[story] = []
            self._add(story, members)
        return self._story_of[asked.seq]

    def _add(self, story: str, documents: Sequence[Compared]) -> None:
        self.stories[story] += documents
        self._story_of |= {each.seq: story for each in documents}


def _place(document: Compared) -> tuple[float, str]:
    return document.at, document.document_id


def _is_young(documents: Sequence[Compared]) -> bool:
    """Say whether there are few documents, and all of about one time."""
    times = [each.at for each in documents]
    return len(times) <= MOST_SORTED and max(times) - min(times) <= YOUNG.total_seconds()


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _most(stories: Iterable[str]) -> str | None:
    """Give the story that is named most often; of several, the first by its id."""
    counts: dict[str, int] = {}
    for each in stories:
        counts[each] = counts.get(each, 0) + 1
    return min(counts, key=lambda story: (-counts[story], story), default=None)

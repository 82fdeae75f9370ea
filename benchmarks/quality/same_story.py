"""How well documents of one event are found: `python -m benchmarks.quality.same_story [--held] [--worst N]`.

Two sets, told one document after the other in one pass, without any embedding: against every story there is,
and (`as kept`) by the keeper itself, which compares with what the store finds:

- English news collected by topic, two events of the same kind in each. The weights were fitted and the
  thresholds chosen on the odd topics; what counts are the even ones: B-cubed F.
- Invented events told by several agencies in six languages: precision and recall of pairs. As they are, and
  `crowded`: with all events moved into the same days. `--held` takes the part that nobody looked at.
"""

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

from benchmarks.quality.story_sets import Told, crosslingual, english, prepare
from benchmarks.storing import save
from pipeline.clock import SystemClock
from pipeline.settings import shipped_config_dir
from pipeline.store.open import open_store
from workers.dedupe.likeness import Compared
from workers.dedupe.stories import Board
from workers.dedupe.story_rules import load_story_rules
from workers.dedupe.telling import Teller
from workers.tag.tagger import load_tagger

#: all documents of the sets are published before
_AFTERWARDS = datetime(2100, 1, 1, tzinfo=UTC)


def tell(compared: Sequence[Compared]) -> list[str]:
    """Tell all documents in their order, each against every story there is; give the story of each."""
    board = Board()
    for each in compared:
        board.tell(each, list(board.stories))
    return [next(story for story, members in board.stories.items() if each in members) for each in compared]


def tell_as_kept(told: Sequence[Told]) -> list[str]:
    """Tell all documents as the keeper does, against what the store finds; give the story of each."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        store = open_store(f"sqlite:///{path}/newswire.db", path)
        documents = [replace(each.document, published=each.at) for each in told]
        ids = save(store, [(one, each.tagging) for one, each in zip(documents, told, strict=True)])
        teller = Teller(store, load_story_rules(shipped_config_dir()), SystemClock())
        while store.untold_among(ids):
            teller.round()
        stories = [store.document(each.id, now=_AFTERWARDS) for each in documents]
        store.close()
    return [each.story_id or "" for each in stories if each]


def b_cubed(told: Sequence[Told], stories: Sequence[str]) -> tuple[float, float, float]:
    """Give precision, recall and F, averaged over documents."""
    gold, found = defaultdict(set), defaultdict(set)
    for n, (each, story) in enumerate(zip(told, stories, strict=True)):
        gold[each.event].add(n)
        found[story].add(n)
    both = [
        (len(gold[each.event] & found[story]), len(found[story]), len(gold[each.event]))
        for each, story in zip(told, stories, strict=True)
    ]
    precision = sum(common / size for common, size, _ in both) / len(both)
    recall = sum(common / size for common, _, size in both) / len(both)
    return precision, recall, 2 * precision * recall / (precision + recall)


def of_pairs(told: Sequence[Told], stories: Sequence[str]) -> tuple[float, float]:
    """Give precision and recall of pairs of documents."""
    one_event = one_story = both = 0
    for (a, s), (b, t) in combinations(zip(told, stories, strict=True), 2):
        one_event += a.event == b.event
        one_story += s == t
        both += a.event == b.event and s == t
    return both / max(one_story, 1), both / max(one_event, 1)


def report(name: str, told: Sequence[Told], compared: Sequence[Compared], *, worst: int = 0) -> None:
    stories = tell(compared)
    _print_figures(name, told, stories)
    _print_figures(f"{name}, as kept", told, tell_as_kept(told))
    if worst:
        _show_worst(told, compared, stories, worst)


def _print_figures(name: str, told: Sequence[Told], stories: Sequence[str]) -> None:
    precision, recall, f = b_cubed(told, stories)
    of, re = of_pairs(told, stories)
    print(
        f"{name:32} {len(told):4} documents: B-cubed precision {precision:.3f} recall {recall:.3f} F {f:.3f};"
        f" pairs precision {of:.3f} recall {re:.3f}"
    )


def _show_worst(
    told: Sequence[Told], compared: Sequence[Compared], stories: Sequence[str], count: int
) -> None:
    """Show pairs that were parted or joined wrongly, those first where the likeness was most wrong."""
    board = Board()
    wrong = []
    for n, m in combinations(range(len(told)), 2):
        one_event, one_story = told[n].event == told[m].event, stories[n] == stories[m]
        if one_event != one_story:
            value = board.likeness(compared[n], compared[m])
            wrong.append((value if one_event else -value, "parted" if one_event else "joined", n, m))
    for value, what, n, m in sorted(wrong)[:count]:
        print(
            f"  {what} {told[n].name} {told[m].name}"
            f" ({told[n].language}, {told[m].language}) {abs(value):.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--held", action="store_true", help="the parts that count; no cases are shown")
    parser.add_argument("--worst", type=int, default=0, metavar="N")
    wanted = parser.parse_args()
    rules, tagger = load_story_rules(shipped_config_dir()), load_tagger(shipped_config_dir())
    part = "held" if wanted.held else "dev"
    worst = 0 if wanted.held else wanted.worst
    for crowded in (False, True):
        told = crosslingual(tagger, part, crowded=crowded)
        report(f"languages {part}{' crowded' * crowded}", told, prepare(told, rules), worst=worst)
    told = english(tagger, half=0 if wanted.held else 1)
    report(f"English {part}", told, prepare(told, rules), worst=worst)


if __name__ == "__main__":
    main()

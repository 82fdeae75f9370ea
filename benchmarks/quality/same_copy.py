"""How well the same copy is found, and how rarely something else is taken for it.

    python -m benchmarks.quality.same_copy [--stories 1500] [--set dev]

Edits: real wire stories, looked for beside the project in ../shared/data/wire-regions, are edited as client
papers and other agencies edit (the texts of an edit never come from the same story), normalised, entered in
the index of an embedded server and linked as the workers do it. Recall counts pairs by their true similarity
(Jaccard of word triples). "Shares 35 %": a third of one story's sentences among those of another; a link
between the two is false.

Template pairs: pairs of stories in the same form, judged by hand (sets/template-pairs-*.jsonl: ids and
labels).
"""

import argparse
import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.dedupe import serving_index
from pipeline.model import Document, Entry
from pipeline.ports.copies import SignedText
from pipeline.ports.work import Processed
from workers.dedupe.compare import compare, text_of
from workers.dedupe.link import Linking, link, signature_of
from workers.normalise.document import Source, normalise

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "wire-regions" / "train.jsonl.gz"
SETS = Path(__file__).parent / "sets"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
BATCH = 64
#: true similarity from which on a copy must be found
ASKED = 0.65
FEWEST_SENTENCES = 8

Edit = Callable[["Story", "Story", random.Random], "Story"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A wire story in sentences."""

    headline: str
    dateline: str
    sentences: tuple[str, ...]
    credit: str = ""

    def text(self) -> str:
        """Write it as it is sent, three sentences to a paragraph."""
        body = [" ".join(self.sentences[at : at + 3]) for at in range(0, len(self.sentences), 3)]
        body[0] = f"{self.dateline} {body[0]}"
        return "\n\n".join([*body, self.credit] if self.credit else body)


def _headline(story: Story, other: Story, _dice: random.Random) -> Story:
    return replace(story, headline=other.headline)


def _sentences(story: Story, other: Story, dice: random.Random) -> Story:
    sentences = list(story.sentences)
    for at in dice.sample(range(len(sentences)), max(1, len(sentences) // 10)):
        sentences[at] = dice.choice(other.sentences)
    return replace(story, sentences=tuple(sentences))


def _added(story: Story, other: Story, dice: random.Random) -> Story:
    at = dice.randint(1, len(story.sentences))
    return replace(story, sentences=(*story.sentences[:at], *other.sentences[:2], *story.sentences[at:]))


def _cut(story: Story, _other: Story, _dice: random.Random) -> Story:
    return replace(story, sentences=story.sentences[: -(-2 * len(story.sentences) // 3)])


def _agency(story: Story, _other: Story, _dice: random.Random) -> Story:
    return replace(
        story,
        dateline="PORT ELLERY, May 1 (Meridian Wire) -",
        credit="(Reporting by Ann Example; Editing by Bob Sample)",
    )


def _all(story: Story, other: Story, dice: random.Random) -> Story:
    for edit in (_headline, _sentences, _added, _agency):
        story = edit(story, other, dice)
    return story


def _all_cut(story: Story, other: Story, dice: random.Random) -> Story:
    return _cut(_all(story, other, dice), other, dice)


def _third(story: Story, other: Story, dice: random.Random) -> Story:
    """Take 35 of 100 sentences from one story, in order, and the others from another."""
    count = len(story.sentences)
    kept = set(dice.sample(range(count), round(0.35 * count)))
    rest = iter(other.sentences * 20)
    mixed = tuple(each if at in kept else next(rest) for at, each in enumerate(story.sentences))
    return replace(story, headline=other.headline, sentences=mixed)


EDITS: Mapping[str, Edit] = {
    "headline changed": _headline,
    "sentences replaced": _sentences,
    "paragraph added": _added,
    "cut to two thirds": _cut,
    "other dateline and credit": _agency,
    "all but the cut": _all,
    "all together": _all_cut,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--stories", type=int, default=1500)
    parser.add_argument("--set", default="dev", help="of the template pairs")
    parser.add_argument(
        "--pairs", action="store_true", help="print the template pairs that are judged wrongly"
    )
    chosen = parser.parse_args()
    rows = _rows()
    _measure_edits(list(_stories(rows.values()))[: chosen.stories])
    _measure_pairs(rows, SETS / f"template-pairs-{chosen.set}.jsonl", say=chosen.pairs)


def _measure_edits(stories: Sequence[Story]) -> None:
    dice = random.Random(11)
    total: Counter[str] = Counter()
    print(
        f"| edit of {len(stories)} stories | pairs with true similarity {ASKED} and more | found | recall |"
    )
    print("|---|---|---|---|")
    for name, edit in EDITS.items():
        counts = _linked(stories, edit, dice, least=ASKED)
        total += counts
        print(
            f"| {name} | {counts['pairs']} | {counts['linked']} | {counts['linked'] / counts['pairs']:.4f} |"
        )
    print(f"| together | {total['pairs']} | {total['linked']} | {total['linked'] / total['pairs']:.4f} |")
    false = _linked(stories, _third, dice, least=0)
    print(
        f"\nshares 35 %: {false['linked']} of {false['pairs']} linked, {false['linked'] / false['pairs']:.2%}"
    )


def _linked(stories: Sequence[Story], edit: Edit, dice: random.Random, *, least: float) -> Counter[str]:
    """Enter stories and their edited copies in one index; count pairs and those that were linked."""
    linking, counts = Linking(), Counter[str]()
    with serving_index() as index:
        texts = _Texts()
        for first in range(0, len(stories), BATCH):
            batch: list[Document] = []
            for at in range(first, min(first + BATCH, len(stories))):
                other = stories[(at + 1 + dice.randrange(len(stories) - 1)) % len(stories)]
                batch += [
                    _document(f"{at}-a", stories[at]),
                    _document(f"{at}-b", edit(stories[at], other, dice)),
                ]
            processed = [
                Processed(entry_id=2 * first + n + 1, document=each, signature=signature_of(each))
                for n, each in enumerate(batch)
            ]
            received = {each.entry_id: NOON for each in processed}
            found = link(processed, received, index=index, store=texts, linking=linking, now=NOON)  # type: ignore[arg-type]
            texts.add(found)
            for one, copy in zip(found[::2], found[1::2], strict=True):
                similarity = compare(
                    text_of(one.document.headline, one.document.body_text),
                    text_of(copy.document.headline, copy.document.body_text),
                    linking.rules,
                ).similarity
                if similarity >= least:
                    counts["pairs"] += 1
                    counts["linked"] += any(each.id == one.document.id for each in copy.relations)
    return counts


class _Texts:
    """As much of ports.CopyStore as `link` needs."""

    def __init__(self) -> None:
        self._texts: dict[int, SignedText] = {}

    def add(self, processed: Sequence[Processed]) -> None:
        for each in processed:
            if each.signature is not None:
                self._texts[each.entry_id] = SignedText(
                    entry_id=each.entry_id,
                    seq=each.entry_id,
                    document_id=each.document.id,
                    uri=each.document.uri,
                    published_at=NOON,
                    signature=each.signature,
                    headline=each.document.headline,
                    body_text=each.document.body_text,
                )

    def texts_of_entries(self, ids: Sequence[int]) -> tuple[Mapping[int, SignedText], frozenset[int]]:
        return {each: self._texts[each] for each in ids if each in self._texts}, frozenset()


def _measure_pairs(rows: Mapping[str, Mapping[str, str]], path: Path, *, say: bool) -> None:
    if not path.exists():
        print(f"\nno {path.name}")
        return
    rules, window = Linking().rules, Linking().window
    counts: Counter[tuple[bool, bool]] = Counter()
    near: Counter[tuple[bool, bool]] = Counter()
    for line in path.read_text("utf-8").splitlines():
        pair = json.loads(line)
        one, other = rows[pair["a"]], rows[pair["b"]]
        documents = [_wire(each) for each in (one, other)]
        first, second = (text_of(each.headline, each.body_text) for each in documents)
        found = compare(first, second, rules)
        counts[pair["same"], found.same] += 1
        within = abs(_date(one) - _date(other)) <= window
        near[pair["same"], found.same and within] += 1
        if say and pair["same"] != found.same:
            print(f"  {pair['a']} {pair['b']} {pair['kind']}: {found}")
    print(f"\n{path.name}: {sum(counts.values())} pairs, {counts[True, True] + counts[True, False]} the same")
    for name, each in (("texts alone", counts), ("within the window", near)):
        right, wrong, missed = each[True, True], each[False, True], each[True, False]
        print(
            f"  {name}: precision {right / (right + wrong):.3f} ({wrong} false), "
            f"recall {right / (right + missed):.3f}"
        )


def _rows() -> Mapping[str, Mapping[str, str]]:
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        return {row["id"]: row for row in map(json.loads, file)}


def _stories(rows: Iterable[Mapping[str, str]]) -> Iterator[Story]:
    """Read stories that are long enough to be cut and edited, each text once."""
    seen: set[str] = set()
    for row in rows:
        document = _wire(row)
        sentences = tuple(re.split(r"(?<=[a-z][.!?])\s+(?=[A-Z])", document.body_text.replace("\n\n", " ")))
        if len(sentences) < FEWEST_SENTENCES or sentences[0] in seen or not document.headline:
            continue
        seen.add(sentences[0])
        yield Story(headline=document.headline, dateline=row["dateline"], sentences=sentences)


def _wire(row: Mapping[str, str]) -> Document:
    entry = Entry(format="text", guid=row["id"], headline=row["headline"], text=row["text"])
    return normalise(entry, Source(feed="wire", provider="wire"), NOON)


def _document(name: str, story: Story) -> Document:
    entry = Entry(
        format="text", guid=name, headline=story.headline, text=story.text(), published=NOON.isoformat()
    )
    return normalise(entry, Source(feed="wire", provider="wire"), NOON)


def _date(row: Mapping[str, str]) -> datetime:
    return datetime.strptime(row["date"].split()[0], "%d-%b-%Y").replace(tzinfo=UTC)


if __name__ == "__main__":
    main()

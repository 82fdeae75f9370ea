"""What tagging costs, beside its floors in the same run: `python -m benchmarks.quality.cost`.

Time: each step of the tagger beside spaCy's blank tokenisation of the same texts, block by block in turn.
Memory and loading: the gazetteer in this process; a worker of the queue `enrich`, with rules, gazetteer and
all models, in a process of its own. The texts are news stories in English and French; they are not part of
the project, and are looked for beside it, in ../shared/data.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import spacy

from benchmarks.quality import regions, topics
from pipeline.model import Document, Entry
from pipeline.settings import shipped_config_dir
from workers.normalise.document import Source, normalise
from workers.tag.enricher import Enricher
from workers.tag.gazetteer.compile import compile_gazetteer
from workers.tag.gazetteer.file import load_gazetteer
from workers.tag.known import known_in
from workers.tag.matcher import parted
from workers.tag.models import installed_models
from workers.tag.ner import Models
from workers.tag.regions import regions_of
from workers.tag.tagger import Tagger, load_tagger
from workers.tag.tokens import Tokens, tagged_text, tokenise
from workers.tag.topics import topics_of

_FLOOR = "blank spaCy tokenisation"
_STORIES = 4000
_BLOCK = 20
#: of each set: a story takes 40 ms
_ENRICHED = 400
_MB = 1024.0
_GAZETTEER = Path(__file__).parents[2] / ".pytest_cache" / "gazetteer.bin"


def memory_mb(*fields: str) -> float:
    """Add up fields of this process's memory: Rss, Private_Clean, Private_Dirty."""
    lines = Path("/proc/self/smaps_rollup").read_text().split("\n")
    return sum(int(line.split()[1]) for line in lines if line.startswith(fields)) / _MB


def private_mb() -> float:
    return memory_mb("Private_Clean", "Private_Dirty")


def sets() -> dict[str, list[Document]]:
    """Read stories to be tagged, by the name of their set."""
    wire = [each.document for each in regions.stories() if not each.set_aside][:_STORIES]
    found = {"English wire": wire}
    for folder, name in (("eng", "English news"), ("fra", "French news")):
        rows = topics.read_set(topics.DATA / "dev" / folder / "dev.tsv")[:_STORIES]
        found[name] = [_document(row[1], row[2], topics.LANGUAGES[folder]) for row in rows]
    return found


def times(name: str, documents: Sequence[Document], tagger: Tagger) -> None:
    """Time the steps over one set of stories, a block after the other, and print each beside the floor.

    Each story is new to every step, as in service: tokenisers and look-ups remember words, not stories. The
    first blocks warm them up and are not counted.
    """
    blank = spacy.blank(documents[0].language or "en").tokenizer
    texts = [(tagged_text(each), each.language) for each in documents]
    count = len(tagger.beats.phrases)
    tokens: list[Tokens] = [tokenise("", None)] * len(documents)

    def words(n: int) -> None:
        tokens[n] = tokenise(*texts[n])

    def bodies(n: int) -> None:
        found = parted(tagger.terms.find(tokens[n]), count)[1]
        known_in(documents[n].language, tokens[n], found, tagger.known)

    steps: dict[str, Callable[[int], object]] = {
        _FLOOR: lambda n: blank(texts[n][0]),
        "words (spaCy's included)": words,
        "regions": lambda n: regions_of(documents[n], tokens[n], tagger.gazetteer),
        "topics": lambda n: topics_of(documents[n], tokens[n], tagger.topics),
        "known bodies": bodies,
        "all of the tagger": lambda n: tagger.tag(documents[n]),
    }
    spent = dict.fromkeys(steps, 0.0)
    for first in range(0, len(documents), _BLOCK):
        block = range(first, min(first + _BLOCK, len(documents)))
        for step, run in steps.items():
            start = time.process_time()
            for n in block:
                run(n)
            spent[step] += time.process_time() - start if first >= len(documents) // 5 else 0.0
    spent["regions and topics"] = spent["regions"] + spent["topics"]
    counted = len(documents) - -(-(len(documents) // 5) // _BLOCK) * _BLOCK
    for step, seconds in spent.items():
        each = seconds / counted * 1e6
        print(f"{name}: {step:25} {each:6.0f} us a story, {seconds / spent[_FLOOR]:.2f} of blank")


def gazetteer(documents: Sequence[Document]) -> None:
    """Print what the gazetteer takes, in time and in memory that no other worker shares."""
    compile_gazetteer(_GAZETTEER)
    words = [tokenise(tagged_text(each), each.language).plains for each in documents]
    before, began = private_mb(), time.perf_counter()
    loaded = load_gazetteer(_GAZETTEER)
    print(f"gazetteer: loaded in {time.perf_counter() - began:.3f} s, {private_mb() - before:.1f} MB private")
    for each in words:
        loaded.nodes(each)
    print(f"gazetteer: {private_mb() - before:.1f} MB private after {len(documents)} stories")


def enrich_worker() -> None:
    """Load what a worker of the queue `enrich` has, let it work, and print its memory and time."""
    began = time.perf_counter()
    tagger = load_tagger(shipped_config_dir())
    rules = memory_mb("Rss")
    enricher = Enricher(tagger=tagger, models=Models(installed_models()))
    enricher.models.warm_up()
    print(f"enrich worker: loaded in {time.perf_counter() - began:.1f} s, {rules:.0f} MB before its models")
    print(f"enrich worker: {memory_mb('Rss'):.0f} MB with models for {', '.join(sorted(installed_models()))}")
    tagged = [tagger.tag(each) for documents in sets().values() for each in documents[:_ENRICHED]]
    start = time.process_time()
    for document, tagging in tagged:
        enricher.enrich(document, tagging)
    spent = (time.process_time() - start) / len(tagged) * 1000
    print(
        f"enrich worker: {memory_mb('Rss'):.0f} MB after {len(tagged)} stories, {spent:.1f} ms CPU for each"
    )


def _document(headline: str, text: str, language: str) -> Document:
    entry = Entry(format="jsonl", headline=headline or None, text=text, language=language)
    return normalise(entry, Source(provider="news"), None, now=regions.NOW)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--enrich-worker", action="store_true", help="only that, in this process")
    if parser.parse_args().enrich_worker:
        enrich_worker()
        return
    stories = sets()
    gazetteer([each for documents in stories.values() for each in documents])
    tagger = load_tagger(shipped_config_dir())
    for name, documents in stories.items():
        times(name, documents, tagger)
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", "benchmarks.quality.cost", "--enrich-worker"], check=True)


if __name__ == "__main__":
    main()

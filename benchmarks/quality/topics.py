"""How well the shipped topic rules find the subject of real news: six classes, English and French.

    python -m benchmarks.quality.topics [--set dev|few_shot/50] [--language eng|fra] [--confusion]

Prints the weighted F1 over the classes, and each class's own. The texts are not part of the project: they are
looked for beside it, in ../shared/data/topics. The rules are made from the texts of few_shot; of dev only the
figure is looked at.
"""

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline.model import Document, Tag
from workers.tag.tokens import tagged_text, tokenise
from workers.tag.topics import TopicRules, load_topics, topics_of

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "topics"
LANGUAGES = {"eng": "en", "fra": "fr"}
#: the goal: weighted F1 with rules alone
GOALS = {"eng": 0.75, "fra": 0.70}

#: top topics that each class holds. The others (disaster, education, environment, religion, weather and so
#: on) belong to no class: of a story that is most of all about them, the next best topic decides.
CLASSES = {
    "business": ("medtop:04000000", "medtop:09000000"),
    "entertainment": ("medtop:01000000", "medtop:08000000"),
    "health": ("medtop:07000000",),
    "politics": ("medtop:11000000", "medtop:16000000"),
    "sports": ("medtop:15000000",),
    "technology": ("medtop:13000000",),
}
NONE = "none"
_CLASS_OF = {code: name for name, codes in CLASSES.items() for code in codes}


def read_set(path: Path) -> list[tuple[str, str, str]]:
    """Read class, headline and text of each story."""
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [(row["category"], row["headline"], row["text"]) for row in rows]


def class_of(tags: Sequence[Tag]) -> str:
    """Give the class of the best tag that has one."""
    return next((_CLASS_OF[tag.code] for tag in tags if tag.code in _CLASS_OF), NONE)


def tags_of(headline: str, text: str, language: str, rules: TopicRules) -> tuple[Tag, ...]:
    """Tag a story by the shipped rules."""
    document = Document(
        id="", uri="", content_hash="", provider="", format="text", lead="",
        headline=headline or None, body_text=text, language=language,
    )  # fmt: skip
    return topics_of(document, tokenise(tagged_text(document), language), rules)


def f1_by_class(pairs: Counter[tuple[str, str]]) -> dict[str, tuple[int, float]]:
    """Give how many stories each class has, and its F1.

    Args:
        pairs: (true class, found class) → how often.
    """
    found = {}
    for name in CLASSES:
        right = pairs[name, name]
        true = sum(count for (is_, _), count in pairs.items() if is_ == name)
        said = sum(count for (_, says), count in pairs.items() if says == name)
        found[name] = (true, 2 * right / (true + said) if true + said else 0.0)
    return found


def measure(path: Path, language: str, rules: TopicRules) -> Counter[tuple[str, str]]:
    """Classify every story of a set."""
    return Counter(
        (category, class_of(tags_of(headline, text, LANGUAGES[language], rules)))
        for category, headline, text in read_set(path)
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", default="dev", help="dev, few_shot/50, …")
    parser.add_argument("--language", choices=LANGUAGES, action="append")
    parser.add_argument("--confusion", action="store_true", help="print what was taken for what")
    wanted = parser.parse_args()
    rules = load_topics(ROOT / "config")
    for language in wanted.language or LANGUAGES:
        name = "dev.tsv" if wanted.set == "dev" else "train.tsv"
        pairs = measure(DATA / wanted.set / language / name, language, rules)
        classes = f1_by_class(pairs)
        total = sum(count for count, _ in classes.values())
        weighted = sum(count * f1 for count, f1 in classes.values()) / total
        print(
            f"{language} {wanted.set}: {total} stories, weighted F1 {weighted:.3f} (goal {GOALS[language]})"
        )
        for each, (count, f1) in classes.items():
            print(f"  {each:14} {count:4}  F1 {f1:.3f}")
        if wanted.confusion:
            for (is_, says), count in pairs.most_common():
                print(f"    {is_} taken for {says}: {count}")


if __name__ == "__main__":
    main()

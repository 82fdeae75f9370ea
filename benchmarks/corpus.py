"""Invented wire copy in any amount: seeded, so that two runs measure the same bytes."""

import random
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pydoc_data.topics import topics
from xml.sax.saxutils import escape

# fmt: off
_SYLLABLES = [
    "ba", "ko", "ri", "ten", "mar", "lo", "shi", "van", "de", "pur", "gal", "no", "em", "ta", "sil", "or",
    "ka", "wen", "du", "phi",
]
_COMMON = [
    "the", "of", "and", "to", "in", "a", "said", "that", "on", "for", "was", "with", "by", "at", "from", "as",
    "it", "is", "were", "after", "would", "has", "his", "its", "they", "more", "government", "police",
    "minister", "officials", "people", "city", "country", "security", "forces", "talks", "court", "market",
    "company", "president", "army", "attack", "region", "border", "election", "report", "week", "year",
    "group", "state", "members", "plan", "water", "prices",
]
# fmt: on
_FIRST = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


class Corpus:
    """Makes feeds of articles.

    Args:
        seed: The same seed makes the same bytes.
        words: Words in each article.
    """

    def __init__(self, seed: int = 1, words: int = 400) -> None:
        self._dice = random.Random(seed)
        self._words = words
        names = ["".join(self._dice.choices(_SYLLABLES, k=self._dice.randint(2, 4))) for _ in range(14000)]
        #: the commonest first
        self.vocabulary = [*_COMMON, *_english_words(self._dice), *names]

    def headline(self) -> str:
        return " ".join(self._word() for _ in range(9)).capitalize()

    def html(self) -> str:
        """Write one article's body: about six bytes of text a word, with links and emphasis."""
        paragraphs, left = [], self._words
        while left > 0:
            size = min(left, self._dice.randint(30, 70))
            left -= size
            paragraphs.append(f"<p>{self._paragraph(size)}</p>")
        return "\n".join(paragraphs)

    def rss(self, name: str, entries: int = 30, base: str = "http://feeds.example") -> bytes:
        """Write one RSS 2.0 feed with whole articles in content:encoded."""
        items = "".join(self._item(name, number, base) for number in range(entries))
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
            f"<title>Feed {name}</title><link>{base}/{name}</link><description>Invented</description>"
            f"<language>en</language>{items}</channel></rss>"
        ).encode()

    def _item(self, name: str, number: int, base: str) -> str:
        html = self.html()
        at = format_datetime(_FIRST + timedelta(minutes=number))
        return (
            f"<item><title>{escape(self.headline())}</title><link>{base}/{name}/{number}</link>"
            f'<guid isPermaLink="false">{name}-{number}</guid><pubDate>{at}</pubDate>'
            f"<dc:creator>A. Writer</dc:creator><category>world</category>"
            f"<description>{escape(self.headline())}.</description>"
            f"<content:encoded><![CDATA[{html}]]></content:encoded></item>"
        )

    def _paragraph(self, size: int) -> str:
        words = [self._word() for _ in range(size)]
        for at in range(11, size, 12):
            words[at] += "."
        if size > 20:
            words[7] = f'<a href="https://example.org/{words[7]}">{words[7]}</a>'
            words[15] = f"<b>{words[15]}</b>"
        return " ".join(words).capitalize()

    def _word(self) -> str:
        """Draw a word: the one of rank n about 1/n as often as the first, as in any text (Zipf's law)."""
        return self.vocabulary[int(len(self.vocabulary) ** self._dice.random()) - 1]


def _english_words(dice: random.Random) -> list[str]:
    """Take the words of Python's own manual: some thousand, in no order."""
    words = sorted(set(re.findall(r"\b[a-z]{3,14}\b", " ".join(topics.values()))) - set(_COMMON))
    dice.shuffle(words)
    return words

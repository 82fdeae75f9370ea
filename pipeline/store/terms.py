"""Text to search terms: one definition for what is indexed and for what is asked.

The engines' own tokenisers cannot agree, so they are given words that need no further treatment. A term holds
letters, digits and their marks only, without case, diacritics or ligatures. Scripts that are written without
spaces become one term a character, so that any run of them is found as a phrase.
"""

import re
import unicodedata
from functools import lru_cache

from pipeline.cache_sizes import FOLDED_WORDS, TAG_VALUES

#: separate the thousands of a number in one country or another; a space might as well separate numbers
_GROUPED = re.compile(r"(?<![0-9])[0-9]{1,3}([,.'’])[0-9]{3}(?:\1[0-9]{3})*(?![0-9])")
#: a quick look at whether there may be one
_SEPARATED = re.compile(r"[0-9][,.'’][0-9]{3}")

#: letters that Unicode does not take apart, but readers do
_LETTERS = {
    "œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n",
    "ŧ": "t",
    # Arabic script: the forms that keyboards and countries use one for another
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ة": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "ۃ": "ه",
    "ک": "ك", "ڪ": "ك", "ګ": "گ", "ـ": "",
}  # fmt: skip

#: marks of scripts that are read without them, and characters that are not seen
_DROPPED = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"  # Latin and others
    "\u0591-\u05c7"  # Hebrew points
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u08d3-\u08ff"  # Arabic vowels
    "\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)

#: written without spaces: Han, kana, bopomofo, Thai, Lao, Burmese, Khmer
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3105-\u312f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)


def _marks() -> str:
    """List the combining marks that belong to their letter; most scripts' stand below U+1E00."""
    blocks = (range(0x0900, 0x1E00), range(0x3000, 0x3100), range(0xA600, 0xAC00))
    return "".join(
        char for block in blocks for char in map(chr, block) if unicodedata.category(char).startswith("M")
    )


_MARKS = _marks()
_TERM = re.compile(f"[{_UNSPACED}][{_MARKS}]*|[^\\W_{_UNSPACED}](?:[^\\W_{_UNSPACED}]|[{_MARKS}])*")
_PREPARED_TERM = re.compile(r"[a-z0-9\x80-\U0010ffff]+")
_DIGITS = {
    code: str(unicodedata.decimal(chr(code)))
    for block in (range(0x0660, 0x1A9A), range(0xA620, 0xABFA))
    for code in block
    if unicodedata.decimal(chr(code), None) is not None
}
_FOLDED = str.maketrans(_LETTERS) | _DIGITS


def search_terms(text: str) -> list[str]:
    """Cut a text into the terms by which it is found.

    >>> search_terms("L’armée: 10,000 Œuvres")
    ['l', 'armee', '10000', 'oeuvres']
    >>> search_terms("阿富汗 2021")
    ['阿', '富', '汗', '2021']
    """
    return cut(prepare(text))


def cut(prepared: str) -> list[str]:
    """Cut what `prepare` made into its terms, as an index does that is given it."""
    return _PREPARED_TERM.findall(prepared)


def prepare(text: str) -> str:
    """Make a text whose terms stand between ASCII characters that are neither letter nor digit.

    This is what an index is given that cuts there by itself; it saves a list of words for each document.

    >>> prepare("L’armée, 10,000 Hommes")
    'l armee 10000 hommes'
    """
    lower = text.lower().replace("\0", " ")
    if not lower.isascii():
        lower = " ".join(word if word.isascii() else _folded_word(word) for word in lower.split())
    return _ungroup(lower)


def _folded_word(word: str) -> str:
    # Words come again and again; runs of a script without spaces do not.
    return _fold_once(word) if len(word) < 40 else _fold(word)


def _fold(word: str) -> str:
    """Take away case, compatibility forms, diacritics and ligatures; give terms with spaces between."""
    # Folding case may make compatible forms and the other way round (ſ, K, ﬁ): twice is enough.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    folded = unicodedata.normalize("NFC", _DROPPED.sub("", apart).translate(_FOLDED))
    return " ".join(_TERM.findall(_ungroup(folded)))


_fold_once = lru_cache(FOLDED_WORDS)(_fold)


def _ungroup(text: str) -> str:
    if not _SEPARATED.search(text):
        return text
    return _GROUPED.sub(lambda number: number.group().replace(number.group(1), ""), text)


@lru_cache(TAG_VALUES)
def tag_value(text: str) -> str:
    """Write a tag's code or name as it is stored and asked for.

    >>> tag_value("medtop:20000056"), tag_value("Côte d’Ivoire"), tag_value("afghanistan-security")
    ('medtop 20000056', 'cote d ivoire', 'afghanistan security')
    """
    return " ".join(search_terms(text))[:200]

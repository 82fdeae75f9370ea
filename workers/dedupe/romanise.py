"""The consonants of a name, written alike in every script: Нурзай, Noorzai and نورزاي are all NRS.

Vowels differ with the language, and Arabic hardly writes them; the ending of a Russian word differs with its
case. What is left is coarse: one skeleton that two texts share says little, several say who is spoken of.
"""

import re
import unicodedata
from functools import lru_cache

from pipeline.cache_sizes import STORY_WORDS

_CYRILLIC = {
    **dict(zip("абвгдезиклмнопрстуфэёіїєґ", "abvgdeziklmnoprstufeeiieg", strict=True)),
    "ж": "zh",
    "й": "",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "sh",
    "ъ": "",
    "ь": "",
    "ы": "i",
    "ю": "u",
    "я": "a",
}
_ARABIC = {
    **dict(zip("ابتجحدذرزسصضطظفقكلمنهويىأإآپڤگ", "abtghddrzssdtzfkklmnhwyaaiabfg", strict=True)),
    "ث": "th",
    "خ": "kh",
    "ش": "sh",
    "غ": "gh",
    "چ": "ch",
    "ؤ": "w",
    "ع": "",
    "ة": "",
    "ء": "",
    "ئ": "",
}
_LATIN = str.maketrans({**_CYRILLIC, **_ARABIC})
_SOUND = re.compile("tsch|sch|sh|ch|zh|kh|gh|ph|th|dh|ck|ts|tz|cz|qu|[a-z]")
#: sound → its letter of the skeleton; vowels and what is as good as one have none
_LETTER = {
    **dict.fromkeys(["tsch", "sch", "sh", "ch", "zh", "cz"], "X"),
    **dict.fromkeys(["j", "g", "gh"], "G"),
    **dict.fromkeys(["ck", "c", "k", "q", "qu"], "K"),
    **dict.fromkeys(["ph", "v", "f"], "F"),
    **dict.fromkeys(["ts", "tz", "s", "z"], "S"),
    **dict.fromkeys(["t", "th"], "T"),
    **dict.fromkeys(["d", "dh"], "D"),
    **dict.fromkeys(["b", "p"], "B"),
    "kh": "H",
    "x": "KS",
    "l": "L",
    "r": "R",
    "m": "M",
    "n": "N",
}
_SOFT_C = re.compile("c(?=[eiy])")
_TWICE = re.compile(r"(.)\1+")
_NOT_LATIN = re.compile("[^a-z]")
_RUSSIAN_ENDING = re.compile(
    "(?:ого|ому|ыми|ими|ами|ями|ов|ев|ом|ем|ой|ей|ым|им|ах|ях|ый|ий|ая|ое|ые|ие|[ауеыиояюь])$"
)
_ARABIC_FORMS = str.maketrans("أإآةؤئ", "اااهوي")
#: article and the particles that are written together with a word
_ARABIC_PREFIX = re.compile(r"^(?:[وف]?(?:ال|لل|بال|كال)|[وفبلك](?=\w{4,}))")
_LEAST_STEM = 3
#: language → letters that it reads in its own way
_OWN_LETTERS = {
    "es": str.maketrans({"j": "kh"}),
    "de": str.maketrans({"w": "v", "j": "y"}),
    "pl": str.maketrans({"w": "v", "j": "y"}),
}


@lru_cache(STORY_WORDS)
def skeleton(word: str, language: str) -> str:
    """Give the consonants of a word.

    Args:
        word: In small letters, without accents.
        language: Two letters; how to read it.

    >>> [skeleton(*each) for each in (("noorzai", "en"), ("нурзаем", "ru"), ("نورزاي", "ar"))]
    ['NRS', 'NRS', 'NRS']
    """
    if language == "ru":
        stem = _RUSSIAN_ENDING.sub("", word)
        word = stem if len(stem) >= _LEAST_STEM else word
    elif language == "ar":
        word = bare_arabic(word)
    latin = unicodedata.normalize("NFD", word.translate(_LATIN)).translate(_OWN_LETTERS.get(language, {}))
    sounds = _SOUND.findall(_SOFT_C.sub("s", _NOT_LATIN.sub("", latin)))
    return _TWICE.sub(r"\1", "".join(_LETTER.get(sound, "") for sound in sounds))


@lru_cache(STORY_WORDS)
def bare_arabic(word: str) -> str:
    """Take the article and the particles written with it off an Arabic word, and write its letters alike.

    >>> bare_arabic("والإسلامية")
    'اسلاميه'
    """
    alike = word.translate(_ARABIC_FORMS)
    return _ARABIC_PREFIX.sub("", alike) if len(alike) > _LEAST_STEM + 1 else alike

"""Plurals and feminines of demonyms, by rule."""

from collections.abc import Iterator

#: English words that are their own plural
_SAME = ("s", "x", "z", "ese", "ish", "ch", "sh")
#: French ending → its feminine; the longest ending that fits decides
_FEMININE = {
    "e": "e",
    "s": "se",
    "ien": "ienne",
    "éen": "éenne",
    "yen": "yenne",
    "ïen": "ïenne",
    "i": "ie",
    "ari": "arie",
    "è": "è",
    "l": "le",
    "n": "ne",
    "u": "ue",
}


def english_forms(word: str) -> Iterator[str]:
    """Give an English demonym and its plural; "=" at its end says that there is no other form.

    >>> [list(english_forms(each)) for each in ("Afghan", "Irishman", "Swiss", "Poles=")]
    [['Afghan', 'Afghans'], ['Irishman', 'Irishmen'], ['Swiss'], ['Poles']]
    """
    yield word.removesuffix("=")
    if word.endswith("man"):
        yield f"{word[:-3]}men" if not word.endswith(("German", "Roman")) else f"{word}s"
    elif not word.endswith((*_SAME, "=")):
        yield f"{word}s"


def french_forms(word: str) -> Iterator[str]:
    """Give a French demonym, masculine and feminine, singular and plural.

    >>> list(french_forms("afghan")), list(french_forms("turc/turque"))
    (['afghan', 'afghane', 'afghans', 'afghanes'], ['turc', 'turque', 'turcs', 'turques'])
    """
    masculine, _, feminine = word.partition("/")
    singular = (masculine, feminine or _feminine(masculine))
    plural = (form if form.endswith(("s", "x")) else f"{form}s" for form in singular)
    yield from dict.fromkeys((*singular, *plural))


def _feminine(word: str) -> str:
    ending = max(filter(word.endswith, _FEMININE), key=len, default="")
    return word[: len(word) - len(ending)] + _FEMININE.get(ending, "") if ending else f"{word}e"

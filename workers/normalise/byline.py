"""The byline: "By A. Writer and B. Writer", a line of its own before the text, and the names in it."""

import re

from workers.normalise.lexicon import BYLINE_AND, BYLINE_WORDS

_MAX_CHARS = 120
_OPENS = re.compile(rf"(?:{'|'.join(BYLINE_WORDS)})\s+", re.IGNORECASE)
_BETWEEN = re.compile(rf"\s*(?:[,;&/]|\b(?:{'|'.join(BYLINE_AND)})\b)\s*", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?:\s+[^\W\d_][\w.'’-]*){0,4}")
_END = re.compile(r"[=.\s]+$")


def is_byline(line: str) -> bool:
    """Say whether a paragraph is a byline and nothing else.

    >>> [is_byline(each) for each in ("By Ann Example and Bo Sample", "By noon the fire was out.")]
    [True, False]
    """
    match = _OPENS.match(line)
    if match is None or len(line) > _MAX_CHARS:
        return False
    names = _names(line[match.end() :])
    return bool(names) and all(_NAME.fullmatch(name) and _capital(name) for name in names)


def authors_of(byline: str) -> tuple[str, ...]:
    """Give the names in a byline.

    >>> authors_of("Par Anne Exemple et Paul Modèle")
    ('Anne Exemple', 'Paul Modèle')
    """
    match = _OPENS.match(byline)
    return tuple(_names(byline[match.end() :] if match else byline))


def _names(text: str) -> list[str]:
    return [name for name in _BETWEEN.split(_END.sub("", text)) if name]


def _capital(name: str) -> bool:
    """Say whether a name looks like one: two words or more, first and last begin with a capital."""
    words = name.split()
    return len(words) > 1 and words[0][0].isupper() and words[-1][0].isupper()

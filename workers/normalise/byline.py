"""The byline: "By A. Writer and B. Writer", a line of its own before the text, and the names in it."""

import re

from workers.normalise.lexicon.agencies import AGENCIES, AGENCY_NAMES, AGENCY_WORDS
from workers.normalise.lexicon.bylines import BYLINE_AND, BYLINE_OURS, BYLINE_TITLES, BYLINE_WORDS

_MAX_CHARS = 120
#: names alone are no longer, and none has more words
_MAX_BARE = 60
_MAX_NAME = 4
# Few lines begin with one of these letters: the rest are not asked further.
_OPENS = re.compile(
    rf"(?=\W{{0,3}}[bdfpstv])[-–—]?\s?\(?(?:(?:{BYLINE_OURS})|(?:{'|'.join(BYLINE_WORDS)}):?)\s+",
    re.IGNORECASE,
)
# "Van onze verslaggever": who, but no name
_OURS = re.compile(rf"(?=[bdfpv])(?:{BYLINE_OURS})[=.\s)]*", re.IGNORECASE)
_AGENCY_JOINTS = re.compile(r"[-/+ ]+")
_BETWEEN = re.compile(rf"\s*(?:[,;&/]|\b(?:{'|'.join(BYLINE_AND)})\b)\s*", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?:\s+[^\W\d_][\w.'’-]*){0,4}")
_END = re.compile(r"[=.\s)]+$")
_TITLE = re.compile(rf"(?:{BYLINE_TITLES})[=.\s]*", re.IGNORECASE)
# "By Ann Example, PA", "Von Anna Beispiel (dpa)"
_AFTER = re.compile(rf"\s*(?:(?:,|\s[–—-])\s*(?:{BYLINE_TITLES})|\((?:{BYLINE_TITLES})\))$", re.IGNORECASE)
# "By Ann Example and agencies", "Par Anne Exemple (avec AFP)"
_HELPED = re.compile(rf"\s+\(?(?:{'|'.join(BYLINE_AND)})\s(?:{AGENCY_NAMES})\)?$", re.IGNORECASE)
# "By ANN EXAMPLE Associated Press"
_AT_AGENCY = re.compile(rf"(?<=[^\W\d_])\s+(?:the\s)?(?:{AGENCY_NAMES})$", re.IGNORECASE)
# "Ann Example in Kabul"
_PLACE = re.compile(r"\s+(?:in|à|en|em|a)\s+[A-ZÀ-Þ][\w.'’ -]{2,30}$")
# Whom the writer works for, known or not: "By Ann Example, Melonia"
_FOR = re.compile(r"(?:\s*,|\s+[|•–—-])\s*(?:(?:in|en|em|à|a|aus|uit|da) )?(?:[A-ZÀ-Þ][\w.&'’-]*\s?){1,3}$")
# "MARINA EXEMPLO", "Cláudia Exemplo e Ana Modelo": words that are all names
_BARE = re.compile(r"[A-ZÀ-Þ][\w.'’-]*(?: (?:d[aeo]s?|van|von|der|de la|[A-ZÀ-Þ][\w.'’-]*)){1,4}")


def is_byline(line: str) -> bool:
    """Say whether a paragraph is a byline and nothing else.

    >>> [is_byline(each) for each in ("By Ann Example and Bo Sample", "By noon the fire was out.")]
    [True, False]
    """
    if len(line) > _MAX_CHARS:
        return False
    match = _OPENS.match(line)
    if match is None or _OURS.fullmatch(line):
        return match is not None or _OURS.fullmatch(line) is not None
    named = _named(line[match.end() :])
    return _are_names(named) or _are_names(_FOR.sub("", named))


def _are_names(text: str) -> bool:
    names = _names(text)
    return bool(names) and all(_NAME.fullmatch(name) and _capital(name) for name in names)


def is_bare_byline(line: str) -> bool:
    """Say whether a line might be a byline without its word: names alone. Its place must show it.

    >>> [is_bare_byline(each) for each in ("MARINA EXEMPLO", "Rain leaves 300 homeless")]
    [True, False]
    """
    names = _names(line) if len(line) <= _MAX_BARE else []
    return bool(names) and all(_BARE.fullmatch(name) and len(name.split()) <= _MAX_NAME for name in names)


def is_title(line: str) -> bool:
    """Say whether a line below a byline says what the writer is: "Associated Press Writer"."""
    return _TITLE.fullmatch(line) is not None


def authors_of(byline: str) -> tuple[str, ...]:
    """Give the names in a byline.

    >>> authors_of("Par Anne Exemple et Paul Modèle")
    ('Anne Exemple', 'Paul Modèle')
    """
    match = _OPENS.match(byline)
    named = _named(byline[match.end() :] if match else byline)
    bare = _FOR.sub("", named)
    names = _names(named if _are_names(named) or not _are_names(bare) else bare)
    return tuple(_PLACE.sub("", name) for name in names if not _is_nobody(name))


def _is_nobody(name: str) -> bool:
    """Say whether a name is no person's: an agency, several ("NTB-AFP"), a post ("dpa correspondents")."""
    parts = _AGENCY_JOINTS.split(name.lower())
    known = name.lower() in AGENCIES or all(part in AGENCIES for part in parts)
    firm = name.startswith("The ") or not AGENCY_WORDS.isdisjoint(name.lower().split())
    return known or firm or _TITLE.fullmatch(name) is not None


def _named(text: str) -> str:
    """Take off what follows the names of a byline: agencies that helped, a post in brackets, marks."""
    return _AT_AGENCY.sub("", _END.sub("", _AFTER.sub("", _HELPED.sub("", text.rstrip("=. ")))))


def _names(text: str) -> list[str]:
    return [name for name in _BETWEEN.split(_AFTER.sub("", _END.sub("", text))) if name]


def _capital(name: str) -> bool:
    """Say whether a name looks like one: two words or more, first and last begin with a capital."""
    words = name.split()
    return len(words) > 1 and words[0][0].isupper() and words[-1][0].isupper()

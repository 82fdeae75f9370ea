"""The credit line that signs a text off: "(Reporting by A in Kabul; Editing by B)"."""

import re
from collections.abc import Sequence

from pipeline.model import Credit
from workers.normalise.lexicon.agencies import AGENCIES, AGENCY_NAMES
from workers.normalise.lexicon.credits import (
    BUREAU_WORDS,
    BUREAUS,
    CLOSING_WORDS,
    CREDIT_AND,
    CREDIT_BY,
    CREDIT_OF,
    CREDIT_TITLES,
    CREDIT_WORDS,
    SOURCE_WORDS,
    Role,
)

#: no credit line is longer
_MAX_CHARS = 600
#: a paragraph of its own, without brackets, is a credit line only when it is short or says two things
_MAX_BARE = 100
#: nor are names with what they did
_MAX_NAMED = 250

_WORDS = tuple(each for words in CREDIT_WORDS.values() for each in words)
# After what was done, any language's "by" may stand before the names.
_NOT_YET = "".join(rf"(?<!\s{word})" for word in CREDIT_OF)
_THEN_BY = rf"(?:{_NOT_YET}\s(?-i:{'|'.join(CREDIT_OF)})(?=\s(?-i:[A-ZÀ-Þ])))?"
_MARKER = re.compile(
    "|".join(rf"(?P<m{n}>\b{each.pattern})(?:\b|(?<=['’:])){_THEN_BY}\s*:?" for n, each in enumerate(_WORDS)),
    re.IGNORECASE,
)
_BUREAU = re.compile(
    rf"(?:the )?([A-ZÀ-ÖØ-Þ][\w.'’-]*(?:\s[A-ZÀ-ÖØ-Þ][\w.'’-]*){{0,2}})\s(?:{'|'.join(BUREAU_WORDS)})\b"
)
# Nothing but a bureau: "(Gdansk Newsroom)", "(Redação Brasília)"
_BUREAU_ALONE = re.compile(
    rf"(?:(?:the )?(?:(?-i:[A-ZÀ-Þ])[\w.'’-]*\s){{1,3}}(?:{BUREAUS})"
    rf"|(?:{BUREAUS})(?:\s(?:{'|'.join(CREDIT_OF)})|\sd['’])?(?:\s?(?-i:[A-ZÀ-Þ])[\w.'’-]*){{1,3}})",
    re.IGNORECASE,
)
_TRIM = " ,;.:()/\n-–—*"
_AND_WORDS = "|".join(CREDIT_AND)
_AND = re.compile(rf"^(?:{'|'.join(CREDIT_AND)})\s+|[\s,;]+(?:{'|'.join(CREDIT_AND)})$", re.IGNORECASE)
_BY = re.compile(rf"^(?:{'|'.join(CREDIT_BY)})\s+", re.IGNORECASE)
# One who is named, or some: "Ann Example in Kabul and Bo Sample"
_NAMES = re.compile(
    rf"(?:(?i:{'|'.join(CREDIT_BY)})\s)?[A-ZÀ-Þ][\w.'’-]*(?:,?\s(?:[A-ZÀ-Þ][\w.'’-]*|\w{{1,5}})){{0,12}}\s[A-ZÀ-Þ][\w.'’-]*"
)
_TITLES = re.compile(rf"\b(?:{CREDIT_TITLES})\s", re.IGNORECASE)
_TWO_NAMES = re.compile(r"[A-ZÀ-Þ][\w.'’-]*\s[A-ZÀ-Þ]")
_ARTICLES = ("the ", "le ", "la ", "l'", "l’", "el ", "a ")
# "(avec AFP)", "(con información de EFE)"
_SOURCES = re.compile(
    rf"(?:{'|'.join(SOURCE_WORDS)})\s(?:(?:{AGENCY_NAMES})\b[\s,/]*(?:(?:{_AND_WORDS})\s)?)+", re.IGNORECASE
)
# What follows the names in a sentence of its own is a remark.
_REMARK = re.compile(r"(?<=[^\W\d_]{3})\.\s.*$")
# "Ann Example, +49 40 5550188, <news@example.com>": how they are reached, and what follows that
_REACHED = re.compile(r",?\s*(?:<?[\w.+-]+@[\w-]+\.[\w.-]+>?|\+?\(?\d[\d ()/-]{6,}).*$")
_CONTACT = re.compile(r"\s*\(\([^()]{1,300}\)\)\s*$")


def split_credit(body: list[str]) -> tuple[list[str], Credit | None]:
    """Take the credit line off the end of a body: in brackets, or a paragraph of its own."""
    if not body:
        return body, None
    last = body[-1]
    start = _credit_start(last)
    if start is None:
        return body, None
    credit = _read(last[start:].strip())
    kept = last[:start].rstrip()
    return [*body[:-1], kept] if kept else body[:-1], credit


def join_credits(signed: Sequence[Credit]) -> Credit | None:
    """Make one of the credit lines that follow each other; None where there is none."""
    if len(signed) < 2:
        return signed[0] if signed else None
    text = " ".join(each.text for each in signed)
    said = {
        role.value: "; ".join(filter(None, (getattr(each, role.value) for each in signed))) or None
        for role in Role
    }
    return Credit(text=text, **said)


def _credit_start(paragraph: str) -> int | None:
    """Say where in the last paragraph its credit line begins; None where there is none."""
    end = (_CONTACT.sub("", paragraph) if "((" in paragraph else paragraph).rstrip(" .")
    if end.endswith(")") and len(end) - (start := _opening_bracket(end)) <= _MAX_CHARS:
        return start if start >= 0 and _opens_credit(end[start + 1 : -1]) else None
    return 0 if _is_bare_credit(paragraph) else None


def _is_bare_credit(paragraph: str) -> bool:
    """Say whether a paragraph without brackets is nothing but a credit line."""
    if len(paragraph) > _MAX_CHARS:
        return False
    bare = paragraph.lstrip("-–—* ")
    first = _MARKER.match(bare)
    if first is None:
        return len(bare) <= _MAX_NAMED and _names_close(bare)
    if not _opens(first, bare):
        return False
    short = len(bare) <= _MAX_BARE and (bare != paragraph or not bare.endswith("."))
    return short or _MARKER.search(bare, first.end()) is not None


def _opening_bracket(text: str) -> int:
    """Find the bracket that the last one closes; -1 where none does."""
    depth = 0
    for n in range(len(text) - 1, max(len(text) - _MAX_CHARS, 0) - 1, -1):
        depth += (text[n] == ")") - (text[n] == "(")
        if depth == 0:
            return n
    return -1


def _opens_credit(inside: str) -> bool:
    """Say whether the words in brackets are a credit line.

    Words that also open a remark ("Avec ...") need a name after them. Names may come first, where what
    follows says what others did: "(Por X; edición de Y)", "(X pour le reportage)".
    """
    if _SOURCES.fullmatch(inside) or _BUREAU_ALONE.fullmatch(inside):
        return True
    match = _MARKER.match(inside)
    if match is None:
        return _names_first(inside)
    named = inside[match.end() :].lstrip()[:1].isupper()
    return _opens(match, inside) or (inside[0].isupper() and named) or _names_first(inside)


def _names_first(inside: str) -> bool:
    """Say whether names open a credit line, and what follows shows that it is one."""
    markers = list(_MARKER.finditer(inside))
    if not markers or not _NAMES.fullmatch(inside[: markers[0].start()].rstrip(" ,;/")):
        return False
    apart = inside[: markers[0].start()].rstrip().endswith((",", ";", "/"))
    opening = apart and any(_opens(each, inside) for each in markers)
    return opening or _WORDS[_index(markers[0])].after_names


def _names_close(bare: str) -> bool:
    """Say whether names and what they did are all of a paragraph: "A and B contributed to this report."."""
    if not any(word in bare for word in CLOSING_WORDS):
        return False  # cheaper than to look for any of the words of credits
    match = _MARKER.search(bare)
    if match is None or not _WORDS[_index(match)].after_names:
        return False
    named, rest = bare[: match.start()].rstrip(" ,;"), bare[match.end() :].strip(_TRIM)
    if match[0].endswith("contributed") and not _TITLES.search(named):
        return False  # somebody did, to something: "AP writers A and B contributed." says it of the text
    # The writer may be called by the surname: "Example reported from Kabul."
    known = _NAMES.fullmatch(_TITLES.sub("", named)) or (named.istitle() and " " not in named)
    return bool(known) and (not rest or _names_close(rest))


def _opens(match: re.Match[str], text: str) -> bool:
    """Say whether a marker may open a credit line: its words do, and who is named follows."""
    if not _WORDS[_index(match)].opens:
        return False
    rest = text[match.end() :].lstrip()
    if match[0].rstrip().endswith(":"):
        return _TWO_NAMES.match(rest) is not None
    return rest[:1].isupper() or _MARKER.match(rest) is not None or rest.startswith(_ARTICLES)


def _index(match: re.Match[str]) -> int:
    assert match.lastgroup is not None  # each alternative is a group
    return int(match.lastgroup[1:])


def _read(text: str) -> Credit:
    """Read who did what: the words after a marker, up to the next one, or those before it."""
    said: dict[Role, list[str]] = {}
    if (alone := text.strip(_TRIM)) and _BUREAU_ALONE.fullmatch(alone):
        return Credit(text=text, bureau=alone)
    markers = list(_MARKER.finditer(text))
    if not markers:  # only sources: "(mit dpa)"
        return Credit(text=text, reporting=text.strip(_TRIM).partition(" ")[2])
    ends = [match.start() for match in markers[1:]] + [len(text)]
    if (before := text[: markers[0].start()].strip(_TRIM)) and not _WORDS[_index(markers[0])].after_names:
        _say(said, Role.REPORTING, _BY.sub("", before))
    begin = 0
    for match, end in zip(markers, ends, strict=True):
        words = _WORDS[_index(match)]
        between = text[begin : match.start()] if words.after_names else text[match.end() : end]
        names = _AND.sub(
            "", _REACHED.sub("", _REMARK.sub("", between.partition("((")[0].strip(_TRIM)))
        ).strip(_TRIM)
        for role in words.roles:
            _say(said, role, _BY.sub("", names) if words.after_names else names)
        begin = match.end()
    return Credit(text=text, **{role.value: "; ".join(names) or None for role, names in said.items()})


def _say(said: dict[Role, list[str]], role: Role, names: str) -> None:
    """Note names for a role; a bureau among them is noted as such."""
    if role is Role.BUREAU:
        bureau, _, others = names.partition(",")
        said.setdefault(role, []).append(bureau.strip(_TRIM))
        role, names = Role.REPORTING, _AND.sub("", others.strip(_TRIM))
    elif found := _BUREAU.search(names):
        said.setdefault(Role.BUREAU, []).append(found[1].strip())
        names = "" if found[0] == names else names
    others, _, last = names.rpartition(",")
    if others and last.strip().lower() in AGENCIES:
        names = others.strip(_TRIM)
    if names:
        said.setdefault(role, []).append(names)

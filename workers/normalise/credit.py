"""The credit line that signs a text off: "(Reporting by A in Kabul; Editing by B)"."""

import re

from pipeline.model import Credit
from workers.normalise.lexicon import BUREAU_WORDS, CREDIT_WORDS, Role

#: no credit line is longer
_MAX_CHARS = 600
#: a paragraph of its own, without brackets, is a credit line only when it is short or says two things
_MAX_BARE = 100

_WORDS = tuple(each for words in CREDIT_WORDS.values() for each in words)
_MARKER = re.compile(
    "|".join(rf"(?P<m{n}>\b{each.pattern})(?:\b|(?<=['’]))\s*:?" for n, each in enumerate(_WORDS)),
    re.IGNORECASE,
)
_BUREAU = re.compile(
    rf"(?:the )?([A-ZÀ-ÖØ-Þ][\w.'’-]*(?:\s[A-ZÀ-ÖØ-Þ][\w.'’-]*){{0,2}})\s(?:{'|'.join(BUREAU_WORDS)})\b"
)
_TRIM = " ,;.:()\n-–—"
_AND = re.compile(r"(?:^(?:and|et)\s+)|(?:[\s,;]+(?:and|et)$)", re.IGNORECASE)
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


def _credit_start(paragraph: str) -> int | None:
    """Say where in the last paragraph its credit line begins; None where there is none."""
    end = _CONTACT.sub("", paragraph).rstrip(" .")
    if end.endswith(")") and len(end) - (start := _opening_bracket(end)) <= _MAX_CHARS:
        return start if start >= 0 and _opens_credit(end[start + 1 :]) else None
    return 0 if _is_bare_credit(paragraph) else None


def _is_bare_credit(paragraph: str) -> bool:
    """Say whether a paragraph without brackets is nothing but a credit line."""
    first = _MARKER.match(paragraph)
    if first is None or not _opens(first) or len(paragraph) > _MAX_CHARS:
        return False
    short = len(paragraph) <= _MAX_BARE and not paragraph.endswith(".")
    return short or _MARKER.search(paragraph, first.end()) is not None


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

    Words that also open a remark ("Avec ...") need a name after them.
    """
    match = _MARKER.match(inside)
    if match is None:
        return False
    return _opens(match) or (inside[0].isupper() and inside[match.end() :].lstrip()[:1].isupper())


def _opens(match: re.Match[str]) -> bool:
    return _WORDS[_index(match)].opens


def _index(match: re.Match[str]) -> int:
    assert match.lastgroup is not None  # each alternative is a group
    return int(match.lastgroup[1:])


def _read(text: str) -> Credit:
    """Read who did what: the words after a marker, up to the next one."""
    said: dict[Role, list[str]] = {}
    markers = list(_MARKER.finditer(text))
    ends = [match.start() for match in markers[1:]] + [len(text)]
    for match, end in zip(markers, ends, strict=True):
        names = _AND.sub("", text[match.end() : end].partition("((")[0].strip(_TRIM)).strip(_TRIM)
        for role in _WORDS[_index(match)].roles:
            _say(said, role, names)
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
    if names:
        said.setdefault(role, []).append(names)

"""How a text ends: credit line, initials, page ends, rights, contacts. None of it is the story's.

"(Reporting by A; Editing by B)", "abc/def/gh", "(MORE)", "© 2021 Agency", "((newsroom@example.org))"
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from pipeline.model import Credit
from workers.normalise.byline import authors_of, is_bare_byline, is_byline
from workers.normalise.credit import join_credits, split_credit
from workers.normalise.lexicon.agencies import AGENCIES, AGENCY_NAMES
from workers.normalise.lexicon.endings import (
    AFTER_END,
    CONTACT_HEADS,
    CONTACTS,
    END_WORDS,
    INITIALS,
    INLINE_ENDS,
    LAST_MARKS,
    LAST_WORDS,
    LONE_INITIALS,
    NOTEBOOKS,
    PAGE_ENDS,
    RIGHTS,
    RIGHTS_WORDS,
    STAMP_WORDS,
    TEXT_ENDS,
)
from workers.normalise.worded import read_words

#: a paragraph that is no story's is seldom longer
_MAX_CHARS = 500
#: no end of a page is longer
_MAX_PAGE_END = 60
_MAX_SIGNATURE = 60
#: nor a line that names who wrote a text, and for which agency
_MAX_SIGNED = 120
#: nor what stands at the end of a line
_MAX_TAIL = 80
#: nor one of an address
_MAX_ADDRESS = 120
#: nor a name that signs alone
_MAX_NAME = 30
#: characters of two words
_MAX_WORDS = 20
#: paragraphs of a block for other newsrooms, at most
_MAX_NOTEBOOK = 25


_PAGE_END = re.compile(PAGE_ENDS, re.IGNORECASE)
_TEXT_END = re.compile(f"{PAGE_ENDS}|{TEXT_ENDS}", re.IGNORECASE)
_CONTACT = re.compile(CONTACTS, re.IGNORECASE)
_RIGHTS = re.compile(RIGHTS, re.IGNORECASE)
# Without one of these nobody can be called.
_FIGURES = re.compile(r"\d[\d\s().-]{5}")
_ASKING = ("((", "to contact ", "on the net", "follow ", "www.", "http")
# A sentence that ends in small letters or figures, or breaks off in words: nobody signs so.
_PLAIN_END = re.compile(
    r"[a-zà-ÿ0-9][.!?…][\"'”’»]?$|[a-zà-ÿ]{8}$|[a-zà-ÿ]{5} [a-zà-ÿ]+$|[a-zà-ÿ] [a-zà-ÿ]{5,7}$"
)
_NOTEBOOK = re.compile(NOTEBOOKS, re.IGNORECASE)
_CONTACT_HEAD = re.compile(rf"(?:{CONTACT_HEADS})\s?:?", re.IGNORECASE)
# "08:02 ET (13:02 GMT)"
_SECOND_CLOCK = re.compile(r"\s\(\d\d?[:.]\d\d [A-Z]{2,5}\)$")
# "Ann Example, The Canadian Press", "WAM/Ann Example/Bo Sample"
_NAMED = re.compile(
    rf"(?P<names>[^,/]{{5,60}}), (?i:{AGENCY_NAMES})|(?:{AGENCY_NAMES})/(?P<after>[^,]{{5,60}})",
    re.IGNORECASE,
)
# Whole lines, and what stands at the end of the last line of the story.
_SIGNED = re.compile(f"{INITIALS}|{LONE_INITIALS}")
# A single mark ends a sentence after another one only: "a journalist of l'AFP" goes on.
_SENTENCE_END = r"(?:(?<=[.!?…\"”»)\]])|(?<=[.!?…,]['’]))"
_ANY_END = re.compile(r"[.!?…\"'”’»)\]]")
_INLINE_END = re.compile(rf"{_SENTENCE_END}\s*(?:{INLINE_ENDS})$", re.IGNORECASE)
# "… on Monday. (ANSA).", "… el lunes. EFE", "… on Monday. PTI SKP NRB", "… maandag. LVE/YDS/"
_SIGNED_END = re.compile(
    rf"{_SENTENCE_END}\s*(\((?:[\w. ]{{0,12}}[/ -])?\s?(?i:{AGENCY_NAMES}|agenzia \w+[^()]{{0,60}})\s?"
    r"(?:[/ ,-][\w./ -]{0,15})?\)\.?)$"
    rf"|{_SENTENCE_END}\s+((?=[A-Z]{{2,}}|Reuter\b|Lusa\b|Belga\b)(?i:{AGENCY_NAMES})"
    r"(?: [A-Z]{2,4}){0,4}\.?)$"
    rf"|{_SENTENCE_END}\s+({INITIALS})$"
)
# Where the last line of the story may end and a signature begin: "… on Monday./ab/cd", "… lunes. (EFE).- ab"
_SIGNATURE_START = re.compile(rf"{_SENTENCE_END}\s*(?=[(\[/=–—-]|[A-Z]{{2}})")
# What stands between the parts of a signature, and what frames it.
_LAST_MARK = re.compile(LAST_MARKS, re.IGNORECASE)
_AFTER_END = re.compile(AFTER_END, re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s/.,()\[\]–—=#*+_:;|-]+")
_FRAME = " \t-–—/=*+#()[]._<>!…"
_DIGIT = re.compile(r"\d")
_END_WORDS = re.compile(LAST_WORDS, re.IGNORECASE)
_DASHES = ("–", "—", "-")
_FRAMES = ("(", "[", "/", "=", *_DASHES)
_MAX_MARKS = 12
# Who handled it: "ab", "AB", "Abc".
_HAND = re.compile(r"[a-zà-ÿ]{1,4}|[A-ZÀ-Þ]{1,4}|[A-ZÀ-Þ][a-zà-ÿ]{1,2}")
_STAMP = re.compile(r"[A-Za-z]?\d{1,14}[Zh]?")
#: the number under which a text is filed, above a signature
_FILED = re.compile(r"\d{5,8}")
_NO_SIGNATURES = frozenset(("(sic)", "[sic]"))
# "ap/dpa", "Reuters LVX"
_PARTS = re.compile(r"[/ ,-]+")
_MAX_PARTS = 3
_FRAMED = re.compile(r"[(\[\s/=–—-]*(.*?)[)\]\s./=–—-]*")


class _Mark(Enum):
    """What a word of a signature is."""

    AGENCY = auto()
    HAND = auto()
    END = auto()
    STAMP = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A text without what follows its story."""

    body: list[str]
    credit: Credit | None = None


def read_ending(paragraphs: Sequence[str], *, agency: str | None = None) -> Ending:
    """Take off a body what is not the story's at its end, and page ends wherever they stand.

    Args:
        paragraphs: The body.
        agency: Who signs it: named in its dateline, or its sender.
    """
    body = [
        each
        for each in _without_after_end(paragraphs)
        if len(each) > _MAX_PAGE_END or not _PAGE_END.fullmatch(each)
    ]
    if not body:
        return Ending(body=body)
    notebook = _notebook_start(body)
    signed: list[Credit] = []
    if notebook is not None:
        for line in body[notebook:]:
            left, credit = split_credit([line.lstrip("-–•* ")])
            signed += [credit] if credit and not left else []
        body = body[:notebook]
    return _from_the_end(body, signed, agency)


def _without_after_end(paragraphs: Sequence[str]) -> Sequence[str]:
    """Cut a text at the one mark that ends it: what follows is about its sender, or for newsrooms."""
    marks = [n for n, each in enumerate(paragraphs) if len(each) <= _MAX_MARKS and _LAST_MARK.fullmatch(each)]
    if len(marks) != 1 or not marks[0] or len(paragraphs) - marks[0] > _MAX_NOTEBOOK:
        return paragraphs
    follows = paragraphs[marks[0] + 1 : marks[0] + 2]
    return paragraphs[: marks[0]] if follows and _AFTER_END.match(follows[0]) else paragraphs


def _from_the_end(body: list[str], signed: list[Credit], agency: str | None) -> Ending:
    """Take off line after line until one is the story's."""
    while body:
        kept, credit = _without_last(body, agency)
        if credit is None and kept == body and agency:
            kept, credit = _without_agency(body, agency)
        if credit is not None:
            signed.insert(0, credit)
        elif kept == body:
            if not (signed and len(body) > 1 and _FILED.fullmatch(body[-1])):
                break
            kept = body[:-1]
        body = kept
    return Ending(body=body, credit=join_credits(signed))


def _without_agency(body: list[str], agency: str) -> tuple[list[str], Credit | None]:
    """Take the name of the story's own agency, framed or not, off the end: "… on Monday. GNA", "(APS)"."""
    last = body[-1]
    tail = last[-_MAX_TAIL:]
    if agency.lower() not in tail.lower():
        return body, None
    match = re.search(rf"(?:^|{_SENTENCE_END})\s*([(\[/=–—-]*\s?{re.escape(agency)}[)\]/=.–—-]*)$", tail)
    if match is None or (len(body) == 1 and not match.start()):
        return body, None
    kept = last[: len(last) - len(tail) + match.start()].rstrip()
    return [*body[:-1], *([kept] if kept else [])], Credit(text=match[1].strip())


def _without_last(body: list[str], agency: str | None) -> tuple[list[str], Credit | None]:
    """Take one thing off the end of a body that is not the story's; the same body where nothing is."""
    last = body[-1]
    kept, credit = split_credit(body)
    if credit is not None:
        return kept, credit
    if len(body) > 1 and len(last) <= _MAX_CHARS:
        if _is_no_story(last):
            return body[:-1], None
        if (signature := _signature(last, agency)) is not None:
            return body[:-1], signature
        if _is_name(last) and last[0] != body[-2][0] and _ANY_END.search(body[-2], len(body[-2]) - 1):
            return body[:-1], Credit(text=last)
    return _without_tail(body, agency)


def _without_tail(body: list[str], agency: str | None) -> tuple[list[str], Credit | None]:
    """Take what ends the last line of the story off it: the agency's name, initials, the end of a page."""
    last = body[-1]
    tail = last[-_MAX_TAIL:]
    if _PLAIN_END.search(tail[-_MAX_WORDS:]) or not _ANY_END.search(tail):
        return body, None
    signed: str | None = None
    if match := _SIGNED_END.search(tail):
        start, signed = match.start(), next(filter(None, match.groups()))
    elif match := _INLINE_END.search(tail):
        start = match.start()
    elif match := _signature_after(tail, agency):
        start, signed = match.start(), tail[match.end() :]
    else:
        return body, None
    kept = [*body[:-1], last[: len(last) - len(tail) + start]]
    return kept, Credit(text=signed) if signed else None


def _signature_after(tail: str, agency: str | None) -> re.Match[str] | None:
    """Find the end of the sentence after which nothing but a signature stands."""
    for match in _SIGNATURE_START.finditer(tail):
        words = tail[match.end() :]
        if words not in _NO_SIGNATURES and len(_SEPARATORS.split(words)) > 1 and _is_mark(words, agency):
            return match
    return None


def _signature(line: str, agency: str | None) -> Credit | None:
    """Read a line that is initials, the agency's name or a byline: who handled the text, and who wrote it."""
    if len(line) > _MAX_SIGNED:
        return None
    named = _NAMED.fullmatch(line)
    names = (named["names"] or named["after"]) if named else ""
    if is_bare_byline(names):
        return Credit(text=line, writing="; ".join(authors_of(names)))
    if len(line) <= _MAX_SIGNATURE and (_is_signature(line) or _is_mark(line, agency)):
        return Credit(text=line)
    return Credit(text=line, writing="; ".join(authors_of(line))) if is_byline(line) else None


def _is_mark(line: str, agency: str | None) -> bool:
    """Say whether words are nothing but marks: letters of hands, agencies, times, words for the end.

    Letters and figures alone are that only in the forms that no sentence has: framed, or slashed.
    """
    tokens = [token for token in _SEPARATORS.split(line) if token]
    if not 1 <= len(tokens) <= _MAX_MARKS:
        return False
    kinds = [_kind(token, agency) for token in tokens]
    if None in kinds:
        return False
    framed = line.startswith(_FRAMES) or "/" in line or line.endswith(("-", "–", "]"))
    if line[0] in _DASHES and "/" not in line and line.endswith("."):
        return False  # somebody says so: "– Non."
    if not framed:  # "NZPA ABC pm", "PSR.", but "He is in AP" is a sentence
        coded = kinds[0] is _Mark.AGENCY and (tokens[0].isupper() or _Mark.STAMP in kinds)
        return coded or (kinds == [_Mark.HAND] and line.isupper())
    if _Mark.STAMP in kinds:  # "(Agency) 12/01 14:30", but "Wheat 276 1/2 (Agency)" ends a table
        return kinds[0] is _Mark.AGENCY or (line[0] in "([" and _Mark.AGENCY in kinds[:2])
    return True


def _kind(token: str, agency: str | None) -> "_Mark | None":
    """Say what a word is, if it is a mark."""
    lower = token.lower()
    if lower in AGENCIES or (agency and lower in agency.lower().split()):
        return _Mark.AGENCY
    if lower in END_WORDS:
        return _Mark.END
    if lower in STAMP_WORDS or _STAMP.fullmatch(token):
        return _Mark.STAMP
    return _Mark.HAND if _HAND.fullmatch(token) else None


def _is_no_story(line: str) -> bool:
    """Say whether a line ends a page or text, claims rights, or tells whom to ask."""
    if len(line) <= _MAX_PAGE_END and (_TEXT_END.fullmatch(line) or _is_end(line)):
        return True
    lower = line.lower()
    asking = (
        "@" in line
        or "www." in lower
        or "://" in line
        or lower.startswith(_ASKING)
        or _FIGURES.search(line) is not None
    )
    if asking and _CONTACT.fullmatch(line):
        return True
    return any(word in lower for word in RIGHTS_WORDS) and _RIGHTS.fullmatch(line) is not None


def _is_name(line: str) -> bool:
    """Say whether a line is a name in brackets or after a dash, perhaps with a place."""
    name = line.strip(_FRAME)
    framed = line[0] in _DASHES or (line[0] == "(" and line[-1] == ")")
    return framed and len(name) <= _MAX_NAME and is_bare_byline(name)


def _is_end(line: str) -> bool:
    """Say whether a line says that the text ends or goes on, or is the stamp of its sending."""
    if _END_WORDS.fullmatch(line.strip(_FRAME)):
        return True
    if not _DIGIT.search(line):
        return False
    said = read_words(_SECOND_CLOCK.sub("", line).strip(_FRAME))
    if said is not None and said.day and said.year and said.clock and said.weekday is None:
        return True
    kinds = {_kind(token, None) for token in _SEPARATORS.split(line) if token}
    words = line.lower().split()
    return kinds == {_Mark.STAMP} and any(word in STAMP_WORDS for word in words)


def _is_signature(line: str) -> bool:
    """Say whether a line is the initials of those who handled a text, or the agency's name."""
    if _SIGNED.fullmatch(line):
        return True
    framed = _FRAMED.fullmatch(line)
    if framed is None:
        return False
    name = framed[1].lower()
    parts = _PARTS.split(name)
    coded = parts[0] in AGENCIES and line.isupper()  # "PTI SKP NRB AB"
    if coded or name in AGENCIES:
        return True
    joined = "/" in line or parts[0] in AGENCIES  # "He told AFP" is a sentence
    return joined and len(parts) <= _MAX_PARTS and not AGENCIES.isdisjoint(parts)


def _notebook_start(body: list[str]) -> int | None:
    for n in range(max(len(body) - _MAX_NOTEBOOK, 1), len(body)):
        if len(body[n]) > _MAX_PAGE_END:
            continue
        if _NOTEBOOK.fullmatch(body[n]) or (_CONTACT_HEAD.fullmatch(body[n]) and _are_reached(body[n + 1 :])):
            return n
    return None


def _are_reached(lines: Sequence[str]) -> bool:
    """Say whether the last lines of a text are addresses: short, one with a telephone number or e-mail."""
    short = all(len(each) <= _MAX_ADDRESS for each in lines)
    return short and any("@" in each or _FIGURES.search(each) for each in lines)

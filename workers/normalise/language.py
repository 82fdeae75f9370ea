"""Which language a text is in.

The sender's word is used where it is plausible, the text's own where it is not; a source's hint where the
text is too short to tell. Codes are BCP 47.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.cache_sizes import SENT_LANGUAGES
from workers.normalise.classifier import classify
from workers.normalise.language_codes import LANGUAGES, NOT_SAID, OTHER_CODES

#: characters that decide: of 1,213 news texts in two languages none is mistaken by its first 80
_FIRST = 80
#: characters that are read where the first are not enough, or where they contradict the sender
_MORE = 300
#: an answer below this is asked again with more text
_SURE = 0.8
#: an answer below this does not overrule the sender
_CERTAIN = 0.97
#: an answer below this does not overrule the source's hint; the model is modest about headlines
_LIKELY = 0.5
#: an answer below this is none: tables of figures, abbreviations
_POOR = 0.15
#: UTF-8 bytes of letters below which no answer is worth having ("Kabul", "喀布尔")
_MIN_BYTES = 16
#: UTF-8 bytes below which the sender is believed, whatever the text looks like
_OVERRULE_BYTES = 80

#: characters of what a sender says that a note repeats
_SHOWN = 40

#: languages that a classifier takes for one another: the sender knows better
_CLOSE = (
    frozenset(("en", "pcm")),
    frozenset(("no", "nb", "nn", "da")),
    frozenset(("bs", "hr", "sr", "sh", "cnr")),
    frozenset(("id", "ms")),
    frozenset(("fa", "prs", "tg")),
    frozenset(("zh", "yue", "cmn", "wuu")),
    frozenset(("gl", "pt", "es")),
    frozenset(("hi", "mr", "ne")),
    frozenset(("ku", "ckb", "kmr", "sdh")),
    frozenset(("tl", "fil")),
)
_TAG = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,4}")
_NOT_LETTERS = re.compile(r"https?://\S+|[\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language and how sure the text is of it."""

    code: str | None
    #: 0 to 1; None where only the sender or the source says so
    score: float | None = None
    #: in words, where the sender was not believed
    note: str | None = None


def language_of(text: str, *, sent: str | None, hint: str | None) -> Language:
    """Say which language a text is in.

    Args:
        text: Headline and body, or the body alone.
        sent: What the sender says of this item.
        hint: What the source is configured to be in.
    """
    said = language_tag(sent)
    found = _found(text, said, hint)
    if said is None and sent and sent.strip().lower() not in {"", *NOT_SAID}:
        return replace(found, note=f"the sender says language {sent.strip()[:_SHOWN]}, which is none")
    return found


def _found(text: str, said: str | None, hint: str | None) -> Language:
    code, score = _classify(text[:_FIRST])
    if said is not None and _same(said, code) and score >= _LIKELY:
        return Language(code=said, score=score)
    if score < _SURE and len(text) > _FIRST:
        code, score = _classify(text[:_MORE])
    if score < _POOR or (score < _SURE and _letters(text) < _MIN_BYTES):
        return Language(code=said or language_tag(hint))
    if said is None:
        return _unless_unsure(code, score, language_tag(hint))
    if _same(said, code):
        return Language(code=said, score=score)
    code, score = _classify(text[:_MORE])
    if _same(said, code) or score < _CERTAIN or _letters(text) < _OVERRULE_BYTES:
        return Language(code=said)
    return Language(code=code, score=score, note=f"the sender says language {said}, the text is in {code}")


@lru_cache(SENT_LANGUAGES)
def language_tag(sent: str | None) -> str | None:
    """Write a language as BCP 47 does; None where it is none.

    >>> [language_tag(each) for each in ("EN_us", "fre", "zh-hans-cn", "us", None)]
    ['en-US', 'fr', 'zh-Hans-CN', None, None]
    """
    tag = (sent or "").strip().replace("_", "-")
    if not _TAG.fullmatch(tag):
        return None
    first, *rest = tag.lower().split("-")
    primary = OTHER_CODES.get(first, first)
    if primary not in LANGUAGES:
        return None
    subtags = [part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part for part in rest]
    return "-".join([primary, *subtags])


def _unless_unsure(code: str, score: float, hint: str | None) -> Language:
    """Take the source's hint where a short text leaves room for doubt."""
    if hint is not None and _same(hint, code):
        return Language(code=hint, score=score)
    if hint is not None and score < _LIKELY:
        return Language(code=hint)
    return Language(code=code, score=score)


def _letters(text: str) -> int:
    """Count the bytes of the letters at the beginning."""
    return len(_NOT_LETTERS.sub("", text[:_MORE]).encode())


def _same(tag: str, code: str) -> bool:
    first = tag.partition("-")[0]
    return first == code or any({first, code} <= group for group in _CLOSE)


def _classify(text: str) -> tuple[str, float]:
    code, score = classify(text)
    return code, round(score, 4)

"""The last step of every format: an entry's text is clean, and no longer than it may be."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pipeline.formats.charset import BAD_BYTE
from pipeline.formats.controls import CONTROLS, without_controls
from pipeline.model import Concept, Entry

MAX_HEADLINE = 1_000
MAX_BODY = 1_000_000
MAX_KEYWORDS = 500
MAX_CONCEPTS = 500

# One line each; cut where longer.
_LINES = {
    "provider": 200,
    "infosource": 200,
    "service": 200,
    "headline": MAX_HEADLINE,
    "slugline": 200,
    "byline": 1_000,
    "dateline": 500,
    "located": 200,
    "signal": 100,
    "language": 40,
    "published": 100,
    "updated": 100,
    "embargoed": 100,
    "pub_status": 100,
    "ednote": 4_000,
    "copyright": 1_000,
}
# Half an identifier would name something else: left out where longer.
_NAMES = {"guid": 2_000, "revision": 200, "url": 8_000}
_BODIES = ("summary_html", "html", "text")
_LISTS = ("authors", "keywords")
_SHORT_NAMES = ("ids", "numbers")
_MAX_LISTED = 200
_MAX_NAMES = 20

_SPACE = re.compile(r"[ \t\r\n]+")
_BAD_BYTES = f"{chr(BAD_BYTE)}-{chr(BAD_BYTE + 0xFF)}"
_BAD = re.compile(f"[{_BAD_BYTES}]")
_ODD = re.compile(f"[{CONTROLS}{_BAD_BYTES}]")


def finish(entry: Entry, *, repaired: bool = False, note: str | None = None) -> Entry:
    """Clean every text of an entry: no controls but tab and newline, bad bytes mended, lengths capped.

    What was mended or cut stands in the entry's notes. Blank texts become None.

    Args:
        entry: As its format read it.
        repaired: Some of its characters stand for bad bytes, see `pipeline.formats.charset`.
        note: What was odd about its bytes; said of the entry where it is not plain ASCII.
    """
    return _Finisher(repaired=repaired, note=note).finish(entry)


def title_line(text: str | None, *, repaired: bool = False) -> str | None:
    """Clean one line that belongs to no entry: a feed's title."""
    return _Finisher(repaired=repaired, note=None).line(text or "")[:MAX_HEADLINE] or None


class _Finisher:
    """Finishes one entry; gathers what it mended."""

    def __init__(self, *, repaired: bool, note: str | None) -> None:
        self._repaired = repaired
        self._note = note
        self._bad = 0
        self._ascii = True
        self._notes: list[str] = []

    def finish(self, entry: Entry) -> Entry:
        """Return the entry as it may leave the formats."""
        values = {name: value for name in _FINISHED if (value := getattr(entry, name)) is not None}
        changes = {name: _FINISHED[name](self, name, value) for name, value in values.items()}
        changes["ids"] = tuple(each for each in changes["ids"] if each != changes.get("guid"))
        return replace(entry, **changes, notes=(*entry.notes, *self._notes, *self._of_bytes()))

    def line(self, text: str) -> str:
        """Clean a text and make one line of it."""
        return _SPACE.sub(" ", self._clean(text)).strip()

    def _clean(self, text: str) -> str:
        if text.isascii():
            return without_controls(text)
        self._ascii = False
        if _ODD.search(text) is None:
            return text
        # Where no byte was bad, the sender itself sent such a character, which means nothing to anybody.
        text, count = _BAD.subn(_mended if self._repaired else "\N{REPLACEMENT CHARACTER}", text)
        self._bad += count if self._repaired else 0
        return without_controls(text)

    def line_of(self, name: str, text: str) -> str | None:
        """Clean a field of one line; cut where it is too long."""
        return self._cut(name, self.line(text), _LINES[name])

    def body_of(self, name: str, text: str) -> str | None:
        """Clean a text of many lines."""
        cleaned = self._clean(text)
        if "\r" in cleaned:
            cleaned = cleaned.replace("\r\n", "\n").replace("\r", "\n")
        return self._cut(name, cleaned, MAX_BODY) if cleaned.strip() else None

    def name_of(self, name: str, text: str) -> str | None:
        """Clean an identifier; leave it out where it is too long."""
        cleaned = self.line(text)
        if len(cleaned) > _NAMES[name]:
            self._notes.append(f"{name} of {len(cleaned):,} characters left out")
            return None
        return cleaned or None

    def list_of(self, _: str, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Clean a list of short texts; each stands once."""
        lines = (self.line(text)[:_MAX_LISTED] for text in texts)
        return tuple(dict.fromkeys(text for text in lines if text))[:MAX_KEYWORDS]

    def names_of(self, _: str, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Clean identifiers; one that is too long would name something else, and is left out."""
        if not texts:
            return texts
        lines = (self.line(text) for text in texts)
        kept = (line for line in lines if 0 < len(line) <= _NAMES["guid"])
        return tuple(dict.fromkeys(kept))[:_MAX_NAMES]

    def concepts_of(self, _: str, sent: tuple[Concept, ...]) -> tuple[Concept, ...]:
        """Clean codes and names; what has neither, and what stands there twice, goes."""
        cleaned = (
            replace(
                each,
                scheme=self._short(each.scheme),
                code=self._short(each.code),
                name=self._short(each.name),
            )
            for each in sent[:MAX_CONCEPTS]
        )
        return tuple(dict.fromkeys(each for each in cleaned if each.code or each.name))

    def _short(self, text: str | None) -> str | None:
        return (self.line(text)[:_MAX_LISTED] or None) if text else None

    def _cut(self, name: str, text: str, most: int) -> str | None:
        if len(text) > most:
            self._notes.append(f"{name} cut at {most:,} of {len(text):,} characters")
        return text[:most] or None

    def _of_bytes(self) -> tuple[str, ...]:
        notes = []
        if self._bad:
            notes.append(f"{self._bad} bytes that are not UTF-8 repaired")
        if self._note and not self._ascii:
            notes.append(self._note)
        return tuple(notes)


_FINISHED: Mapping[str, Callable[[_Finisher, str, Any], Any]] = {
    **dict.fromkeys(_LINES, _Finisher.line_of),
    **dict.fromkeys(_NAMES, _Finisher.name_of),
    **dict.fromkeys(_BODIES, _Finisher.body_of),
    **dict.fromkeys(_LISTS, _Finisher.list_of),
    **dict.fromkeys(_SHORT_NAMES, _Finisher.names_of),
    "concepts": _Finisher.concepts_of,
}


def _mended(match: re.Match[str]) -> str:
    code = ord(match[0]) - BAD_BYTE
    if not code:
        return "\N{REPLACEMENT CHARACTER}"
    return bytes((code,)).decode("cp1252", "replace")

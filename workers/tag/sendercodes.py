"""What the codes of senders mean: config/sendercodes.yaml and subjectcodes.json, read and checked."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.source import Source
from pipeline.formats.newscodes import scheme_at, scheme_named
from pipeline.model import Concept
from workers.tag.mediatopics import MediaTopic, lineage
from workers.tag.reading import Reading, rules_path

FILES = ("sendercodes.yaml", "subjectcodes.json")

_KEYS = ("vocabularies", "topics", "names", "regions")
_EIGHT_DIGITS = re.compile(r"(?:[a-z]+:)?(\d{8})")
_URL = re.compile(r"https?://(?:www\.)?")
#: a vocabulary in front of a code: "medtop:20000056", "N2:GB"
_PREFIXED = re.compile(r"([A-Za-z][\w-]*):(\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderCodes:
    """The tables, ready: everything is in lower case."""

    #: what senders call a vocabulary → what we call it
    vocabularies: Mapping[str, str]
    #: vocabulary → code → topic
    topics: Mapping[str, Mapping[str, str]]
    #: label of a topic in any language, or a name of our own → topic
    names: Mapping[str, str]
    #: code of a place → country
    regions: Mapping[str, str]
    #: IPTC Subject Code → topic
    subject_codes: Mapping[str, str]
    listed: Mapping[str, MediaTopic]

    def topic_of_name(self, concept: Concept) -> str | None:
        """Say which topic the name of a concept is a label of."""
        return self.names.get((concept.name or "").strip().casefold())

    def topic_of_code(self, concept: Concept) -> str | None:
        """Say which topic the code of a concept stands for."""
        vocabulary, code = self.parted(concept)
        if (digits := _EIGHT_DIGITS.fullmatch(code)) and vocabulary in {"", "medtop", "subj"}:
            return self._topic_of_digits(digits[1], is_subject=vocabulary == "subj")
        if topic := self.topics.get(vocabulary, {}).get(code):
            return topic
        # A single letter that nobody says more of is a category of the wire.
        return self.topics["anpa"].get(code) if not vocabulary and len(code) == 1 else None

    def _topic_of_digits(self, digits: str, *, is_subject: bool) -> str | None:
        """Read a Media Topic, else a Subject Code or the nearest above it that has a topic."""
        if not is_subject and f"medtop:{digits}" in self.listed:
            return f"medtop:{digits}"
        above = (digits, f"{digits[:5]}000", f"{digits[:2]}000000")
        return next((self.subject_codes[each] for each in above if each in self.subject_codes), None)

    def parted(self, concept: Concept) -> tuple[str, str]:
        """Give our name of the vocabulary, empty where there is none, and the code.

        A vocabulary that is not known counts as none where the code looks like IPTC's: TT's copy of the
        Subject Codes has a URI of TT's own.
        """
        scheme, code = concept.scheme or "", (concept.code or "").strip()
        if not scheme and (found := _PREFIXED.fullmatch(code)):
            scheme, code = found[1], found[2]
        bare = _URL.sub("", _iptc_alias(scheme).casefold()).rstrip("/#: ")
        known = self.vocabularies.get(bare)
        if known is None and bare and not _EIGHT_DIGITS.fullmatch(code.casefold()):
            return bare, code.casefold()
        return known or "", code.casefold()


def _iptc_alias(scheme: str) -> str:
    """Give IPTC's alias of a vocabulary where the formats know it, by its name or its address."""
    return scheme_at(scheme) if "/" in scheme else scheme_named(scheme.rstrip(": ")) or ""


def load_sender_codes(config_dir: Path, listed: Mapping[str, MediaTopic]) -> SenderCodes:
    """Read both files; one that the configuration does not have is taken as it is shipped.

    Raises:
        ConfigError: With everything that is wrong with sendercodes.yaml.
    """
    yaml, subject_codes = (rules_path(config_dir, name) for name in FILES)
    reading = Reading(Source.read_rules(yaml))
    whole = reading.mapping(reading.source.value, (), _KEYS)
    codes = SenderCodes(
        vocabularies=_vocabularies(reading, whole.get("vocabularies")),
        topics={
            str(name).casefold(): _topics(reading, each, ("topics", name), listed)
            for name, each in _table(reading, whole.get("topics"), ("topics",)).items()
        },
        names={**_labels(listed), **_topics(reading, whole.get("names"), ("names",), listed)},
        regions={
            str(code).casefold(): str(each)
            for code, each in _table(reading, whole.get("regions"), ("regions",)).items()
        },
        subject_codes=json.loads(subject_codes.read_bytes())["topics"],
        listed=listed,
    )
    reading.source.refuse(reading.wrong)
    return codes


def _table(reading: Reading, value: object, place: tuple[str | int, ...]) -> dict[str, object]:
    if value is None or isinstance(value, dict):
        return value or {}
    reading.complain(place, "should be a mapping of keys and values")
    return {}


def _vocabularies(reading: Reading, value: object) -> dict[str, str]:
    """Read `medtop: [mediatopic, …]` as what senders call it → what we do."""
    return {
        str(name).casefold(): ours
        for ours, listed in _table(reading, value, ("vocabularies",)).items()
        for name in reading.items(listed, ("vocabularies", ours))
    }


def _topics(
    reading: Reading, value: object, place: tuple[str | int, ...], listed: Mapping[str, MediaTopic]
) -> dict[str, str]:
    found = {}
    for code, topic in _table(reading, value, place).items():
        if topic not in listed:
            reading.complain((*place, code), f'"{topic}" is no Media Topic')
        found[str(code).casefold()] = str(topic)
    return found


def _labels(listed: Mapping[str, MediaTopic]) -> dict[str, str]:
    """Take the labels of all topics in all languages; one in use and highest up has a label they share."""
    ranked = sorted(
        listed.values(), key=lambda each: (each.retired, len(lineage(each.code, listed)), each.code)
    )
    found: dict[str, str] = {}
    for topic in ranked:
        for label in topic.labels.values():
            found.setdefault(label.casefold(), topic.code)
    return found

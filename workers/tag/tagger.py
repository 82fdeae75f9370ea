"""Everything that is said of where and what a document is about: one pass over its words.

Rules and gazetteer are loaded once, before workers are forked; what they say depends on the document alone.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from pipeline.model import Document, Tagging
from workers.tag.beats import BeatRules, beats_of, load_beats
from workers.tag.gazetteer.file import Gazetteer
from workers.tag.gazetteer.ready import ready_gazetteer
from workers.tag.known import FILE_NAME as ENTITIES
from workers.tag.known import KnownBodies, known_in, load_known
from workers.tag.matcher import Matcher, parted
from workers.tag.reading import rules_path
from workers.tag.regions import RegionReading, regions_of
from workers.tag.sendercodes import FILES as SENDER_CODES
from workers.tag.sendercodes import SenderCodes, load_sender_codes
from workers.tag.sent import with_sent_regions, with_sent_topics
from workers.tag.tokens import tagged_text, tokenise, warm_up
from workers.tag.topics import TopicRules, load_topics, topics_of

_RULE_FILES = ("topics", "beats.yaml", "regions.yaml", "mediatopics.json", ENTITIES, *SENDER_CODES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagger:
    """Rules and gazetteer, ready."""

    gazetteer: Gazetteer
    topics: TopicRules
    beats: BeatRules
    #: what the codes of senders mean
    codes: SenderCodes
    known: KnownBodies
    #: the terms of beats and the names of known bodies, in this order: one pass over the words finds both
    terms: Matcher
    #: names the rules and the gazetteer; stands in every tagging
    version: str

    def tag(self, document: Document, *, default_region: str | None = None) -> tuple[Document, Tagging]:
        """Say what a document is about.

        Args:
            document: Normalised.
            default_region: Of its source, ISO 3166-1 alpha-2.

        Returns:
            The document with the place of its dateline resolved, and its tagging with those organisations
            only that are known by name. Others, and people, take a model: see workers.tag.enricher.
        """
        tokens = tokenise(tagged_text(document), document.language)
        of_beats, of_bodies = parted(self.terms.find(tokens), len(self.beats.phrases))
        organisations = known_in(document.language, tokens, of_bodies, self.known)
        where = regions_of(
            document,
            tokens,
            self.gazetteer,
            default_region=default_region,
            bodies=(mention for each in organisations for mention in each.mentions),
        )
        where = with_sent_regions(where, document, self.codes, self.gazetteer)
        topics = with_sent_topics(topics_of(document, tokens, self.topics), document, self.codes)
        tagging = Tagging(
            rules=self.version,
            regions=where.regions,
            places=where.places,
            topics=topics,
            beats=beats_of(where.regions, topics, tokens, of_beats, self.beats),
            organisations=organisations,
        )
        return _located(document, where), tagging


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the rule files of a configuration say, read and checked."""

    topics: TopicRules
    beats: BeatRules
    known: KnownBodies
    codes: SenderCodes


def load_rules(config_dir: Path) -> Rules:
    """Read every rule file that tagging needs; it takes no gazetteer and is quick.

    Raises:
        ConfigError: A rule file is wrong; with file, line and column.
    """
    topics = load_topics(config_dir)
    return Rules(
        topics=topics,
        beats=load_beats(config_dir, topics),
        known=load_known(config_dir),
        codes=load_sender_codes(config_dir, topics.topics),
    )


def load_tagger(config_dir: Path) -> Tagger:
    """Load rules and gazetteer; a rule file that the configuration does not have is taken as it is shipped.

    Raises:
        ConfigError: A rule file is wrong; with file, line and column.
        ServiceError: The gazetteer is not there and cannot be compiled.
    """
    warm_up()
    rules = load_rules(config_dir)
    gazetteer = ready_gazetteer(config_dir)
    return Tagger(
        gazetteer=gazetteer,
        topics=rules.topics,
        beats=rules.beats,
        codes=rules.codes,
        known=rules.known,
        terms=Matcher((*rules.beats.phrases, *rules.known.phrases)),
        version=_version(config_dir, gazetteer),
    )


def rules_version(config_dir: Path) -> str:
    """Name the rules and the gazetteer, as `load_tagger` would; the rules are checked. Raises as it does."""
    load_rules(config_dir)
    return _version(config_dir, ready_gazetteer(config_dir))


def _version(config_dir: Path, gazetteer: Gazetteer) -> str:
    return f"{_version_of_rules(config_dir)}/{gazetteer.version}"


def _located(document: Document, where: RegionReading) -> Document:
    if document.dateline is None or where.dateline_place is None:
        return document
    return replace(document, dateline=replace(document.dateline, place=where.dateline_place))


def _version_of_rules(config_dir: Path) -> str:
    digest = sha256()
    for name in _RULE_FILES:
        path = rules_path(config_dir, name)
        for file in sorted(path.glob("*.yaml")) if path.is_dir() else [path]:
            digest.update(f"{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]

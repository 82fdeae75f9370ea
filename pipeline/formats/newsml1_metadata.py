"""What the components around a story of NewsML 1 say: lines, parties, language, subjects, places.

Given are components without those inside them, outermost first; the innermost has the last word.
"""

import re
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from pipeline.formats.newscodes import country, scheme_named, subject
from pipeline.formats.xml_tree import value, words
from pipeline.model import Concept

_SUBJECTS = frozenset({"subject", "subjectmatter", "subjectdetail", "subjectqualifier"})
_PLACE = re.compile(r"(?:country|city|region|state|province|countryarea|location|place)(?:name|keywords?)?$")
_PARTIES = {
    "person": "person",
    "organization": "organisation",
    "organisation": "organisation",
    "company": "organisation",
}


class Lines:
    """The NewsLines of a story's components, innermost first."""

    def __init__(self, chain: Sequence[Element]) -> None:
        self._found = [each for component in reversed(chain) for each in component.findall("newslines")]

    def first(self, name: str) -> str | None:
        """Give the first line of a name that is not blank."""
        found = (words(each) for lines in self._found for each in lines.iterfind(name))
        return next(filter(None, found), None)

    def typed(self, wanted: re.Pattern[str]) -> list[str]:
        """Give the lines of a type."""
        lines = [each for found in self._found for each in found.iterfind("newsline")]
        return [
            text
            for line in lines
            if wanted.search(value(line.find("newslinetype"), "formalname") or "")
            for each in line.iterfind("newslinetext")
            if (text := words(each))
        ]


def party(chain: Sequence[Element], name: str) -> str | None:
    found = (
        value(party, "formalname") or words(party)
        for component in reversed(chain)
        for party in component.iterfind(f"administrativemetadata/{name}/party")
    )
    return next(filter(None, found), None)


def authors(chain: Sequence[Element]) -> Iterator[str]:
    for component in reversed(chain):
        for each in component.iterfind("administrativemetadata/property"):
            if (value(each, "formalname") or "").lower() in {"author", "journalist", "writer"}:
                yield value(each, "value") or ""


def language(item: Element, chain: Sequence[Element]) -> str | None:
    """Give the language nearest to the text; a component may only group others in many languages."""
    for component in reversed(chain):
        named = [value(each, "formalname") for each in component.iterfind("descriptivemetadata/language")]
        if found := next(filter(None, named), None) or value(component, "lang"):
            return found
    heads = (value(each, "lang") for component in chain for each in component.iterfind("newslines/headline"))
    return value(item, "lang") or next(filter(None, heads), None)


def keywords(chain: Sequence[Element]) -> Iterator[str]:
    for component in reversed(chain):
        for line in component.iterfind("newslines/keywordline"):
            yield from (word.strip() for word in re.split("[,;]", words(line) or ""))
    for name, said in _properties(chain):
        if name.endswith(("keyword", "keywords")):
            yield said


def located(chain: Sequence[Element]) -> str | None:
    for description in _described(chain):
        for place in description.iterfind("location"):
            if (value(place, "howpresent") or "").lower() in {"origin", "from"}:
                named = {(value(each, "formalname") or "").lower(): value(each, "value") for each in place}
                if found := named.get("city") or named.get("location"):
                    return found
    return dict(_properties(chain)).get("city")


def concepts(chain: Sequence[Element]) -> Iterator[Concept]:
    for description in _described(chain):
        yield from _subjects(description)
        for each in description.findall("genre"):
            if name := value(each, "formalname"):
                yield Concept(kind="genre", scheme=scheme_named(value(each, "scheme")), name=name)
        for place in description.findall("location"):
            for each in place.iter("property"):
                yield from _place((value(each, "formalname") or "").lower(), value(each, "value"))
    for name, said in _properties(chain):
        if name in _PARTIES:
            yield Concept(kind=_PARTIES[name], name=said)
        else:
            yield from _place(name, said)


def holder(chain: Sequence[Element]) -> str | None:
    found = (words(each) for part in reversed(chain) for each in part.iterfind("rightsmetadata/copyright"))
    return next(filter(None, found), None)


def _described(chain: Sequence[Element]) -> Iterator[Element]:
    """Give the descriptions of a story's components; one agency leaves a letter out."""
    for component in reversed(chain):
        yield from component.findall("descriptivemetadata")
        yield from component.findall("descriptivemetada")


def _properties(chain: Sequence[Element]) -> Iterator[tuple[str, str]]:
    """Give name, in lower case, and value of what a story's metadata says in properties of its own."""
    holders = [*_described(chain), *(each for part in reversed(chain) for each in part.findall("metadata"))]
    for holder in holders:
        for each in holder.findall("property"):
            name, said = value(each, "formalname"), value(each, "value") or words(each)
            if name and said:
                yield name.lower(), said


def _subjects(description: Element) -> Iterator[Concept]:
    for each in description.iterfind("subjectcode/*"):
        code = value(each, "formalname")
        if each.tag in _SUBJECTS and code:
            yield subject(code, scheme=value(each, "scheme"), name=words(each))
            if category := value(each, "cat"):
                yield Concept(kind="category", scheme="cat", code=category)
    for each in description.iterfind("topicoccurrence"):
        if topic := value(each, "topic"):
            yield Concept(kind="subject", code=topic)


def _place(kind: str, said: str | None) -> Iterator[Concept]:
    if said and _PLACE.search(kind):
        yield country(said) if "country" in kind else Concept(kind="place", name=said)

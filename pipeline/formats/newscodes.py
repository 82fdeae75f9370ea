"""Vocabularies of news codes: which one a code is from, and what kind of thing it names.

A sender names a code by alias (`medtop:20000523`), by URI, by the name NewsML 1.2 gives the vocabulary, or
by nothing but eight digits. Known vocabularies get IPTC's own alias; others stay as sent.

Source: https://cv.iptc.org/newscodes/ and the catalog of IPTC's standards.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from pipeline.model import Concept

#: alias → beginning of its URIs
SCHEMES: Mapping[str, str] = MappingProxyType(
    {
        "medtop": "http://cv.iptc.org/newscodes/mediatopic/",
        "subj": "http://cv.iptc.org/newscodes/subjectcode/",
        "genre": "http://cv.iptc.org/newscodes/genre/",
        "scene": "http://cv.iptc.org/newscodes/scene/",
        "stat": "http://cv.iptc.org/newscodes/pubstatusg2/",
        "sig": "http://cv.iptc.org/newscodes/signal/",
        "nprov": "http://cv.iptc.org/newscodes/newsprovider/",
        "ninat": "http://cv.iptc.org/newscodes/ninature/",
        "cpnat": "http://cv.iptc.org/newscodes/cpnature/",
        "drol": "http://cv.iptc.org/newscodes/descriptionrole/",
        "wldreg": "http://cv.iptc.org/newscodes/worldregion/",
        "iso3166-1a2": "http://cvx.iptc.org/iso3166-1a2/",
        "iso3166-1a3": "http://cvx.iptc.org/iso3166-1a3/",
        "iso3166-1n": "http://cvx.iptc.org/iso3166-1n/",
        "iso3166-2": "http://cvx.iptc.org/iso3166-2/",
        "wikidata": "http://www.wikidata.org/entity/",
        "geonames": "http://sws.geonames.org/",
    }
)
#: other names of the same vocabularies, in lower case
_ALIASES = {
    "iptc": "subj",
    "iptcsubjectcodes": "subj",
    "iptcsubjectcode": "subj",
    "subjectcode": "subj",
    "subjectcodes": "subj",
    "subject-code": "subj",
    "mediatopic": "medtop",
    "mediatopics": "medtop",
    "iptcgenre": "genre",
    "a1312cat": "anpa",
    "anpa1312cat": "anpa",
    "anpa_category": "anpa",
    "isocountrycode": "iso3166-1a2",
    "iso3166-a2": "iso3166-1a2",
    "iso3166-1-a2": "iso3166-1a2",
    "iso3166-a3": "iso3166-1a3",
    "iso3166-1-a3": "iso3166-1a3",
    "iso-cc": "iso3166-1a2",
    "wd": "wikidata",
    "geonameid": "geonames",
}
_KINDS = {
    "medtop": "subject",
    "subj": "subject",
    "genre": "genre",
    "anpa": "category",
    "cat": "category",
    "nprov": "organisation",
    "wldreg": "place",
    "geonames": "place",
}
_SUBJECT = re.compile(r"(?:0[1-9]|1[0-7])\d{6}", re.ASCII)
_TOPIC = re.compile(r"20\d{6}", re.ASCII)
_COUNTRY = {2: "iso3166-1a2", 3: "iso3166-1a3"}


def scheme_named(name: str | None) -> str | None:
    """Give IPTC's alias of a vocabulary; unknown ones keep the name they were sent with.

    >>> [scheme_named(each) for each in ("IptcSubjectCodes", "iso3166-1a2", "N2", None)]
    ['subj', 'iso3166-1a2', 'N2', None]
    """
    if not name:
        return None
    known = _ALIASES.get(name.lower(), name.lower())
    return known if known in SCHEMES or known in _KINDS else name


def scheme_at(uri: str) -> str:
    """Give IPTC's alias of the vocabulary at a URI; unknown ones are named by the URI.

    >>> scheme_at("https://cv.iptc.org/newscodes/mediatopic/")
    'medtop'
    """
    bare = _bare(uri)
    return next((alias for alias, known in SCHEMES.items() if _bare(known) == bare), uri)


def split_uri(uri: str) -> tuple[str | None, str]:
    """Split the URI of a concept into vocabulary and code.

    >>> split_uri("http://cv.iptc.org/newscodes/mediatopic/20000523")
    ('medtop', '20000523')
    """
    base, separator, code = uri.strip().rstrip("/").rpartition("#" if "#" in uri else "/")
    return (scheme_at(base + separator), code) if base and code else (None, uri.strip())


def split_qcode(qcode: str) -> tuple[str, str] | None:
    """Split a code that is written with the alias of a known vocabulary; None where it is written otherwise.

    >>> split_qcode("medtop:20000523"), split_qcode("harbour:7")
    (('medtop', '20000523'), None)
    """
    alias, _, code = qcode.partition(":")
    named = scheme_named(alias)
    return (named, code) if code and named is not None and named in SCHEMES else None


def kind_of(scheme: str | None) -> str | None:
    """Say what the codes of a vocabulary name; None: anything."""
    if scheme and scheme.startswith("iso3166"):
        return "place"
    return _KINDS.get(scheme or "")


def subject(code: str | None, *, scheme: str | None = None, name: str | None = None) -> Concept:
    """Make the concept of a subject code; eight digits say themselves which vocabulary they are of.

    >>> subject("15054000").scheme, subject("20000523", scheme="IptcSubjectCodes").scheme
    ('subj', 'medtop')
    """
    code = code.strip() if code else None
    named = scheme_named(scheme)
    if code and code.lower().startswith(("iptc:", "subj:", "medtop:")):
        named, code = scheme_named(code.partition(":")[0]), code.partition(":")[2]
    if code and named in {None, "subj"}:
        named = "medtop" if _TOPIC.fullmatch(code) else "subj" if _SUBJECT.fullmatch(code) else named
    return Concept(kind=kind_of(named) or "subject", scheme=named, code=code, name=name)


def country(code: str | None, *, name: str | None = None) -> Concept:
    """Make the concept of a country: a code of two or three letters, else a name.

    >>> country("SWE").scheme, country("Sweden").name
    ('iso3166-1a3', 'Sweden')
    """
    code = code.strip() if code else None
    if code and len(code) in _COUNTRY and code.isascii() and code.isupper():
        return Concept(kind="place", scheme=_COUNTRY[len(code)], code=code, name=name)
    return Concept(kind="place", name=name or code)


def _bare(uri: str) -> str:
    return uri.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/#")

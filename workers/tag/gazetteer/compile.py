"""Compile the gazetteer: a few seconds, once for each state of its inputs."""

import math
import os
import re
import struct
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

from pipeline.errors import ConfigError, ServiceError
from pipeline.loading import start_loading
from workers.tag.gazetteer.file import CITY, NO_CITY, SENSE, WORD_LISTS, key_of, load_gazetteer, pack
from workers.tag.gazetteer.lists import Lists, words_of
from workers.tag.gazetteer.sources import (
    City,
    Name,
    alpha3,
    cities,
    city_names,
    codes,
    country_names,
    demonyms,
    neighbours,
    own_names,
)
from workers.tag.gazetteer.values import Kind, Spoken
from workers.tag.gazetteer.version import REFUSED, gazetteer_version
from workers.tag.tokens import fold, split_name

_SPACE = re.compile(" ")
#: cities that one name may stand for
_MOST_CITIES = 8
#: kind, country, city's GeoNames id (0: none), code of a state
_Meaning = tuple[Kind, str, int, str]
#: name → what it stands for → in which languages, and whether it is the city's own name
_Names = dict[str, dict[_Meaning, tuple[Spoken, bool]]]


def compile_gazetteer(path: Path, *, config_dir: Path | None = None) -> Path:
    """Compile the gazetteer where `path` is not of the present version; else leave it alone.

    The file appears whole or not at all, and may be replaced while others have it mapped.

    Args:
        path: Where to write it.
        config_dir: Has our own lists in `regions`; what it has not, and all for None, is taken as shipped.

    Raises:
        ConfigError: One of our own lists is wrong; with file, line and column.
    """
    wanted = gazetteer_version(config_dir)
    if _version_of(path) != wanted:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, _compile(wanted, Lists(config_dir)))
    return path


def _version_of(path: Path) -> str | None:
    """Read the version of a compiled file; None where there is no whole one."""
    try:
        return load_gazetteer(path).version
    except ServiceError:
        return None


def _write(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _compile(wanted: str, lists: Lists) -> bytes:
    countries, towns = codes(), cities()
    lists.refuse_unknown(countries, towns)
    names = _gather(chain(country_names(countries), own_names(lists), city_names(lists)))
    _prune(names, towns, never={" ".join(split_name(name)) for name in lists.words("places", "never")})
    used = sorted({city for meanings in names.values() for _, _, city, _ in meanings if city})
    city_rows, city_names_blob = _pack_cities([towns[number] for number in used], list(countries))
    rows = {number: row for row, number in enumerate(used)}
    header = {
        "version": wanted,
        "countries": countries,
        "alpha3": alpha3(),
        "neighbours": neighbours(),
        "words": _word_lists(lists),
    }
    sections = {
        **_pack_names(names, rows, {code: n for n, code in enumerate(countries)}),
        "cities": city_rows,
        "names": city_names_blob,
    }
    return pack(header, sections)


def _gather(names: Iterable[Name]) -> _Names:
    found: _Names = defaultdict(dict)
    for name in names:
        meanings = found[" ".join(split_name(name.text))]
        meaning = (name.kind, name.country, name.city, name.part)
        if meaning in meanings:
            spoken, own = meanings[meaning]
            meanings[meaning] = (spoken | name.spoken, own or name.own)
        else:
            meanings[meaning] = (name.spoken, name.own)
    found.pop("", None)
    return found


def _prune(names: _Names, towns: Mapping[int, City], *, never: set[str]) -> None:
    """Leave out cities that nobody means by a name.

    A country's name or demonym is never a city elsewhere ("Mexico" in Missouri); of the others the largest
    stay, where a city's own name counts as much as ten times the people under an alternate name.
    """
    for key, meanings in names.items():
        if len(meanings) == 1 and key not in never:
            continue
        at_home = {country for kind, country, *_ in meanings if kind in (Kind.COUNTRY, Kind.DEMONYM)}
        ranked = sorted(
            (each for each in meanings if each[0] is Kind.CITY),
            key=lambda each: _rank(towns[each[2]], own=meanings[each][1]),
            reverse=True,
        )
        good = [each for each in ranked if key not in never and (not at_home or each[1] in at_home)]
        kept = set(good[: 1 if at_home else _MOST_CITIES])
        names[key] = {each: meanings[each] for each in meanings if each[0] is not Kind.CITY or each in kept}


def _rank(city: City, *, own: bool) -> float:
    return math.log10(city.population + 10) + own + city.capital


def _word_lists(lists: Lists) -> dict[str, object]:
    prefixes = [name for each in lists.section("names", "prefixes").values() for name in each]
    french = [
        word for name in demonyms(lists) if name.spoken & Spoken.FR for word in name.text.split("-")[:1]
    ]
    openers = [name.split()[0] for name in lists.words("names", "nothing") if name[0].islower()]
    return {
        "ordinary": {
            language: sorted(set(words_of(words)))
            for language, words in lists.section("words", "ordinary").items()
        },
        **{name: sorted(set(lists.words("words", name))) for name in WORD_LISTS},
        "small": sorted(set(map(fold, (*french, *openers, *prefixes)))),
    }


def _pack_names(names: _Names, rows: Mapping[int, int], countries: Mapping[str, int]) -> dict[str, bytes]:
    more = {key[: match.start()] for key in names for match in _SPACE.finditer(key)}
    keys = sorted((key_of(key), key) for key in more | names.keys())
    first, senses = [], bytearray()
    for _, key in keys:
        first.append(len(senses) // SENSE.size)
        for (kind, country, city, part), (spoken, own) in sorted(names.get(key, {}).items()):
            row = rows.get(city, NO_CITY)
            senses += SENSE.pack(kind, spoken, own, countries.get(country, 0), row, part.encode())
    first.append(len(senses) // SENSE.size)
    return {
        "keys": struct.pack(f"={len(keys)}Q", *(number for number, _ in keys)),
        "first": struct.pack(f"={len(first)}I", *first),
        "more": bytes(key in more for _, key in keys),
        "senses": bytes(senses),
    }


def _pack_cities(towns: Sequence[City], countries: Sequence[str]) -> tuple[bytes, bytes]:
    rows, names = bytearray(), bytearray()
    index = {code: n for n, code in enumerate(countries)}
    for town in towns:
        name = town.name.encode()
        rows += CITY.pack(
            town.geonames,
            town.population,
            town.lat,
            town.lon,
            index[town.country],
            town.capital,
            len(name),
            len(names),
            town.part.encode()[:4],
        )
        names += name
    return bytes(rows), bytes(names)


if __name__ == "__main__":
    start_loading()
    try:
        compile_gazetteer(Path(sys.argv[1]), config_dir=Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    except ConfigError as error:
        sys.stderr.write(str(error))
        sys.exit(REFUSED)

"""Groups of countries, as regions.yaml has them: code → members."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.config.countries import COUNTRIES, no_country
from pipeline.config.source import Source
from workers.tag.reading import Reading

_KEYS = {"name", "countries", "groups"}


def load_groups(path: Path) -> dict[str, frozenset[str]]:
    """Read the groups; those inside a group are taken with all their members.

    Returns:
        Code of the group → ISO 3166-1 alpha-2 codes.

    Raises:
        ConfigError: With everything that is wrong in the file.
    """
    reading = Reading(Source.read_rules(path))
    whole = reading.mapping(reading.source.value, (), {"groups"})
    written = whole.get("groups")
    groups = {
        code: reading.mapping(value, ("groups", code), _KEYS)
        for code, value in (written if isinstance(written, dict) else {}).items()
    }
    for code, value in groups.items():
        for index, inner in enumerate(_words(value.get("groups"))):
            if inner not in groups:
                reading.complain(("groups", code, "groups", index), f'there is no group "{inner}"')
        for index, country in enumerate(_words(value.get("countries"))):
            if country not in COUNTRIES:
                reading.complain(("groups", code, "countries", index), no_country(country))
    reading.source.refuse(reading.wrong)
    return {code: _members(code, groups, frozenset()) for code in groups}


def _members(code: str, groups: Mapping[str, Mapping[str, object]], around: frozenset[str]) -> frozenset[str]:
    """Give the countries of a group; a group inside itself adds nothing."""
    if code in around:
        return frozenset()
    inner = (_members(each, groups, around | {code}) for each in _words(groups[code].get("groups")))
    return frozenset(_words(groups[code].get("countries"))).union(*inner)


def _words(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

"""How the tables of the lexicon are written down."""


def words(listed: str) -> frozenset[str]:
    """Give the words of a list that is written as a text."""
    return frozenset(listed.split())


def names(listed: str) -> frozenset[str]:
    """Give the names of a list that is written as lines, with bars between names on one line."""
    return frozenset(name.strip() for line in listed.splitlines() for name in line.split("|") if name.strip())


def any_of(listed: str) -> str:
    """Make one regular expression, without groups of its own, of alternatives that are written as lines."""
    return "|".join(line.strip() for line in listed.strip().splitlines())

"""May an item be used: status and embargo, in the words of NITF, NewsML 1.2 and NewsML-G2."""

from dataclasses import dataclass

_EMBARGOED = "embargoed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a sender says of an item's use."""

    pub_status: str | None = None
    embargoed: str | None = None


def read_usage(status: str | None, *, until: str | None = None) -> Usage:
    """Read a status as sent; an embargo without an end is withheld.

    Args:
        status: `usable`, `stat:canceled`, `Embargoed`, …
        until: When an embargo ends, as sent.

    >>> read_usage("Embargoed"), read_usage("stat:usable", until="2026-02-03T12:00:00Z").embargoed
    (Usage(pub_status='withheld', embargoed=None), '2026-02-03T12:00:00Z')
    """
    said = status.rpartition(":")[2].strip().lower() if status else None
    if said == _EMBARGOED:
        return Usage(pub_status="usable" if until else "withheld", embargoed=until)
    return Usage(pub_status=said or None, embargoed=until)

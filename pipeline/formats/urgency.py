"""Urgency as the standards write it: 1 highest to 9 lowest."""


def read_urgency(value: object) -> tuple[int | None, tuple[str, ...]]:
    """Read 1 to 9, as a number or in quotes; a story is not refused for another one.

    Returns:
        The urgency, and what is to be noted.
    """
    if value is None:
        return None, ()
    if not isinstance(value, bool) and (digit := str(value).strip().removeprefix("0")) in set("123456789"):
        return int(digit), ()
    return None, (f"urgency {str(value)[:20]!r} is not 1 to 9",)

"""How `newswire explain` lays an explanation out: what was found, and under it the words that say so."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from pipeline.cli.show_text import ID_LENGTH
from pipeline.plain import safe_line

#: of one finding; the rest is in the JSON
_MOST_REASONS = 12

Explained = Mapping[str, Any]

#: list of the explanation → how one of it is headed: `str.format` with its fields
_HEADS = {
    "regions": "region {code} {name} {score:.2f}",
    "places": "place {name}, {country} (GeoNames {geonames}) {score:.2f}",
    "topics": "topic {code} {name} {score:.2f}",
    "beats": "beat {code} {name} {score:.2f}",
    "people": "person {name}",
    "organisations": "organisation {name}",
    "relations": f"{{kind}} {{id:.{ID_LENGTH}}} {{score:.2f}}",
}


def explanation_view(explained: Explained) -> RenderableType:
    """Lay an explanation out to be read."""
    version = f"  v{explained['version']}" if explained["version"] > 1 else ""
    title = safe_line(explained["headline"] or explained["lead"], 160)
    lines = [
        Text(
            f"{explained['id'][:ID_LENGTH]}{version}  {safe_line(explained['provider'], 40)}  {title}", "bold"
        ),
        Text(f"tagged by {explained['rules']}" if explained["rules"] else "not tagged yet", "dim"),
    ]
    for name, head in _HEADS.items():
        for each in explained[name]:
            roles = f" ({', '.join(each['roles'])})" if each.get("roles") else ""
            lines.append(Text(f"\n{safe_line(head.format_map(each) + roles, 200)}", "bold"))
            lines += _reasons(each["evidence"])
    if explained["story_id"]:
        lines.append(Text(f"\nstory  {explained['story_id'][:ID_LENGTH]}"))
    return Group(*lines)


def _reasons(evidence: Sequence[Explained]) -> Iterator[Text]:
    for each in evidence[:_MOST_REASONS]:
        where = each["field"] if each["start"] is None else f"{each['field']} {each['start']}"
        words = safe_line(each["context"] or each["text"], 200)
        yield Text(f"  {where:<14}  {words}" + (f"  - {safe_line(each['why'], 160)}" if each["why"] else ""))
    if len(evidence) > _MOST_REASONS:
        yield Text(f"  and {len(evidence) - _MOST_REASONS} more, in --json", "dim")

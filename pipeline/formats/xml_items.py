"""A file of agency XML, item by item: one that holds no story becomes a problem, the others go on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from pipeline.errors import Reason
from pipeline.formats.finish import finish
from pipeline.formats.source import Source
from pipeline.formats.xml_tree import Tree, read_trees
from pipeline.model import Entry, Parsed, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemForm:
    """How a format's items are found and read."""

    name: str
    roots: frozenset[str]
    items: Callable[[Tree], Sequence[Element]]
    #: of a document gives what reads its items; no entry: there is no story in it, nor an order about one
    reader: Callable[[Tree], Callable[[Element], Iterable[Entry]]]
    #: says what an item without a story is
    otherwise: Callable[[Element], str]
    #: says what a document without items is
    empty: str


def read_items(source: Source, form: ItemForm) -> Parsed:
    """Read each item of a file.

    Raises:
        ParseError: Over a limit, or nothing can be read of it.
    """
    entries: list[Entry] = []
    problems: list[Problem] = []
    number = 0
    for tree in read_trees(source, form.roots):
        items, entries_of = form.items(tree), form.reader(tree)
        for number, item in enumerate(items, number + 1):  # noqa: B020  it goes on from document to document
            found = [finish(each, repaired=source.repaired, note=source.note) for each in entries_of(item)]
            entries += found
            problems += [] if found else [_problem(form.otherwise(item), f"item {number}")]
        problems += [] if items else [_problem(form.empty, "document")]
    return Parsed(format=form.name, entries=tuple(entries), problems=tuple(problems))


def _problem(detail: str, where: str) -> Problem:
    return Problem(reason=Reason.EMPTY, detail=detail, where=where)

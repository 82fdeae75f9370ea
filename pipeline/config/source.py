"""A YAML file with the places of everything in it, and complaints that point there.

Every plain scalar stays the text that was written: the models say what is a number or a switch. So
`language: no` is Norwegian, `id: 007` keeps its zeros, and a password of digits is a password.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from pipeline.config.rights import refuse_writable
from pipeline.config.words import KeyPath, masked, may_be_shown, pointed, pointed_unread, printable, written
from pipeline.errors import ConfigError

# The C parser reads a file of 10,000 feeds ten times faster; the other is there where it was not built.
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_DEEPEST = 100
#: blocks that may be that deep: a line far to the right, or a chain of list items
_MAY_BE_DEEP = re.compile(rf"^ {{{_DEEPEST}}}|(?:- ){{{_DEEPEST // 2}}}", re.MULTILINE)
_CORE_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "int", "map", "null", "seq", "str")}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_REFERENCE = re.compile(r"\$\{\w*\}|file:.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is wrong at a place; where the place is not written down, the nearest one around it is shown."""

    place: KeyPath
    message: str
    #: points at the key, not at its value
    at_key: bool = False
    #: line and column, from 0, where they are not those of the place
    at: tuple[int, int] | None = None


@dataclass(kw_only=True)
class Source:
    """One file: its values as text, lists and mappings, and where each of them stands."""

    #: as complaints show it
    name: str
    text: str = ""
    value: object = None
    #: places, without their indexes, whose values may be shown: `feeds.url`
    public: frozenset[str] = frozenset()
    #: nothing in it is secret: what is wrong is shown whatever it is
    secretless: bool = False
    #: place → the environment variable that set it instead
    variables: dict[KeyPath, str] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)
    _keys: dict[KeyPath, yaml.Node] = field(default_factory=dict)
    _values: dict[KeyPath, yaml.Node] = field(default_factory=dict)

    @classmethod
    def read_rules(cls, path: Path) -> "Source":
        """Read a file of rules, which holds no secrets. Raises ConfigError as `read` does."""
        return cls.read(path, secretless=True)

    @classmethod
    def read(cls, path: Path, *, public: frozenset[str] = frozenset(), secretless: bool = False) -> "Source":
        """Read a file. Raises ConfigError: it cannot be read, others may change it, or it is not YAML."""
        name = shown_path(path)
        try:
            with path.open("rb") as file:
                refuse_writable(path, os.fstat(file.fileno()), name)
                data = file.read()
            return cls.of(data.decode("utf-8-sig"), name=name, public=public, secretless=secretless)
        except OSError as error:
            raise ConfigError(f"{name}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise ConfigError(f"{name}:{line}:1: is not UTF-8") from error

    @classmethod
    def of(
        cls,
        text: str,
        *,
        name: str,
        public: frozenset[str] = frozenset(),
        secretless: bool = False,
    ) -> "Source":
        """Read YAML. Raises ConfigError for what is not YAML; other complaints are collected."""
        source = cls(name=name, text=text, public=public, secretless=secretless)
        try:
            _refuse_depth(text, name)
            root = yaml.compose(text, Loader=_Loader)
            source.value = source._built(root, (), ()) if root is not None else None
        except yaml.YAMLError as error:
            raise ConfigError(source._not_yaml(error)) from error
        except RecursionError as error:
            raise ConfigError(f"{name}: is nested too deeply") from error
        return source

    def refuse(self, complaints: Iterable[Complaint] = ()) -> None:
        """Raise ConfigError with all complaints in the order of the file, if there are any."""
        wrong = {(self._position(each), self._words(each)) for each in (*self.complaints, *complaints)}
        if wrong:
            raise ConfigError("\n".join(self._block(*each) for each in sorted(wrong)))

    def texts(self) -> set[str]:
        """Give all plain values as they are written."""
        return {node.value for node in self._values.values() if isinstance(node, yaml.ScalarNode)}

    def is_block(self, place: KeyPath) -> bool:
        """Say whether a list or mapping is written over lines, not in brackets."""
        return getattr(self._values.get(place), "flow_style", None) is False

    def column_of(self, place: KeyPath) -> int:
        """Say at which column (from 0) a block begins."""
        return int(self._values[place].start_mark.column)

    def line_of_key(self, place: KeyPath) -> int:
        """Say on which line (from 0) a key stands."""
        return int(self._keys[place].start_mark.line)

    def lines_of_item(self, place: KeyPath) -> tuple[int, int]:
        """Say where an item of a block list stands: its first line (from 0), and the one after its last.

        Comments behind it belong to what follows.
        """
        node, column = self._values[place], self.column_of(place[:-1])
        first, lines = int(node.start_mark.line), self.text.splitlines()
        while first > 0 and not lines[first][column:].startswith("-"):
            first -= 1
        return first, _end_line(node)

    # --- building ------------------------------------------------------------------------------------------

    def _built(self, node: yaml.Node, place: KeyPath, around: tuple[yaml.Node, ...]) -> object:
        self._values[place] = node
        if node in around:
            self.complaints.append(Complaint(place=place, message="refers to itself"))
            return None
        if node.tag not in _CORE_TAGS:
            self.complaints.append(Complaint(place=place, message="has a tag; tags mean nothing here"))
        inside = (*around, node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place, inside)
        if isinstance(node, yaml.SequenceNode):
            return [self._built(child, (*place, index), inside) for index, child in enumerate(node.value)]
        plain = isinstance(node, yaml.ScalarNode) and not node.style
        return None if plain and node.value in _NULLS else node.value

    def _mapping(
        self, node: yaml.MappingNode, place: KeyPath, inside: tuple[yaml.Node, ...]
    ) -> dict[str, object]:
        built: dict[str, object] = {}
        for key, value in node.value:
            at = (key.start_mark.line, key.start_mark.column)
            if not isinstance(key, yaml.ScalarNode):
                self.complaints.append(Complaint(place=place, message="a key must be a word", at=at))
                continue
            inner = (*place, key.value)
            if key.value in built:
                message = f"stands here twice (first on line {self._keys[inner].start_mark.line + 1})"
                self.complaints.append(Complaint(place=inner, message=message, at=at))
                continue
            self._keys[inner] = key
            built[key.value] = self._built(value, inner, inside)
        return built

    # --- complaining ---------------------------------------------------------------------------------------

    def _position(self, complaint: Complaint) -> tuple[int, int]:
        """Find line and column, from 0; the environment comes before all lines."""
        place = complaint.place
        if place in self.variables:
            return (-1, -1)
        if complaint.at is not None:
            return complaint.at
        node = self._keys.get(place) if complaint.at_key else None
        while node is None and place:
            node, place = self._values.get(place), place[:-1]
        node = node or self._values.get(())
        return (node.start_mark.line, node.start_mark.column) if node else (0, 0)

    def _words(self, complaint: Complaint) -> str:
        subject = self.variables.get(complaint.place) or written(complaint.place)
        return f"{subject}: {complaint.message}" if subject else complaint.message

    def _block(self, position: tuple[int, int], words: str) -> str:
        line, column = position
        if line < 0:
            return words
        heading = f"{self.name}:{line + 1}:{column + 1}: {words}"
        lines = self.text.splitlines()
        if line >= len(lines) or not lines[line].strip():
            return heading
        return heading + pointed(*masked(lines[line], self._hidden_spans(line), column))

    def _hidden_spans(self, line: int) -> Iterable[tuple[int, int]]:
        for place, node in self._values.items() if not self.secretless else ():
            start, end = node.start_mark, node.end_mark
            if not isinstance(node, yaml.ScalarNode) or not start.line <= line <= end.line:
                continue
            if not _REFERENCE.fullmatch(node.value) and not may_be_shown(place, self.public):
                whole = len(self.text)
                yield start.column if start.line == line else 0, end.column if end.line == line else whole

    def _not_yaml(self, error: yaml.YAMLError) -> str:
        mark = getattr(error, "problem_mark", None)
        if mark is None:
            return f"{self.name}: holds a character that YAML does not allow"
        problem = getattr(error, "problem", None) or "it cannot be read"
        heading = f"{self.name}:{mark.line + 1}:{mark.column + 1}: not YAML: {printable(problem)}"
        lines = self.text.splitlines()
        if mark.line >= len(lines):
            return heading
        line = lines[mark.line]
        shown = (
            pointed(line, mark.column) if self.secretless else pointed_unread(line, mark.column, self.public)
        )
        return heading + shown


def shown_path(path: Path) -> str:
    """Write a path as it is reached from here, where that is shorter."""
    absolute = path.absolute()
    return str(absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else absolute)


def _end_line(node: yaml.Node) -> int:
    """Find the line after a node; a block's own end mark stands behind the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end_line(last[1] if isinstance(last, tuple) else last)
    mark = node.end_mark
    return int(mark.line) + (1 if mark.column > 0 else 0)


def _refuse_depth(text: str, name: str) -> None:
    """Refuse what is nested so deeply that building it would overflow the C stack: a crash, not an error."""
    brackets = text.count("[") + text.count("{")
    if brackets <= _DEEPEST and not _MAY_BE_DEEP.search(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            where = f"{name}:{event.start_mark.line + 1}:1" if event.start_mark else name
            raise ConfigError(f"{where}: is nested too deeply, over {_DEEPEST} levels")

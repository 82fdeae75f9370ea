"""Nothing is kept without end: each cache has its bound, and all bounds stand in one place."""

import ast
from pathlib import Path

from pipeline import cache_sizes

ROOT = Path(__file__).parent.parent.parent
BOUNDS = {name for name in vars(cache_sizes) if name.isupper()}
#: function that keeps all its answers → why they are few
FEW = {
    "_common": "user agents of the configuration",
    "_copying": "tables",
    "_model": "one",
    "_spoken": "languages of lists that are compiled",
    "_tagger": "one",
    "insert_new": "tables",
    "insert_or_add": "tables",
    "insert_or_set": "tables",
    "last_id": "tables",
    "stop_words": "one",
    "tagger": "one",
}


TEXTS = [
    path.read_text("utf-8")
    for package in ("pipeline", "workers")
    for path in (ROOT / package).rglob("*.py")
    if path.name != "cache_sizes.py"
]
NODES = [
    node
    for text in TEXTS
    if "import cache" in text or "lru_cache" in text
    for node in ast.walk(ast.parse(text))
]


def test_whatever_remembers_answers_has_a_bound_of_the_list() -> None:
    calls = [each for each in NODES if isinstance(each, ast.Call) and _named(each.func) == "lru_cache"]
    assert len(calls) >= 8
    assert [ast.unparse(each) for each in calls if not (each.args and _named(each.args[0]) in BOUNDS)] == []


def test_whatever_remembers_all_answers_has_few() -> None:
    functions = [each for each in NODES if isinstance(each, ast.FunctionDef)]
    endless = {
        each.name
        for each in functions
        if {"cache", "lru_cache"} & {_named(decorator) for decorator in each.decorator_list}
    }
    assert endless - FEW.keys() == set()


def test_every_bound_is_used() -> None:
    assert [name for name in BOUNDS if sum(text.count(name) for text in TEXTS) < 2] == []


def _named(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""

"""tags test: the rules against their own examples."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.errors import NewswireError
from pipeline.model import Document, Tag

if TYPE_CHECKING:
    from workers.tag.rules import Example
    from workers.tag.topics import TopicRules

tags_app = typer.Typer(help="Test the rules that tag documents.", no_args_is_help=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An example that the rules get wrong."""

    code: str
    name: str
    language: str
    text: str
    #: what happened, and why
    words: str


@tags_app.callback()
def _tags() -> None:
    pass


@tags_app.command("test")
def examples_command(
    app: AppContext,
    topic: Annotated[
        str | None, typer.Option("--topic", metavar="CODE", help="Only this topic: medtop:20000056.")
    ] = None,
) -> None:
    """Run the topic rules against their examples; exit 1 where one fails. Beats are read and checked."""
    from workers.tag.beats import load_beats
    from workers.tag.topics import load_topics

    rules = load_topics(app.config_dir)
    beats = load_beats(app.config_dir, rules)
    codes = [topic] if topic else list(rules.rules)
    if topic and topic not in rules.rules:
        raise NewswireError(f"{topic} has no rules (newswire tags test, without --topic, tests all)")
    failures = list(failures_of(codes, rules))
    for each in failures:
        typer.echo(f"{each.code} {each.name}: {each.words}\n    {each.language}: {each.text}")
    examples = sum(len(rules.rules[code].examples) for code in codes)
    typer.echo(f"{len(codes)} topics, {examples} examples, {len(failures)} failed; {len(beats.beats)} beats")
    if failures:
        raise typer.Exit(1)


def failures_of(codes: Iterable[str], rules: "TopicRules") -> Iterator[Failure]:
    """Give the examples of these topics that the rules get wrong."""
    for code in codes:
        for example in rules.rules[code].examples:
            tags = _tags_of(example, rules)
            if any(tag.code == code for tag in tags) != example.matches:
                yield Failure(
                    code=code,
                    name=rules.topics[code].name,
                    language=example.language,
                    text=example.text,
                    words=_missed(tags) if example.matches else _found(tags, code),
                )


def _tags_of(example: "Example", rules: "TopicRules") -> tuple[Tag, ...]:
    from workers.tag.tokens import tagged_text, tokenise
    from workers.tag.topics import topics_of

    document = Document(
        id="", uri="", content_hash="", provider="", format="text", lead=example.text,
        body_text=example.text, language=example.language,
    )  # fmt: skip
    return topics_of(document, tokenise(tagged_text(document), example.language), rules)


def _missed(tags: Iterable[Tag]) -> str:
    instead = ", ".join(f"{tag.name} {tag.score:g}" for tag in tags)
    return f"should match, and does not; found: {instead or 'nothing'}"


def _found(tags: Iterable[Tag], code: str) -> str:
    tag = next(tag for tag in tags if tag.code == code)
    because = "; ".join(f'"{each.text}" ({each.why})' for each in tag.evidence)
    return f"should not match, and does with {tag.score:g}: {because}"

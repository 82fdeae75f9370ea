"""stories, and show --story: each event once, with every source behind it."""

from typing import Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.cli.finding import note_unknown_beats
from pipeline.cli.read import JsonOption, parsed_query
from pipeline.cli.service_link import stored
from pipeline.clock import SystemClock


def stories_command(
    app: AppContext,
    query: Annotated[
        list[str] | None,
        typer.Argument(metavar="QUERY", help="As in search; one document of the story must match."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="24h, 7d, 2026-05-01: published since.")
    ] = None,
    beat: Annotated[str | None, typer.Option("--beat", help="Of this beat.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")] = 20,
    biggest: Annotated[
        bool, typer.Option("--biggest", help="Those with most documents first, not the newest.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List stories: events, each with all its documents in any language."""
    from pipeline.cli.show_text import print_json, print_lines
    from pipeline.publish.record import to_line
    from pipeline.publish.stories import digest_of, story_record

    words = [*(query or ()), *([f"since:{since}"] if since else []), *([f'beat:"{beat}"'] if beat else [])]
    parsed = parsed_query(app, " ".join(words))
    note_unknown_beats(app, (parsed.fields or {}).get("beat", ()))
    with stored(app) as store:
        found = store.stories(parsed, now=SystemClock().now(), limit=limit, biggest=biggest)
        for each in found:
            if json:
                print_json(to_line(story_record(each)))
                continue
            told = digest_of(each)
            size, languages = f"{told.documents:3}", ",".join(told.languages)
            line = (told.id[:8], f"{told.last_at:%Y-%m-%d %H:%M}", size, languages, told.headline)
            print_lines(["  ".join(line)])
    if not found:
        typer.echo("no story matches", err=True)


def show_story(app: AppContext, story_id: str, *, json: bool) -> None:
    """Show a story: what it is, and its documents in the order of publication."""
    from pipeline.cli.show_text import print_json, print_lines, result_line
    from pipeline.publish.record import to_line
    from pipeline.publish.stories import digest_of, story_record

    with stored(app) as store:
        found = store.story(story_id, now=SystemClock().now())
    if found is None:
        typer.echo(f"newswire: no story {story_id!r} that may be shown", err=True)
        raise typer.Exit(1)
    if json:
        print_json(to_line(story_record(found, with_documents=True)))
        return
    told = digest_of(found)
    lines = [
        told.headline,
        f"story     {told.id}",
        f"from      {told.first_at:%Y-%m-%d %H:%M} to {told.last_at:%Y-%m-%d %H:%M}",
        f"sources   {', '.join(told.providers)}",
        f"languages {', '.join(told.languages)}",
        f"regions   {', '.join(each.name for each in told.regions)}",
        f"topics    {', '.join(each.name for each in told.topics)}",
        "",
    ]
    print_lines([*lines, *map(result_line, found.documents)])

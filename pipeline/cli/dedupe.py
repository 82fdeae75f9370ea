"""dedupe: compare two documents as the workers do, and rebuild the index of near duplicates."""

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.cli.finding import document_shown
from pipeline.cli.service_link import running_queue_url, stored
from pipeline.clock import SystemClock
from pipeline.monitor.words import count_words

if TYPE_CHECKING:
    from pipeline.settings import Dedupe
    from workers.dedupe.link import Linking

dedupe_app = typer.Typer(help="Compare documents; rebuild the index of copies.", no_args_is_help=True)

IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="An id, or 8 or more characters it begins with.")
]


@dedupe_app.command("compare")
def compare_command(app: AppContext, one: IdArgument, other: IdArgument) -> None:
    """Say whether two documents are the same copy, and why."""
    from pipeline.cli.show_text import print_lines
    from pipeline.plain import safe_line
    from workers.dedupe.compare import compare, text_of

    now = SystemClock().now()
    with stored(app) as store:
        found = [document_shown(store, id_, now).document for id_ in (one, other)]
    for each in found:
        print_lines(
            [f"{each.id[:8]}  {safe_line(each.provider, 40)}  {safe_line(each.headline or '-', 120)}"]
        )
    if found[0].id == found[1].id:
        print_lines(["one document, named twice"])
        return
    rules = linking_of(app.settings.dedupe).rules
    first, second = (text_of(each.headline, each.body_text) for each in found)
    comparison = compare(first, second, rules)
    needed = f" (needs similarity {rules.similarity:g} or containment {rules.containment:g})"
    print_lines(["the same copy" if comparison.same else f"not the same copy{needed}"])
    print_lines(
        f"  {each.why}: {safe_line(each.text, 120)}" if each.text else f"  {each.why}"
        for each in comparison.evidence()
    )


@dedupe_app.command("rebuild")
def rebuild_command(app: AppContext) -> None:
    """Rebuild the index of near duplicates from the store; the workers may go on meanwhile."""
    from pipeline.near_index import RedisNearIndex
    from workers.dedupe.upkeep import rebuild

    linking = linking_of(app.settings.dedupe)
    url = running_queue_url(app)
    if url is None:
        typer.echo("newswire: the queue is not running: the index is rebuilt when it is", err=True)
        raise typer.Exit(1)
    index = RedisNearIndex(url, life=linking.life)
    with stored(app) as store:
        token = index.begin_rebuild(force=True)
        assert token is not None  # forced
        steps = deque(rebuild(store, index, token, linking, SystemClock().now()), maxlen=1)
        done = index.held().whole_in is not None
    index.close()
    typer.echo(f"{count_words(steps[-1] if steps else 0, 'document')} entered", err=True)
    if not done:
        typer.echo("newswire: the index was lost meanwhile, or somebody else rebuilds it", err=True)
        raise typer.Exit(1)


def linking_of(dedupe: "Dedupe") -> "Linking":
    """Make what is linked of the settings."""
    from workers.dedupe.compare import Rules
    from workers.dedupe.link import Linking

    return Linking(
        rules=Rules(similarity=dedupe.similarity, containment=dedupe.containment, differing=dedupe.differing),
        window=timedelta(days=dedupe.window_days),
    )

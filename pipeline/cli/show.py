"""show: one document, its versions, what changed between two, and what is kept of what may not be shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.context import AppContext
from pipeline.cli.finding import document_shown
from pipeline.cli.read import JsonOption, print_result
from pipeline.cli.service_link import stored
from pipeline.clock import SystemClock

if TYPE_CHECKING:
    from pipeline.model import StoredDocument
    from pipeline.ports.store import Store


def show_command(
    app: AppContext,
    document_id: Annotated[
        str, typer.Argument(metavar="ID", help="An id, or 8 or more characters it begins with.")
    ] = "",
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="[OTHER]", help="With --diff: an id, or the number of a version of the same item."
        ),
    ] = None,
    json: JsonOption = False,
    versions: Annotated[
        bool,
        typer.Option("--versions", help="All versions, oldest first, and what each changed."),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="What it says that OTHER, or the version before it, did not.")
    ] = False,
    audit: Annotated[
        bool, typer.Option("--audit", help="All versions, those too that may not be shown, and why.")
    ] = False,
    story: Annotated[
        str | None, typer.Option("--story", metavar="ID", help="A story instead: all its documents.")
    ] = None,
) -> None:
    """Show one document with its fields, evidence and sightings."""
    if story is not None or not document_id:
        _story(app, story, json=json)
        return
    if other is not None and not diff:
        raise typer.BadParameter("OTHER goes with --diff")
    now = SystemClock().now()
    with stored(app) as store:
        if audit:
            _audit(store, document_id, now, json=json)
            return
        found = document_shown(store, document_id, now)
        if diff:
            _diff(store, found, other, now, json=json)
        elif versions:
            _versions(store.versions(found.document.uri, now=now), json=json)
        elif json:
            print_result(found, json=True)
        else:
            from pipeline.cli.show_text import console, document_view
            from pipeline.publish.copies import copies_of

            chain = store.versions(found.document.uri, now=now)
            copies = copies_of(found, store.copies(found.document.id, now=now))
            console().print(document_view(found, store.sightings(found.document.id), chain, copies))


def _story(app: AppContext, story_id: str | None, *, json: bool) -> None:
    from pipeline.cli.stories import show_story

    if story_id is None:
        raise typer.BadParameter("give the ID of a document, or --story ID")
    show_story(app, story_id, json=json)


def _versions(chain: "Sequence[StoredDocument]", *, json: bool) -> None:
    from pipeline.cli.show_text import print_json, print_lines
    from pipeline.cli.show_versions import chain_line
    from pipeline.publish.difference import chain_lines
    from pipeline.publish.record import to_line, version_record

    for each in chain_lines(chain):
        if json:
            print_json(to_line(version_record(each.stored, each.changed)))
        else:
            print_lines([chain_line(each)])


def _diff(store: "Store", found: "StoredDocument", other: str | None, now: datetime, *, json: bool) -> None:
    from pipeline.cli.show_text import console, print_json
    from pipeline.cli.show_versions import difference_view
    from pipeline.codec import to_json
    from pipeline.publish.difference import difference, version_to_compare

    old = version_to_compare(store, found, other, now=now)
    if old is None:
        what = f"no version {other!r}" if other else "no version before it"
        typer.echo(f"newswire: there is {what} that may be shown", err=True)
        raise typer.Exit(1)
    compared = difference(old.document, found.document)
    if json:
        print_json(to_json(compared) + b"\n")
    else:
        console().print(difference_view(compared, old, found))


def _audit(store: "Store", document_id: str, now: datetime, *, json: bool) -> None:
    from pipeline.cli.show_text import print_json, print_lines
    from pipeline.cli.show_versions import audit_line
    from pipeline.publish.record import audit_record, to_line

    chain = store.audit(document_id, now=now)
    if not chain:
        typer.echo(f"newswire: no document {document_id!r}", err=True)
        raise typer.Exit(1)
    for each in chain:
        if json:
            print_json(to_line(audit_record(each)))
        else:
            print_lines([audit_line(each, chain, now)])

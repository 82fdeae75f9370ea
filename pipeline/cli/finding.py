"""What is named on the command line: a document, or why it is not shown; beats that there are not."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from pipeline.cli.context import AppContext
from pipeline.errors import ConfigError, NewswireError

if TYPE_CHECKING:
    from pipeline.model import StoredDocument
    from pipeline.ports.store import Store


def document_shown(store: "Store", document_id: str, now: datetime) -> "StoredDocument":
    """Give the document with this id, or the one whose id begins so.

    Raises:
        NewswireError: There is none that may be shown; says why.
    """
    found = store.document(document_id, now=now)
    if found is None:
        raise NewswireError(_why_not(store, document_id, now))
    return found


def note_unknown_beats(app: AppContext, named: Iterable[str]) -> None:
    """Say on standard error which of these, ids or names, the configured beats do not have."""
    from pipeline.config.words import suggest
    from pipeline.plain import safe_line
    from pipeline.store.terms import tag_value

    known = {tag_value(each): each for each in _beats(app)}
    for beat in named if known else ():
        if tag_value(beat) not in known:
            meant = suggest(tag_value(beat), known)
            hint = f" (did you mean {known[meant]}?)" if meant else ""
            typer.echo(f"newswire: no beat is called {safe_line(beat, 80)}{hint}", err=True)


def _beats(app: AppContext) -> list[str]:
    """Read ids and names of the configured beats, and nothing else of the rules; of a broken file none."""
    from pipeline.config.source import Source
    from pipeline.settings import shipped_config_dir

    own = app.config_dir / "beats.yaml"
    try:
        value = Source.read_rules(own if own.exists() else shipped_config_dir() / own.name).value
    except ConfigError:
        return []
    listed = value.get("beats") if isinstance(value, dict) else None
    beats = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return [str(beat[key]) for key in ("name", "id") for beat in beats if beat.get(key)]


def _why_not(store: "Store", document_id: str, now: datetime) -> str:
    """Say why a document is not shown: what is kept for audit is told of, not shown."""
    from pipeline.cli.show_versions import audit_words
    from pipeline.identity import SHORTEST_ID

    if len(document_id) < SHORTEST_ID:
        return f"{document_id!r} is too short: give an id, or {SHORTEST_ID} or more characters it begins with"
    chain = store.audit(document_id, now=now)
    named = [each for each in chain if each.id.startswith(document_id.lower())]
    if len(named) != 1:
        return f"no document {document_id!r} that may be shown"
    words = audit_words(named[0], chain, now)
    return f"document {document_id!r} may not be shown: {words} (show {document_id} --audit)"

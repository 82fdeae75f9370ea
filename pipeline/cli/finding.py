"""The document that an id on the command line names, or why it is not shown."""

from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.errors import NewswireError

if TYPE_CHECKING:
    from pipeline.model import StoredDocument
    from pipeline.ports import Store


def document_shown(store: "Store", document_id: str, now: datetime) -> "StoredDocument":
    """Give the document with this id, or the one whose id begins so.

    Raises:
        NewswireError: There is none that may be shown; says why.
    """
    found = store.document(document_id, now=now)
    if found is None:
        raise NewswireError(_why_not(store, document_id, now))
    return found


def _why_not(store: "Store", document_id: str, now: datetime) -> str:
    """Say why a document is not shown: what is kept for audit is told of, not shown."""
    from pipeline.cli.show_versions import audit_words
    from pipeline.store.read import SHORTEST_ID

    if len(document_id) < SHORTEST_ID:
        return f"{document_id!r} is too short: give an id, or {SHORTEST_ID} or more characters it begins with"
    chain = store.audit(document_id, now=now)
    named = [each for each in chain if each.id.startswith(document_id.lower())]
    if len(named) != 1:
        return f"no document {document_id!r} that may be shown"
    words = audit_words(named[0], chain, now)
    return f"document {document_id!r} may not be shown: {words} (show {document_id} --audit)"

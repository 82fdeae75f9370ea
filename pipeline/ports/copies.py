"""Near duplicates: their index, and the store as their links are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.model import Relation
from pipeline.ports.work import NO_SEARCH, CopySearch

#: of a place in the index of near duplicates: 17 bits of bucket in three, 16 bits of tag in two
SLOT_BYTES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A document as the index of near duplicates is told of it."""

    entry_id: int
    #: periods since 1970 at its publication; texts of neighbouring periods are compared
    period: int
    #: True: published long ago, so that its period's buckets must be kept longer than they would
    late: bool
    #: slots of SLOT_BYTES each: a text that shares one is found
    bands: bytes
    #: a text that shares two of these is found; one may be a stock phrase
    anchors: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What the index has of some documents."""

    #: see Held
    whole_in: str | None
    #: for each mark: entries that share a band or two anchors with it, those that share most first
    entries: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the index says of itself."""

    #: names the server as it runs now: one that is started again, or takes another's place, has another
    run: str
    #: the run in which it last held all that is stored; None: it was lost, and is not whole again
    whole_in: str | None
    #: the number of a document: in that run it held all up to this one
    upto: int


class NearIndex(Protocol):
    """Finds documents that may be near duplicates. What is lost is rebuilt.

    Every method may raise QueueError.
    """

    def check_and_add(self, marks: Sequence[Mark]) -> Candidates:
        """Look up documents and enter them, one after the other and all in one step that nobody interrupts.

        Entering one again changes nothing, and no document finds itself.
        """
        ...

    def held(self) -> Held:
        """Say what the index holds, and on which server."""
        ...

    def note(self, held: Held, upto: int) -> bool:
        """Note that the server, as it runs now, holds all documents up to a number.

        False: it is another server, or no longer as it was `held`.
        """
        ...

    def begin_rebuild(self, *, force: bool = False) -> str | None:
        """Begin to enter all that is stored; the token of this rebuild, None: another is at it.

        With `force` the index counts as lost, and another's rebuild ends without effect.
        """
        ...

    def keep_rebuild(self, token: str) -> bool:
        """Say that a rebuild goes on; False: it counts no longer."""
        ...

    def finish_rebuild(self, token: str, upto: int) -> bool:
        """Declare that the index holds all documents up to a number.

        False: it was lost or came to another server meanwhile, or another rebuild has begun.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedText:
    """A stored document as it is compared with others."""

    #: the entry it came with first
    entry_id: int
    seq: int
    document_id: str
    uri: str
    published_at: datetime
    signature: bytes
    headline: str | None
    body_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A stored signature: what the index is rebuilt from."""

    seq: int
    entry_id: int
    published_at: datetime
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two stored documents that were found to be related."""

    document_id: str
    relation: Relation


class CopyStore(Protocol):
    """Signatures, and links found after their documents were stored."""

    def texts_of_entries(self, ids: Sequence[int]) -> tuple[Mapping[int, SignedText], frozenset[int]]:
        """Give the document of each entry, and those of the entries that have none yet but may get one.

        Entries that are neither (refused, erased, unknown) are left out.
        """
        ...

    def unlinked(self, *, after: int, limit: int) -> Sequence[SignedText]:
        """Give documents saved with `linked=False`, by their number, from the first behind `after`."""
        ...

    def link(
        self,
        links: Sequence[Link],
        linked: Sequence[int],
        *,
        now: datetime,
        search: CopySearch = NO_SEARCH,
        entered_in: str | None = None,
    ) -> None:
        """Store links, and note the numbers of the documents that are linked now.

        Both documents of a link that is new have a line `linked` in the change log.

        Args:
            links: Those that are there already are passed over.
            linked: Numbers of documents.
            now: Aware UTC.
            search: Is counted.
            entered_in: The run of the index's server that they were entered in; where the store knows of
                another by now, they are linked once more. None: whichever it was.
        """
        ...

    def entered_upto(self, run: str) -> int | None:
        """Say up to which number all documents were entered in an index that this run of a server holds.

        None: it was another run that the store knows of.
        """
        ...

    def move_index(self, run: str, *, after: int) -> int:
        """Note which run of a server holds the index, and that it may lack documents behind a number.

        Returns:
            How many are to be linked again by a sweep.
        """
        ...

    def signatures(self, *, received_since: datetime, after: int, limit: int) -> Sequence[Signed]:
        """Give signatures by document number, from the first behind `after`."""
        ...

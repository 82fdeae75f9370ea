"""The store as it is tagged again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.model import Document, Tagging

#: nothing done for so long is a standstill: a batch takes tenths of a second
_STILL = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retagging:
    """How the re-tagging of all that is stored stands."""

    #: name the rules and gazetteer that documents are to be tagged by
    rules: str
    #: numbers of documents: given out up to this one, and to be given out up to this one
    position: int
    last: int
    #: documents tagged again; of them, those whose tags changed; and those that no worker could tag, or read
    done: int
    changed: int
    failed: int
    started_at: datetime
    #: when something was last done
    moved_at: datetime
    #: when a worker that has other rules was last asked, and none that has these since
    stale_at: datetime | None = None
    #: somebody stopped it; it can be begun again where it is
    stopped_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        """Say whether something is still to be done, and may be."""
        return self.stopped_at is None and self.finished_at is None

    @property
    def waits_for_rules(self) -> bool:
        """Say whether the workers there are have other rules: one was asked long after something was done."""
        return self.is_running and self.stale_at is not None and self.stands_still(self.stale_at)

    def stands_still(self, now: datetime) -> bool:
        """Say whether nothing has been done for a while."""
        return now - self.moved_at > _STILL


@dataclass(frozen=True, slots=True, kw_only=True)
class ToRetag:
    """A stored document, as it was tagged."""

    seq: int
    document: Document
    tagging: Tagging
    #: None: it never was
    tagged_at: datetime | None
    #: of its source, ISO 3166-1 alpha-2
    default_region: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retagged:
    """A stored document with what is said of it from now on."""

    seq: int
    document_id: str
    tagging: Tagging
    #: as it was read: what somebody else tagged meanwhile is looked at once more
    tagged_at: datetime | None
    #: it says something else than before
    changed: bool


class RetagStore(Protocol):
    """All that is stored, tagged again: by ranges of numbers, from a position that the store keeps."""

    def begin_retag(self, rules: str, now: datetime) -> Retagging:
        """Begin to tag all that is stored by these rules; where that was stopped or runs, go on."""
        ...

    def stop_retag(self, now: datetime) -> bool:
        """Stop where it is; what workers hold they finish. False: nothing runs."""
        ...

    def retagging(self) -> Retagging | None:
        """Say how it stands; None: there never was one."""
        ...

    def to_retag(self, rules: str, *, after: int, limit: int) -> tuple[Sequence[ToRetag], int | None]:
        """Give documents that are not tagged by these rules, of the next `limit` behind a number.

        Returns:
            Them, without damaged ones, and the last number that was looked at; None: there are no more.
        """
        ...

    def claim_retag(
        self, rules: str, *, token: str, now: datetime, lease: timedelta, limit: int, max_attempts: int
    ) -> Sequence[ToRetag] | None:
        """Take the next documents to tag again: some that a worker died over, else those at the position.

        What a worker died over is divided, until the document is alone that does harm; after so many attempts
        it is left as it is. A damaged one is left at once.

        Returns:
            None: there is nothing to do, or not for a worker with these rules. Else they are to be saved,
            also where there are none.
        """
        ...

    def save_retagged(self, retagged: Sequence[Retagged], *, token: str, now: datetime) -> int:
        """Replace taggings, and note in `change` those that changed; 0 where the token holds nothing more."""
        ...

    def let_go_retag(self, token: str, *, counts: bool, now: datetime) -> None:
        """Give back what the token holds, to be taken at once; it was an attempt only where it counts."""
        ...

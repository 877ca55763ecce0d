"""Tables that have to be compared before the target is a state of the source: cascades, and log that was lost.

Until the copy's end the target holds a part of the rows only, some of them newer than the change at hand. So looking
up there what a cascade reached (``cascades``) misses rows, whose parent is not there or whose chunk is being read, and
takes rows that it did not reach: a parent that was deleted and made anew under its key has other children now, and
children that a later ON UPDATE CASCADE brought under the key stand there already, without any image of theirs in the
log. None of it can be told apart by the log. The tables below such a change are noted in the transaction that
applies it, and once the copy's end is reached they are compared with the source by checksums and the rows that differ
are written anew. From then on the target holds the source's state and the look-up is exact.

The same puts right what was lost with a piece of the log: every table is noted then.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from database_migration.ledger import Ledger

_NOTE = "cascaded_tables"
_SETTLED_NOTE = "copy_settled"


def is_settled(ledger: Ledger) -> bool:
    """Whether the copy's end has been reached and its cascades are put right."""
    return ledger.notes.get_note(_SETTLED_NOTE) is not None


def unsettle(ledger: Ledger, tables: Collection[str]) -> None:
    """Changes of these tables were lost: they are to be compared when the copy's end is reached (again)."""
    note_cascaded(ledger, tables)
    ledger.notes.put_note(_SETTLED_NOTE, None)


def note_settled_copy(ledger: Ledger) -> None:
    """The target was a state of the source, and nothing is left to be compared."""
    ledger.notes.put_note(_NOTE, [])
    ledger.notes.put_note(_SETTLED_NOTE, True)


def note_cascaded(ledger: Ledger, tables: Collection[str]) -> None:
    """Cascades may have reached rows of these source tables."""
    ledger.notes.put_note(_NOTE, sorted({*cascaded(ledger), *tables}))


def cascaded(ledger: Ledger) -> set[str]:
    """The tables that are to be compared at the copy's end."""
    return set(cast("list[str]", ledger.notes.get_note(_NOTE) or []))


__all__ = ["cascaded", "is_settled", "note_cascaded", "note_settled_copy", "unsettle"]

"""From which position on the written side is a state of the read side.

That is so at the copy's end, once all that the log held when the last chunk was done is applied; and
later again, wherever rows were read from the read side itself, which has them newer than the applied position. What has
to rest on a state (keys, comparisons) waits for it.
"""

from __future__ import annotations

from database_migration.errors import NotPossible
from database_migration.ledger import Ledger
from database_migration.model.log_position import LogPosition
from database_migration.model.migration_state import Direction

COPY_END_NOTE = "copy_end"
_REREAD_NOTE = "reread_until"
TARGET_LOG_NOTE = "target_log"
"""Where the target's log ended when the copy was done: what is not marked as ours behind it is somebody else's."""


def note_copy_end(ledger: Ledger, end: LogPosition) -> None:
    """The last chunk is done, and the source's log ended here after that; the first such note stays."""
    if ledger.notes.get_note(COPY_END_NOTE) is None:
        ledger.notes.put_note(COPY_END_NOTE, {"ordinal": end.ordinal, "text": end.text})


def note_target_log(ledger: Ledger, end: LogPosition) -> None:
    """The target's log ended here when the last chunk was done; the first such note stays."""
    if ledger.notes.get_note(TARGET_LOG_NOTE) is None:
        ledger.notes.put_note(TARGET_LOG_NOTE, {"ordinal": end.ordinal, "text": end.text})


def target_log(ledger: Ledger) -> LogPosition | None:
    """That position; None as long as it is not known."""
    return _position(ledger.notes.get_note(TARGET_LOG_NOTE))


def forget_copy_end(ledger: Ledger) -> None:
    """Rows are to be copied anew: until that has ended the target is no state of the source."""
    ledger.notes.put_note(COPY_END_NOTE, None)
    ledger.notes.put_note(TARGET_LOG_NOTE, None)


def note_settled(ledger: Ledger, direction: Direction, end: LogPosition) -> None:
    """Rows were read from the read side before its log ended here."""
    ledger.notes.put_note(f"{_REREAD_NOTE}_{direction}", {"ordinal": end.ordinal, "text": end.text})


def settled_from(ledger: Ledger) -> LogPosition | None:
    """The position from which on the target is a state of the source; None as long as rows wait to be read again.

    :raises NotPossible: the copy has not ended.
    """
    end = _position(ledger.notes.get_note(COPY_END_NOTE))
    if end is None:
        raise NotPossible(
            "the copy has not ended.", mend="let every lane of the copy finish first.", subject=ledger.migration
        )
    if ledger.seam.stale():
        return None
    return max(end, _position(ledger.notes.get_note(f"{_REREAD_NOTE}_{Direction.FORWARD}")) or end)


def _position(note: object) -> LogPosition | None:
    return LogPosition(int(note["ordinal"]), str(note["text"])) if isinstance(note, dict) else None


__all__ = [
    "COPY_END_NOTE",
    "forget_copy_end",
    "note_copy_end",
    "note_settled",
    "note_target_log",
    "settled_from",
    "target_log",
]

"""The changes of a transaction that is being read from a log, in memory as long as they are few.

A source transaction may be larger than any memory, and logs tell it change by change before they tell that it has
ended. So what exceeds a bound is put aside in a temporary file of the worker: one without a name, which only this
process can open and which the operating system deletes with it, however it ends. Both engines' log readers collect
changes here.
"""

from __future__ import annotations

import os
import pickle
import tempfile
import weakref
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import BinaryIO

from database_migration.errors import Interrupted
from database_migration.model.change import Change, LargeChanges

IN_MEMORY_CHANGES = 10_000
IN_MEMORY_OCTETS = 8 << 20
"""Of the log; decoded they are some five to fifteen times as large."""
PART_CHANGES = 2000


class ChangeBuffer:
    """Collects the changes of one transaction after another."""

    __slots__ = ("_aside", "_changes", "_count", "_octets")

    def __init__(self) -> None:
        self._changes: list[Change] = []
        self._count = 0
        self._aside: ChangesAside | None = None
        self._octets = 0

    def __len__(self) -> int:
        return self._count + len(self._changes)

    def add(self, change: Change, octets: int) -> None:
        """Take a change that took so many octets of the log.

        :raises Interrupted: the temporary folder is full.
        """
        self._changes.append(change)
        self._octets += octets
        if self._octets >= IN_MEMORY_OCTETS or len(self._changes) >= IN_MEMORY_CHANGES:
            self._put_aside()

    def extend(self, changes: Iterable[Change], octets: int) -> None:
        """Take several changes, like ``add``."""
        self._changes.extend(changes)
        self._octets += octets
        if self._octets >= IN_MEMORY_OCTETS or len(self._changes) >= IN_MEMORY_CHANGES:
            self._put_aside()

    def clear(self) -> None:
        """Forget what was collected."""
        self._changes, self._aside, self._count, self._octets = [], None, 0, 0

    def take(self) -> tuple[Collection[Change], int]:
        """What was collected, and its octets of the log as far as it is in memory; nothing is left here."""
        if self._aside is None:
            found: tuple[Collection[Change], int] = tuple(self._changes), self._octets
        else:
            self._put_aside()
            found = self._aside, 0
        self.clear()
        return found

    def _put_aside(self) -> None:
        if self._aside is None:
            self._aside = ChangesAside()
        for start in range(0, len(self._changes), PART_CHANGES):
            self._aside.write(self._changes[start : start + PART_CHANGES])
        self._count = len(self._aside)
        self._changes, self._octets = [], 0


class ChangesAside(LargeChanges):
    """Changes in a temporary file, which is gone with this object."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._parts: list[tuple[int, int]] = []
        self._end = 0
        self._count = 0
        try:
            # Without a buffer, so that a full disk is told where it is met.
            self._file = file or tempfile.TemporaryFile(buffering=0, prefix="database_migration_")  # noqa: SIM115  closed with this object
        except OSError as error:
            raise _full(error, 0) from error
        weakref.finalize(self, self._file.close)

    def write(self, changes: Sequence[Change]) -> None:
        """Add a part; ``changes`` fit in memory.

        :raises Interrupted: the disk is full.
        """
        rows = [(change.operation, change.table, change.before, change.after) for change in changes]
        data = pickle.dumps(rows, protocol=5)
        try:
            done = 0
            while done < len(data):
                done += os.pwrite(self._file.fileno(), memoryview(data)[done:], self._end + done)
        except OSError as error:
            raise _full(error, self._end) from error
        self._parts.append((self._end, len(data)))
        self._end += len(data)
        self._count += len(rows)

    def parts(self) -> Iterator[Sequence[Change]]:
        """The parts as they were added."""
        for offset, size in self._parts:
            data = b"".join(_pieces(self._file.fileno(), offset, size))
            # Written by this process into a file that no other can open.
            yield [Change(*row) for row in pickle.loads(data)]

    def __iter__(self) -> Iterator[Change]:
        for part in self.parts():
            yield from part

    def __len__(self) -> int:
        return self._count

    def __contains__(self, change: object) -> bool:
        return any(one == change for one in self)


def _pieces(file: int, offset: int, size: int) -> Iterator[bytes]:
    while size > 0:
        piece = os.pread(file, size, offset)
        if not piece:
            raise Interrupted(
                "A transaction that was put aside in a temporary file cannot be read back whole.",
                mend="nothing: the next try reads it from the log again.",
                subject=tempfile.gettempdir(),
            )
        yield piece
        offset, size = offset + len(piece), size - len(piece)


def _full(error: OSError, written: int) -> Interrupted:
    return Interrupted(
        f"A transaction of the source is too large for memory, and the worker's temporary folder does not take it"
        f" ({error.strerror or error}, after {written / 1e6:,.0f} MB).",
        mend="make room there, or give the worker another folder by the environment variable TMPDIR; nothing of the"
        " transaction was applied, and the next try begins with it again.",
        subject=tempfile.gettempdir(),
    )


__all__ = ["IN_MEMORY_CHANGES", "ChangeBuffer", "ChangesAside"]

"""A place in a server's change log."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class LogPosition:
    """Comparable with positions of the same server only.

    ``ordinal`` orders positions of one server (PostgreSQL: the LSN; MySQL: file number * 2**40 + offset);
    ``text`` is the engine's own spelling, sufficient to resume: ``binlog.000012:4711`` or ``0/16B3748``.
    """

    ordinal: int
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text


__all__ = ["LogPosition"]

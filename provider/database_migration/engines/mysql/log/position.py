"""Positions in the binary log: ``binlog.000012:4711``, ordered by file number, then offset."""

from __future__ import annotations

import re

from database_migration.errors import PositionLost
from database_migration.model.log_position import LogPosition

_SPELLED = re.compile(r"(?P<file>.+\.(?P<number>\d+)):(?P<offset>\d+)")
_OFFSET_BITS = 40


def position(file: str, offset: int) -> LogPosition:
    """The position behind ``offset`` octets of a log file."""
    number = int(file.rsplit(".", 1)[1])
    return LogPosition((number << _OFFSET_BITS) + offset, f"{file}:{offset}")


def file_and_offset(where: LogPosition) -> tuple[str, int]:
    """What the server wants to hear; raises PositionLost for a text that is no position."""
    found = _SPELLED.fullmatch(where.text)
    if found is None:
        raise PositionLost(
            f"{where.text!r} is no position of a binary log.", mend="start the copy anew.", subject="ledger"
        )
    return found["file"], int(found["offset"])


__all__ = ["file_and_offset", "position"]

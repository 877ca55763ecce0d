"""One chunk, compared: checksums first, then whatever it takes to name the rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from database_migration.engines.protocol import Checksum
from database_migration.model.key_range import KeyRange
from database_migration.model.table_selection import TablePair
from database_migration.steps.validate.bisection import Suspects, checksums, find_suspects
from database_migration.steps.validate.difference import Difference
from database_migration.steps.validate.json_columns import find_json_suspects, has_json
from database_migration.steps.validate.motion import Judgement, Motion
from database_migration.steps.validate.sides import Sides

_TRIES = 3


@dataclass(slots=True)
class ChunkOutcome:
    """What came of a chunk."""

    pair: TablePair
    rows: int = 0
    """The source's rows that were compared."""
    judgement: Judgement = field(default_factory=Judgement)
    keyless: list[Difference] = field(default_factory=list)
    """Differences of a table without a key."""
    uncounted: int = 0
    """Suspect rows beyond those that are named one by one."""
    suspects: int = 0
    """Rows whose digests differed when first read."""


def check_chunk(sides: Sides, pair: TablePair, rows: KeyRange, motion: Motion) -> ChunkOutcome:
    """Compare a chunk; rows in motion are waited for.

    Rows that cannot be judged one by one (no key, or too many) are read again as a whole, up to three
    times while replication runs.
    """
    for turn in range(_TRIES):
        source, suspects = _suspects(sides, pair, rows)
        if not (suspects.keyless or suspects.more) or not motion.moving or turn == _TRIES - 1:
            break
        motion.settle()
    judgement = motion.judge(sides, pair, suspects.keys)
    # A row that was written back and does not take part is missing among those that do, and no difference.
    told = len(judgement.differences) if motion.sees_all_rows(pair) else len(suspects.keys)
    return ChunkOutcome(pair, source.rows, judgement, suspects.keyless, suspects.more, told + suspects.more)


def _suspects(sides: Sides, pair: TablePair, rows: KeyRange) -> tuple[Checksum, Suspects]:
    suspects = Suspects()
    source, target = checksums(sides, pair, rows)
    at_most = max(source.rows, target.rows)
    if source != target:
        find_suspects(sides, pair, rows, at_most, suspects)
    if has_json(pair):
        find_json_suspects(sides, pair, rows, at_most, suspects)
    return source, suspects


__all__ = ["ChunkOutcome", "check_chunk"]

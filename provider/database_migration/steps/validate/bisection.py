"""From a checksum that differs to the rows that may, in constant memory.

A range whose checksums differ is split along its key, and the parts are summed again, until a part is small
enough to compare row digests. A range that cannot be split (an open end, a table cut by no key) is compared by digests
at once, in as many passes as keep one side's digests small.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from database_migration.engines.protocol import Checksum, Session
from database_migration.model.column_type import Form
from database_migration.model.key_range import KeyRange
from database_migration.model.split_range import split
from database_migration.model.table_selection import TablePair
from database_migration.steps.validate.canonical import canonical
from database_migration.steps.validate.difference import Difference, DifferenceKind
from database_migration.steps.validate.sides import Sides, on_target

_LEAF_ROWS = 1000
_PARTS = 16
_DIGESTS_IN_MEMORY = 200_000
MOST_SUSPECTS = 20_000
"""Keys that are remembered per range; what lies beyond is counted."""

RowKey = tuple[str, ...]


@dataclass(slots=True)
class Suspects:
    """Rows of one range whose digests differ between the two reads."""

    keys: set[RowKey] = field(default_factory=set)
    keyless: list[Difference] = field(default_factory=list)
    """Of a table without a key: rows that one side has too many of."""
    more: int = 0
    """Rows beyond ``MOST_SUSPECTS``."""

    def add(self, key: RowKey) -> None:
        """Remember or count a row."""
        if len(self.keys) < MOST_SUSPECTS:
            self.keys.add(key)
        elif key not in self.keys:
            self.more += 1

    def __bool__(self) -> bool:
        return bool(self.keys or self.keyless)


def checksums(sides: Sides, pair: TablePair, rows: KeyRange) -> tuple[Checksum, Checksum]:
    """Both sides' checksums of a range, taken at the same time."""
    run = sides.run
    return sides.both(
        lambda session: run.source.engine.rows.checksum(
            session, run.source.schema, pair.source, pair.source_columns, rows
        ),
        lambda session: run.target.engine.rows.checksum(
            session, run.target.schema, pair.target, pair.target_columns, on_target(pair, rows)
        ),
    )


def find_suspects(sides: Sides, pair: TablePair, rows: KeyRange, at_most: int, suspects: Suspects) -> None:
    """Add the rows of a differing range that holds ``at_most`` rows on either side."""
    parts = split(rows, _PARTS) if at_most > _LEAF_ROWS else []
    if not parts:
        _compare_digests(sides, pair, rows, at_most, suspects)
        return
    for part in parts:
        source, target = checksums(sides, pair, part)
        if source != target:
            find_suspects(sides, pair, part, max(source.rows, target.rows), suspects)


def _compare_digests(sides: Sides, pair: TablePair, rows: KeyRange, at_most: int, suspects: Suspects) -> None:
    passes = 1 + at_most // _DIGESTS_IN_MEMORY
    for turn in range(passes):
        if pair.row_key:
            _compare_keyed(sides, pair, rows, suspects, turn, passes)
        else:
            _compare_keyless(sides, pair, rows, suspects, turn, passes)


def _compare_keyed(sides: Sides, pair: TablePair, rows: KeyRange, suspects: Suspects, turn: int, passes: int) -> None:
    source, target = sides.both(
        lambda session: dict(_source_digests(sides, session, pair, rows, turn, passes)),
        lambda session: dict(_target_digests(sides, session, pair, rows, turn, passes)),
    )
    forms = [column.form for column in pair.row_key]
    # Engines may spell a decimal key differently; the spelling of either side serves to find the row again.
    mine = {_canonical_key(forms, key): (key, digest) for key, digest in source.items()}
    for key, digest in target.items():
        found = mine.pop(_canonical_key(forms, key), None)
        if found is None or found[1] != digest:
            suspects.add(key if found is None else found[0])
    for key, _ in mine.values():
        suspects.add(key)


def _compare_keyless(sides: Sides, pair: TablePair, rows: KeyRange, suspects: Suspects, turn: int, passes: int) -> None:
    source, target = sides.both(
        lambda session: Counter(d for _, d in _source_digests(sides, session, pair, rows, turn, passes)),
        lambda session: Counter(d for _, d in _target_digests(sides, session, pair, rows, turn, passes)),
    )
    for kind, only in ((DifferenceKind.MISSING, source - target), (DifferenceKind.EXTRA, target - source)):
        suspects.keyless += [Difference(pair.source.name, kind, rows=count) for count in only.values()]


def _source_digests(
    sides: Sides, session: Session, pair: TablePair, rows: KeyRange, turn: int, passes: int
) -> Iterator[tuple[RowKey, int]]:
    key = tuple(column.on_source for column in pair.row_key or pair.columns[:1])
    digests = sides.run.source.engine.rows.digests(
        session, sides.run.source.schema, pair.source, pair.source_columns, key, rows
    )
    return (line for line in digests if _turn(pair, line, passes) == turn)


def _target_digests(
    sides: Sides, session: Session, pair: TablePair, rows: KeyRange, turn: int, passes: int
) -> Iterator[tuple[RowKey, int]]:
    key = tuple(column.on_target for column in pair.row_key or pair.columns[:1])
    digests = sides.run.target.engine.rows.digests(
        session, sides.run.target.schema, pair.target, pair.target_columns, key, on_target(pair, rows)
    )
    return (line for line in digests if _turn(pair, line, passes) == turn)


def _turn(pair: TablePair, line: tuple[RowKey, int], passes: int) -> int:
    """The pass that a row belongs to: by its key, so that both versions of a changed row meet."""
    if passes == 1:
        return 0
    if not pair.row_key:
        return line[1] % passes
    key = _canonical_key([column.form for column in pair.row_key], line[0])
    return zlib.crc32("\0".join(key).encode("utf-8", "surrogatepass")) % passes


def _canonical_key(forms: list[Form], key: RowKey) -> RowKey:
    return tuple(str(canonical(form, text)) for form, text in zip(forms, key, strict=True))


__all__ = ["MOST_SUSPECTS", "RowKey", "Suspects", "checksums", "find_suspects", "split"]

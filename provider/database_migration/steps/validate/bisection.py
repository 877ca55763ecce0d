"""From a checksum that differs to the rows that may, in constant memory.

The rows of a range whose checksums differ are divided by the hash of their keys, which works for keys of every kind and
for ranges without an end: one pass sums all parts, and a second one compares the row digests of those that differ. A
table without a key is compared by all its digests, in as many passes as keep one side's small.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from database_migration.engines.protocol import Checksum, Session
from database_migration.model.column_type import Form
from database_migration.model.key_range import KeyPart, KeyParts, KeyRange
from database_migration.model.table_selection import TablePair
from database_migration.steps.validate.canonical import canonical
from database_migration.steps.validate.difference import Difference, DifferenceKind
from database_migration.steps.validate.sides import Sides, on_target

_PART_ROWS = 1000
_MOST_PARTS = 4096
_DIGESTS_IN_MEMORY = 200_000
_AGAIN = 1 << 60
"""Added for each further row of a key: no sum of digests is that of one row."""
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
    passes = 1 + at_most // _DIGESTS_IN_MEMORY
    if not pair.row_key:
        for turn in range(passes):
            _compare_keyless(sides, pair, rows, suspects, turn, passes)
    elif at_most > _PART_ROWS and _can_be_divided(pair):
        for parts in _differing_parts(sides, pair, rows, at_most):
            _compare_keyed(sides, pair, parts, suspects, 0, 1)
    else:
        for turn in range(passes):
            _compare_keyed(sides, pair, rows, suspects, turn, passes)


def _can_be_divided(pair: TablePair) -> bool:
    """Where another value stands in a key's place, the two sides would find a row in different parts."""
    return not any(column.substitutes or column.form is Form.JSON for column in pair.row_key)


def _differing_parts(sides: Sides, pair: TablePair, rows: KeyRange, at_most: int) -> Iterator[_Parts]:
    """The parts whose checksums differ, as many together as fit into memory."""
    run, count = sides.run, min(_MOST_PARTS, 1 + at_most // _PART_ROWS)
    every = _Parts.of(pair, rows, count)
    source, target = sides.both(
        lambda session: run.source.engine.rows.part_checksums(
            session, run.source.schema, pair.source, pair.source_columns, every.on_source
        ),
        lambda session: run.target.engine.rows.part_checksums(
            session, run.target.schema, pair.target, pair.target_columns, every.on_target
        ),
    )
    nothing = Checksum(0, 0)
    wanted: list[int] = []
    held = 0
    for part in sorted(source.keys() | target.keys()):
        one, other = source.get(part, nothing), target.get(part, nothing)
        if one == other:
            continue
        if wanted and held + max(one.rows, other.rows) > _DIGESTS_IN_MEMORY:
            yield _Parts.of(pair, rows, count, wanted)
            wanted, held = [], 0
        wanted.append(part)
        held += max(one.rows, other.rows)
    if wanted:
        yield _Parts.of(pair, rows, count, wanted)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Some parts of a range under either side's names."""

    on_source: KeyParts
    on_target: KeyParts

    @classmethod
    def of(cls, pair: TablePair, rows: KeyRange, count: int, wanted: Sequence[int] = ()) -> _Parts:
        source = tuple(KeyPart(column.source.name, column.form) for column in pair.row_key)
        target = tuple(KeyPart(column.target.name, column.form) for column in pair.row_key)
        return cls(
            KeyParts(rows, source, count, tuple(wanted)), KeyParts(on_target(pair, rows), target, count, tuple(wanted))
        )


def _compare_keyed(
    sides: Sides, pair: TablePair, rows: KeyRange | _Parts, suspects: Suspects, turn: int, passes: int
) -> None:
    forms = [column.form for column in pair.row_key]
    source, target = sides.both(
        lambda session: _by_key(forms, _source_digests(sides, session, pair, rows, turn, passes)),
        lambda session: _by_key(forms, _target_digests(sides, session, pair, rows, turn, passes)),
    )
    for name, (key, digest) in target.items():
        found = source.pop(name, None)
        if found is None or found[1] != digest:
            suspects.add(key if found is None else found[0])
    for key, _ in source.values():
        suspects.add(key)


def _by_key(forms: Sequence[Form], digests: Iterator[tuple[RowKey, int]]) -> dict[RowKey, tuple[RowKey, int]]:
    """Key as it was spelled and digest, by canonical key: engines may spell a decimal differently, and the spelling of
    either side serves to find the row again. Rows of one key, which a missing unique key lets happen, are added up."""
    found: dict[RowKey, tuple[RowKey, int]] = {}
    for key, digest in digests:
        name = _canonical_key(forms, key)
        before = found.get(name)
        found[name] = (key, digest if before is None else before[1] + digest + _AGAIN)
    return found


def _compare_keyless(sides: Sides, pair: TablePair, rows: KeyRange, suspects: Suspects, turn: int, passes: int) -> None:
    source, target = sides.both(
        lambda session: Counter(d for _, d in _source_digests(sides, session, pair, rows, turn, passes)),
        lambda session: Counter(d for _, d in _target_digests(sides, session, pair, rows, turn, passes)),
    )
    for kind, only in ((DifferenceKind.MISSING, source - target), (DifferenceKind.EXTRA, target - source)):
        suspects.keyless += [Difference(pair.source.name, kind, rows=count) for count in only.values()]


def _source_digests(
    sides: Sides, session: Session, pair: TablePair, rows: KeyRange | _Parts, turn: int, passes: int
) -> Iterator[tuple[RowKey, int]]:
    key = tuple(column.on_source for column in pair.row_key or pair.columns[:1])
    here = rows.on_source if isinstance(rows, _Parts) else rows
    digests = sides.run.source.engine.rows.digests(
        session, sides.run.source.schema, pair.source, pair.source_columns, key, here
    )
    return (line for line in digests if _turn(pair, line, passes) == turn)


def _target_digests(
    sides: Sides, session: Session, pair: TablePair, rows: KeyRange | _Parts, turn: int, passes: int
) -> Iterator[tuple[RowKey, int]]:
    key = tuple(column.on_target for column in pair.row_key or pair.columns[:1])
    there = rows.on_target if isinstance(rows, _Parts) else on_target(pair, rows)
    digests = sides.run.target.engine.rows.digests(
        session, sides.run.target.schema, pair.target, pair.target_columns, key, there
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


def _canonical_key(forms: Sequence[Form], key: RowKey) -> RowKey:
    return tuple(str(canonical(form, text)) for form, text in zip(forms, key, strict=True))


__all__ = ["MOST_SUSPECTS", "RowKey", "Suspects", "checksums", "find_suspects"]

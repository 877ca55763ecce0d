"""Which tables are probed, and which of their rows: of different shapes, and from different places of the key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from database_migration.engines.protocol import Session
from database_migration.model.column_type import Form
from database_migration.model.key_range import Cut, KeyRange
from database_migration.steps.plan.volumes import TableVolume
from database_migration.steps.run import MigrationRun

PLACES = 3
"""Where samples are taken: at the key's lower end, a third and two thirds along it."""
_WHOLE_TABLE_FACTOR = 2  # a table that cannot be cut is sampled whole when it is not much larger than the sample
_WORTH_PROBING = 100  # rows, below which shape says nothing


def tables_to_probe(volumes: Sequence[TableVolume], tables: int) -> list[TableVolume]:
    """Tables by how much their sample tells: the largest, the widest, the narrowest, then by size."""
    by_size = sorted((volume for volume in volumes if volume.rows), key=lambda volume: -volume.bytes)
    shaped = [volume for volume in by_size if volume.rows >= _WORTH_PROBING] or by_size
    if not shaped:
        return []
    telling = [shaped[0], max(shaped, key=lambda one: one.row_bytes), min(shaped, key=lambda one: one.row_bytes)]
    # What cannot be sampled is passed over, so all tables follow: ``tables`` bounds what is measured, not the list.
    return list(dict.fromkeys([*telling[:tables], *shaped, *by_size]))


def sample_ranges(run: MigrationRun, source: Session, volume: TableVolume, rows: int) -> list[KeyRange]:
    """Ranges of about ``rows`` rows in sum that do not overlap; none where there is no cheap one."""
    key = volume.pair.source_key
    # The first column of a longer key may have any number of rows for one value.
    if key is None or key.cut is not Cut.ORDER or key.form is not Form.INTEGER or len(volume.pair.row_key) > 1:
        return [KeyRange.everything()] if volume.rows <= rows * _WHOLE_TABLE_FACTOR else []
    quote = run.source.engine.ddl.quote
    column, table = quote(key.column), quote(run.source.schema, volume.name)
    ((lowest, highest),) = source.execute(f"SELECT min({column}), max({column}) FROM {table}")
    if lowest is None:
        return []
    low, high = int(cast(int, lowest)), int(cast(int, highest))
    found: list[KeyRange] = []
    for place in range(PLACES):
        start = max(low + (high - low) * place // PLACES, int(found[-1].upper or 0) if found else low)
        ((last,),) = source.execute(
            f"SELECT max(k) FROM (SELECT {column} AS k FROM {table} WHERE {column} >= {start}"
            f" ORDER BY {column} LIMIT {max(1, rows // PLACES)}) AS s"
        )
        if last is not None:
            found.append(KeyRange(key, str(start), str(int(cast(int, last)) + 1)))
    return found


__all__ = ["PLACES", "sample_ranges", "tables_to_probe"]

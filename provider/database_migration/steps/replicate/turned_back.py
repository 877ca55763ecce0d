"""Values of the target in the words of the source, where the spec's maps tell the way back.

A value that has no way back stops replication rather than be written as something else.
"""

from __future__ import annotations

from database_migration.errors import ValueRefused
from database_migration.model.change import RowImage
from database_migration.model.table_selection import ColumnPair, TablePair


def turned_back(pair: TablePair, image: RowImage | None) -> RowImage | None:
    """An image of the target in the source's values.

    :raises ValueRefused: a value has no way back.
    """
    if image is None:
        return None
    turned = dict(image)
    for one in pair.columns:
        value = turned.get(one.source.name)
        if one.undone is not None and isinstance(value, str):
            turned[one.source.name] = _undone(pair, one, value)
    return turned


def _undone(pair: TablePair, column: ColumnPair, value: str) -> str:
    derived = column.undone
    if derived is not None and derived.back is not None:
        if value in derived.back:
            return derived.back[value]
        if derived.keeps_others and value not in derived.taken:
            return value
    raise ValueRefused(
        "A row of the target has a value that the column's map does not lead back to the source.",
        mend="correct the row on the target: replication goes on with it as it is then. Rolling back waits for it.",
        subject=f"{pair.source.name}.{column.source.name}",
    )


__all__ = ["turned_back"]

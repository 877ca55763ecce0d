"""How far whole numbers of a type reach."""

from __future__ import annotations

from database_migration.model.column_type import ColumnType, Kind


def integer_range(kind: ColumnType) -> tuple[int, int]:
    """The lowest and highest value of a boolean, integer or year."""
    if kind.kind is Kind.BOOLEAN:
        return 0, 1
    if kind.kind is Kind.YEAR:
        return 0, 2155
    bits = kind.bits or 32
    return (0, 2**bits - 1) if kind.unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


__all__ = ["integer_range"]

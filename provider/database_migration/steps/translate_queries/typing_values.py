"""The typing of an expression as a value, and the groups of kinds that coerce alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.schema import Column

NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DOUBLE, Kind.YEAR})
TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT, Kind.ENUM, Kind.SET})
BYTES = frozenset({Kind.BINARY, Kind.VARBINARY, Kind.BLOB})
MOMENTS = frozenset({Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP})
INEXACT = frozenset({Kind.FLOAT, Kind.DOUBLE})

DIVISION_DIGITS = 4  # MySQL's div_precision_increment

INEXACT_RESULT = "division"
"""In a node's meta: a division whose digits the two servers carry differently."""


@dataclass(frozen=True, slots=True)
class Typing:
    """A kind, with what matters beyond it."""

    kind: Kind | None = None
    """None where it is not known, and for NULL."""
    scale: int | None = None
    """Digits after the point of an INTEGER (0) or DECIMAL."""
    nullable: bool = True
    column: Column | None = None
    """The source's base column, where the expression is nothing else."""
    partner: Column | None = None
    """The target's column that receives it."""
    fraction: int | None = None
    """Digits of the seconds' fraction of a moment or time."""


UNKNOWN = Typing()
INTEGER = Typing(Kind.INTEGER, 0)
COUNTED = Typing(Kind.INTEGER, 0, nullable=False)
TEXT = Typing(Kind.TEXT)


def typing_of_type(type_: ColumnType) -> Typing:
    """The typing of values of a column type."""
    scale = 0 if type_.kind is Kind.INTEGER else type_.scale if type_.kind is Kind.DECIMAL else None
    return Typing(type_.kind, scale, fraction=type_.fraction)


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set of names."""
    return frozenset(text.split())


Of = Callable[[Any], Typing]


def branches(typings: Iterable[Typing]) -> Typing:
    """The typing of one of several values: CASE, COALESCE, UNION."""
    known = [typing for typing in typings if typing.kind is not None]
    if not known:
        return UNKNOWN
    kinds = {typing.kind for typing in known}
    first = known[0]
    if len(kinds) == 1:
        kind = first.kind
    elif kinds & TEXTS:
        kind = Kind.TEXT
    elif kinds & INEXACT:
        kind = Kind.DOUBLE
    elif kinds <= NUMBERS | {Kind.BOOLEAN}:
        kind = Kind.DECIMAL if Kind.DECIMAL in kinds else Kind.INTEGER
    elif kinds <= MOMENTS:
        kind = Kind.DATETIME
    else:
        kind = None
    scales = [typing.scale for typing in known]
    scale = max((s for s in scales if s is not None), default=None) if None not in scales else None
    return Typing(kind, scale, fraction=max((t.fraction or 0 for t in known), default=None))


__all__ = [
    "BYTES",
    "COUNTED",
    "DIVISION_DIGITS",
    "INEXACT",
    "INEXACT_RESULT",
    "INTEGER",
    "MOMENTS",
    "NUMBERS",
    "TEXT",
    "TEXTS",
    "UNKNOWN",
    "Of",
    "Typing",
    "branches",
    "typing_of_type",
    "words",
]

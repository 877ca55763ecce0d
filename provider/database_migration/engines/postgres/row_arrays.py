"""Many values of a column as one array parameter, in the text that PostgreSQL reads (manual, section 8.15.2).

The work is done by a few operations on whole texts instead of one for each value.
"""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.model.column_type import Kind
from database_migration.model.schema import Column

_BETWEEN = "\0"
"""Stands between values while they are escaped: no text of PostgreSQL's holds it."""
_OWN_SEPARATORS = frozenset({Kind.ARRAY, Kind.SPATIAL, Kind.OTHER})
"""Arrays of arrays come apart again as single values, and some types are separated otherwise than by commas."""


def fits_an_array(column: Column) -> bool:
    """Whether ``unnest`` gives back the values of an array of the column's type."""
    return column.type.kind not in _OWN_SEPARATORS


def array_text(values: Sequence[str | None]) -> str:
    """An array's text; every value is quoted, so that the word NULL and empty texts are themselves."""
    if None in values:
        return "{" + ",".join(["NULL" if value is None else f'"{_escaped(value)}"' for value in values]) + "}"
    joined = _BETWEEN.join(values)  # type: ignore[arg-type]  # none is None
    if joined.count(_BETWEEN) != len(values) - 1:
        # A value with a NUL character: the server refuses it by its own words.
        return "{" + ",".join([f'"{_escaped(value or "")}"' for value in values]) + "}"
    return '{"' + _escaped(joined).replace(_BETWEEN, '","') + '"}'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


__all__ = ["array_text", "fits_an_array"]

"""A row's canonical text (see ``model.column_type.Form``): what digests and hashes are made of, on every engine alike.

One call of ``concat_ws``, because each ``||`` copies the text again; it writes values of every type by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.postgres.row_sql.unfit_values import value_of
from database_migration.engines.postgres.row_sql.values import canonical_sql
from database_migration.model.column_type import PLAIN, Form, Kind
from database_migration.model.table_selection import FormedColumn

_MOST_ARGUMENTS = 90
_ANYTHING = frozenset({Kind.TEXT, Kind.VARCHAR, Kind.CHAR, Kind.ENUM, Kind.SET, Kind.OTHER, Kind.JSON})
"""Kinds that hold more than a plain form's texts."""
_MOMENTS = (Form.DATETIME, Form.TIMESTAMP)
"""Their canonical text tells other things apart by itself."""


def row_text_sql(columns: Sequence[FormedColumn]) -> str:
    """SQL of a row's text; JSON columns are left out."""
    fields = [field for formed in columns if formed.form is not Form.JSON for field in _fields(formed)]
    while len(fields) > _MOST_ARGUMENTS:
        fields = [_joined(fields[first : first + _MOST_ARGUMENTS]) for first in range(0, len(fields), _MOST_ARGUMENTS)]
    return _joined(fields) if fields else "''"


def _joined(fields: Sequence[str]) -> str:
    return f"concat_ws(',', {', '.join(fields)})"


def _fields(formed: FormedColumn) -> list[str]:
    expression = value_of(formed)
    value = canonical_sql(formed, expression)
    kind = formed.column.type.kind
    if formed.form not in PLAIN:
        length = f"octet_length({value})"
        if formed.form is Form.BINARY and kind is Kind.BLOB:
            length = f"2 * octet_length({expression})"
        return [_or_empty(formed, length), _or_empty(formed, value)]
    if kind in _ANYTHING and formed.form not in _MOMENTS:
        value = _plain(f"{expression}::text", value)
    return [_or_empty(formed, value)]


def _or_empty(formed: FormedColumn, value: str) -> str:
    """``concat_ws`` passes over NULL, so an empty text stands for it."""
    return f"coalesce(({value})::text, '')" if formed.nullable else value


def _plain(text: str, value: str) -> str:
    exact = f'({text} COLLATE "C")'
    odd = f"{exact} = '' OR position(',' in {exact}) > 0 OR left({exact}, 1) = 'x'"
    return f"CASE WHEN {odd} THEN 'x' || encode(convert_to({text}, 'UTF8'), 'hex') ELSE {value} END"


__all__ = ["row_text_sql"]

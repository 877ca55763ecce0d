"""A row's canonical text (see ``model.column_type.Form``): what digests and hashes are made of, on every engine alike.

One flat CONCAT, because each further call copies the text again; and not CONCAT_WS, which would pass over a value
without an exact text.
"""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.mysql.row_sql.unfit_values import value_of
from database_migration.engines.mysql.row_sql.values import canonical, octets
from database_migration.model.column_type import PLAIN, Form, Kind
from database_migration.model.table_selection import FormedColumn

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_ANYTHING = _TEXTS | {Kind.ENUM, Kind.SET, Kind.VARBINARY, Kind.BLOB, Kind.OTHER}
"""Kinds that hold more than a plain form's texts."""
_MOMENTS = (Form.DATETIME, Form.TIMESTAMP)
"""Their canonical text tells other things apart by itself."""
_OCTETS = frozenset({Kind.BINARY, Kind.VARBINARY, Kind.BLOB})


def row_text(columns: Sequence[FormedColumn]) -> str:
    """SQL of a row's text; NULL where a value has no exact text. JSON columns are left out."""
    fields = [field for formed in columns if formed.form is not Form.JSON for field in _fields(formed)]
    return f"CONCAT({', '.join(_with_commas(fields))})" if fields else "''"


def _with_commas(fields: Sequence[str]) -> list[str]:
    return [fields[0], *(part for field in fields[1:] for part in ("','", field))]


def _fields(formed: FormedColumn) -> list[str]:
    c = value_of(formed)
    value = canonical(formed, c)
    if formed.form not in PLAIN:
        value = octets(formed, value)
        return [_or_empty(formed, _length(formed, c, value)), _if_there(formed, c, value)]
    if formed.column.type.kind not in _ANYTHING:
        return [_or_empty(formed, value)]
    value = f"CONVERT({value} USING binary)"
    if formed.form not in _MOMENTS:
        odd = f"{c} = '' OR LOCATE(',', {c}) OR LEFT({c}, 1) = 'x'"
        value = f"IF({odd}, CONCAT('x', HEX({c})), {value})"
    return [_if_there(formed, c, value)]


def _or_empty(formed: FormedColumn, value: str) -> str:
    return f"IFNULL({value}, '')" if formed.nullable else value


def _if_there(formed: FormedColumn, c: str, value: str) -> str:
    """Not IFNULL: a value without an exact text must not pass for NULL."""
    return f"IF({c} IS NULL, '', {value})" if formed.nullable else value


def _length(formed: FormedColumn, c: str, value: str) -> str:
    """SQL of a text's octets; the text is not made a second time where that can be helped."""
    kind = formed.column.type.kind
    if formed.form is Form.BINARY and kind in _OCTETS:
        return f"2 * LENGTH({c})"
    if formed.form is Form.TEXT and kind in _TEXTS and formed.column.charset == "utf8mb4":
        return f"LENGTH({c})"
    return f"LENGTH({value})"


__all__ = ["row_text"]

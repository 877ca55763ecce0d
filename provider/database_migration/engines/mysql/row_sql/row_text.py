"""A row's canonical text: what digests and hashes are made of, on every engine the same."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.mysql.row_sql.unfit_values import value_of
from database_migration.engines.mysql.row_sql.values import canonical, octets
from database_migration.model.column_type import Form, Kind
from database_migration.model.table_selection import FormedColumn

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_LENGTHS = {Form.DOUBLE: 16, Form.DATE: 10, Form.DATETIME: 26, Form.TIMESTAMP: 26, Form.UUID: 36}


def row_text(columns: Sequence[FormedColumn]) -> str:
    """SQL of a row's text; NULL where a value has no exact text. JSON columns are left out."""
    parts = []
    for formed in columns:
        if formed.form is Form.JSON:
            continue
        c = value_of(formed)
        value = octets(formed, canonical(formed, c))
        head = _head(formed, c, value)
        text = f"CONCAT({head}, {value})"
        parts.append(f"CASE WHEN {c} IS NULL THEN 'N' ELSE {text} END" if formed.nullable else text)
    return f"CONCAT({', '.join(parts)})" if parts else "''"


def _head(formed: FormedColumn, c: str, value: str) -> str:
    """SQL of ``V<octets>:``; the text is not made a second time where its length is known beforehand."""
    kind = formed.column.type
    if formed.form in _LENGTHS and kind.kind not in _TEXTS:
        return f"'V{_LENGTHS[formed.form]}:'"
    if formed.form is Form.BIT and kind.kind is Kind.BIT:
        return f"'V{kind.bits}:'"
    if formed.form is Form.BINARY and kind.kind in (Kind.BINARY, Kind.VARBINARY, Kind.BLOB):
        return f"CONCAT('V', 2 * LENGTH({c}), ':')"
    if formed.form is Form.TEXT and kind.kind in _TEXTS and formed.column.charset == "utf8mb4":
        return f"CONCAT('V', LENGTH({c}), ':')"
    return f"CONCAT('V', LENGTH({value}), ':')"


__all__ = ["row_text"]

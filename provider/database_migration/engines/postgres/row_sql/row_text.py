"""A row's canonical text: what digests and hashes are made of, on every engine the same."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.postgres.row_sql.unfit_values import value_of
from database_migration.engines.postgres.row_sql.values import canonical_length, canonical_sql
from database_migration.model.column_type import Form
from database_migration.model.table_selection import FormedColumn


def row_text_sql(columns: Sequence[FormedColumn]) -> str:
    """SQL of a row's text; JSON columns are left out."""
    parts = []
    for formed in columns:
        if formed.form is not Form.JSON:
            text = canonical_sql(formed, value_of(formed))
            length = canonical_length(formed) or f"octet_length({text})"
            parts.append(f"coalesce('V' || {length} || ':' || {text}, 'N')")
    return " || ".join(parts) or "''"


__all__ = ["row_text_sql"]

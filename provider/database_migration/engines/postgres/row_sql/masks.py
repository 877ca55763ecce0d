"""SQL of masks: values that tell nothing of the real ones, the same for the same value wherever it stands.

``digest`` is a keyed hash of the value's transfer text (SHA-256 twice, the secret in front of each, as in HMAC's nested
form), equal on every engine. NULL stays NULL.
"""

from __future__ import annotations

from database_migration.engines.postgres.names import literal
from database_migration.model.column_type import Kind
from database_migration.model.mapping.tables import FixedMask, MaskWord
from database_migration.model.mask_names import FIRST_NAMES
from database_migration.model.schema import Column

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})


def mask_sql(column: Column, mask: MaskWord | FixedMask, name: str, own_text: str, secret: str) -> str:
    """The masked value of a column; ``own_text`` is SQL of its transfer text, ``secret`` of the secret."""
    digest = _sha256(f"{secret} || {_sha256(f'{secret} || {own_text}')}")
    match mask:
        case FixedMask():
            return f"CASE WHEN {name} IS NOT NULL THEN {literal(mask.fixed)} END"
        case "null":
            return "NULL"
        case "hash" if column.type.kind in _TEXTS:
            return f"left({digest}, {min(column.type.length or 64, 64)})"
        case "hash" if column.type.kind is Kind.UUID:
            return f"left({digest}, 32)::uuid"
        case "hash":
            number = f"('x' || left({digest}, 15))::bit(60)::bigint"
            return f"({number} % {2 ** ((column.type.bits or 32) - 1)})"
        case "email":
            return f"left({digest}, 16) || '@example.com'"
        case "name":
            names = ", ".join(literal(one) for one in FIRST_NAMES)
            return f"(ARRAY[{names}])[1 + ('x' || left({digest}, 8))::bit(32)::bigint % {len(FIRST_NAMES)}]"
        case "partial":
            kept = f"CASE WHEN char_length({name}) > 4 THEN 4 ELSE 0 END"
            return f"repeat('*', char_length({name}) - {kept}) || right({name}, {kept})"
        case _:
            return f"date_trunc('year', {name})"


def _sha256(text: str) -> str:
    return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"


__all__ = ["mask_sql"]

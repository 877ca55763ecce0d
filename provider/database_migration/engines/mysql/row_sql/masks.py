"""SQL of masks: values that tell nothing of the real ones, the same for the same value wherever it stands.

``digest`` is a keyed hash of the value's transfer text (SHA-256 twice, the secret in front of each, as in HMAC's nested
form), equal on every engine. NULL stays NULL.
"""

from __future__ import annotations

from database_migration.engines.mysql.column_types import text_literal
from database_migration.model.column_type import Kind
from database_migration.model.mapping.tables import FixedMask, MaskWord
from database_migration.model.mask_names import FIRST_NAMES
from database_migration.model.schema import Column

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})


def mask_sql(column: Column, mask: MaskWord | FixedMask, name: str, own_text: str, secret: str) -> str:
    """The masked value of a column; ``own_text`` is SQL of its transfer text, ``secret`` of the secret."""
    digest = _keyed(secret, _keyed(secret, own_text))
    length = column.type.length
    match mask:
        case FixedMask():
            return f"CASE WHEN {name} IS NOT NULL THEN {text_literal(mask.fixed)} END"
        case "null":
            return "NULL"
        case "hash" if column.type.kind in _TEXTS:
            return f"CONVERT(LEFT({digest}, {min(length or 64, 64)}) USING utf8mb4)"
        case "hash" if column.type.kind is Kind.UUID:
            cuts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
            groups = ", '-', ".join(f"SUBSTR({digest}, {at}, {size})" for at, size in cuts)
            return f"CONCAT({groups})"
        case "hash":
            return f"CAST(CONV(LEFT({digest}, 15), 16, 10) AS UNSIGNED) % {2 ** ((column.type.bits or 32) - 1)}"
        case "email":
            return f"CONCAT(LEFT({digest}, 16), '@example.com')"
        case "name":
            names = ", ".join(text_literal(one) for one in FIRST_NAMES)
            return f"ELT(1 + CAST(CONV(LEFT({digest}, 8), 16, 10) AS UNSIGNED) % {len(FIRST_NAMES)}, {names})"
        case "partial":
            hidden = f"REPEAT('*', CHAR_LENGTH({name}) - IF(CHAR_LENGTH({name}) > 4, 4, 0))"
            return f"CONCAT({hidden}, IF(CHAR_LENGTH({name}) > 4, RIGHT({name}, 4), ''))"
        case _:
            day = f"MAKEDATE(YEAR({name}), 1)"
            return day if column.type.kind is Kind.DATE else f"CAST({day} AS DATETIME)"


def _keyed(secret: str, text: str) -> str:
    return f"SHA2(CONCAT(CONVERT({secret} USING binary), CONVERT({text} USING binary)), 256)"


__all__ = ["mask_sql"]

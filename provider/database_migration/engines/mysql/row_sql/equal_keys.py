"""Keys that a unique key of this server would take for one, found by its own collations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.protocol import EqualKeys, KeyPart
from database_migration.model.text_comparison import is_text

_TABLE = "database_migration_equal_keys"
_AT_ONCE = 500


def equal_keys(
    session: MySQLSession, parts: Sequence[KeyPart], keys: Iterable[tuple[str, ...]], *, examples: int
) -> EqualKeys:
    """See ``protocol.Inspection.equal_keys``; the temporary table is dropped at the end."""
    names = [f"k{place}" for place in range(len(parts))]
    columns = ", ".join(f"{name} {_type(part)}" for name, part in zip(names, parts, strict=True))
    groups = ", ".join(
        f"LEFT({name}, {part.part.prefix})" if part.part.prefix else name
        for name, part in zip(names, parts, strict=True)
    )
    whole = "CONCAT_WS('/', " + ", ".join(f"CAST(CONVERT({name} USING utf8mb4) AS BINARY)" for name in names) + ")"
    session.execute(f"DROP TEMPORARY TABLE IF EXISTS {_TABLE}")
    session.execute(f"CREATE TEMPORARY TABLE {_TABLE} ({columns})")
    try:
        for rows in _batches(keys):
            values = ", ".join("(" + ", ".join(session.literal(value) for value in row) + ")" for row in rows)
            session.execute(f"INSERT INTO {_TABLE} VALUES {values}")
        grouped = f"FROM {_TABLE} GROUP BY {groups} HAVING COUNT(*) > 1"
        found = f"SELECT MIN({whole}) AS lowest, MAX({whole}) AS highest {grouped}"
        # A temporary table cannot be read twice in one statement.
        texts = session.execute(f"SELECT lowest, highest FROM ({found}) AS g ORDER BY lowest LIMIT {int(examples)}")
        ((count,),) = session.execute(f"SELECT COUNT(*) FROM ({found}) AS g")
    finally:
        session.execute(f"DROP TEMPORARY TABLE IF EXISTS {_TABLE}")
    return EqualKeys(int(str(count)), tuple(tuple(_shown(text) for text in row) for row in texts))


def _type(part: KeyPart) -> str:
    column = part.column
    if not is_text(column) or not column.collation:
        return "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    return f"longtext CHARACTER SET {column.charset} COLLATE {column.collation}"


def _batches(keys: Iterable[tuple[str, ...]]) -> Iterator[list[tuple[str, ...]]]:
    remaining = iter(keys)
    while batch := list(islice(remaining, _AT_ONCE)):
        yield batch


def _shown(text: object) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


__all__ = ["equal_keys"]

"""Checksums and row digests over the canonical row text, made by the server.

A digest is the first 60 bits of the row text's MD5; a checksum adds them up, because equal rows would cancel under
XOR. A server without MD5() (MySQL 9.6 and later, unless its component is installed) sends the texts, and they are
digested here, with the same result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain

from database_migration.engines.mysql.bulk.read import no_text
from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.row_sql.key_conditions import part_of, range_condition, source_of
from database_migration.engines.mysql.row_sql.row_text import row_text
from database_migration.engines.mysql.row_sql.values import octets, transfer
from database_migration.engines.protocol import Checksum
from database_migration.model.key_range import KeyParts, KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

_DIGITS = 15
_NO_TEXT = 2**100
"""Counts against rows without an exact text: more than the digests of 2**40 rows together."""


def _server_digest(columns: Sequence[FormedColumn]) -> str:
    return f"CAST(CONV(LEFT(MD5({row_text(columns)}), {_DIGITS}), 16, 10) AS UNSIGNED)"


def _client_digest(text: bytes) -> int:
    return int(hashlib.md5(text, usedforsecurity=False).hexdigest()[:_DIGITS], 16)


def checksum(
    session: MySQLSession, schema: str, table: Table, columns: Sequence[FormedColumn], rows: KeyRange
) -> Checksum:
    """Count and sum of digests of a range."""
    found = _sums(session, schema, table, columns, rows, "0")
    return found.get(0, Checksum(0, 0))


def part_checksums(
    session: MySQLSession, schema: str, table: Table, columns: Sequence[FormedColumn], parts: KeyParts
) -> dict[int, Checksum]:
    """The checksum of every part that has rows."""
    return _sums(session, schema, table, columns, parts, part_of(table, parts))


def _sums(
    session: MySQLSession,
    schema: str,
    table: Table,
    columns: Sequence[FormedColumn],
    rows: KeyRange | KeyParts,
    group: str,
) -> dict[int, Checksum]:
    source = f"FROM {source_of(schema, table)} {range_condition(table, rows)}"
    sums: dict[int, Checksum] = {}
    if session.has_md5:
        # The digest stands in the statement once: a second aggregate over it would make every text again.
        total = f"COALESCE(SUM(IFNULL({_server_digest(columns)}, -{_NO_TEXT})), 0)"
        by = "" if group == "0" else " GROUP BY 1"
        for part, count, digest in session.execute(f"SELECT {group}, COUNT(*), {total} {source}{by}"):
            sums[int(str(part))] = Checksum(int(str(count)), int(str(digest)))
        complete = all(one.digest >= 0 for one in sums.values())
    else:
        complete = True
        for batch in session.stream(f"SELECT {group}, {row_text(columns)} {source}"):
            for part, text in batch:
                complete = complete and text is not None
                before = sums.get(int(part or 0), Checksum(0, 0))
                sums[int(part or 0)] = Checksum(before.rows + 1, before.digest + _client_digest(text or b""))
    if not complete:
        raise no_text(session, schema, table, columns, rows)
    return sums


def digests(
    session: MySQLSession,
    schema: str,
    table: Table,
    columns: Sequence[FormedColumn],
    key: Sequence[FormedColumn],
    rows: KeyRange | KeyParts,
) -> Iterator[tuple[tuple[str, ...], int]]:
    """(key values, digest) of every row of a range."""
    keys = ", ".join(octets(formed, transfer(formed, quote(formed.name))) for formed in key)
    value = _server_digest(columns) if session.has_md5 else row_text(columns)
    sql = f"SELECT {keys}, {value} FROM {source_of(schema, table)} {range_condition(table, rows)}"
    complete = True
    with closing(session.stream(sql)) as batches:
        for row in chain.from_iterable(batches):
            present = [value for value in row if value is not None]
            complete = len(present) == len(row)
            if not complete:
                break
            *texts, last = present
            digest = int(last) if session.has_md5 else _client_digest(last)
            yield tuple(text.decode() for text in texts), digest
    if not complete:
        raise no_text(session, schema, table, [*columns, *key], rows)


__all__ = ["checksum", "digests", "part_checksums"]

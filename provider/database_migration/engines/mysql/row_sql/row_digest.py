"""Checksums and row digests over the canonical row text, made by the server.

The row text tells NULL from '' and needs no separator: per column ``V<octets>:<value>``, or ``N``. A digest is the
first 60 bits of its MD5; a checksum adds them up, because equal rows would cancel under XOR. A server
without MD5() (MySQL 9.6 and later, unless its component is installed) sends the texts, and they are
digested here, with the same result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain

from database_migration.engines.mysql.bulk.read import no_text
from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.row_sql.key_conditions import range_condition
from database_migration.engines.mysql.row_sql.row_text import row_text
from database_migration.engines.mysql.row_sql.values import octets, transfer
from database_migration.engines.protocol import Checksum
from database_migration.model.key_range import KeyRange
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
    source = f"FROM {quote(schema, table.name)} {range_condition(table, rows)}"
    if session.has_md5:
        # The digest stands in the statement once: a second aggregate over it would make every text again.
        sql = f"SELECT COUNT(*), COALESCE(SUM(IFNULL({_server_digest(columns)}, -{_NO_TEXT})), 0) {source}"
        ((count, total),) = session.execute(sql)
        count, total = int(str(count)), int(str(total))
        digested = count if total >= 0 else -1
    else:
        count = digested = total = 0
        for batch in session.stream(f"SELECT {row_text(columns)} {source}"):
            texts = [text for (text,) in batch if text is not None]
            count += len(batch)
            digested += len(texts)
            total += sum(map(_client_digest, texts))
    if digested != count:
        raise no_text(session, schema, table, columns, rows)
    return Checksum(count, total)


def digests(
    session: MySQLSession,
    schema: str,
    table: Table,
    columns: Sequence[FormedColumn],
    key: Sequence[FormedColumn],
    rows: KeyRange,
) -> Iterator[tuple[tuple[str, ...], int]]:
    """(key values, digest) of every row of a range."""
    keys = ", ".join(octets(formed, transfer(formed, quote(formed.name))) for formed in key)
    value = _server_digest(columns) if session.has_md5 else row_text(columns)
    sql = f"SELECT {keys}, {value} FROM {quote(schema, table.name)} {range_condition(table, rows)}"
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


__all__ = ["checksum", "digests", "row_text"]

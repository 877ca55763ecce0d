"""Rows enter through LOAD DATA LOCAL INFILE from a pipe, as CSV.

CSV with quotes doubled and no escape character is the only form that LOAD DATA reads exactly (its escapes turn
some letters into control characters). Two things make it safe:

* LOCAL turns errors into warnings, also in strict mode. So the rows are there, adjusted; every warning is
  therefore raised as ValueRefused, and the caller's transaction takes the rows back.
* The client library opens the pipe by the name ``/dev/fd/N``; a thread of ours feeds it. When the feeder
  fails, the pipe's end looks to the server like the end of the data, so the feeder's error is raised first.

Where the server forbids LOCAL, the same stream is parsed and inserted in batches.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.row_sql.values import received
from database_migration.engines.protocol import BulkFormat
from database_migration.errors import Interrupted, Refused, ValueRefused
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

CSV = BulkFormat(delimiter=",", null="NULL", quote='"', escapes=(), binary_prefix="")

_INFO = re.compile(r"Records: (\d+)\s+Deleted: (\d+)\s+Skipped: (\d+)\s+Warnings: (\d+)")
_FIELD = re.compile(rb'(?:"((?:[^"]|"")*)"|NULL)([,\n])')
_INSERTED_ROWS = 500
_INSERTED_BYTES = 1 << 20
_SHOWN_WARNINGS = 3
_PIPE_BYTES = 1 << 20


def load_bulk(
    session: MySQLSession,
    schema: str,
    table: Table,
    columns: Sequence[FormedColumn],
    blocks: Iterable[bytes],
) -> int:
    """Insert a CSV stream; the number of rows. Raises ValueRefused when any value would not arrive exactly."""
    with _foreign_keys_unchecked(session):
        if session.execute("SELECT @@local_infile") == [(1,)]:
            return _load(session, schema, table, columns, blocks)
        return _insert(session, schema, table, columns, blocks)


@contextmanager
def _foreign_keys_unchecked(session: MySQLSession) -> Iterator[None]:
    before = session.execute("SELECT @@foreign_key_checks")[0][0]
    session.execute("SET SESSION foreign_key_checks = 0")
    try:
        yield
    except BaseException:
        with suppress(Interrupted, Refused):  # what happened counts, not that the session is gone
            _check_foreign_keys(session, before)
        raise
    _check_foreign_keys(session, before)


def _check_foreign_keys(session: MySQLSession, before: object) -> None:
    if before:
        session.execute("SET SESSION foreign_key_checks = 1")


class _Feeder:
    """Writes blocks into a pipe from a thread of its own and keeps the error that stopped it."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = blocks
        self.reader, self._writer = os.pipe()
        _widen(self._writer)
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._feed, name="bulk-load-feeder", daemon=True)
        self._thread.start()

    def _feed(self) -> None:
        try:
            with open(self._writer, "wb", buffering=0) as pipe:  # noqa: PTH123 (a descriptor, no path)
                for block in self._blocks:
                    view = memoryview(block)
                    while view:
                        view = view[pipe.write(view) :]
        except BrokenPipeError:
            pass  # the server stopped reading and says why itself
        except BaseException as error:  # noqa: BLE001 (raised again by the loading thread)
            self.error = error

    def finish(self) -> None:
        with suppress(OSError):
            os.close(self.reader)
        self._thread.join()
        self._close()

    def abandon(self) -> None:
        """As ``finish``, without waiting for a source that may take its time, and without reading its rest."""
        with suppress(OSError):
            os.close(self.reader)

    def _close(self) -> None:
        close = getattr(self._blocks, "close", None)
        if close is not None:
            close()


def _widen(pipe: int) -> None:
    """A pipe of a megabyte where the system has such: feeder and client take turns less often."""
    with suppress(AttributeError, OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _load(
    session: MySQLSession,
    schema: str,
    table: Table,
    columns: Sequence[FormedColumn],
    blocks: Iterable[bytes],
) -> int:
    targets, conversions = [], []
    for number, formed in enumerate(columns):
        variable = f"@c{number}"
        expression = received(formed, variable)
        if expression == variable:
            targets.append(quote(formed.name))
        else:
            targets.append(variable)
            conversions.append(f"{quote(formed.name)} = {expression}")
    feeder = _Feeder(blocks)
    sql = (
        f"LOAD DATA LOCAL INFILE '/dev/fd/{feeder.reader}' INTO TABLE {quote(schema, table.name)} "
        "CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' ENCLOSED BY '\"' ESCAPED BY '' LINES TERMINATED BY '\\n' "
        f"({', '.join(targets)})" + (" SET " + ", ".join(conversions) if conversions else "")
    )
    try:
        inserted = session.execute_count_beside(sql)
        info = session.info
    except Exception:
        feeder.finish()
        if feeder.error is not None:
            raise feeder.error from None
        raise
    except BaseException:  # we are told to stop
        feeder.abandon()
        raise
    feeder.finish()
    if feeder.error is not None:
        raise feeder.error
    summary = _INFO.search(info)
    if summary is None or summary[3] != "0" or summary[4] != "0" or int(summary[1]) != inserted:
        raise _refused(schema, table, info, session.warnings())
    return inserted


def _refused(schema: str, table: Table, info: str, warnings: Sequence[tuple[str, int, str]]) -> ValueRefused:
    said = "; ".join(f"{code}: {text}" for _, code, text in warnings[:_SHOWN_WARNINGS])
    return ValueRefused(
        f"The server would change or leave out values ({info}; {said}).",
        mend="widen the column, exclude the rows in the spec, or correct them at the source; then clear the task.",
        subject=f"{schema}.{table.name}",
    )


def parse_csv(blocks: Iterable[bytes], width: int) -> Iterator[tuple[str | None, ...]]:
    """Rows of a stream in ``CSV``, however it is cut into blocks."""
    rest = b""
    for block in blocks:
        text = rest + block
        row: list[str | None] = []
        end = 0
        for field in _FIELD.finditer(text):
            value = field[1]
            row.append(None if value is None else value.replace(b'""', b'"').decode())
            if field[2] == b"\n":
                if len(row) != width:
                    raise ValueError(f"a row of {len(row)} values in a stream of {width} columns")
                yield tuple(row)
                row, end = [], field.end()
        rest = text[end:]
    if rest:
        raise ValueRefused(
            "The stream of rows ends in the middle of a row.", mend="clear the task; the chunk is read again."
        )


def _insert(
    session: MySQLSession,
    schema: str,
    table: Table,
    columns: Sequence[FormedColumn],
    blocks: Iterable[bytes],
) -> int:
    placeholders = [received(formed, "%s") for formed in columns]
    repeats = [placeholder.count("%s") for placeholder in placeholders]
    names = ", ".join(quote(formed.name) for formed in columns)
    head = f"INSERT INTO {quote(schema, table.name)} ({names}) VALUES "
    one = "(" + ", ".join(placeholders) + ")"
    inserted = 0
    for rows in _batches(parse_csv(blocks, len(columns))):
        parameters = [value for row in rows for value, times in zip(row, repeats, strict=True) for _ in range(times)]
        inserted += session.execute_count(head + ", ".join([one] * len(rows)), parameters)
        if warnings := session.warnings():  # a rounded number or cut blanks are notes only, even in strict mode
            raise _refused(schema, table, f"{len(rows)} rows", warnings)
    return inserted


def _batches(rows: Iterable[tuple[str | None, ...]]) -> Iterator[list[tuple[str | None, ...]]]:
    batch: list[tuple[str | None, ...]] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(len(value) for value in row if value is not None)
        if len(batch) >= _INSERTED_ROWS or size >= _INSERTED_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


__all__ = ["CSV", "load_bulk", "parse_csv"]

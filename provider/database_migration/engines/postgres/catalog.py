"""pg_catalog as a neutral schema.

Each aspect is one query over the whole schema; what belongs together is joined here. Definitions come
with unqualified names, as the session's search_path begins with the schema.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

from database_migration.engines.postgres import sql
from database_migration.engines.postgres.connection import release_of
from database_migration.engines.postgres.hold.on_update_now import made_by_us
from database_migration.engines.postgres.names import quote
from database_migration.engines.postgres.system_catalog import objects
from database_migration.engines.postgres.system_catalog.tables import (
    Columns,
    check,
    column,
    foreign_key,
    index,
    remarks,
    spelled_or_raw,
)
from database_migration.engines.protocol import Session
from database_migration.errors import Interrupted, Refused
from database_migration.model.schema import Partition, Schema, Table
from database_migration.model.schema import Sequence as FreeSequence

CatalogRow = tuple[Any, ...]
"""A row of one of our own catalog queries, whose types the SQL file fixes."""


_TRIES = 8
_MOVED = re.compile(r"cache lookup failed|could not open relation|does not exist", re.IGNORECASE)
"""What the server's own catalog functions say of an object that was dropped between two queries."""


class PostgresCatalog:
    """Fulfils ``protocol.Catalog``."""

    def read(self, session: Session, schema: str) -> Schema:
        """The schema as data, tables by name.

        Each query sees the catalog of its own moment. What is dropped in between is left out where a query
        says so by itself; where it fails for it, all is read again.
        """
        for _ in range(_TRIES):
            oid = _schema_oid(session, schema)
            try:
                return _read(session, schema, oid)
            except _Moved:
                continue
            except Refused as error:
                if not _MOVED.search(error.problem):
                    raise
        raise Interrupted(
            "Objects of the schema were created and dropped all the while its catalog was read.",
            mend="let no DDL run on it for a while; the next try reads it again.",
            subject=schema,
        )

    def sequences(self, session: Session, schema: str) -> tuple[FreeSequence, ...]:
        """The schema's free sequences where they stand now."""
        return objects.free_sequences(_rows(session, "sequences", _schema_oid(session, schema)))

    def exact_count(self, session: Session, table: Table) -> int:
        """Rows of a table, counted; the table is looked up along the session's search_path."""
        where = f" WHERE {table.where}" if table.where else ""
        return cast(int, session.execute(f"SELECT count(*) FROM {quote(table.name)} AS t{where}")[0][0])


class _Moved(Exception):
    """Two queries of one reading saw different schemas."""


def _read(session: Session, schema: str, oid: int) -> Schema:
    triggers = _rows(session, "triggers", oid)
    sequences = _rows(session, "sequences", oid)
    indexes = _by_table(_rows(session, "indexes", oid))
    try:
        tables = tuple(_tables(session, oid, triggers, sequences, indexes))
    except (KeyError, AttributeError, TypeError) as error:
        raise _Moved from error  # a NULL where a name or expression was, or a column that is not there
    return Schema(
        name=schema,
        tables=tables,
        views=objects.views(_rows(session, "views", oid), indexes),
        code=tuple(objects.code(triggers, _rows(session, "routines", oid))),
        sequences=objects.free_sequences(sequences),
        types=objects.user_types(_rows(session, "types", oid)),
        others=objects.others(_rows(session, "others", oid)),
        hidden=objects.hidden(session, schema, sequences),
        engine="postgres",
        server_version=release_of(str(session.execute("SHOW server_version")[0][0])),
    )


def _schema_oid(session: Session, schema: str) -> int:
    found = session.execute(
        "SELECT oid::bigint, has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = %s", [schema]
    )
    if not found:
        raise Refused(
            f"There is no schema {schema} in this database.",
            mend=f"create it (CREATE SCHEMA {quote(schema)};) or correct the spec.",
            subject=schema,
        )
    oid, usable = found[0]
    if not usable:
        user = session.execute("SELECT current_user::text")[0][0]
        raise Refused(
            f"The user {user} may not look into the schema {schema}.",
            mend=f"GRANT USAGE ON SCHEMA {quote(schema)} TO {quote(str(user))};",
            subject=schema,
        )
    return cast(int, oid)


def _rows(session: Session, name: str, schema_oid: int) -> list[CatalogRow]:
    return cast(list[CatalogRow], session.execute(sql.load(name), [schema_oid]))


def _by_table(rows: Iterable[CatalogRow]) -> dict[int, list[CatalogRow]]:
    grouped: dict[int, list[CatalogRow]] = defaultdict(list)
    for row in rows:
        grouped[row[0]].append(row[1:])
    return grouped


def _tables(
    session: Session,
    oid: int,
    triggers: list[CatalogRow],
    sequences: list[CatalogRow],
    indexes: dict[int, list[CatalogRow]],
) -> Iterable[Table]:
    columns = _by_table(_rows(session, "columns", oid))
    foreign_keys = _by_table(_rows(session, "foreign_keys", oid))
    checks = _by_table(_rows(session, "checks", oid))
    parts = _by_table(_rows(session, "partitions", oid))
    next_values = {(row[3], row[4]): row[1] for row in sequences if row[3] is not None}
    stamped = {found for row in triggers if (found := made_by_us(row)) is not None}
    for table, name, comment, rows, size, storage, partitioned_by, *facts in _rows(session, "tables", oid):
        read = tuple(column(row, on_update_now=(name, row[0]) in stamped) for row in columns[table])
        types: Columns = {one.name: one.type for one in read}
        read = tuple(
            one if one.generated is None else replace(one, generated=spelled_or_raw(one.generated, types))
            for one in read
        )
        primary = next((row for row in indexes[table] if row[1]), None)
        yield Table(
            name=name,
            columns=read,
            primary_key=tuple(primary[9]) if primary else (),
            primary_key_name=primary[0] if primary else "",
            indexes=tuple(index(row, types) for row in indexes[table] if not row[1]),
            foreign_keys=tuple(foreign_key(row) for row in foreign_keys[table]),
            checks=tuple(check(row, types) for row in checks[table]),
            comment=comment,
            next_identity=next(
                (next_values[table, one.name] for one in read if one.identity and (table, one.name) in next_values),
                None,
            ),
            estimated_rows=rows,
            estimated_bytes=size,
            storage=storage,
            partitioned_by=partitioned_by,
            partitions=tuple(Partition(*row[:4]) for row in parts[table]),
            remarks=tuple(remarks(facts, primary, parts[table])),
        )


__all__ = ["PostgresCatalog"]

"""pg_catalog as a neutral schema.

Each aspect is one query over the whole schema; what belongs together is joined here. Definitions come
with unqualified names, as the session's search_path begins with the schema.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

from database_migration.engines.postgres import sql
from database_migration.engines.postgres.catalog_tables import (
    Columns,
    check,
    column,
    foreign_key,
    index,
    spelled_or_raw,
)
from database_migration.engines.postgres.connection import release_of
from database_migration.engines.postgres.names import quote
from database_migration.engines.postgres.on_update_now import made_by_us
from database_migration.engines.protocol import Session
from database_migration.errors import Refused
from database_migration.model.schema import CodeKind, Schema, Sequence, StoredCode, Table, View

CatalogRow = tuple[Any, ...]
"""A row of one of our own catalog queries, whose types the SQL file fixes."""


class PostgresCatalog:
    """Fulfils ``protocol.Catalog``."""

    def read(self, session: Session, schema: str) -> Schema:
        """The schema as data, tables by name."""
        oid = _schema_oid(session, schema)
        triggers = _rows(session, "triggers", oid)
        sequences = _rows(session, "sequences", oid)
        return Schema(
            name=schema,
            tables=tuple(_tables(session, oid, triggers, sequences)),
            views=tuple(
                View(name, definition.strip().removesuffix(";"), tuple(columns), materialized, tuple(depends_on))
                for name, definition, materialized, columns, depends_on in _rows(session, "views", oid)
            ),
            code=tuple(_code(triggers, _rows(session, "routines", oid))),
            sequences=tuple(
                Sequence(name, next_value, increment)
                for name, next_value, increment, owner, _ in sequences
                if owner is None
            ),
            engine="postgres",
            server_version=release_of(str(session.execute("SHOW server_version")[0][0])),
        )

    def exact_count(self, session: Session, table: Table) -> int:
        """Rows of a table, counted; the table is looked up along the session's search_path."""
        return cast(int, session.execute(f"SELECT count(*) FROM {quote(table.name)}")[0][0])


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


def _tables(session: Session, oid: int, triggers: list[CatalogRow], sequences: list[CatalogRow]) -> Iterable[Table]:
    columns = _by_table(_rows(session, "columns", oid))
    indexes = _by_table(_rows(session, "indexes", oid))
    foreign_keys = _by_table(_rows(session, "foreign_keys", oid))
    checks = _by_table(_rows(session, "checks", oid))
    next_values = {(owner, name): value for _, value, _, owner, name in sequences if owner is not None}
    stamped = {found for row in triggers if (found := made_by_us(row)) is not None}
    for table, name, comment, rows, size, storage, partitioned_by, *_ in _rows(session, "tables", oid):
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
        )


def _code(triggers: list[CatalogRow], routines: list[CatalogRow]) -> Iterable[StoredCode]:
    ours = {row[3] for row in triggers if made_by_us(row) is not None}
    for row in triggers:
        if made_by_us(row) is None:
            yield StoredCode(CodeKind.TRIGGER, row[1], row[2], table=row[0])
    for name, is_procedure, definition, signature in routines:
        if name not in ours:
            kind = CodeKind.PROCEDURE if is_procedure else CodeKind.FUNCTION
            yield StoredCode(kind, name, definition, signature=signature)


__all__ = ["PostgresCatalog"]

"""SQL of the values that a spec maps, the types that the server gives them, and row images that it maps likewise.

Every expression stands over the table that is named t, so that one text serves for the table itself and for the
temporary table that holds row images out of the log. Texts are compared by their octets: a collation would take
values for one that the spec tells apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from database_migration.engines.postgres.column_types import type_sql
from database_migration.engines.postgres.connection import connection_of, postgres_session, query
from database_migration.engines.postgres.names import literal, quote, shortened
from database_migration.engines.postgres.row_sql.masks import mask_sql
from database_migration.engines.postgres.row_sql.values import parameter, transfer_sql
from database_migration.engines.postgres.server_errors import NOT_MAPPED, translated
from database_migration.engines.postgres.sql import load
from database_migration.engines.postgres.system_catalog.tables import column as catalog_column
from database_migration.engines.protocol import IMAGE_NUMBER, Session
from database_migration.model.column_type import Kind, form_between
from database_migration.model.mapping.tables import ColumnMapping, Lookup, OtherValue, Scalar, without_literals
from database_migration.model.schema import Column, Table
from database_migration.model.table_selection import FormedColumn

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_CALLED = frozenset({"now", "transaction_timestamp", "statement_timestamp", "current_setting", "age", "current_schema"})
"""Stable within a statement, and another in the next."""
_BARE = frozenset(
    {"current_timestamp", "current_date", "current_time", "localtime", "localtimestamp", "current_user"}
    | {"session_user", "current_role", "current_catalog"}
)
_SECRET = "current_setting('database_migration.secret')"


class PostgresRowMapping:
    """Fulfils ``protocol.RowMapping``."""

    def value(self, schema: str, column: Column, mapping: ColumnMapping) -> str:
        """SQL of the value that a column of the target gets for a column of the table t."""
        name = f"t.{quote(column.name)}"
        if mapping.mask is not None:
            masked = mask_sql(column, mapping.mask, name, _own_text(column, name), _SECRET)
            return f"({masked})::{type_sql(column.type, schema)}"
        if mapping.lookup is not None:
            return _looked_up(schema, name, mapping.lookup, mapping.otherwise)
        cases = " ".join(
            f'WHEN {literal(key)} COLLATE "C" THEN {self.constant(value)}' for key, value in (mapping.map or {}).items()
        )
        other = _other(column, mapping, name)
        mapped = f"CASE WHEN {name} IS NOT NULL THEN CASE {_own_text(column, name)} {cases} ELSE {other} END END"
        return f"({mapped})::{_type_of(column, mapping, schema)}"

    def constant(self, value: Scalar) -> str:
        """A value of the spec as SQL."""
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, int | float) else f"{literal(value)}::text"

    def typed(self, session: Session, schema: str, table: Table, values: Mapping[str, str]) -> list[Column]:
        """The columns as the server would make them out of these values of the table t."""
        listed = ", ".join(f"{sql} AS {quote(name)}" for name, sql in values.items())
        where = f" AND ({table.where})" if table.where else ""
        connection = connection_of(session)
        with translated(table.name), connection.transaction(force_rollback=True), connection.cursor() as cursor:
            cursor.execute(
                query(
                    "CREATE TEMPORARY TABLE database_migration_types ON COMMIT DROP AS"
                    f" SELECT {listed} FROM {quote(schema, table.name)} AS t WHERE false{where}"
                )
            )
            cursor.execute(
                query("SELECT pg_my_temp_schema()::oid, 'pg_temp.database_migration_types'::regclass::bigint")
            )
            ((namespace, made),) = cursor.fetchall()
            cursor.execute(query(load("columns")), [namespace])
            rows = cursor.fetchall()
        return [catalog_column(tuple(row), on_update_now=False) for oid, *row in rows if oid == made]

    def set_secret(self, session: Session, secret: str) -> None:
        """Tell the session the secret that masks are made with."""
        session.execute("SELECT set_config('database_migration.secret', %s, false)", [secret])

    def unsettled(self, session: Session, sql: str) -> list[str]:
        """What in an expression may give another value for the same row: volatile functions, and clocks."""
        bare = without_literals(sql)
        called = {word.lower() for word in re.findall(r"(\w+)\s*\(", bare)}
        volatile = session.execute(
            "SELECT DISTINCT proname::text FROM pg_proc"
            " WHERE provolatile = 'v' AND proname = ANY(string_to_array(%s, ','))",
            [",".join(sorted(called))],
        )
        words = {word.lower() for word in re.findall(r"\w+", bare)}
        return sorted(called & _CALLED | {str(name) for (name,) in volatile} | words & _BARE)

    def hold_images(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        images: Sequence[Sequence[str | None]],
    ) -> tuple[str, str]:
        """Put row images into a temporary table in the place of those that it held; its schema and name."""
        held = shortened(f"images_of_{table.name}")
        own = postgres_session(session)
        names = ", ".join(quote(formed.name) for formed in columns)
        number = quote(IMAGE_NUMBER)
        session.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {quote(held)} AS"
            f" SELECT 0::bigint AS {number}, {names} FROM {quote(schema, table.name)} WHERE false"
        )
        session.execute(f"DELETE FROM pg_temp.{quote(held)}")
        with translated(table.name), own.connection.cursor() as cursor:
            with cursor.copy(query(f"COPY pg_temp.{quote(held)} ({number}, {names}) FROM STDIN")) as copy:
                for place, image in enumerate(images):
                    copy.write_row([place, *(parameter(*one) for one in zip(columns, image, strict=True))])
        return "pg_temp", held


def _own_text(column: Column, name: str) -> str:
    """The transfer text of a column's own value."""
    return transfer_sql(FormedColumn(column, form_between(column.type, column.type)), name)


def _looked_up(schema: str, name: str, lookup: Lookup, otherwise: str | OtherValue) -> str:
    found = (
        f"(SELECT l.{quote(lookup.value)} FROM {quote(schema, lookup.table)} AS l WHERE l.{quote(lookup.key)} = {name})"
    )
    if otherwise == "null":
        return found
    if isinstance(otherwise, OtherValue):
        other = PostgresRowMapping().constant(otherwise.to)
        return f"CASE WHEN {name} IS NOT NULL THEN coalesce({found}, {other}) END"
    fails = _failing(name, f"{lookup.table}.{lookup.key}")
    # Nothing but the value itself gives the expression its type.
    return (
        f"CASE WHEN {name} IS NULL THEN NULL WHEN {found} IS NOT NULL THEN {found} WHEN {fails} IS NULL THEN NULL END"
    )


def _other(column: Column, mapping: ColumnMapping, name: str) -> str:
    """What stands for a value that the map does not name."""
    otherwise = mapping.otherwise
    if isinstance(otherwise, OtherValue):
        return PostgresRowMapping().constant(otherwise.to)
    if otherwise == "null":
        return "NULL"
    word = _word(mapping)
    return f"{name}::{word}" if otherwise == "keep" else f"{_failing(name, f'the map of {column.name}')}::text::{word}"


def _word(mapping: ColumnMapping) -> str:
    """The type of the map's outcomes, which are of one kind."""
    value = next((value for value in (mapping.map or {}).values() if value is not None), "")
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "text"
    return "bigint" if isinstance(value, int) else "double precision"


def _type_of(column: Column, mapping: ColumnMapping, schema: str) -> str:
    """The column's own type where the outcomes are values of it, so that its indexes stay what they are."""
    word = _word(mapping)
    if word == "text":
        texts = [value for value in (mapping.map or {}).values() if isinstance(value, str)]
        if isinstance(mapping.otherwise, OtherValue) and isinstance(mapping.otherwise.to, str):
            texts.append(mapping.otherwise.to)
        longest = max(map(len, texts), default=1)
        if column.type.kind in _TEXTS and longest <= (column.type.length or longest):
            return type_sql(column.type, schema)
        if mapping.otherwise == "keep":
            longest = max(longest, *map(len, column.type.values)) if column.type.values else 0
        return f"varchar({longest})" if longest else "text"
    return type_sql(column.type, schema) if word == "bigint" and column.type.kind is Kind.INTEGER else word


def _failing(name: str, where: str) -> str:
    """Fails when, and only when, a row gets there; the server's message shows the text."""
    return f"({literal(f'{NOT_MAPPED} {where}')} || left({name}::text, 0))::integer"


__all__ = ["PostgresRowMapping"]

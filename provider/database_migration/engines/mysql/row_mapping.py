"""SQL of the values that a spec maps, the types that the server gives them, and row images that it maps likewise.

Every expression stands over the table that is named t, so that one text serves for the table itself and for the
temporary table that holds row images out of the log. Texts are compared by their octets: a collation would take
values for one that the spec tells apart.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from database_migration.engines.mysql.column_types import parse_type
from database_migration.engines.mysql.connection import SQL_MODE, MySQLSession, own_session, quote
from database_migration.engines.mysql.row_sql.literals import literals
from database_migration.engines.mysql.row_sql.masks import mask_sql
from database_migration.engines.mysql.row_sql.values import transfer
from database_migration.engines.mysql.server_errors import NOT_MAPPED
from database_migration.engines.mysql.system_catalog.tables import text
from database_migration.engines.protocol import IMAGE_NUMBER, Session
from database_migration.errors import NotPossible, ValueRefused
from database_migration.model.column_type import ColumnType, Kind, form_between
from database_migration.model.mapping.tables import ColumnMapping, Lookup, OtherValue, Scalar, without_literals
from database_migration.model.schema import Column, Table
from database_migration.model.table_selection import FormedColumn

_ROWS_AT_ONCE = 200
_CALLED = frozenset(
    {"rand", "uuid", "uuid_short", "random_bytes", "sys_guid", "now", "sysdate", "curdate", "curtime", "unix_timestamp"}
    | {"connection_id", "user", "session_user", "system_user", "database", "schema", "version", "last_insert_id"}
    | {"row_count", "found_rows", "sleep", "benchmark", "get_lock", "release_lock", "load_file", "nextval", "lastval"}
    | {"localtime", "localtimestamp", "last_value"}
)
"""Functions that may give another value for the same row."""
_BARE = frozenset(
    {"current_timestamp", "current_date", "current_time", "current_user", "localtime", "localtimestamp"}
    | {"utc_timestamp", "utc_date", "utc_time"}
)
_SECRET = "@database_migration_secret"


class MySQLRowMapping:
    """See ``engines.protocol.RowMapping``."""

    def value(self, schema: str, column: Column, mapping: ColumnMapping) -> str:
        name = f"t.{quote(column.name)}"
        if mapping.mask is not None:
            return mask_sql(column, mapping.mask, name, _own_text(column, name), _SECRET)
        if mapping.lookup is not None:
            return _looked_up(schema, name, mapping.lookup, mapping.otherwise)
        cases = " ".join(
            f"WHEN x'{key.encode().hex()}' THEN {constant(value)}" for key, value in (mapping.map or {}).items()
        )
        other = _other(column, mapping, name)
        mapped = f"CASE CONVERT({_own_text(column, name)} USING binary) {cases} ELSE {other} END"
        return f"CASE WHEN {name} IS NOT NULL THEN {mapped} END"

    def constant(self, value: Scalar) -> str:
        return constant(value)

    def typed(self, session: Session, schema: str, table: Table, values: Mapping[str, str]) -> list[Column]:
        own = own_session(session)
        name = quote(schema, "database_migration_types")
        listed = "".join(f", {sql} AS {quote(column)}" for column, sql in values.items())
        where = f" AND ({table.where})" if table.where else ""
        own.execute(f"DROP TEMPORARY TABLE IF EXISTS {name}")
        own.execute(
            f"CREATE TEMPORARY TABLE {name} ({quote(IMAGE_NUMBER)} BIGINT NOT NULL PRIMARY KEY) AS"
            f" SELECT 0 AS {quote(IMAGE_NUMBER)}{listed} FROM {quote(schema, table.name)} AS t WHERE FALSE{where}"
        )
        try:
            rows = own.execute(f"SHOW FULL COLUMNS FROM {name}")
        finally:
            own.execute(f"DROP TEMPORARY TABLE IF EXISTS {name}")
        return [_column(row) for row in rows if text(row[0]) != IMAGE_NUMBER]

    def set_secret(self, session: Session, secret: str) -> None:
        own_session(session).execute(f"SET {_SECRET} = %s", (secret,))

    def unsettled(self, session: Session, sql: str) -> list[str]:
        bare = without_literals(sql)
        called = {word.lower() for word in re.findall(r"(\w+)\s*\(", bare)}
        words = {word.lower() for word in re.findall(r"@?\w+", bare)}
        stored = own_session(session).execute(
            "SELECT LOWER(routine_name) FROM information_schema.routines"
            " WHERE routine_schema = DATABASE() AND routine_type = 'FUNCTION'"
        )
        variables = {word for word in words if word.startswith("@")}
        found = called & (_CALLED | {text(name) for (name,) in stored}) | words & _BARE | variables
        return sorted(found)

    def hold_images(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        images: Sequence[Sequence[str | None]],
    ) -> tuple[str, str]:
        own = own_session(session)
        # A zero date comes out of the log as it stands in the table, which an older mode allowed.
        own.execute(f"SET SESSION sql_mode = '{SQL_MODE.replace(',NO_ZERO_DATE,NO_ZERO_IN_DATE', '')}'")
        try:
            return schema, _loaded(own, schema, table, columns, images)
        finally:
            own.execute(f"SET SESSION sql_mode = '{SQL_MODE}'")


def _loaded(
    session: MySQLSession,
    schema: str,
    table: Table,
    columns: Sequence[FormedColumn],
    images: Sequence[Sequence[str | None]],
) -> str:
    held = f"database_migration_images_{hashlib.sha256(table.name.encode()).hexdigest()[:12]}"
    names = ", ".join(f"t.{quote(formed.name)}" for formed in columns)
    session.execute(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {quote(schema, held)}"
        f" ({quote(IMAGE_NUMBER)} BIGINT NOT NULL PRIMARY KEY)"
        f" AS SELECT 0 AS {quote(IMAGE_NUMBER)}, {names} FROM {quote(schema, table.name)} AS t WHERE FALSE"
    )
    # DELETE: TRUNCATE is DDL, and would commit.
    session.execute(f"DELETE FROM {quote(schema, held)}")
    into = ", ".join(quote(name) for name in (IMAGE_NUMBER, *(formed.name for formed in columns)))
    writers = [literals(session, formed) for formed in columns]
    for start in range(0, len(images), _ROWS_AT_ONCE):
        rows = ", ".join(
            f"({number}, {', '.join(write(value) for write, value in zip(writers, image, strict=True))})"
            for number, image in enumerate(images[start : start + _ROWS_AT_ONCE], start)
        )
        session.execute(f"INSERT INTO {quote(schema, held)} ({into}) VALUES {rows}")
        if session.warning_count:
            said = "; ".join(f"{code}: {words}" for _, code, words in session.warnings()[:3])
            raise ValueRefused(
                f"The server would change a value of a logged row ({said}).",
                mend="correct the row on the source, then let replication go on.",
                subject=f"{schema}.{table.name}",
            )
    return held


def constant(value: Scalar) -> str:
    """A value of the spec as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(int(value) if isinstance(value, bool) else value)
    return f"CONVERT(x'{value.encode().hex()}' USING utf8mb4)" if value else "''"


def _own_text(column: Column, name: str) -> str:
    """The transfer text of a column's own value."""
    return transfer(FormedColumn(column, form_between(column.type, column.type)), name)


def _looked_up(schema: str, name: str, lookup: Lookup, otherwise: str | OtherValue) -> str:
    found = (
        f"(SELECT l.{quote(lookup.value)} FROM {quote(schema, lookup.table)} AS l WHERE l.{quote(lookup.key)} = {name})"
    )
    if otherwise == "null":
        return found
    if isinstance(otherwise, OtherValue):
        return f"CASE WHEN {name} IS NOT NULL THEN COALESCE({found}, {constant(otherwise.to)}) END"
    fails = _failing(name, f"{lookup.table}.{lookup.key}")
    # Nothing but the value itself gives the expression its type.
    return f"CASE WHEN {name} IS NULL THEN NULL WHEN {found} IS NOT NULL THEN {found} WHEN {fails} THEN NULL END"


def _other(column: Column, mapping: ColumnMapping, name: str) -> str:
    """What stands for a value that the map does not name."""
    if isinstance(mapping.otherwise, OtherValue):
        return constant(mapping.otherwise.to)
    if mapping.otherwise == "keep":
        return name
    if mapping.otherwise == "null":
        return "NULL"
    # Of no width, so that the other outcomes decide the type.
    fails = _failing(name, f"the map of {column.name}")
    is_text = any(isinstance(value, str) for value in (mapping.map or {}).values())
    return f"LEFT({fails}, 0)" if is_text else f"SIGN({fails})"


def _failing(name: str, where: str) -> str:
    """Fails when, and only when, a row gets there: the sum is out of range, and the server's message shows the text."""
    said = f"{NOT_MAPPED} {where}".replace("'", "").replace("\\", "")
    return f"(18446744073709551615 + LENGTH(CONCAT('{said}', {name})))"


def _column(row: Sequence[object]) -> Column:
    """A row of SHOW FULL COLUMNS."""
    name, spelled, collation = text(row[0]), text(row[1]), None if row[2] is None else text(row[2])
    type_ = parse_type(spelled) or ColumnType(Kind.OTHER, native=spelled)
    if type_.kind is Kind.OTHER:
        raise NotPossible(
            f"The server gives the value the type {spelled}, which no column can have here.",
            mend="write CAST(… AS …) around the expression.",
            subject=name,
        )
    charset = None if collation is None else collation.split("_", maxsplit=1)[0]
    return Column(name, type_, charset=charset, collation=collation)


__all__ = ["MySQLRowMapping"]

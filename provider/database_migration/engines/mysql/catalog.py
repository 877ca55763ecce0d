"""Reads a schema out of information_schema: one query per kind of object, whatever the number of tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from database_migration.engines.mysql.connection import MySQLSession, own_session, quote
from database_migration.engines.mysql.statements import statement
from database_migration.engines.mysql.system_catalog import objects, tables
from database_migration.engines.mysql.system_catalog.hidden import hidden_parts
from database_migration.engines.mysql.system_catalog.tables import grouped, text
from database_migration.engines.protocol import Row, Session
from database_migration.errors import Refused
from database_migration.model.schema import Schema, Table
from database_migration.model.schema import Sequence as FreeSequence

_PARSER = re.compile(r"FULLTEXT KEY `(?P<index>(?:[^`]|``)+)` .*WITH PARSER `(?P<parser>\w+)`")


class MySQLCatalog:
    """See ``engines.protocol.Catalog``."""

    def read(self, session: Session, schema: str) -> Schema:
        """Each query sees the catalog of its own moment.

        Base tables are listed before their parts are read, so what is created meanwhile waits for the next reading,
        and what is dropped meanwhile has no columns and is left out.
        """
        own = own_session(session)
        if not own.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (schema,)):
            raise Refused(
                f"The database {schema} does not exist, or the account may not see it.",
                mend=f"correct the spec's schema, or GRANT SELECT ON {quote(schema)}.* to the account.",
                subject=own.address,
            )
        listed = own.execute(statement("tables"), (schema,))
        columns = grouped(own.execute(statement("columns"), (schema,)))
        code = (
            *objects.triggers(own, schema),
            *objects.routines(own, schema),
            *objects.events(own, schema),
        )
        views = objects.views(own, schema, columns)
        names = [text(row[0]) for row in listed if row[1] == "SEQUENCE"]
        sequences = {name: objects.sequence(own, schema, name) for name in names}
        return Schema(
            name=schema,
            tables=tuple(_tables(own, schema, listed, columns)),
            views=views,
            code=code,
            sequences=tuple(found for found in sequences.values() if found is not None),
            others=tuple(objects.others(own, schema)),
            hidden=tuple(hidden_parts(own, schema, views, code, [n for n, found in sequences.items() if not found])),
            engine="mysql",
            server_version=own.version_text,
        )

    def sequences(self, session: Session, schema: str) -> tuple[FreeSequence, ...]:
        own = own_session(session)
        names = own.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'SEQUENCE'",
            (schema,),
        )
        found = (objects.sequence(own, schema, text(name)) for (name,) in names)
        return tuple(one for one in found if one is not None)

    def exact_count(self, session: Session, table: Table) -> int:
        where = f" WHERE {table.where}" if table.where else ""
        ((count,),) = session.execute(f"SELECT COUNT(*) FROM {quote(table.name)} AS t{where}")
        return int(str(count))


def _tables(session: MySQLSession, schema: str, listed: list[Row], columns: dict[str, list[Row]]) -> Iterator[Table]:
    flavour = "mariadb" if session.is_mariadb else "mysql"
    indexes = grouped(session.execute(statement(f"indexes_{flavour}"), (schema,)))
    keys = grouped(session.execute(statement("foreign_keys"), (schema, schema)))
    checks = grouped(session.execute(statement(f"checks_{flavour}"), (schema,)))
    partitions = grouped(session.execute(statement("partitions"), (schema,)))
    for name, *facts in listed:
        table = text(name)
        if facts[0] == "SEQUENCE" or table not in columns:
            continue
        found, documents = tables.checks(checks[table], is_mariadb=session.is_mariadb)
        read = tuple(tables.column(row, documents, is_mariadb=session.is_mariadb) for row in columns[table])
        if _moved(columns[table], indexes[table]):
            continue
        yield tables.table(
            table,
            facts,
            columns=read,
            index_rows=indexes[table],
            foreign_keys=tables.foreign_keys(keys[table]),
            checks=found,
            partition_rows=partitions[table],
            parsers=_parsers(session, schema, table) if any(row[5] == "FULLTEXT" for row in indexes[table]) else {},
        )


def _moved(columns: list[Row], indexes: list[Row]) -> bool:
    """Whether a table was dropped or altered after its columns were read: its indexes tell of others, or are gone."""
    known = {text(row[0]) for row in columns}
    keyed = any(row[14] == "PRI" for row in columns)
    return (keyed and not indexes) or any(row[2] is not None and text(row[2]) not in known for row in indexes)


def _parsers(session: MySQLSession, schema: str, table: str) -> dict[str, str]:
    """Which plugin cuts the words of which full-text index; only SHOW CREATE TABLE tells."""
    try:
        rows = session.execute(f"SHOW CREATE TABLE {quote(schema, table)}")
    except Refused:
        return {}  # dropped by now
    return {found["index"].replace("``", "`"): found["parser"] for found in _PARSER.finditer(text(rows[0][1]))}


__all__ = ["MySQLCatalog"]

"""Reads a schema out of information_schema: one query per kind of object, whatever the number of tables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from database_migration.engines.mysql.column_types import column_type
from database_migration.engines.mysql.connection import MySQLSession, own_session, quote
from database_migration.engines.mysql.defaults import read_default
from database_migration.engines.mysql.expressions import tables_of, tidy, unescape
from database_migration.engines.mysql.names import is_own
from database_migration.engines.mysql.statements import statement
from database_migration.engines.protocol import Row, Session
from database_migration.errors import Refused
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.schema import (
    Check,
    CodeKind,
    Column,
    ForeignKey,
    Index,
    IndexMethod,
    IndexPart,
    Schema,
    Sequence,
    StoredCode,
    Table,
    View,
)

_METHODS = {
    "BTREE": IndexMethod.BTREE,
    "HASH": IndexMethod.HASH,
    "FULLTEXT": IndexMethod.FULLTEXT,
    "SPATIAL": IndexMethod.SPATIAL,
    "RTREE": IndexMethod.SPATIAL,
}
_JSON_CHECK = re.compile(r"json_valid\(`(?P<column>(?:[^`]|``)+)`\)", re.IGNORECASE)


def text(value: object) -> str:
    """A catalog value as text; information_schema sends some of them as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)


def number(value: object) -> int | None:
    """A catalog value as a number."""
    return None if value is None else int(str(value))


def grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by their first column, which is left out."""
    by_name: dict[str, list[Row]] = defaultdict(list)
    for name, *rest in rows:
        by_name[text(name)].append(tuple(rest))
    return by_name


class MySQLCatalog:
    """See ``engines.protocol.Catalog``."""

    def read(self, session: Session, schema: str) -> Schema:
        own = own_session(session)
        if not own.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (schema,)):
            raise Refused(
                f"The database {schema} does not exist, or the account may not see it.",
                mend=f"correct the spec's schema, or GRANT SELECT ON {quote(schema)}.* to the account.",
                subject=own.address,
            )
        columns = grouped(own.execute(statement("columns"), (schema,)))
        flavour = "mariadb" if own.is_mariadb else "mysql"
        indexes = grouped(own.execute(statement(f"indexes_{flavour}"), (schema,)))
        keys = grouped(own.execute(statement("foreign_keys"), (schema, schema)))
        checks = grouped(own.execute(statement(f"checks_{flavour}"), (schema,)))
        tables, sequences = [], []
        for name, *facts in own.execute(statement("tables"), (schema, schema)):
            table = text(name)
            if facts[0] == "SEQUENCE":
                sequences.append(_sequence(own, schema, table))
                continue
            clauses = sorted((text(n), text(c) if own.is_mariadb else unescape(text(c))) for n, c in checks[table])
            documents = {found["column"] for _, c in clauses if (found := _JSON_CHECK.fullmatch(c))}
            tables.append(
                _table(
                    table,
                    facts,
                    columns=tuple(_column(row, documents, is_mariadb=own.is_mariadb) for row in columns[table]),
                    index_rows=indexes[table],
                    foreign_keys=_foreign_keys(keys[table]),
                    checks=tuple(Check(n, tidy(c)) for n, c in clauses if _JSON_CHECK.fullmatch(c) is None),
                )
            )
        return Schema(
            name=schema,
            tables=tuple(tables),
            views=_views(own, schema, columns),
            code=(*_triggers(own, schema), *_routines(own, schema), *_events(own, schema)),
            sequences=tuple(sequences),
            engine="mysql",
            server_version=own.version_text,
        )

    def exact_count(self, session: Session, table: Table) -> int:
        ((count,),) = session.execute(f"SELECT COUNT(*) FROM {quote(table.name)}")
        return int(str(count))


def _table(
    name: str,
    facts: list[object],
    *,
    columns: tuple[Column, ...],
    index_rows: list[Row],
    foreign_keys: tuple[ForeignKey, ...],
    checks: tuple[Check, ...],
) -> Table:
    _, storage, comment, next_identity, rows, octets, partitioned_by = facts
    by_index = grouped(index_rows)
    primary = by_index.pop("PRIMARY", [])
    return Table(
        name=name,
        columns=columns,
        primary_key=tuple(text(row[1]) for row in primary),
        primary_key_name="PRIMARY" if primary else "",
        indexes=tuple(_index(index, by_index[index]) for index in sorted(by_index)),
        foreign_keys=foreign_keys,
        checks=checks,
        comment=text(comment),
        next_identity=number(next_identity) if any(column.identity for column in columns) else None,
        estimated_rows=number(rows) or 0,
        estimated_bytes=number(octets) or 0,
        storage=text(storage or ""),
        partitioned_by=text(partitioned_by),
    )


def _column(row: Row, documents: set[str], *, is_mariadb: bool) -> Column:
    (name, data_type, spelled, nullable, default, extra, length, precision, scale, fraction, charset, collation) = row[
        :12
    ]
    generation, comment = row[12:]
    kind = column_type(
        text(data_type),
        text(spelled),
        length=number(length),
        precision=number(precision),
        scale=number(scale),
        fraction=number(fraction),
    )
    if kind.kind is Kind.TEXT and text(name) in documents:
        kind = ColumnType(Kind.JSON, native="json")
    has_charset = charset is not None and kind.kind is not Kind.JSON
    more = text(extra)
    generated = text(generation) if "GENERATED" in more and "DEFAULT_GENERATED" not in more else None
    if generated is not None and not is_mariadb:
        generated = unescape(generated)
    return Column(
        name=text(name),
        type=kind,
        nullable=nullable == "YES",
        default=None
        if generated is not None
        else read_default(None if default is None else text(default), more, kind, is_mariadb=is_mariadb),
        identity="auto_increment" in more.lower(),
        generated=None if generated is None else tidy(generated),
        generated_stored="VIRTUAL" not in more,
        on_update_now="on update" in more.lower(),
        charset=text(charset) if has_charset else None,
        collation=text(collation) if has_charset else None,
        invisible="INVISIBLE" in more,
        comment=text(comment),
    )


def _index(name: str, rows: list[Row]) -> Index:
    method = _METHODS.get(text(rows[0][4]), IndexMethod.OTHER)
    parts = []
    for _, column, collation, prefix, _, _, expression in rows:
        parts.append(
            IndexPart(
                column=None if column is None else text(column),
                expression=None if expression is None else tidy(unescape(text(expression))),
                descending=collation == "D",
                prefix=None if method is IndexMethod.SPATIAL else number(prefix),
            )
        )
    return Index(name, tuple(parts), unique=rows[0][0] == 0, method=method, comment=text(rows[0][5]))


def _foreign_keys(rows: list[Row]) -> tuple[ForeignKey, ...]:
    keys = []
    for name, parts in grouped(rows).items():
        _, _, parent, _, on_delete, on_update = parts[0]
        keys.append(
            ForeignKey(
                name=name,
                columns=tuple(text(part[0]) for part in parts),
                parent_table=text(parent),
                parent_columns=tuple(text(part[3]) for part in parts),
                on_delete=_action(on_delete),
                on_update=_action(on_update),
            )
        )
    return tuple(sorted(keys, key=lambda key: key.name))


def _action(rule: object) -> str:
    # InnoDB checks at once either way: the two words mean the same here, and the flavours default differently.
    return "NO ACTION" if rule == "RESTRICT" else text(rule)


def _views(session: MySQLSession, schema: str, columns: dict[str, list[Row]]) -> tuple[View, ...]:
    prefix = quote(schema) + "."
    views = []
    for name, definition in session.execute(statement("views"), (schema,)):
        query = text(definition).replace(prefix, "")
        names = tuple(text(row[0]) for row in columns[text(name)])
        views.append(View(text(name), query, columns=names, depends_on=tables_of(query)))
    return tuple(views)


def _triggers(session: MySQLSession, schema: str) -> list[StoredCode]:
    found = []
    for name, table, timing, event, body in session.execute(statement("triggers"), (schema,)):
        if not is_own(text(name)):
            head = f"CREATE TRIGGER {quote(text(name))} {text(timing)} {text(event)} ON {quote(text(table))}"
            found.append(
                StoredCode(CodeKind.TRIGGER, text(name), f"{head} FOR EACH ROW {text(body)}", table=text(table))
            )
    return found


def _routines(session: MySQLSession, schema: str) -> list[StoredCode]:
    found = []
    for kind, name, body, returned, parameters in session.execute(statement("routines"), (schema,)):
        signature = f"{text(name)}({text(parameters or '')})" + (f" RETURNS {text(returned)}" if returned else "")
        found.append(StoredCode(CodeKind(text(kind).lower()), text(name), text(body or ""), signature=signature))
    return found


def _events(session: MySQLSession, schema: str) -> list[StoredCode]:
    return [
        StoredCode(CodeKind.EVENT, text(name), text(body), signature=text(schedule or ""))
        for name, body, schedule in session.execute(statement("events"), (schema,))
    ]


def _sequence(session: MySQLSession, schema: str, name: str) -> Sequence:
    ((following, increment),) = session.execute(f"SELECT next_not_cached_value, increment FROM {quote(schema, name)}")
    return Sequence(name, int(str(following)), int(str(increment)))


__all__ = ["MySQLCatalog"]

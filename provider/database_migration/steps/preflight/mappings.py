"""What is wrong with the spec's mappings of tables, found before anything is made by them.

First what the spec alone and the catalog tell, then what the source's server says of the expressions; the rows
are looked at in ``mapped_values``, the way back in ``mapped_back``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from difflib import get_close_matches

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from database_migration.engines.protocol import Session
from database_migration.errors import Refused
from database_migration.model.column_type import Kind
from database_migration.model.mapping.tables import ColumnMapping, FixedMask, TableMapping, without_literals
from database_migration.model.mask_names import LONGEST
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Column, Schema, Table
from database_migration.steps.mapped_schema import changed_by, mapped_schema, mentions
from database_migration.steps.run import MigrationRun

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_HASHED = _TEXTS | {Kind.INTEGER, Kind.UUID}
_DAYS = frozenset({Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP})
_TELLING = 16
"""Characters of a hash from which two values do not meet."""
_EMAIL = 28
"""Characters of a masked email address."""


def mapping_findings(run: MigrationRun, session: Session, schema: Schema) -> list[Finding]:
    """Blockers of the mappings of ``schema``, which is as the catalog has it; ``session`` is on the source."""
    findings: list[Finding] = []
    for name, said in run.declared.mappings.items():
        if schema.has_table(name) and run.declared.selects(name):
            table = schema.table(name)
            wrong = [
                *_names(table, said),
                *_columns(run, schema, table, said),
                *_expressions(run, session, table, said),
            ]
            findings += wrong or _server(run, session, schema, table, said)
    return findings


def tables_of(findings: list[Finding]) -> Set[str]:
    """The tables whose mapping cannot be used."""
    return {finding.subject.partition(".")[0] for finding in findings if finding.severity is Severity.BLOCKER}


def blocked(subject: str, message: str, mend: str) -> Finding:
    """A mapping that cannot be meant."""
    return Finding(Severity.BLOCKER, "mapping_impossible", subject, message, mend)


def _names(table: Table, said: TableMapping) -> Iterator[Finding]:
    columns = [column.name for column in table.columns]
    for name in said.columns:
        if name not in columns:
            near = get_close_matches(name, columns, n=1, cutoff=0.5)
            meant = f" Did you mean {near[0]}?" if near else ""
            yield Finding(
                Severity.BLOCKER,
                "unknown_name",
                f"{table.name}.{name}",
                f"tables.{table.name}.columns names {name}, which is no column of {table.name}.{meant}",
                f"write {near[0]} there, or remove it." if near else "correct or remove it.",
            )
    arriving = {name for name in columns if not (name in said.columns and said.columns[name].drop)}
    for name in said.add:
        if name in arriving:
            message = f"tables.{table.name}.add names {name}, which is a column of {table.name} already."
            yield blocked(f"{table.name}.{name}", message, "give the new column another name, or drop the old one.")


def _columns(run: MigrationRun, schema: Schema, table: Table, said: TableMapping) -> Iterator[Finding]:
    changed = changed_by(said)
    crosses = run.source.engine.traits.engine != run.target.engine.traits.engine
    for name, type_ in said.types if not crosses else ():
        yield blocked(
            f"{table.name}.{name}",
            f"The column is to have the type {type_}, and between two servers of a kind types stay what they are.",
            "write the type into the expression: CAST(… AS …).",
        )
    for name in table.row_key:
        if name in changed:
            yield blocked(
                f"{table.name}.{name}",
                "The column is part of the key by which rows are found on both sides; it cannot be dropped or changed.",
                "rename it only; add a column for the other value (add: … derive).",
            )
    for column in table.columns:
        subject = f"{table.name}.{column.name}"
        if column.generated is not None and column.name not in changed and mentions(column.generated, changed):
            message = "The column is generated out of one that the spec drops or changes."
            yield blocked(subject, message, f"drop {column.name} too, and add it again by derive.")
        if column.generated is not None and column.name in changed and not said.columns[column.name].drop:
            yield blocked(subject, "The column is generated; its values are not moved.", "drop it, and add another.")
        elif column.name in said.columns:
            yield from _column(run, schema, table, column, said.columns[column.name])
    if mentions(f"{table.partitioned_by}", changed):
        yield blocked(table.name, "The table is partitioned by a column that the spec changes.", "leave it as it is.")


def _column(run: MigrationRun, schema: Schema, table: Table, column: Column, said: ColumnMapping) -> Iterator[Finding]:
    subject = f"{table.name}.{column.name}"
    unique = any(index.unique and column.name in index.columns for index in table.indexes)
    if said.map is not None and unique and said.inverse is None:
        message = "The column is part of a unique key, and its map gives several values the same one."
        yield blocked(subject, message, "give each value one of its own.")
    if said.mask is not None:
        yield from _mask(run, column, said, subject, unique=unique)
    if said.lookup is not None:
        yield from _lookup(schema, said, subject)


def _mask(run: MigrationRun, column: Column, said: ColumnMapping, subject: str, *, unique: bool) -> Iterator[Finding]:
    mask, kind, length = said.mask, column.type.kind, column.type.length
    kinds, needed = _TEXTS, 0
    if isinstance(mask, FixedMask):
        needed = len(mask.fixed)
    elif mask == "hash":
        kinds, needed = _HASHED, _TELLING if unique else 0
    elif mask == "year":
        kinds = _DAYS
    elif mask == "null":
        kinds = frozenset(Kind)
    else:
        needed = {"email": _EMAIL, "name": LONGEST}.get(str(mask), 0)
    word = "fixed" if isinstance(mask, FixedMask) else mask
    if kind not in kinds or (mask == "hash" and kind is Kind.INTEGER and unique):
        yield blocked(subject, f"The mask {word} gives no value of {column.type.native}.", "choose another mask.")
    elif kind in _TEXTS and length is not None and length < needed:
        message = f"The mask {word} needs {needed} characters, the column has {length}."
        yield blocked(subject, message, "choose another mask, or widen the column.")
    elif unique and word not in ("hash", "email", "null"):
        message = f"The column is part of a unique key, and the mask {word} gives several rows the same value."
        yield blocked(subject, message, "use hash or email.")
    elif mask == "null" and not column.nullable:
        yield blocked(subject, "The column cannot be NULL.", "use {fixed: …} or another mask.")
    if mask in ("hash", "email", "name") and not run.source.secret:
        yield blocked(
            subject,
            f"The mask {word} needs a secret: without one, whoever knows the spec tries values out.",
            "name an Airflow connection whose password it is: mapping.masks.secret_conn_id.",
        )


def _lookup(schema: Schema, said: ColumnMapping, subject: str) -> Iterator[Finding]:
    lookup = said.lookup
    if lookup is None:
        return
    if not schema.has_table(lookup.table):
        yield blocked(subject, f"There is no table {lookup.table} to look up in.", "correct lookup.table.")
        return
    table = schema.table(lookup.table)
    names = {column.name for column in table.columns}
    for name in (lookup.key, lookup.value):
        if name not in names:
            near = get_close_matches(name, sorted(names), n=1, cutoff=0.5)
            meant = f" Did you mean {near[0]}?" if near else ""
            yield blocked(subject, f"{lookup.table} has no column {name}.{meant}", "correct the lookup.")
    uniques = [table.primary_key, *(index.columns for index in table.indexes if index.unique and not index.predicate)]
    if lookup.key in names and (lookup.key,) not in uniques:
        message = f"{lookup.table}.{lookup.key} is not unique, so a value may be found twice."
        yield blocked(subject, message, "look up by a column that has a unique key of its own.")


def _expressions(run: MigrationRun, session: Session, table: Table, said: TableMapping) -> Iterator[Finding]:
    generated = {column.name for column in table.columns if column.generated is not None}
    for place, sql in said.expressions:
        subject = f"{table.name}.{place}"
        if re.search(r"\b(select|over\s*\()", without_literals(sql), re.IGNORECASE) or _sums_up(run, sql):
            message = "The expression looks at other rows; it has to be made of the row's own columns."
            yield blocked(subject, message, "take subqueries, aggregates and windows out; columns…lookup asks a table.")
        elif unsettled := run.source.engine.mapping.unsettled(session, sql):
            message = f"The expression may give another value the next time: {', '.join(unsettled)}."
            yield blocked(subject, message, "write a fixed value in its place; functions have to be the server's own.")
        elif mentions(sql, generated):
            message = "The expression speaks of a generated column, which the log does not tell."
            yield blocked(subject, message, "write what the column is generated from.")


def _sums_up(run: MigrationRun, sql: str) -> bool:
    try:
        tree = sqlglot.parse_one(sql, read=run.source.engine.traits.engine)
    except SqlglotError:
        return False  # the server says what it is
    return tree.find(exp.AggFunc, exp.Window) is not None


def _server(run: MigrationRun, session: Session, schema: Schema, table: Table, said: TableMapping) -> Iterator[Finding]:
    try:
        mapped_schema(run.source.engine.mapping, session, Schema(schema.name, (table,)), {table.name: said})
    except Refused as error:
        parts = [
            *(f"{place}: {sql}" for place, sql in said.expressions),
            *(f"columns.{name}" for name, one in said.columns.items() if one.changes_values),
        ]
        yield blocked(
            table.name,
            f"The source's server refuses what the spec makes of the table ({'; '.join(parts)}). {error.problem}",
            "correct the expression, in the source's SQL over the table's columns; the account has to be allowed to"
            " create temporary tables (MySQL: GRANT CREATE TEMPORARY TABLES; PostgreSQL: GRANT TEMPORARY).",
        )


__all__ = ["blocked", "mapping_findings", "tables_of"]

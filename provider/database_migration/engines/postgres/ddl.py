"""DDL from the neutral schema."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.postgres import on_update_now
from database_migration.engines.postgres.column_types import type_sql
from database_migration.engines.postgres.default_values import default_sql
from database_migration.engines.postgres.expressions import normal, statement_text
from database_migration.engines.postgres.hand_scripts import script
from database_migration.engines.postgres.hold_table import held_table
from database_migration.engines.postgres.names import literal, quote, shortened
from database_migration.engines.protocol import Statement
from database_migration.model.column_type import Kind
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.report import Finding
from database_migration.model.schema import Column, ForeignKey, Index, IndexMethod, IndexPart, Table, View


class PostgresDdl:
    """Fulfils ``protocol.Ddl``."""

    def hold(self, table: Table, *, dialect: str, policy: HoldPolicy | None = None) -> tuple[Table, list[Finding]]:
        """The table as PostgreSQL would hold and report it."""
        return held_table(table, dialect=dialect, policy=policy or HoldPolicy())

    def create_table(self, schema: str, table: Table) -> Statement:
        """Columns, primary key and, where there is none, the unique key that stands in for it.

        Without it the applier could not tell rows apart while the copy runs, and an UPDATE of a published
        table without an identity fails in the application.
        """
        name = quote(schema, table.name)
        lines = [_column_sql(schema, table, column) for column in table.columns]
        if table.primary_key:
            constraint = quote(table.primary_key_name or shortened(f"{table.name}_pkey"))
            lines.append(f"CONSTRAINT {constraint} PRIMARY KEY ({_names(table.primary_key)})")
        enums = {
            column.type.native: column.type.values
            for column in table.columns
            if column.type.kind is Kind.ENUM and column.type.native
        }
        statements = [_create_enum(schema, type_, labels) for type_, labels in enums.items()]
        statements.append(f"CREATE TABLE {name} (\n  " + ",\n  ".join(lines) + "\n)")
        statements += self._identity_index(schema, table)
        undo = [self.drop_table(schema, table.name), *(_drop_enum(schema, type_) for type_ in enums)]
        return Statement("table", table.name, ";\n".join(statements), ";\n".join(undo))

    def _identity_index(self, schema: str, table: Table) -> list[str]:
        if table.primary_key:
            return []
        stand_in = next(
            (
                index
                for index in table.indexes
                if table.row_key and index.unique and index.columns == table.row_key and index.predicate is None
                and len(index.columns) == len(index.parts)
            ),
            None,
        )  # fmt: skip
        alter = f"ALTER TABLE {quote(schema, table.name)} REPLICA IDENTITY"
        if stand_in is None:
            return [f"{alter} FULL"]
        return [self.create_index(schema, table, stand_in).sql, f"{alter} USING INDEX {quote(stand_in.name)}"]

    def create_index(self, schema: str, table: Table, index: Index) -> Statement:
        """A secondary index or unique key; the one that stands in for a primary key exists already."""
        unique = "UNIQUE " if index.unique else ""
        sql = f"CREATE {unique}INDEX IF NOT EXISTS {quote(index.name)} ON {quote(schema, table.name)}"
        if index.method is IndexMethod.OTHER and " USING " in index.native:
            sql += " USING " + index.native.split(" USING ", 1)[1]
        else:
            sql += self._index_body(table, index)
        if index.comment:
            sql += f";\nCOMMENT ON INDEX {quote(schema, index.name)} IS {literal(index.comment)}"
        kind = "unique" if index.unique else "index"
        return Statement(kind, f"{table.name}.{index.name}", sql, f"DROP INDEX IF EXISTS {quote(schema, index.name)}")

    def _index_body(self, table: Table, index: Index) -> str:
        if index.method is IndexMethod.FULLTEXT:
            return f" USING gin ({_searched(index)})"
        types = {column.name: column.type for column in table.columns}
        parts = ", ".join(_part_sql(part, types) for part in index.parts)
        sql = f" USING {index.method if index.method is IndexMethod.HASH else 'btree'} ({parts})"
        if index.include:
            sql += f" INCLUDE ({_names(index.include)})"
        if index.unique and not index.nulls_distinct:
            sql += " NULLS NOT DISTINCT"
        if index.predicate:
            sql += f" WHERE {_expression(index.predicate, table)}"
        return sql

    def add_foreign_key(self, schema: str, table: Table, key: ForeignKey, *, validate: bool = True) -> Statement:
        """A foreign key; without ``validate`` rows that are there already are not checked."""
        name = quote(schema, table.name)
        sql = (
            f"ALTER TABLE {name} ADD CONSTRAINT {quote(key.name)} FOREIGN KEY ({_names(key.columns)})"
            f" REFERENCES {quote(schema, key.parent_table)} ({_names(key.parent_columns)})"
            f" ON DELETE {key.on_delete} ON UPDATE {key.on_update}"
        )
        if key.deferrable:
            sql += " DEFERRABLE"
        if not validate:
            sql += " NOT VALID"
        undo = f"ALTER TABLE IF EXISTS {name} DROP CONSTRAINT IF EXISTS {quote(key.name)}"
        return Statement("foreign_key", f"{table.name}.{key.name}", sql, undo)

    def add_checks(self, schema: str, table: Table) -> list[Statement]:
        """Check and exclusion constraints of a table."""
        name = quote(schema, table.name)
        statements = []
        for check in table.checks:
            rule = check.expression
            if not rule.startswith("EXCLUDE "):
                rule = f"CHECK ({_expression(rule, table)})"
            statements.append(
                Statement(
                    "check",
                    f"{table.name}.{check.name}",
                    f"ALTER TABLE {name} ADD CONSTRAINT {quote(check.name)} {rule}",
                    f"ALTER TABLE IF EXISTS {name} DROP CONSTRAINT IF EXISTS {quote(check.name)}",
                )
            )
        return statements

    def after_copy(self, schema: str, table: Table) -> list[Statement]:
        """ON UPDATE triggers and comments."""
        statements = [
            on_update_now.statement(schema, table, column) for column in table.columns if column.on_update_now
        ]
        name = quote(schema, table.name)
        if table.comment:
            statements.append(_comment("TABLE", name, table.name, table.comment))
        for column in table.columns:
            if column.comment:
                where = f"{name}.{quote(column.name)}"
                statements.append(_comment("COLUMN", where, f"{table.name}.{column.name}", column.comment))
        return statements

    def create_view(self, schema: str, view: View) -> Statement:
        """A view whose definition is in PostgreSQL's dialect; unqualified names follow the session's path."""
        kind = "MATERIALIZED VIEW" if view.materialized else "VIEW"
        create = f"CREATE {kind}" if view.materialized else "CREATE OR REPLACE VIEW"
        columns = f" ({_names(view.columns)})" if view.columns else ""
        name = quote(schema, view.name)
        return Statement(
            "view", view.name, f"{create} {name}{columns} AS\n{view.definition}", f"DROP {kind} IF EXISTS {name}"
        )

    def drop_table(self, schema: str, name: str) -> str:
        """A statement that drops a table if it exists, without touching any other."""
        return f"DROP TABLE IF EXISTS {quote(schema, name)}"

    def script(self, schema: str, statements: Sequence[Statement], *, undo: bool = False) -> str:
        """A script for psql."""
        return script(schema, statements, undo=undo)

    def quote(self, *names: str) -> str:
        """A quoted, dotted name."""
        return quote(*names)


def _column_sql(schema: str, table: Table, column: Column) -> str:
    parts = [quote(column.name), type_sql(column.type, schema)]
    if column.collation:
        parts.append(f"COLLATE {quote(column.collation)}")
    if column.generated is not None:
        stored = "STORED" if column.generated_stored else "VIRTUAL"
        parts.append(f"GENERATED ALWAYS AS ({_expression(column.generated, table)}) {stored}")
    elif column.identity:
        start = f" (START WITH {table.next_identity})" if table.next_identity else ""
        parts.append(f"GENERATED BY DEFAULT AS IDENTITY{start}")
    elif column.default is not None:
        parts.append(f"DEFAULT {default_sql(column.default, column.type)}")
    if not column.nullable:
        parts.append("NOT NULL")
    return " ".join(parts)


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(quote(name) for name in names)


def _expression(text: str, table: Table) -> str:
    types = {column.name: column.type for column in table.columns}
    return statement_text(text, types) if normal(text, types) == text else text


def _part_sql(part: IndexPart, types: object) -> str:
    found = quote(part.column) if part.column is not None else f"({part.expression})"
    return f"{found} DESC" if part.descending else found


def _searched(index: Index) -> str:
    if any(part.column is None for part in index.parts):
        return ", ".join(f"({part.expression})" for part in index.parts)
    joined = " || ' ' || ".join(f"coalesce({quote(name)}, '')" for name in index.columns)
    return f"to_tsvector('simple'::regconfig, {joined})"


def _create_enum(schema: str, name: str, labels: tuple[str, ...]) -> str:
    values = ", ".join(literal(label) for label in labels)
    body = f"BEGIN CREATE TYPE {quote(schema, name)} AS ENUM ({values}); EXCEPTION WHEN duplicate_object THEN NULL; END"
    return f"DO {literal(body)}"


def _drop_enum(schema: str, name: str) -> str:
    """Another table may still use the type."""
    body = (
        f"BEGIN DROP TYPE IF EXISTS {quote(schema, name)}; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END"
    )
    return f"DO {literal(body)}"


def _comment(kind: str, name: str, subject: str, text: str) -> Statement:
    return Statement("comment", subject, f"COMMENT ON {kind} {name} IS {literal(text)}", "SELECT 1")


__all__ = ["PostgresDdl"]

"""DDL from the neutral schema."""

from __future__ import annotations

from collections.abc import Sequence as Statements
from dataclasses import replace

from database_migration.engines.postgres import ddl_objects as objects
from database_migration.engines.postgres.column_types import type_sql
from database_migration.engines.postgres.default_values import default_sql
from database_migration.engines.postgres.hand_scripts import script
from database_migration.engines.postgres.hold import on_update_now
from database_migration.engines.postgres.hold.collations import collate_sql, create_collations, drop_collations
from database_migration.engines.postgres.names import literal, quote, shortened
from database_migration.engines.protocol import Statement
from database_migration.model.column_type import Kind
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.report import Finding
from database_migration.model.schema import (
    Column,
    ForeignKey,
    Index,
    IndexMethod,
    IndexPart,
    Schema,
    Sequence,
    Table,
    UserType,
    View,
)


class PostgresDdl:
    """Fulfils ``protocol.Ddl``."""

    def hold(self, table: Table, *, dialect: str, policy: HoldPolicy | None = None) -> tuple[Table, list[Finding]]:
        """The table as PostgreSQL would hold and report it."""
        # Loaded when asked for: a copy lane needs none of it, and it is a tenth of its memory.
        from database_migration.engines.postgres.hold.table import held_table

        return held_table(table, dialect=dialect, policy=policy or HoldPolicy())

    def drop_schema(self, schema: str) -> str:
        """Drop a schema of ours with all that is in it."""
        return f"DROP SCHEMA IF EXISTS {quote(schema)} CASCADE"

    def hold_objects(
        self, source: Schema, *, target_version: str
    ) -> tuple[tuple[UserType, ...], tuple[Sequence, ...], list[Finding]]:
        """Types stay with PostgreSQL, sequences come from everywhere."""
        types = source.types if source.engine == "postgres" else ()
        return types, tuple(replace(one, name=shortened(one.name)) for one in source.sequences), []

    def create_label_table(self, schema: str, name: str, labels: Statements[str]) -> Statement:
        """One statement, so that the table never stands without its labels."""
        return objects.create_label_table(schema, name, labels)

    def create_type(self, schema: str, type_: UserType) -> Statement:
        """An enum or a domain; again is harmless, as a table's own statement may have made it."""
        return objects.create_type(schema, type_)

    def create_sequence(self, schema: str, sequence: Sequence) -> Statement:
        """A sequence that no column owns."""
        return objects.create_sequence(schema, sequence)

    def create_table(self, schema: str, table: Table) -> Statement:
        """Columns, primary key, partitions and, where there is no primary key, the unique key that stands in for it.

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
            if column.type.kind is Kind.ENUM and column.type.native and not column.domain
        }
        statements = [objects.create_type(schema, UserType(type_, labels)).sql for type_, labels in enums.items()]
        statements += create_collations(schema, table)
        divided = f" PARTITION BY {table.partitioned_by}" if table.partitions else ""
        statements.append(f"CREATE TABLE {name} (\n  " + ",\n  ".join(lines) + f"\n){divided}")
        statements += objects.partitions(schema, table)
        statements += self._identity_index(schema, table)
        undo = [self.drop_table(schema, table.name), *(objects.drop_type(schema, type_) for type_ in enums)]
        undo += drop_collations(schema, table)
        return Statement("table", table.name, ";\n".join(statements), ";\n".join(undo))

    def _identity_index(self, schema: str, table: Table) -> list[str]:
        if table.primary_key:
            return []
        stand_in = _stand_in(table)
        if stand_in is None or table.partitions:
            parts = (table.name, *(part.name for part in table.partitions))
            full = [f"ALTER TABLE {quote(schema, part)} REPLICA IDENTITY FULL" for part in parts]
            return full if stand_in is None else [self.create_index(schema, table, stand_in).sql, *full]
        identity = f"ALTER TABLE {quote(schema, table.name)} REPLICA IDENTITY USING INDEX {quote(stand_in.name)}"
        return [self.create_index(schema, table, stand_in).sql, identity]

    def add_column(self, schema: str, table: Table, column: Column) -> Statement:
        """Together with the collation that it needs."""
        name = quote(schema, table.name)
        add = f"ALTER TABLE {name} ADD COLUMN {_column_sql(schema, table, column)}"
        return Statement(
            "column",
            f"{table.name}.{column.name}",
            ";\n".join([*create_collations(schema, table), add]),
            f"ALTER TABLE IF EXISTS {name} DROP COLUMN IF EXISTS {quote(column.name)}",
        )

    def create_index(self, schema: str, table: Table, index: Index) -> Statement:
        """A secondary index or unique key; the one that stands in for a primary key exists already."""
        undo = f"DROP INDEX IF EXISTS {quote(schema, index.name)}"
        if index.constraint:
            sql = self._unique_constraint(schema, table, index)
            name = quote(schema, table.name)
            undo = f"ALTER TABLE IF EXISTS {name} DROP CONSTRAINT IF EXISTS {quote(index.name)}"
        else:
            unique = "UNIQUE " if index.unique else ""
            sql = f"CREATE {unique}INDEX IF NOT EXISTS {quote(index.name)} ON {quote(schema, table.name)}"
            if index.method is IndexMethod.OTHER and " USING " in index.native:
                sql += " USING " + index.native.split(" USING ", 1)[1]
            else:
                sql += self._index_body(table, index)
        if index.comment:
            sql += f";\nCOMMENT ON INDEX {quote(schema, index.name)} IS {literal(index.comment)}"
        kind = "unique" if index.unique else "index"
        return Statement(kind, f"{table.name}.{index.name}", sql, undo)

    def _unique_constraint(self, schema: str, table: Table, index: Index) -> str:
        nulls = "" if index.nulls_distinct else " NULLS NOT DISTINCT"
        sql = (
            f"ALTER TABLE {quote(schema, table.name)} ADD CONSTRAINT {quote(index.name)}"
            f" UNIQUE{nulls} ({_names(index.columns)})"
        )
        if index.include:
            sql += f" INCLUDE ({_names(index.include)})"
        sql += _deferral(index)
        if index != _stand_in(table):
            return sql
        return f"DO {literal(f'BEGIN {sql}; EXCEPTION WHEN duplicate_table THEN NULL; END')}"

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
            f"{' MATCH FULL' if key.match_full else ''} ON DELETE {key.on_delete} ON UPDATE {key.on_update}"
        )
        sql += _deferral(key)
        if not (validate and key.validated):
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
                rule = f"CHECK ({_expression(rule, table)})" + ("" if check.validated else " NOT VALID")
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
        sql = f"{create} {name}{columns} AS\n{view.definition}"
        if view.check_option:
            sql += f"\nWITH {view.check_option} CHECK OPTION"
        stored = Table(view.name, ())
        sql = ";\n".join([sql, *(self.create_index(schema, stored, index).sql for index in view.indexes)])
        return Statement("view", view.name, sql, f"DROP {kind} IF EXISTS {name}")

    def drop_table(self, schema: str, name: str) -> str:
        """A statement that drops a table if it exists, without touching any other."""
        return f"DROP TABLE IF EXISTS {quote(schema, name)}"

    def script(self, schema: str, statements: Statements[Statement], *, undo: bool = False) -> str:
        """A script for psql."""
        return script(schema, statements, undo=undo)

    def quote(self, *names: str) -> str:
        """A quoted, dotted name."""
        return quote(*names)


def _column_sql(schema: str, table: Table, column: Column) -> str:
    type_ = quote(schema, column.domain) if column.domain else type_sql(column.type, schema)
    parts = [quote(column.name), type_ + collate_sql(schema, column)]
    if column.generated is not None:
        stored = "STORED" if column.generated_stored else "VIRTUAL"
        parts.append(f"GENERATED ALWAYS AS ({_expression(column.generated, table)}) {stored}")
    elif column.identity:
        start = f" (START WITH {table.next_identity})" if table.next_identity else ""
        parts.append(f"GENERATED {'ALWAYS' if column.identity_always else 'BY DEFAULT'} AS IDENTITY{start}")
    elif column.default is not None:
        parts.append(f"DEFAULT {default_sql(column.default, column.type)}")
    if not column.nullable:
        parts.append("NOT NULL")
    return " ".join(parts)


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(quote(name) for name in names)


def _expression(text: str, table: Table) -> str:
    from database_migration.engines.postgres.expressions import normal, statement_text

    types = {column.name: column.type for column in table.columns}
    return statement_text(text, types) if normal(text, types) == text else text


def _part_sql(part: IndexPart, types: object) -> str:
    words = [quote(part.column) if part.column is not None else f"({part.expression})"]
    if part.collation:
        words.append(f"COLLATE {quote(part.collation)}")
    if part.operator_class:
        words.append(part.operator_class)
    if part.descending:
        words.append("DESC")
    if part.nulls_first is not None:
        words.append("NULLS FIRST" if part.nulls_first else "NULLS LAST")
    return " ".join(words)


def _deferral(constraint: Index | ForeignKey) -> str:
    if not constraint.deferrable:
        return ""
    return " DEFERRABLE INITIALLY DEFERRED" if constraint.initially_deferred else " DEFERRABLE"


def _stand_in(table: Table) -> Index | None:
    """The unique key that tells rows apart where there is no primary key."""
    if table.primary_key or not table.row_key:
        return None
    return next(
        (
            index
            for index in table.indexes
            if index.unique
            and index.columns == table.row_key
            and index.predicate is None
            and not index.deferrable
            and len(index.columns) == len(index.parts)
        ),
        None,
    )


def _searched(index: Index) -> str:
    if any(part.column is None for part in index.parts):
        return ", ".join(f"({part.expression})" for part in index.parts)
    joined = " || ' ' || ".join(f"coalesce({quote(name)}, '')" for name in index.columns)
    return f"to_tsvector('simple'::regconfig, {joined})"


def _comment(kind: str, name: str, subject: str, text: str) -> Statement:
    return Statement("comment", subject, f"COMMENT ON {kind} {name} IS {literal(text)}", "SELECT 1")


__all__ = ["PostgresDdl"]

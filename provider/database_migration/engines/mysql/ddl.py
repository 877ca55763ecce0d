"""DDL from the neutral schema, in the words that MySQL and MariaDB share.

Where they differ, version comments choose: MySQL ignores ``/*M! … */``, MariaDB ignores ``/*!80000 … */``.
"""

from __future__ import annotations

from collections.abc import Sequence as Statements

from database_migration.engines.mysql.column_types import native, text_literal
from database_migration.engines.mysql.connection import IF_EXISTS, quote
from database_migration.engines.mysql.defaults import default_sql, now_sql
from database_migration.engines.mysql.hand_scripts import script
from database_migration.engines.mysql.hold.collations import own_collations, stand_in
from database_migration.engines.mysql.hold.flavour import hold_flavour
from database_migration.engines.mysql.hold.objects import hold_objects
from database_migration.engines.protocol import Statement
from database_migration.errors import NotPossible
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

_INDEX_WORDS = {IndexMethod.FULLTEXT: "FULLTEXT ", IndexMethod.SPATIAL: "SPATIAL "}


class MySQLDdl:
    """See ``engines.protocol.Ddl``."""

    def hold(self, table: Table, *, dialect: str, policy: HoldPolicy | None = None) -> tuple[Table, list[Finding]]:
        if dialect == "mysql":
            policy = policy or HoldPolicy()
            return hold_flavour(own_collations(table, policy), policy)
        # Loaded when asked for: a copy lane needs none of it, and it is a tenth of its memory.
        from database_migration.engines.mysql.hold.table import hold_table

        return hold_table(table, dialect, policy or HoldPolicy())

    def drop_schema(self, schema: str) -> str:
        """Drop a schema of ours with all that is in it."""
        return f"DROP SCHEMA IF EXISTS {quote(schema)}"

    def hold_objects(
        self, source: Schema, *, target_version: str
    ) -> tuple[tuple[UserType, ...], tuple[Sequence, ...], list[Finding]]:
        return hold_objects(source, is_mariadb="mariadb" in target_version.lower())

    def create_label_table(self, schema: str, name: str, labels: Statements[str]) -> Statement:
        raise NotPossible(
            f"MySQL has enums of its own and no table {name} of labels.",
            mend="hold asks for none; this is a fault of the program.",
            subject=schema,
        )

    def create_type(self, schema: str, type_: UserType) -> Statement:
        raise NotPossible(
            f"MySQL has no types that a schema declares, as {type_.name} is.",
            mend="hold_objects leaves them out; this is a fault of the program.",
            subject=schema,
        )

    def create_sequence(self, schema: str, sequence: Sequence) -> Statement:
        name = quote(schema, sequence.name)
        words = [f"CREATE SEQUENCE {name} START WITH {sequence.next_value}"]
        words += [f"MINVALUE {sequence.minimum}"] if sequence.minimum is not None else []
        words += [f"MAXVALUE {sequence.maximum}"] if sequence.maximum is not None else []
        words += [f"INCREMENT BY {sequence.increment}", "CYCLE" if sequence.cycle else "NOCYCLE"]
        return Statement("sequence", sequence.name, " ".join(words), f"DROP SEQUENCE IF EXISTS {name}")

    def create_table(self, schema: str, table: Table) -> Statement:
        lines = [_column(column, table) for column in table.columns]
        if table.primary_key:
            lines.append(f"PRIMARY KEY ({', '.join(map(quote, table.primary_key))})")
        comment = f" COMMENT={text_literal(table.comment)}" if table.comment else ""
        body = ",\n  ".join(lines)
        name = quote(schema, table.name)
        return Statement(
            "table",
            table.name,
            f"CREATE TABLE {name} (\n  {body}\n) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4{comment}"
            f"{_partitions(table)}",
            self.drop_table(schema, table.name),
        )

    def add_column(self, schema: str, table: Table, column: Column) -> Statement:
        name = quote(schema, table.name)
        return Statement(
            "column",
            f"{table.name}.{column.name}",
            f"ALTER TABLE {name} ADD COLUMN {_column(column, table)}",
            f"ALTER TABLE {name} DROP COLUMN {quote(column.name)} {IF_EXISTS}",
        )

    def create_index(self, schema: str, table: Table, index: Index) -> Statement:
        word = "UNIQUE " if index.unique else _INDEX_WORDS.get(index.method, "")
        parts = ", ".join(map(_index_part, index.parts))
        comment = f" WITH PARSER {quote(index.parser)}" if index.parser else ""
        comment += f" COMMENT {text_literal(index.comment)}" if index.comment else ""
        comment += " /*!80000 INVISIBLE */ /*M!100600 IGNORED */" if index.invisible else ""
        name = quote(schema, table.name)
        return Statement(
            "unique" if index.unique else "index",
            f"{table.name}.{index.name}",
            f"CREATE {word}INDEX {quote(index.name)} ON {name} ({parts}){comment}",
            f"ALTER TABLE {name} DROP INDEX {quote(index.name)} {IF_EXISTS}",
        )

    def add_foreign_key(self, schema: str, table: Table, key: ForeignKey, *, validate: bool = True) -> Statement:
        name = quote(schema, table.name)
        # MySQL has no way to say it in the statement: there the rows are checked all the same.
        unchecked = "" if validate else "/*M! SET STATEMENT foreign_key_checks=0 FOR */ "
        return Statement(
            "foreign_key",
            f"{table.name}.{key.name}",
            f"{unchecked}ALTER TABLE {name} ADD CONSTRAINT {quote(key.name)} "
            f"FOREIGN KEY ({', '.join(map(quote, key.columns))}) "
            f"REFERENCES {quote(schema, key.parent_table)} ({', '.join(map(quote, key.parent_columns))}) "
            f"ON DELETE {key.on_delete} ON UPDATE {key.on_update}",
            f"ALTER TABLE {name} DROP FOREIGN KEY {quote(key.name)} {IF_EXISTS}",
        )

    def add_checks(self, schema: str, table: Table) -> list[Statement]:
        name = quote(schema, table.name)
        return [
            Statement(
                "check",
                f"{table.name}.{check.name}",
                f"ALTER TABLE {name} ADD CONSTRAINT {quote(check.name)} CHECK ({check.expression})",
                f"ALTER TABLE {name} DROP CONSTRAINT {quote(check.name)} {IF_EXISTS}",
            )
            for check in table.checks
        ]

    def after_copy(self, schema: str, table: Table) -> list[Statement]:
        name = quote(schema, table.name)
        return [
            Statement(
                "identity",
                f"{table.name}.{column.name}",
                f"ALTER TABLE {name} MODIFY COLUMN {_column(column, table, with_identity=True)}",
                f"ALTER TABLE {name} MODIFY COLUMN {_column(column, table, with_identity=False)} {IF_EXISTS}",
            )
            for column in table.columns
            if column.identity and not _is_born_with_identity(column, table)
        ]

    def create_view(self, schema: str, view: View) -> Statement:
        columns = f" ({', '.join(map(quote, view.columns))})" if view.columns else ""
        name = quote(schema, view.name)
        checked = f" WITH {view.check_option} CHECK OPTION" if view.check_option else ""
        sql = f"CREATE VIEW {name}{columns} AS {view.definition}{checked}"
        return Statement("view", view.name, sql, f"DROP VIEW IF EXISTS {name}")

    def drop_table(self, schema: str, name: str) -> str:
        return f"DROP TABLE IF EXISTS {quote(schema, name)}"

    def script(self, schema: str, statements: Statements[Statement], *, undo: bool = False) -> str:
        return script(schema, statements, undo=undo)

    def quote(self, *names: str) -> str:
        return quote(*names)


def _is_born_with_identity(column: Column, table: Table) -> bool:
    """Whether AUTO_INCREMENT can be in CREATE TABLE: it needs a key that begins with the column."""
    return table.primary_key[:1] == (column.name,)


def _column(column: Column, table: Table, *, with_identity: bool | None = None) -> str:
    words = [quote(column.name), native(column.type)]
    if column.charset:
        words += ["CHARACTER SET", column.charset, _collate(column.collation)]
    if column.generated is not None:
        words += ["GENERATED ALWAYS AS", f"({column.generated})", "STORED" if column.generated_stored else "VIRTUAL"]
        if not column.nullable:
            words.append("/*!80000 NOT NULL */")
    else:
        words.append("NULL" if column.nullable else "NOT NULL")
    if column.default is not None:
        words += ["DEFAULT", default_sql(column.default, column.type)]
    if column.on_update_now:
        words += ["ON UPDATE", now_sql(column.type)]
    if column.identity and (_is_born_with_identity(column, table) if with_identity is None else with_identity):
        words.append("AUTO_INCREMENT")
    if column.invisible:
        words.append("INVISIBLE")
    if column.comment:
        words += ["COMMENT", text_literal(column.comment)]
    return " ".join(words)


def _partitions(table: Table) -> str:
    if not table.partitions:
        return ""
    parts = ", ".join(f"PARTITION {quote(part.name)} {part.bound}".rstrip() for part in table.partitions)
    return f"\nPARTITION BY {table.partitioned_by} ({parts})"


def _collate(collation: str | None) -> str:
    if collation is None:
        return ""
    other = stand_in(collation)
    if "_0900_" in collation:
        return f"/*!80000 COLLATE {collation} */ /*M! COLLATE {other} */"
    if "uca1400" in collation:
        return f"/*M! COLLATE {collation} */ /*!80000 COLLATE {other} */"
    return f"COLLATE {collation}"


def _index_part(part: IndexPart) -> str:
    name = f"({part.expression})" if part.column is None else quote(part.column)
    prefix = f"({part.prefix})" if part.prefix else ""
    return name + prefix + (" DESC" if part.descending else "")


__all__ = ["MySQLDdl"]

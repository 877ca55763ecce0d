"""DDL of what tables build upon, types and sequences, and of the partitions that they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from database_migration.engines.postgres.hold.types import LABEL_COLUMN
from database_migration.engines.postgres.names import literal, quote
from database_migration.engines.protocol import Statement
from database_migration.model.schema import Sequence, Table, UserType


def create_type(schema: str, type_: UserType) -> Statement:
    """An enum or a domain; again is harmless."""
    name = quote(schema, type_.name)
    if type_.is_domain:
        words = [f"CREATE DOMAIN {name} AS {type_.base}"]
        words += [f"DEFAULT {type_.default}"] if type_.default else []
        words += ["NOT NULL"] if type_.not_null else []
        words += [f"CONSTRAINT {quote(check)} CHECK ({expression})" for check, expression in type_.checks]
        create = " ".join(words)
    else:
        create = f"CREATE TYPE {name} AS ENUM ({', '.join(map(literal, type_.labels))})"
    body = f"BEGIN {create}; EXCEPTION WHEN duplicate_object THEN NULL; END"
    return Statement("type", type_.name, f"DO {literal(body)}", drop_type(schema, type_.name))


def drop_type(schema: str, name: str) -> str:
    """Another table may still use the type (DROP TYPE drops domains too)."""
    body = (
        f"BEGIN DROP TYPE IF EXISTS {quote(schema, name)}; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END"
    )
    return f"DO {literal(body)}"


def create_label_table(schema: str, name: str, labels: Iterable[str]) -> Statement:
    """A table of an enum's labels, filled in their order; comparing by it keeps the enum's order."""
    table = quote(schema, name)
    rows = ", ".join(f"({literal(label)}, {position})" for position, label in enumerate(labels, 1))
    sql = (
        f"CREATE TABLE {table} ({quote(LABEL_COLUMN)} text PRIMARY KEY, position smallint NOT NULL UNIQUE);\n"
        f"INSERT INTO {table} VALUES {rows} ON CONFLICT DO NOTHING"
    )
    return Statement("table", name, sql, f"DROP TABLE IF EXISTS {table}")


def create_sequence(schema: str, sequence: Sequence) -> Statement:
    """A sequence that goes on where the other one stands."""
    name = quote(schema, sequence.name)
    words = [f"CREATE SEQUENCE {name} INCREMENT BY {sequence.increment}"]
    words += [f"MINVALUE {sequence.minimum}"] if sequence.minimum is not None else []
    words += [f"MAXVALUE {sequence.maximum}"] if sequence.maximum is not None else []
    words += [f"START WITH {_start(sequence)}"]
    words += ["CYCLE"] if sequence.cycle else []
    return Statement("sequence", sequence.name, " ".join(words), f"DROP SEQUENCE IF EXISTS {name}")


def _start(sequence: Sequence) -> int:
    """The next value; one that has run out starts at its last, and is set behind it at the cutover."""
    value = sequence.next_value
    if sequence.maximum is not None:
        value = min(value, sequence.maximum)
    return value if sequence.minimum is None else max(value, sequence.minimum)


def partitions(schema: str, table: Table) -> Iterator[str]:
    """A statement for each partition, those that are divided further before their parts."""
    for part in table.partitions:
        divided = f" PARTITION BY {part.divided_by}" if part.divided_by else ""
        parent = quote(schema, part.parent or table.name)
        yield f"CREATE TABLE IF NOT EXISTS {quote(schema, part.name)} PARTITION OF {parent} {part.bound}{divided}"


__all__ = ["create_sequence", "create_type", "drop_type", "partitions"]

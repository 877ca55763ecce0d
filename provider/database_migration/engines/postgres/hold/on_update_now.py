"""Triggers that do what MySQL's ON UPDATE CURRENT_TIMESTAMP does.

They fire when an update changes another column and leaves the stamped one alone, and not while our applier
writes (session_replication_role = replica), which brings the source's stamp along.
"""

from __future__ import annotations

from typing import Any

from database_migration.engines.postgres.names import literal, quote, shortened
from database_migration.engines.protocol import Statement
from database_migration.model.column_type import Kind
from database_migration.model.schema import Column, Table


def trigger_name(table: str, column: str) -> str:
    """The name that the trigger and its function share."""
    return shortened(f"{table}_set_{column}")


def _body(column: str) -> str:
    return f" BEGIN NEW.{quote(column)} := CURRENT_TIMESTAMP; RETURN NEW; END "


def statement(schema: str, table: Table, column: Column) -> Statement:
    """Function and trigger for one column."""
    name = trigger_name(table.name, column.name)
    function = quote(schema, name)
    compared = [one for one in table.columns if one.generated is None and one.name != column.name]
    old = ", ".join(_comparable("OLD", one) for one in compared)
    new = ", ".join(_comparable("NEW", one) for one in compared)
    stamp = quote(column.name)
    create = (
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql"
        f" AS {literal(_body(column.name))};\n"
        f"CREATE OR REPLACE TRIGGER {quote(name)} BEFORE UPDATE ON {quote(schema, table.name)}\n"
        f"FOR EACH ROW WHEN (ROW({old}) IS DISTINCT FROM ROW({new})\n"
        f"  AND NEW.{stamp} IS NOT DISTINCT FROM OLD.{stamp})\n"
        f"EXECUTE FUNCTION {function}()"
    )
    # Dropping the function takes the trigger along; the table may be gone already.
    return Statement("script", f"{table.name}.{name}", create, f"DROP FUNCTION IF EXISTS {function}() CASCADE")


def _comparable(row: str, column: Column) -> str:
    reference = f"{row}.{quote(column.name)}"
    # json, xml and the like have no equality of their own.
    unequal = column.type.kind is Kind.OTHER or column.type.native == "json"
    return f"{reference}::text" if unequal else reference


def made_by_us(row: tuple[Any, ...]) -> tuple[str, str] | None:
    """(table, column) when a row of triggers.sql is such a trigger, else None."""
    table, trigger, _, function, source, same_schema = row
    if trigger != function or not same_schema or not source.startswith(' BEGIN NEW."'):
        return None
    column = source.removeprefix(' BEGIN NEW."').partition('" := ')[0].replace('""', '"')
    return (table, column) if source == _body(column) and trigger == trigger_name(table, column) else None


__all__ = ["made_by_us", "statement", "trigger_name"]

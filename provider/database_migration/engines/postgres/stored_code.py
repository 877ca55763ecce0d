"""Triggers and routines: read whole, made again on another PostgreSQL, or outlined as stubs in PL/pgSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from database_migration.engines.postgres import sql
from database_migration.engines.postgres.column_types import column_type, type_sql
from database_migration.engines.postgres.hold.on_update_now import made_by_us
from database_migration.engines.postgres.names import literal, quote, shortened
from database_migration.engines.protocol import Session, Statement
from database_migration.model.code_source import CodeSource, Parameter
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.schema import CodeKind, Column, Table

_CARRIED_LANGUAGES = ("sql", "plpgsql")
_MODES = {"i": "IN", "o": "OUT", "b": "INOUT", "v": "IN", "t": "OUT"}
_EVENT_BITS = ((4, "INSERT"), (16, "UPDATE"), (8, "DELETE"), (32, "TRUNCATE"))
_NOT_OURS_TO_ENABLE = {"D": "it is disabled", "A": "it fires on replicated rows too", "R": "it fires on replicas only"}


class PostgresStoredCode:
    """Fulfils ``protocol.StoredCodeCarrier``."""

    def read(self, session: Session, schema: str) -> list[CodeSource]:
        """Routines first: triggers call them."""
        rows = cast(list[tuple[Any, ...]], session.execute(sql.load("code_triggers"), [schema]))
        ours = {row[3] for row in rows if made_by_us(row[:6]) is not None}
        return [
            *(found for found in _routines(session, schema) if found.name not in ours),
            *(_trigger(row) for row in rows if made_by_us(row[:6]) is None),
        ]

    def statement(self, schema: str, source: CodeSource, *, source_schema: str) -> Statement:
        """The server's own text, in the target's schema."""
        if source.kind is CodeKind.TRIGGER:
            undo = f"DROP TRIGGER IF EXISTS {quote(source.name)} ON {quote(schema, source.table)}"
            return Statement("trigger", f"{source.table}.{source.name}", source.create, undo)
        name = quote(schema, source.name)
        word = source.kind.value.upper()
        _, _, rest = source.create.partition("(")
        return Statement(
            source.kind.value,
            f"{source.name}({source.identity})",
            f"CREATE OR REPLACE {word} {name}({rest}",
            f"DROP {word} IF EXISTS {name}({source.identity})",
        )

    @contextmanager
    def made_under(self, session: Session, schema: str, source: CodeSource) -> Iterator[None]:
        """Bodies are not looked into: they may call what is made after them."""
        session.execute("SET check_function_bodies = off")
        try:
            yield
        finally:
            session.execute("RESET check_function_bodies")

    def stub(self, schema: str, source: CodeSource, *, dialect: str) -> str:
        """Function and trigger, function, or procedure; an event becomes a procedure for a scheduler to call."""
        tag = "$stub$"
        while tag in source.create:
            tag = f"{tag[:-1]}_$"
        comment = "\n".join(f"  -- {line}" for line in source.create.splitlines())
        missing = literal(f"{source.kind.value} {source.name} is not written yet")
        body = f"{tag}\nBEGIN\n{comment}\n  RAISE EXCEPTION USING MESSAGE = {missing};\nEND\n{tag}"
        if source.kind is CodeKind.TRIGGER:
            function = quote(schema, shortened(source.name))
            table = quote(schema, source.table)
            each = "ROW" if source.each_row else "STATEMENT"
            return (
                f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {body};\n"
                f"CREATE OR REPLACE TRIGGER {quote(shortened(source.name))} {source.timing}"
                f" {' OR '.join(source.events)} ON {table}\n"
                f"FOR EACH {each} EXECUTE FUNCTION {function}();"
            )
        if source.kind is CodeKind.EVENT:
            head = f"-- The event ran {source.schedule}: let a scheduler (pg_cron, Airflow) call this procedure.\n"
            name = quote(schema, shortened(source.name))
            return f"{head}CREATE OR REPLACE PROCEDURE {name}() LANGUAGE plpgsql AS {body};"
        types = _held([parameter.type for parameter in source.parameters], schema, dialect)
        listed = ", ".join(
            f"{parameter.mode} {quote(parameter.name)} {type_}"
            for parameter, type_ in zip(source.parameters, types, strict=True)
        )
        name = f"{quote(schema, shortened(source.name))}({listed})"
        if source.returns is None:
            return f"CREATE OR REPLACE PROCEDURE {name} LANGUAGE plpgsql AS {body};"
        (returned,) = _held([source.returns], schema, dialect)
        return f"CREATE OR REPLACE FUNCTION {name} RETURNS {returned} LANGUAGE plpgsql AS {body};"


def _held(types: Sequence[ColumnType], schema: str, dialect: str) -> list[str]:
    """The types as this engine would hold columns of them; labels of an enum are text."""
    columns = tuple(Column(f"c{number}", type_) for number, type_ in enumerate(types))
    from database_migration.engines.postgres.hold.table import held_table

    held, _ = held_table(Table("parameters", columns), dialect=dialect, policy=HoldPolicy())
    return ["text" if one.type.kind is Kind.ENUM else type_sql(one.type, schema) for one in held.columns]


def _trigger(row: tuple[Any, ...]) -> CodeSource:
    table, name, definition, _, _, _, bits, enabled = row
    timing = "BEFORE" if bits & 2 else "INSTEAD OF" if bits & 64 else "AFTER"
    return CodeSource(
        CodeKind.TRIGGER,
        name,
        definition,
        table=table,
        timing=timing,
        events=tuple(word for bit, word in _EVENT_BITS if bits & bit),
        each_row=bool(bits & 1),
        why_not=_NOT_OURS_TO_ENABLE.get(enabled, ""),
    )


def _routines(session: Session, schema: str) -> Iterator[CodeSource]:
    for row in cast(list[tuple[Any, ...]], session.execute(sql.load("code_routines"), [schema])):
        name, is_procedure, definition, _, identity, language, returns_set, returned, formatted = row[:9]
        names, modes, types, owner = row[9:]
        for_trigger = returned in ("trigger", "event_trigger")
        plain = not (is_procedure or returns_set or for_trigger or returned in ("void", "record"))
        yield CodeSource(
            CodeKind.PROCEDURE if is_procedure else CodeKind.FUNCTION,
            name,
            definition,
            identity=identity,
            parameters=tuple(
                Parameter(
                    names[number] if number < len(names) else "",
                    _MODES[modes[number]] if number < len(modes) else "IN",
                    column_type(type_, type_, -1),
                )
                for number, type_ in enumerate(types)
            ),
            returns=column_type(returned, formatted, -1) if plain else None,
            for_trigger=for_trigger,
            definer=owner,
            why_not=""
            if language in _CARRIED_LANGUAGES
            else f"it is written in {language}, which the target may not have",
        )


__all__ = ["PostgresStoredCode"]

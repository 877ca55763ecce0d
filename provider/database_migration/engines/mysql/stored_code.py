"""Triggers, routines and events: read whole, made again on another server of the kind, or outlined as stubs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from database_migration.engines.mysql.column_types import column_type, native, text_literal
from database_migration.engines.mysql.connection import MySQLSession, own_session, quote
from database_migration.engines.mysql.names import fitted, is_own
from database_migration.engines.mysql.sql_modes import usable_modes
from database_migration.engines.mysql.statements import statement
from database_migration.engines.protocol import Row, Session, Statement
from database_migration.model.code_source import CodeSource, Parameter
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.schema import CodeKind, Column, Table

_DEFINER = re.compile(
    r"\s+DEFINER\s*=\s*(?P<definer>(?:`(?:[^`]|``)+`|'[^']*'|\w+)(?:@(?:`(?:[^`]|``)+`|'[^']*'|[\w.%]+))?)"
)
_ENABLED = re.compile(r"\bENABLE(?=\s+(?:COMMENT|DO)\b)")
_ROW_EVENTS = ("INSERT", "UPDATE", "DELETE")


class MySQLStoredCode:
    """Fulfils ``protocol.StoredCodeCarrier``."""

    def read(self, session: Session, schema: str) -> list[CodeSource]:
        own = own_session(session)
        return [*_triggers(own, schema), *_routines(own, schema), *_events(own, schema)]

    def statement(self, schema: str, source: CodeSource, *, source_schema: str) -> Statement:
        """The source's own text: names in it are unqualified, or were the application's choice."""
        word = source.kind.value.upper()
        create = source.create.replace(f"{quote(source_schema)}.", f"{quote(schema)}.", 1)
        if source.kind is CodeKind.EVENT:  # until the cutover the source's own event does the work
            create = _ENABLED.sub("DISABLE", create, count=1)
        return Statement(source.kind.value, source.name, create, f"DROP {word} IF EXISTS {quote(schema, source.name)}")

    @contextmanager
    def made_under(self, session: Session, schema: str, source: CodeSource) -> Iterator[None]:
        own = own_session(session)
        before = own.execute("SELECT @@SESSION.sql_mode, @@SESSION.time_zone")[0]
        under = dict(source.made_under)
        try:
            own.execute("SET SESSION sql_mode = %s", (usable_modes(own, under.get("sql_mode", "")),))
            own.execute("SET SESSION time_zone = %s", (under.get("time_zone", str(before[1])),))
            yield
        finally:
            own.execute("SET SESSION sql_mode = %s, SESSION time_zone = %s", (str(before[0]), str(before[1])))

    def stub(self, schema: str, source: CodeSource, *, dialect: str) -> str:
        comment = "\n".join(f"  -- {line}" for line in source.create.splitlines())
        missing = text_literal(f"{source.kind.value} {source.name} is not written yet"[:120])
        body = f"BEGIN\n{comment}\n  SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = {missing};\n"
        if source.kind is CodeKind.TRIGGER:
            parts = list(_trigger_stubs(schema, source, body))
        else:
            parts = [_routine_stub(schema, source, body, dialect)]
        if not parts or not parts[0]:
            return _only_told(source)
        return "DELIMITER $$\n" + "\n".join(f"{part}$$" for part in parts) + "\nDELIMITER ;"


def _trigger_stubs(schema: str, source: CodeSource, body: str) -> Iterator[str]:
    """One per event, as MySQL has it; none for what it has not: INSTEAD OF, TRUNCATE."""
    for event in source.events:
        if event in _ROW_EVENTS and source.timing in ("BEFORE", "AFTER"):
            alone = len([one for one in source.events if one in _ROW_EVENTS]) == 1
            name = fitted(source.name if alone else f"{source.name}_{event.lower()}")
            yield (
                f"DROP TRIGGER IF EXISTS {quote(schema, name)}$$\n"
                f"CREATE TRIGGER {quote(schema, name)} {source.timing} {event} ON {quote(schema, source.table)}\n"
                f"FOR EACH ROW {body}END"
            )


def _routine_stub(schema: str, source: CodeSource, body: str, dialect: str) -> str:
    if source.for_trigger:
        return ""  # what calls it has a stub of its own
    name = quote(schema, fitted(source.name))
    parameters = [parameter for parameter in source.parameters if source.returns is None or parameter.mode != "OUT"]
    types = _held([parameter.type for parameter in parameters], dialect)
    words = [
        (quote(parameter.name or f"argument_{number}"), type_)
        for number, (parameter, type_) in enumerate(zip(parameters, types, strict=True), 1)
    ]
    if source.returns is not None:
        listed = ", ".join(f"{name} {type_}" for name, type_ in words)
        (returned,) = _held([source.returns], dialect)
        return (
            f"DROP FUNCTION IF EXISTS {name}$$\n"
            f"CREATE FUNCTION {name}({listed}) RETURNS {returned} READS SQL DATA\n{body}  RETURN NULL;\nEND"
        )
    listed = ", ".join(
        f"{parameter.mode} {name} {type_}" for parameter, (name, type_) in zip(parameters, words, strict=True)
    )
    return f"DROP PROCEDURE IF EXISTS {name}$$\nCREATE PROCEDURE {name}({listed})\n{body}END"


def _held(types: Sequence[ColumnType], dialect: str) -> list[str]:
    """The types as this engine would hold columns of them."""
    columns = tuple(Column(f"c{number}", type_) for number, type_ in enumerate(types))
    from database_migration.engines.mysql.hold.table import hold_table

    held = hold_table(Table("parameters", columns), dialect, HoldPolicy())[0] if dialect != "mysql" else None
    return [native(column.type) for column in (held.columns if held else columns)]


def _only_told(source: CodeSource) -> str:
    lines = "\n".join(f"-- {line}" for line in source.create.splitlines())
    return f"-- {source.kind.value} {source.name}: this engine has nothing of its shape. Its source:\n{lines}"


def _undefined(create: str) -> tuple[str, str]:
    """The statement without its definer, and the definer."""
    found = _DEFINER.search(create)
    return (create, "") if found is None else (create[: found.start()] + create[found.end() :], found["definer"])


def _triggers(session: MySQLSession, schema: str) -> Iterator[CodeSource]:
    for name, table, timing, event, _ in session.execute(statement("triggers"), (schema,)):
        if is_own(str(name)):
            continue
        _, mode, create, *_ = session.execute(f"SHOW CREATE TRIGGER {quote(schema, str(name))}")[0]
        text, definer = _undefined(str(create))
        yield CodeSource(
            CodeKind.TRIGGER, str(name), text, table=str(table), timing=str(timing), events=(str(event),),
            made_under=(("sql_mode", str(mode)),), definer=definer,
        )  # fmt: skip


def _routines(session: MySQLSession, schema: str) -> Iterator[CodeSource]:
    parameters: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for kind, name, *rest in session.execute(statement("parameters"), (schema,)):
        parameters[str(kind), str(name)].append(tuple(rest))
    for kind, name, *_ in session.execute(statement("routines"), (schema,)):
        _, mode, create, *_ = session.execute(f"SHOW CREATE {kind} {quote(schema, str(name))}")[0]
        text, definer = _undefined(str(create or ""))
        rows = parameters[str(kind), str(name)]
        returned = next((_type(row) for row in rows if int(str(row[0])) == 0), None)
        yield CodeSource(
            CodeKind(str(kind).lower()), str(name), text,
            parameters=tuple(Parameter(str(r[2]), str(r[1] or "IN"), _type(r)) for r in rows if int(str(r[0])) > 0),
            returns=returned, made_under=(("sql_mode", str(mode)),), definer=definer,
            why_not="" if create else "the account may not see its source",
        )  # fmt: skip


def _events(session: MySQLSession, schema: str) -> Iterator[CodeSource]:
    for name, _, schedule in session.execute(statement("events"), (schema,)):
        _, mode, zone, create, *_ = session.execute(f"SHOW CREATE EVENT {quote(schema, str(name))}")[0]
        text, definer = _undefined(str(create))
        under = (("sql_mode", str(mode)), ("time_zone", str(zone)))
        yield CodeSource(
            CodeKind.EVENT, str(name), text, made_under=under, definer=definer, schedule=str(schedule or "")
        )


def _type(row: Row) -> ColumnType:
    _, _, _, data_type, spelled, length, precision, scale, fraction = row
    numbers = [None if value is None else int(str(value)) for value in (length, precision, scale, fraction)]
    if not data_type:
        return ColumnType(Kind.TEXT)
    return column_type(
        str(data_type), str(spelled), length=numbers[0], precision=numbers[1], scale=numbers[2], fraction=numbers[3]
    )


__all__ = ["MySQLStoredCode"]

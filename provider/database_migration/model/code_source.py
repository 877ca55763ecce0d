"""A trigger, routine or event with all that is needed to make it again, or to make its outline in another language."""

from __future__ import annotations

from dataclasses import dataclass

from database_migration.model.column_type import ColumnType
from database_migration.model.schema import CodeKind


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a routine."""

    name: str
    """Empty where the routine calls it by its number only."""
    mode: str
    """``IN``, ``OUT`` or ``INOUT``."""
    type: ColumnType


@dataclass(frozen=True, slots=True)
class CodeSource:
    """Stored code as its server has it."""

    kind: CodeKind
    name: str
    create: str
    """The statement that makes it again on a server of the same kind, without its definer."""
    identity: str = ""
    """What tells routines of one name apart (PostgreSQL: the types of the arguments)."""
    table: str = ""
    timing: str = ""
    """Of a trigger: ``BEFORE``, ``AFTER`` or ``INSTEAD OF``."""
    events: tuple[str, ...] = ()
    """Of a trigger: ``INSERT``, ``UPDATE``, ``DELETE``, ``TRUNCATE``."""
    each_row: bool = True
    parameters: tuple[Parameter, ...] = ()
    returns: ColumnType | None = None
    """What a function returns; None for one that returns rows, nothing, or is a trigger's."""
    for_trigger: bool = False
    """A function that only triggers call (PostgreSQL)."""
    made_under: tuple[tuple[str, str], ...] = ()
    """Session settings that it was made under and keeps (MySQL: sql_mode, time_zone)."""
    definer: str = ""
    schedule: str = ""
    why_not: str = ""
    """Why no server of the same kind gets it by itself; empty where nothing stands against it."""


__all__ = ["CodeSource", "Parameter"]

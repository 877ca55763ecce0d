"""Soda's idea of a database over a session of ours; imported by the runner only.

Importing Soda reads its configuration, loads ``.env`` and sets up tracing, so the runner prepares a home of its
own first.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

import sqlglot
from soda.execution.data_source import DataSource
from sqlglot import exp
from sqlglot.errors import SqlglotError

from database_migration.engines.protocol import Engine, Row, Session
from database_migration.steps.translate_queries.dialects import PLAIN

TYPE = "migrated"
_MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class NamesOfSide:
    """What the source's names are called on the side that is asked; check files use the source's."""

    tables: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]
    """By the source's table name."""


class SessionCursor:
    """The few words of a DB-API cursor that Soda speaks; every query runs in a read-only transaction."""

    def __init__(self, engine: Engine, session: Session, names: NamesOfSide, timeout: float) -> None:
        self._engine = engine
        self._session = session
        self._names = names
        self._timeout = timeout
        self._rows: list[Row] = []
        self._next = 0
        self.description: list[tuple[str, None, None, None, None, None, None]] = []

    def execute(self, sql: str) -> None:
        """Run a query under the names of this side."""
        outcome = self._engine.inspection.run_query(
            self._session, self._own_names(sql), max_rows=_MOST_ROWS, timeout=self._timeout
        )
        self._rows, self._next = outcome.rows, 0
        self.description = [(name, None, None, None, None, None, None) for name in outcome.columns]

    def fetchone(self) -> Row | None:
        """The next row."""
        found = self.fetchmany(1)
        return found[0] if found else None

    def fetchmany(self, size: int = 1) -> list[Row]:
        """The next rows."""
        found = self._rows[self._next : self._next + size]
        self._next += len(found)
        return found

    def fetchall(self) -> list[Row]:
        """The rest."""
        return self.fetchmany(len(self._rows))

    def close(self) -> None:
        """Forget the rows."""
        self._rows = []

    def _own_names(self, sql: str) -> str:
        dialect = PLAIN[self._engine.traits.engine]
        try:
            tree = sqlglot.parse_one(sql, dialect=dialect)
        except SqlglotError:
            return sql  # the user's own SQL in a dialect of its own: as written
        columns: dict[str, str] = {}
        for table in tree.find_all(exp.Table):
            own = self._names.tables.get(table.name)
            if own is not None and not table.db:
                columns |= {name.lower(): its for name, its in self._names.columns.get(table.name, {}).items()}
                table.set("this", exp.to_identifier(own, quoted=True))
        for column in tree.find_all(exp.Column):
            own = columns.get(column.name.lower())
            if own is not None:
                column.set("this", exp.to_identifier(own, quoted=True))
        return str(tree.sql(dialect=dialect))


class SessionConnection:
    """A DB-API connection over a session that stays the runner's."""

    def __init__(self, engine: Engine, session: Session, names: NamesOfSide, timeout: float) -> None:
        self._arguments = (engine, session, names, timeout)

    def cursor(self) -> SessionCursor:
        """A new cursor."""
        return SessionCursor(*self._arguments)

    def commit(self) -> None:
        """Queries commit by themselves."""

    def rollback(self) -> None:
        """Queries roll back by themselves."""

    def close(self) -> None:
        """The runner closes the session."""


_PLAIN_COLLATION = {"postgres": "C"}
"""By engine: under what texts match patterns; PostgreSQL has no patterns under collations that fold case."""


def register(engine: Engine, connection: SessionConnection) -> None:
    """Make ``type: migrated`` a data source that Soda finds."""
    dialect = PLAIN[engine.traits.engine]

    class MigratedDataSource(DataSource):  # type: ignore[misc]
        TYPE = TYPE

        def connect(self) -> None:
            self.connection = connection

        def validate_configuration(self, logs: object) -> None:
            """There is nothing to configure."""

        def safe_connection_data(self) -> list[str]:
            return [TYPE]

        def use_database_in_filter(self) -> bool:
            return False

        def quote_column(self, column_name: str) -> str:
            return engine.ddl.quote(column_name)

        def quote_table(self, table_name: str) -> str:
            return engine.ddl.quote(table_name)

        def expr_length(self, expr: str) -> str:
            return f"CHAR_LENGTH({expr})"  # LENGTH counts octets on some engines

        def expr_regexp_like(self, expr: str, regex_pattern: str) -> str:
            subject = sqlglot.parse_one(expr, dialect=dialect)
            if engine.traits.engine in _PLAIN_COLLATION:
                plain = exp.to_identifier(_PLAIN_COLLATION[engine.traits.engine], quoted=True)
                subject = exp.Collate(this=subject, expression=plain)
            condition = exp.RegexpLike(this=subject, expression=exp.Literal.string(regex_pattern))
            return str(condition.sql(dialect=dialect))

        def literal_string(self, value: str) -> str | None:
            return None if value is None else str(exp.Literal.string(value).sql(dialect=dialect))

    module = ModuleType(f"soda.data_sources.{TYPE}_data_source")
    module.MigratedDataSource = MigratedDataSource  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module


def outcomes(checks: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """What is compared of each check."""
    found = []
    for check in checks:
        diagnostics = check.get("diagnostics")
        found.append(
            {
                "name": str(check.get("name") or check.get("definition")),
                "definition": str(check.get("definition")),
                "table": check.get("table"),
                "column": check.get("column"),
                "outcome": check.get("outcome"),
                "value": diagnostics.get("value") if isinstance(diagnostics, Mapping) else None,
            }
        )
    return found


__all__ = ["TYPE", "NamesOfSide", "SessionConnection", "SessionCursor", "outcomes", "register"]

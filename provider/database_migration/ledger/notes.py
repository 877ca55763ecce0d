"""Small facts of a run by name, and where its reports were filed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from database_migration.engines.protocol import Session
from database_migration.ledger._table import LedgerPart, now


@dataclass(frozen=True, slots=True)
class Notes(LedgerPart):
    """JSON values by name; the last write counts."""

    def put_note(self, name: str, value: object) -> None:
        """Store a fact; never a secret, never a row's data."""
        text = json.dumps(value, default=str)
        self.put(
            "UPDATE database_migration.note SET value = %s, updated_at = %s"
            " WHERE migration = %s AND epoch = %s AND name = %s",
            "INSERT INTO database_migration.note (migration, epoch, name, value, updated_at)"
            " VALUES (%s, %s, %s, %s, %s)",
            (text, now(), *self.scope, name),
            (*self.scope, name, text, now()),
        )

    def get_note(self, name: str) -> object:
        """The fact of this name, None where there is none."""
        rows = self.session.execute(
            "SELECT value FROM database_migration.note WHERE migration = %s AND epoch = %s AND name = %s",
            (*self.scope, name),
        )
        return json.loads(str(rows[0][0])) if rows else None

    def named(self, prefix: str) -> list[tuple[str, dict[str, Any]]]:
        """(name, fact) of every fact that is a mapping and whose name begins so, by name."""
        rows = self.session.execute(
            "SELECT name, value FROM database_migration.note"
            " WHERE migration = %s AND epoch = %s AND name LIKE %s ORDER BY name",
            (*self.scope, f"{prefix}%"),
        )
        found = [(str(name), json.loads(str(value))) for name, value in rows]
        return [(name, value) for name, value in found if isinstance(value, dict)]

    @staticmethod
    def latest(session: Session, migration: str, name: str) -> object:
        """The fact of this name that a migration's latest run left, for whoever does not know the epoch."""
        rows = session.execute(
            "SELECT value FROM database_migration.note WHERE migration = %s AND name = %s ORDER BY epoch DESC LIMIT 1",
            (migration, name),
        )
        return json.loads(str(rows[0][0])) if rows else None

    @staticmethod
    def erase(session: Session, migration: str, name: str) -> None:
        """Delete the facts of this name that a migration's runs left."""
        session.execute("DELETE FROM database_migration.note WHERE migration = %s AND name = %s", (migration, name))


@dataclass(frozen=True, slots=True)
class ReportLine:
    """Where a step's report of a run was filed."""

    stem: str
    verdict: str
    location: str
    filed_at: datetime


@dataclass(frozen=True, slots=True)
class ReportLines(LedgerPart):
    """The reports of a migration's runs."""

    def file(self, run_id: str, stem: str, *, verdict: str, location: str) -> None:
        """Record a report; filing the same stem again replaces the line."""
        self.put(
            "UPDATE database_migration.report SET verdict = %s, location = %s, filed_at = %s"
            " WHERE migration = %s AND run_id = %s AND stem = %s",
            "INSERT INTO database_migration.report (migration, run_id, stem, verdict, location, filed_at)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (verdict, location, now(), self.migration, run_id, stem),
            (self.migration, run_id, stem, verdict, location, now()),
        )

    def of_run(self, run_id: str) -> list[ReportLine]:
        """A run's reports in the order of filing."""
        rows = self.session.execute(
            "SELECT stem, verdict, location, filed_at FROM database_migration.report"
            " WHERE migration = %s AND run_id = %s ORDER BY filed_at",
            (self.migration, run_id),
        )
        return [ReportLine(str(s), str(v), str(place), cast(datetime, at)) for s, v, place, at in rows]


__all__ = ["Notes", "ReportLine", "ReportLines"]

"""The keyword arguments that every operator and sensor of a migration takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import BaseOperator

from database_migration.hooks.migration import MigrationHook


class MigrationKeywords(BaseOperator):
    """Takes the keywords that say which migration it is about, and passes all others on.

    Operators and sensors alike inherit it. Nothing here is a secret: connections go by their ids.
    """

    #: Connections and names may hold Jinja; what a spec says otherwise is data and is never rendered.
    template_fields: Sequence[str] = (
        "migration", "source_conn_id", "source_schema", "target_conn_id", "target_schema", "spec_hash", "reports",
    )  # fmt: skip

    def __init__(
        self,
        *,
        migration: str,
        source_conn_id: str,
        target_conn_id: str,
        source_schema: str | None = None,
        target_schema: str | None = None,
        tables: Mapping[str, Any] | None = None,
        mapping: Mapping[str, Any] | None = None,
        spec_hash: str = "",
        online: bool = True,
        reports: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.migration = migration
        self.source_conn_id = source_conn_id
        self.source_schema = source_schema
        self.target_conn_id = target_conn_id
        self.target_schema = target_schema
        self.tables = dict(tables or {})
        self.mapping = dict(mapping or {})
        self.spec_hash = spec_hash
        self.online = online
        self.reports = reports

    @property
    def keywords(self) -> dict[str, Any]:
        """The arguments again: what a trigger is given, and what a hook is made of."""
        return {
            "migration": self.migration,
            "source_conn_id": self.source_conn_id,
            "source_schema": self.source_schema,
            "target_conn_id": self.target_conn_id,
            "target_schema": self.target_schema,
            "tables": self.tables,
            "mapping": self.mapping,
            "spec_hash": self.spec_hash,
            "online": self.online,
            "reports": self.reports,
        }

    @property
    def migration_hook(self) -> MigrationHook:
        """Opens what the keywords name."""
        return MigrationHook(**self.keywords)


__all__ = ["MigrationKeywords"]

"""PostgreSQL 14 and later behind the protocol."""

from __future__ import annotations

from database_migration.engines.postgres.bulk.stream import BULK_FORMAT
from database_migration.engines.postgres.catalog import PostgresCatalog
from database_migration.engines.postgres.change_log import PostgresChangeLog
from database_migration.engines.postgres.change_writer import PostgresChangeWriter
from database_migration.engines.postgres.connection import PostgresSession, connect_to
from database_migration.engines.postgres.ddl import PostgresDdl
from database_migration.engines.postgres.inspection import PostgresInspection
from database_migration.engines.postgres.names import MAX_NAME_OCTETS
from database_migration.engines.postgres.row_mapping import PostgresRowMapping
from database_migration.engines.postgres.rows import PostgresRows
from database_migration.engines.postgres.stored_code import PostgresStoredCode
from database_migration.engines.postgres.trigger_hold import PostgresTriggerHold
from database_migration.engines.postgres.write_fence import PostgresWriteFence
from database_migration.engines.protocol import (
    Catalog,
    ChangeLog,
    ChangeWriter,
    Ddl,
    Endpoint,
    Inspection,
    RowMapping,
    Rows,
    Session,
    StoredCodeCarrier,
    Traits,
    TriggerHold,
    WriteFence,
)
from database_migration.model.key_range import Cut
from database_migration.model.unfit_value import ValueKind, ValueReach


class PostgresEngine:
    """Fulfils ``protocol.Engine``."""

    traits: Traits = Traits(
        engine="postgres",
        max_identifier_length=MAX_NAME_OCTETS,
        transactional_ddl=True,
        bulk_format=BULK_FORMAT,
        logs_cascades=True,
        index_names_per_schema=True,
        partitions_have_foreign_keys=True,
        default_port=5432,
        cuts=frozenset(Cut),
        knows_replica_lag=True,
        values=ValueReach(
            own=frozenset({ValueKind.SPECIAL_NUMBER, ValueKind.SPECIAL_DATE, ValueKind.MONTHS}),
            cannot=frozenset({ValueKind.ZERO_DATE, ValueKind.NUL_CHARACTER, ValueKind.INVALID_TEXT}),
            time=("00:00:00.000000", "24:00:00.000000"),
            instants=("0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999"),
        ),
    )
    catalog: Catalog = PostgresCatalog()
    ddl: Ddl = PostgresDdl()
    rows: Rows = PostgresRows()
    writer: ChangeWriter = PostgresChangeWriter()
    fence: WriteFence = PostgresWriteFence()
    triggers: TriggerHold = PostgresTriggerHold()
    code: StoredCodeCarrier = PostgresStoredCode()
    inspection: Inspection = PostgresInspection()
    mapping: RowMapping = PostgresRowMapping()

    def connect(self, endpoint: Endpoint, *, purpose: str) -> Session:
        """Open a session in UTC whose text forms are ours."""
        return PostgresSession(connect_to(endpoint, purpose=purpose), str(endpoint))

    def change_log(self, endpoint: Endpoint) -> ChangeLog:
        """The log of the server at an endpoint."""
        return PostgresChangeLog(endpoint)


__all__ = ["PostgresEngine"]

"""MySQL 8.0 and later and MariaDB 10.6 and later behind the protocol."""

from __future__ import annotations

from database_migration.engines.mysql.bulk.load import CSV
from database_migration.engines.mysql.catalog import MySQLCatalog
from database_migration.engines.mysql.change_writer import MySQLChangeWriter
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.ddl import MySQLDdl
from database_migration.engines.mysql.inspection import MySQLInspection
from database_migration.engines.mysql.names import MAX_NAME
from database_migration.engines.mysql.row_mapping import MySQLRowMapping
from database_migration.engines.mysql.rows import MySQLRows
from database_migration.engines.mysql.stored_code import MySQLStoredCode
from database_migration.engines.mysql.trigger_hold import MySQLTriggerHold
from database_migration.engines.mysql.write_fence import MySQLWriteFence
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
from database_migration.model.unfit_value import ValueKind, ValueReach


class MySQLEngine:
    """Fulfils ``protocol.Engine``."""

    traits: Traits = Traits(
        engine="mysql",
        max_identifier_length=MAX_NAME,
        transactional_ddl=False,
        bulk_format=CSV,
        logs_cascades=False,
        index_names_per_schema=False,
        partitions_have_foreign_keys=False,
        default_port=3306,
        values=ValueReach(
            own=frozenset({ValueKind.ZERO_DATE, ValueKind.NUL_CHARACTER, ValueKind.INVALID_TEXT}),
            cannot=frozenset(
                {
                    ValueKind.ZERO_DATE,  # our sessions are strict
                    ValueKind.INVALID_TEXT,
                    ValueKind.SPECIAL_NUMBER,
                    ValueKind.SPECIAL_DATE,
                    ValueKind.MONTHS,
                }
            ),
            time=("-838:59:59.000000", "838:59:59.000000"),
            instants=("1970-01-01 00:00:01.000000", "2038-01-19 03:14:07.999999"),
        ),
        identifiers_in_octets=False,
        suppresses_triggers=False,
        constraint_names_per_schema=True,
        indexes_foreign_keys=True,
        alter_locks_relatives=True,
    )
    catalog: Catalog = MySQLCatalog()
    ddl: Ddl = MySQLDdl()
    rows: Rows = MySQLRows()
    writer: ChangeWriter = MySQLChangeWriter()
    fence: WriteFence = MySQLWriteFence()
    triggers: TriggerHold = MySQLTriggerHold()
    code: StoredCodeCarrier = MySQLStoredCode()
    inspection: Inspection = MySQLInspection()
    mapping: RowMapping = MySQLRowMapping()

    def connect(self, endpoint: Endpoint, *, purpose: str) -> Session:
        """Open a session in UTC with strict modes; the server has nowhere to show a session's purpose."""
        return MySQLSession(endpoint)

    def change_log(self, endpoint: Endpoint) -> ChangeLog:
        """The log of the server at an endpoint."""
        # Loaded when asked for: the drivers of the binary log are a tenth of a copy lane's memory.
        from database_migration.engines.mysql.change_log import MySQLChangeLog

        return MySQLChangeLog(endpoint)


__all__ = ["MySQLEngine"]

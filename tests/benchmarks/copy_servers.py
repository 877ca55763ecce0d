"""Four private servers, two of each engine, and the runs between them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Self

from benchmarks.bench_tables import BenchTable
from benchmarks.lane_process import copy_by_lanes
from database_migration.engines.protocol import Checksum, Endpoint
from database_migration.model.key_range import KeyRange
from database_migration.model.table_selection import TableSelection
from database_migration.reports.archive import ReportArchive
from database_migration.steps.apply_schema import ApplySchemaOptions, Stage, apply_schema
from database_migration.steps.chunked_copy import ChunkedCopyOptions
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.schema_compare import remember_source
from fixtures.servers import Database as Address
from fixtures.servers import MariaDBServer, PostgresServer, PrivateServer
from integration.conftest import engine_named

USER = "bench"
"""Account and password of every contender, without a character that a tool would stumble over."""
_ACCOUNT = {
    "mysql": (f"CREATE USER {USER}@'%' IDENTIFIED BY '{USER}'", f"GRANT ALL ON *.* TO {USER}@'%' WITH GRANT OPTION"),
    "postgres": (f"CREATE ROLE {USER} SUPERUSER LOGIN PASSWORD '{USER}'",),
}
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Way:
    """A source and a target, each the same database in every run."""

    name: str
    source: Address
    target: Address
    source_pid: int
    """The source server's process."""
    target_pid: int
    folder: Path
    known: dict[str, dict[str, Checksum]] = field(default_factory=dict, compare=False, repr=False)
    """Checksums of the source's tables, which stay as they are for as long as this way is used."""

    def endpoint(self, address: Address) -> Endpoint:
        """An address as the engine is told of it."""
        schema = address.database if address.engine == "mysql" else "public"
        return Endpoint(address.engine, address.host, address.port, USER, USER, address.database, schema)

    def fresh_run(self, *tables: str) -> MigrationRun:
        """A run whose target tables are made and empty."""
        run = MigrationRun(
            f"bench_{os.getpid()}_{next(_numbers)}",
            "run",
            Database(engine_named(self.source.engine), self.endpoint(self.source)),
            Database(engine_named(self.target.engine), self.endpoint(self.target)),
            ReportArchive(self.folder),
            declared=TableSelection(include=tables),
            online=False,
        )
        with run.target.connect("bench") as session:
            for table in run.target.read_schema().tables:
                session.execute(run.target.engine.ddl.drop_table(run.target.schema, table.name))
        run.open()
        with run.current_ledger() as ledger:
            remember_source(run, ledger, run.source.read_schema())
        apply_schema(run, ApplySchemaOptions(), Stage.TABLES)
        self._settle(run)
        return run

    def _settle(self, run: MigrationRun) -> None:
        """Leave no work of the run before to this one's time."""
        if self.target.engine == "postgres":
            with run.target.connect("bench") as session:
                session.execute("CHECKPOINT")

    def checksums(self, run: MigrationRun, *, of_source: bool) -> dict[str, Checksum]:
        """The checksum of every table's rows on one side, by the source's names."""
        side = run.source if of_source else run.target
        found = {}
        pairs = run.pairs()
        with side.connect("bench") as session:
            for pair in pairs:
                own, columns = (pair.source, pair.source_columns) if of_source else (pair.target, pair.target_columns)
                everything = KeyRange.everything()
                found[pair.source.name] = side.engine.rows.checksum(session, side.schema, own, columns, everything)
        return found


@dataclass(frozen=True, slots=True)
class CopyServers:
    """The servers while they run."""

    mariadb: MariaDBServer
    mariadb_target: MariaDBServer
    postgres: PostgresServer
    postgres_target: PostgresServer
    folder: Path
    source_name: str = "source"
    target_name: str = "target"

    def way(self, source: str, target: str) -> Way:
        """The way between two of the servers, by name (``mysql``, ``postgres``)."""
        from_, to = self._sources()[source], self._targets()[target]
        ends = from_.database(self.source_name), to.database(self.target_name)
        return Way(f"{source} → {target}", *ends, from_.pid, to.pid, self.folder)

    def fill(self, table: BenchTable, rows: int, *, postgres_too: bool) -> None:
        """Make a table's rows on the source servers."""
        source = self.mariadb.database(self.source_name)
        source.execute(f"DROP TABLE IF EXISTS {table.name}")
        source.execute(table.create)
        source.execute(table.fill_sql(rows))
        source.execute(f"ANALYZE TABLE {table.name}")
        if postgres_too:
            address = self.postgres.database(self.source_name)
            way = Way("filling", source, address, self.mariadb.pid, self.postgres.pid, self.folder)
            copy_by_lanes(way.fresh_run(table.name), ChunkedCopyOptions(lanes=1))
            address.execute("DROP SCHEMA database_migration CASCADE")
            address.execute(f"VACUUM ANALYZE {table.name}")

    def drop(self, table: BenchTable) -> None:
        """Drop a table from the source servers."""
        for server in (self.mariadb, self.postgres):
            server.database(self.source_name).execute(f"DROP TABLE IF EXISTS {table.name}")

    @contextmanager
    def prepared(self) -> Iterator[Self]:
        """The databases and accounts, until the block ends."""
        ends = (
            (self.mariadb, self.source_name),
            (self.mariadb_target, self.target_name),
            (self.postgres, self.source_name),
            (self.postgres_target, self.target_name),
        )
        try:
            for server, name in ends:
                server.create_database(name)
            for server in {id(server): server for server, _ in ends}.values():
                for statement in _ACCOUNT[server.engine]:
                    server.execute(statement)
            yield self
        finally:
            for server, name in ends:
                server.drop_database(name)
            for server in {id(server): server for server, _ in ends}.values():
                server.execute(f"DROP USER IF EXISTS {USER}")

    def _sources(self) -> dict[str, PrivateServer]:
        return {"mysql": self.mariadb, "postgres": self.postgres}

    def _targets(self) -> dict[str, PrivateServer]:
        return {"mysql": self.mariadb_target, "postgres": self.postgres_target}


@contextmanager
def copy_servers() -> Iterator[CopyServers]:
    """Four servers of our own with empty databases ``source`` and ``target``, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="dm-bench-"))
    folder.chmod(0o755)
    large = {"innodb_buffer_pool_size": "512M", "innodb_log_file_size": "256M"}
    roomy = {"shared_buffers": "256MB", "max_wal_size": "4GB"}
    try:
        with (
            MariaDBServer(folder / "m1", server_id=41, settings=large) as mariadb,
            MariaDBServer(folder / "m2", server_id=42, settings=large) as mariadb_target,
            PostgresServer(folder / "p1", settings=roomy) as postgres,
            PostgresServer(folder / "p2", server_id=2, settings=roomy) as postgres_target,
            CopyServers(mariadb, mariadb_target, postgres, postgres_target, folder).prepared() as servers,
        ):
            yield servers
    finally:
        shutil.rmtree(folder, ignore_errors=True)


__all__ = ["USER", "CopyServers", "Way", "copy_servers"]

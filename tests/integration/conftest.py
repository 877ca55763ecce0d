"""Runs of a migration between fresh databases on real servers, in either direction."""

from __future__ import annotations

import importlib
import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from database_migration.engines.protocol import Endpoint, Engine
from database_migration.model.table_selection import TableSelection
from database_migration.reports.archive import ReportArchive
from database_migration.steps.run import Database as MigrationDatabase
from database_migration.steps.run import MigrationRun
from fixtures import sample_data
from fixtures.sample_data import load_sample
from fixtures.servers import Database, PrivateServer

Sql = str | Path | Sequence[str | Path]
_numbers = itertools.count(1)
SHOP = sample_data.PROJECT / "include" / "databases" / "shop"


def engine_named(name: str) -> Engine:
    """The engine of a folder."""
    engine: Engine = importlib.import_module(f"database_migration.engines.{name}").ENGINE
    return engine


def load_sql(database: Database, sql: Sql) -> None:
    """Loads text or script files into a database with the engine's own client."""
    for part in [sql] if isinstance(sql, str | Path) else sql:
        if isinstance(part, Path):
            load_sample(database, part)
            continue
        with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
            file.write(part)
            file.flush()
            load_sample(database, Path(file.name))


def endpoint_of(database: Database, schema: str | None = None, *, user: str = "", password: str = "") -> Endpoint:
    """Where a step finds a test's database; PostgreSQL's schema is ``public`` unless another is named."""
    if database.engine == "mysql":
        schema = database.database
    return Endpoint(
        engine=database.engine,
        host=database.host,
        port=database.port,
        user=user or database.user,
        password=password if user else database.password,
        database=database.database,
        schema=schema or "public",
    )


class MakeRun(Protocol):
    """Builds a run between two servers."""

    def __call__(
        self,
        source_server: PrivateServer,
        target_server: PrivateServer,
        sql: Sql = (),
        *,
        target_sql: Sql = (),
        migration: str | None = None,
        run_id: str = "run_1",
        selection: TableSelection | None = None,
        online: bool = True,
        source_schema: str | None = None,
        target_schema: str | None = None,
        spec_hash: str = "spec",
        opened: bool = False,
    ) -> MigrationRun:
        """A run with fresh databases on both servers; ``sql`` is loaded into the source.

        ``opened`` opens it, as preflight does. Two runs of one migration on the same databases:
        ``dataclasses.replace(run, run_id="run_2")``. ``tests`` reach the databases as
        ``run.source.connect("test")``.
        """
        ...


@pytest.fixture
def make_run(tmp_path: Path) -> Iterator[MakeRun]:
    """A function that builds runs; their databases are dropped after the test."""
    created: list[tuple[PrivateServer, str]] = []

    def fresh(server: PrivateServer, side: str) -> Database:
        name = f"{side}_{os.getpid()}_{next(_numbers)}"
        created.append((server, name))
        return server.create_database(name)

    def build(
        source_server: PrivateServer,
        target_server: PrivateServer,
        sql: Sql = (),
        *,
        target_sql: Sql = (),
        migration: str | None = None,
        run_id: str = "run_1",
        selection: TableSelection | None = None,
        online: bool = True,
        source_schema: str | None = None,
        target_schema: str | None = None,
        spec_hash: str = "spec",
        opened: bool = False,
    ) -> MigrationRun:
        source, target = fresh(source_server, "source"), fresh(target_server, "target")
        load_sql(source, sql)
        load_sql(target, target_sql)
        archive = tmp_path / "reports"
        archive.mkdir(exist_ok=True)
        run = MigrationRun(
            # MySQL's control schema is one per server: a name of its own keeps tests apart.
            migration=migration or f"migration_{os.getpid()}_{next(_numbers)}",
            run_id=run_id,
            source=MigrationDatabase(engine_named(source.engine), endpoint_of(source, source_schema)),
            target=MigrationDatabase(engine_named(target.engine), endpoint_of(target, target_schema)),
            archive=ReportArchive(archive),
            declared=selection or TableSelection(),
            spec_hash=spec_hash,
            online=online,
        )
        if opened:
            run.open()
        return run

    yield build
    for server, name in created:
        server.drop_database(name)


@pytest.fixture
def chinook_run(
    make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer, chinook_mysql_sql: Path
) -> MigrationRun:
    """Chinook, from MariaDB to an empty PostgreSQL."""
    return make_run(mariadb, postgres, chinook_mysql_sql)


@pytest.fixture
def chinook_back_run(
    make_run: MakeRun, postgres: PrivateServer, mariadb: PrivateServer, chinook_postgres_sql: Path
) -> MigrationRun:
    """Chinook, from PostgreSQL to an empty MariaDB."""
    return make_run(postgres, mariadb, chinook_postgres_sql)


@pytest.fixture
def sakila_run(
    make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer, sakila_sql: tuple[Path, Path]
) -> MigrationRun:
    """Sakila with its spatial column, from MariaDB to an empty PostgreSQL."""
    # The script hides what came with MySQL 5.7.5 from other servers; MariaDB knows geometry as well.
    texts = [path.read_text(encoding="utf-8").replace("/*!50705", "/*M!50705") for path in sakila_sql]
    return make_run(mariadb, postgres, texts)


@pytest.fixture
def shop_run(make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer) -> MigrationRun:
    """The sample shop without rows, from MariaDB to PostgreSQL's schema ``shop``, which does not exist yet."""
    return make_run(mariadb, postgres, SHOP / "schema.mysql.sql", target_schema="shop")

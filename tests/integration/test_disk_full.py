"""The target's disk is full in mid-chunk: a clear error, nothing half done, and on it goes with more room."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from database_migration.errors import Interrupted
from database_migration.steps.chunked_copy import copy_lane, finish_copy
from database_migration.steps.run import MigrationRun
from fixtures.servers import MariaDBServer, PostgresServer
from integration.conftest import MakeRun
from integration.readings import options, ready_to_copy, sums

ROWS = 60_000
SAID = options(chunk_rows=20_000, reconnects=0)


def copied_until_full(run: MigrationRun, words: str) -> None:
    """Copies until there is no room; each chunk that is done is there whole, and no other row is."""
    ready_to_copy(run, SAID, ROWS)
    with pytest.raises(Interrupted, match=words):
        copy_lane(run, SAID, 0)
    with run.ledger() as ledger:
        (progress,) = ledger.chunks.progress()
    assert progress.chunks_done < progress.chunks
    assert sums(run.target)[0] == progress.rows


def goes_on(run: MigrationRun) -> None:
    """The next try copies the rest."""
    copy_lane(run, SAID, 0)
    finish_copy(run, SAID)
    assert sums(run.source) == sums(run.target)


@pytest.fixture
def small_mariadb(servers_folder: Path) -> Iterator[MariaDBServer]:
    """A MariaDB whose one tablespace has room for twenty megabytes."""
    settings = {"innodb_file_per_table": "OFF", "innodb_data_file_path": "ibdata1:12M:autoextend:max:20M"}
    with MariaDBServer(servers_folder / "small", server_id=61, settings=settings) as server:
        yield server


def test_a_full_tablespace_of_mariadb(
    small_mariadb: MariaDBServer, make_run: MakeRun, postgres: PostgresServer
) -> None:
    run = make_run(postgres, small_mariadb, online=False)
    copied_until_full(run, "space is full")
    small_mariadb.restart({"innodb_data_file_path": "ibdata1:12M:autoextend:max:200M"})
    goes_on(run)


@pytest.fixture
def small_folder(servers_folder: Path, postgres: PostgresServer) -> Iterator[Path]:
    """A folder of PostgreSQL's own with room for eight megabytes."""
    folder = servers_folder / "small_disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("NO SMALL DISK: only root may mount one, and not in every container.")
    place = folder / "tables"
    place.mkdir()
    if user := postgres.user():
        shutil.chown(place, user)
    yield place
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_under_postgres(
    make_run: MakeRun, mariadb: MariaDBServer, postgres: PostgresServer, small_folder: Path
) -> None:
    run = make_run(mariadb, postgres, online=False)
    name = run.target.endpoint.database
    postgres.execute(f"CREATE TABLESPACE small LOCATION '{small_folder}'")
    try:
        postgres.execute(f"ALTER DATABASE {name} SET default_tablespace = small")
        copied_until_full(run, "No space left on device")
        subprocess.run(["mount", "-o", "remount,size=100m", small_folder.parent], check=True)
        goes_on(run)
    finally:
        postgres.drop_database(name)
        postgres.execute("DROP TABLESPACE small")

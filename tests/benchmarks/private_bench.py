"""Two private servers with a table of plain rows of about 300 bytes, and runs between them."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from database_migration.reports.archive import ReportArchive
from database_migration.steps.apply_schema import ApplySchemaOptions, Stage, apply_schema
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.schema_compare import remember_source
from fixtures.servers import Database as Address
from fixtures.servers import MariaDBServer, PostgresServer
from integration.conftest import endpoint_of, engine_named

_numbers = count(1)

TABLE = """
CREATE TABLE item (
    id int AUTO_INCREMENT PRIMARY KEY, owner int NOT NULL, kind smallint NOT NULL, big bigint NOT NULL,
    price decimal(12,2) NOT NULL, ratio double NOT NULL, born date NOT NULL, seen datetime(6) NOT NULL,
    changed timestamp NOT NULL DEFAULT current_timestamp, code char(16) NOT NULL, title varchar(80) NOT NULL,
    body varchar(200) NOT NULL, note varchar(50), extra varchar(50), flag smallint NOT NULL
) CHARACTER SET utf8mb4
"""
ROWS = """
INSERT INTO item (owner, kind, big, price, ratio, born, seen, code, title, body, note, extra, flag)
SELECT seq % 1000, seq % 7, seq * 1000003, seq / 100, seq / 7, '2020-01-01' + INTERVAL seq % 2000 DAY,
    '2024-01-01' + INTERVAL seq SECOND, LPAD(HEX(seq), 16, '0'), CONCAT('title of ', MD5(seq)),
    CONCAT(MD5(seq + 1), ' ', MD5(seq + 2), ' ', MD5(seq + 3)), IF(seq % 3, NULL, MD5(seq)), IF(seq % 5, 'x', NULL),
    seq % 2
FROM seq_1_to_{rows}
"""


@dataclass(frozen=True, slots=True)
class Bench:
    """The servers and databases that are measured between."""

    mariadb: MariaDBServer
    postgres: PostgresServer
    source: Address
    target: Address
    rows: int
    folder: Path

    def run(self) -> MigrationRun:
        """A fresh run from MariaDB to PostgreSQL whose target table is empty."""
        self.target.execute("DROP TABLE IF EXISTS item")
        run = MigrationRun(
            f"bench_{next(_numbers)}",
            "run",
            Database(engine_named("mysql"), endpoint_of(self.source)),
            Database(engine_named("postgres"), endpoint_of(self.target)),
            ReportArchive(self.folder),
            online=False,
        )
        run.open()
        with run.current_ledger() as ledger:
            remember_source(run, ledger, run.source.read_schema())
        apply_schema(run, ApplySchemaOptions(), Stage.TABLES)
        return run


@contextmanager
def bench(rows: int) -> Iterator[Bench]:
    """Servers that live as long as the block, with ``rows`` rows in the source."""
    folder = Path(tempfile.mkdtemp(prefix="dm-bench-"))
    folder.chmod(0o755)
    try:
        with (
            MariaDBServer(folder / "mariadb", server_id=41) as mariadb,
            PostgresServer(folder / "postgres") as postgres,
        ):
            source, target = mariadb.create_database("source"), postgres.create_database("target")
            source.execute(TABLE)
            source.execute(ROWS.format(rows=rows))
            source.execute("ANALYZE TABLE item")
            yield Bench(mariadb, postgres, source, target, rows, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def medians(contenders: Mapping[str, Callable[[], float]], runs: int = 5) -> dict[str, float]:
    """Seconds by name: the median of interleaved runs, so that a busy moment hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(runs):
        for name, measure in contenders.items():
            seconds[name].append(measure())
    return {name: round(statistics.median(values), 3) for name, values in seconds.items()}


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    """Appends the seconds that the block took."""
    began = time.perf_counter()
    yield
    into.append(time.perf_counter() - began)

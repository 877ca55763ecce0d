"""A schema of 2,000 tables: how long its catalog, preflight, comparison and plan take, in either direction.

``python tests/benchmarks/many_tables.py [--tables N]``; each table has ten columns, three indexes and a foreign key
to the one before it, the longest chain that there can be.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from database_migration.reports.archive import ReportArchive
from database_migration.steps.plan import PlanOptions, plan
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.schema_compare import SchemaCompareOptions, schema_compare
from fixtures.servers import Database as Address
from fixtures.servers import MariaDBServer, PostgresServer
from integration.conftest import endpoint_of, engine_named, load_sql

LIMIT = 60.0
"""Seconds in which reading, comparing and planning 2,000 tables have to be through."""
COUNTED = ("catalog", "schema_compare", "plan")
_ROWS = 20
T = TypeVar("T")


def table_sql(engine: str, number: int) -> str:
    """One table's DDL and rows, in either dialect."""
    name = f"t{number:05}"
    parent = f"t{max(number - 1, 0):05}"
    moment, flag = ("datetime(6)", "tinyint(1)") if engine == "mysql" else ("timestamp(6)", "boolean")
    yes = "1" if engine == "mysql" else "true"
    rows = ", ".join(
        f"({row}, {row}, 'n{row}', '{row}.5', '2024-01-01', {yes}, {row}, {row}, 'x', 'y')"
        for row in range(1, _ROWS + 1)
    )
    return (
        f"CREATE TABLE {name} (id int PRIMARY KEY, parent_id int NOT NULL, name varchar(80) NOT NULL,"
        f" price decimal(12,2) NOT NULL, created {moment} NOT NULL, active {flag} NOT NULL, kind smallint NOT NULL,"
        f" size bigint, note varchar(200), code char(8) NOT NULL,"
        f" CONSTRAINT fk_{name} FOREIGN KEY (parent_id) REFERENCES {parent} (id));\n"
        f"CREATE INDEX ix_{name}_name ON {name} (name);\n"
        f"CREATE INDEX ix_{name}_created ON {name} (created, kind);\n"
        f"CREATE UNIQUE INDEX ux_{name}_code ON {name} (code, id);\n"
        f"INSERT INTO {name} VALUES {rows};\n"
    )


def measure_direction(source: Address, target: Address, folder: Path) -> dict[str, float]:
    """Seconds of each step between two databases; the source's tables exist already."""
    run = MigrationRun(
        f"many_{source.engine}", "run",
        Database(engine_named(source.engine), endpoint_of(source)),
        Database(engine_named(target.engine), endpoint_of(target)),
        ReportArchive(folder), online=False,
    )  # fmt: skip
    seconds: dict[str, float] = {}
    _timed(seconds, "catalog", run.source.read_schema)
    for name, work in {
        "preflight": lambda: preflight(run, PreflightOptions()),
        "schema_compare": lambda: schema_compare(run, SchemaCompareOptions()),
        "plan": lambda: plan(run, PlanOptions()),
    }.items():
        report = _timed(seconds, name, work)
        _timed(seconds, f"{name}: filing its report", lambda report=report: run.archive.file(report))
    return seconds


def _timed(into: dict[str, float], name: str, work: Callable[[], T]) -> T:
    began = time.perf_counter()
    result = work()
    into[name] = round(time.perf_counter() - began, 2)
    return result


def measure(tables: int) -> dict[str, dict[str, float]]:
    """Seconds by direction and step."""
    folder = Path(tempfile.mkdtemp(prefix="dm-many-"))
    folder.chmod(0o755)
    try:
        with (
            MariaDBServer(folder / "mariadb", server_id=42) as mariadb,
            PostgresServer(folder / "postgres") as postgres,
        ):
            outcome = {}
            for source_server, target_server in ((mariadb, postgres), (postgres, mariadb)):
                source, target = source_server.create_database("many"), target_server.create_database("empty")
                load_sql(source, "".join(table_sql(source.engine, number) for number in range(tables)))
                outcome[f"{source.engine} to {target.engine}"] = measure_direction(source, target, folder)
            return outcome
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Print seconds; 1 when what is counted takes longer than the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=2000)
    tables = parser.parse_args().tables
    slow = False
    for direction, seconds in measure(tables).items():
        print(f"\n{direction}, {tables:,} tables")
        for name, value in seconds.items():
            print(f"  {name:40} {value:8.2f} s")
        total = sum(seconds[name] for name in COUNTED)
        slow = slow or total > LIMIT
        print(f"  {' + '.join(COUNTED):40} {total:8.2f} s (limit {LIMIT:.0f} s)")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())

"""The scripts of the comparison, run with the servers' own clients, build the expected schema and take it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import SchemaCompareOptions, compare_schemas, schema_compare
from database_migration.steps.schema_compare.expected.build import expected_target
from fixtures.servers import PrivateServer

CIRCLE = """
CREATE TABLE hen (id int NOT NULL PRIMARY KEY, egg int, name varchar(30) NOT NULL DEFAULT 'it''s \\\\ a hen',
  CONSTRAINT hen_named CHECK (name <> ''));
CREATE TABLE egg (id int NOT NULL PRIMARY KEY, hen int, laid timestamp NULL,
  CONSTRAINT egg_hen FOREIGN KEY (hen) REFERENCES hen (id));
ALTER TABLE hen ADD CONSTRAINT hen_egg FOREIGN KEY (egg) REFERENCES egg (id) ON DELETE SET NULL;
CREATE UNIQUE INDEX hen_name ON hen (name);
CREATE INDEX egg_laid ON egg (laid DESC);
"""
ON_UPDATE = """
ALTER TABLE egg ADD COLUMN touched timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6);
CREATE VIEW hens AS SELECT id, name FROM hen WHERE id > 3;
"""
PAIRS = [
    "mariadb postgres",
    "postgres mariadb",
    "mysql postgres",
    "postgres mysql",
    "mariadb mysql",
    "postgres postgres18",
]


def left_over(run: MigrationRun) -> list[tuple[object, ...]]:
    asked = ("tables", "table_name"), ("routines", "routine_name"), ("triggers", "trigger_name")
    with run.target.connect("test") as session:
        return [
            row
            for view, name in asked
            for row in session.execute(
                f"SELECT {name} FROM information_schema.{view} WHERE {name.split('_')[0]}_schema = %s",
                (run.target.schema,),
            )
        ]


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("schema", ["circle", "chinook"])
def test_twice_by_hand_and_twice_back(
    make_run, request: pytest.FixtureRequest, tmp_path: Path, pair: str, schema: str
) -> None:
    source, target = (request.getfixturevalue(name) for name in pair.split())
    if schema == "chinook":
        kind = "postgres" if source.engine == "postgres" else "mysql"
        sql = request.getfixturevalue(f"chinook_{kind}_sql")
    else:
        sql = CIRCLE + (ON_UPDATE if source.engine == "mysql" else "")
    new = "fresh" if target.engine == "postgres" else None
    run: MigrationRun = make_run(source, target, sql, target_schema=new)
    preflight(run, PreflightOptions())
    filed = run.archive.file(schema_compare(run, SchemaCompareOptions()))
    files = {Path(name).name: Path(name) for name in filed.scripts if name.endswith(".sql")}
    creating = sorted(name for name in files if name.startswith("V"))
    assert creating[:2] == ["V1__tables.sql", "V2__keys.sql"]
    with run.current_ledger() as ledger:
        expected = expected_target(run, ledger)
    by_client(target, run, [files[name] for name in creating] * 2)
    statements = expected.statements
    made = {(one.kind, one.subject) for one in (*statements.tables, *statements.keys, *statements.views)}
    compared = compare_schemas(expected, run.target.read_schema(), made=made, dialect=run.target.engine.traits.engine)
    assert compared.differences == ()
    by_client(target, run, [files[name.replace("V", "U", 1)] for name in reversed(creating)] * 2)
    assert left_over(run) == []
    if new:
        with run.target.connect("test") as session:
            assert session.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'fresh'") == []


def by_client(server: PrivateServer, run: MigrationRun, files: list[Path]) -> None:
    for file in files:
        server.load(file, run.target.endpoint.database)

"""Specs are read whole, and what is wrong with one is told by file, line and nearest key."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from migration_dag_factory import SpecFilesRefused, read_folder, read_spec

GOOD = """\
migration: shop_to_postgres
source: {conn_id: shop_mysql, schema: shop}
target: {conn_id: shop_postgres, schema: shop}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "include" / "migrations"
    folder.mkdir(parents=True)
    return folder


def problems_of(folder: Path, text: str) -> list[str]:
    """Complaints about a spec, each as ``line: message``."""
    path = folder / "bad.yaml"
    path.write_text(text)
    with pytest.raises(SpecFilesRefused) as refused:
        read_spec(path)
    assert all(problem.file == path for problem in refused.value.problems)
    return [f"{problem.line}: {problem.message}" for problem in refused.value.problems]


def test_the_spec_of_the_design_is_understood(folder: Path) -> None:
    (folder / "shop.yaml").write_text(
        """\
migration: shop_to_postgres
source: {conn_id: shop_mysql, schema: shop}
target: {conn_id: shop_postgres, schema: shop}
tables:
  exclude: [cache_*]
  orders: {rename: sales_order, columns: {state: {rename: status}}}
strategy: online
gates: [plan, cutover, finalize]
windows: {cutover: {cron: "0 2 * * SUN", duration: PT2H, timezone: Europe/Paris}}
steps:
  chunked_copy: {lanes: 4, chunk_rows: 50000, max_replica_lag: PT10S}
  translate_queries: {queries: include/queries/shop}
  validate: {checksum: full, sample: 0.99, soda: include/checks/shop.yaml}
  cutover: {traffic: {kind: sql, conn_id: switchboard, name: shop}, reads_ramp: [5, 25, 50, 100]}
"""
    )
    spec = read_spec(folder / "shop.yaml").spec
    assert spec.windows.cutover is not None
    assert spec.windows.cutover.duration == timedelta(hours=2)
    assert spec.steps.chunked_copy.max_replica_lag == timedelta(seconds=10)
    assert spec.steps.cutover.reads_ramp == (5, 25, 50, 100)
    assert spec.gates.finalize is not None
    assert spec.tables.model_dump(mode="json")["orders"] == {
        "rename": "sales_order",
        "columns": {"state": {"rename": "status"}},
    }


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ("strategie: online\n", "4: unknown key 'strategie', did you mean 'strategy'?"),
        ("steps:\n  chunked_copy: {lane: 4}\n", "5: unknown key 'lane' in steps.chunked_copy, did you mean 'lanes'?"),
        (
            "tables:\n  orders: {wher: total > 0}\n",
            "5: unknown key 'wher' in tables.orders, did you mean 'where'?",
        ),
        (
            "tables:\n  orders:\n    columns:\n      state: {drop: true, mask: hash}\n",
            "7: tables.orders.columns.state: drop and mask cannot both be said of a column; keep one",
        ),
        (
            "tables:\n  orders:\n    columns:\n      state: {map: {N: new, P: 1}}\n",
            "7: tables.orders.columns.state.map: the values of a map are of one kind: all texts, all numbers or all"
            " true and false",
        ),
        (
            "steps:\n  cutover:\n    traffic:\n      kind: sql\n      name: shop\n      conn_idd: x\n",
            "9: unknown key 'conn_idd' in steps.cutover.traffic, did you mean 'conn_id'?",
        ),
        ("gates: [cutoff]\n", "4: unknown key 'cutoff' in gates, did you mean 'cutover'?"),
        (
            "steps:\n  chunked_copy:\n    chunk_rows: many\n",
            "6: steps.chunked_copy.chunk_rows: has to be a whole number (found 'many')",
        ),
        (
            "steps: {chunked_copy: {lanes: 0}}\n",
            "4: steps.chunked_copy.lanes: has to be greater than or equal to 1 (found 0)",
        ),
        (
            "windows: {cutover: {cron: 0 2 * * SUN, duration: 2h}}\n",
            "4: windows.cutover.duration: has to be a duration: PT30S, PT5M, PT4H, P1D, or \"00:05:00\" (found '2h')",
        ),
        ("strategy: onlin\n", "4: strategy: has to be one of online, offline, did you mean 'online'? (found 'onlin')"),
        (
            "gates: plan\n",
            "4: gates: has to be a mapping with the keys cutover, finalize, plan, or a list of their names"
            " (found 'plan')",
        ),
        ("tables: {exclude: cache_*}\n", "4: tables.exclude: has to be a list: [one, other] (found 'cache_*')"),
        ("steps: {validate: {repair: maybe}}\n", "4: steps.validate.repair: has to be true or false (found 'maybe')"),
        (
            "steps:\n  cutover:\n    traffic: {kind: haprox}\n",
            "6: steps.cutover.traffic: kind 'haprox' is not known, did you mean 'haproxy'?",
        ),
        (
            "steps:\n  cutover:\n    traffic: {conn_id: a}\n",
            "6: steps.cutover.traffic: key 'kind' is missing: it says which",
        ),
        (
            "steps:\n  cutover:\n    traffic: {kind: sql, name: a}\n",
            "6: key 'conn_id' in steps.cutover.traffic is missing",
        ),
        (
            "gates: {plan: {on_timeout: approve}}\n",
            "4: gates.plan: on_timeout: approve needs a timeout",
        ),
        (
            "windows: {cutover: {cron: 0 2 * *, duration: PT2H}}\n",
            "4: windows.cutover.cron: '0 2 * *' is not a cron expression of five fields (found '0 2 * *')",
        ),
        (
            "windows: {cutover: {cron: 0 2 * * SUN, duration: PT2H, timezone: Paris}}\n",
            "4: windows.cutover.timezone: 'Paris' is not the name of a time zone (found 'Paris')",
        ),
        ("gates: [plan]\ngates: [cutover]\n", "5: key 'gates' is said twice, first in line 4"),
        ("on: true\n", "4: key on is read by YAML as True: put it in quotes"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_was_meant(folder: Path, added: str, expected: str) -> None:
    assert expected in problems_of(folder, GOOD + added)


def test_every_problem_of_a_file_is_told_at_once(folder: Path) -> None:
    text = "migration: 1shop\nsource: {conn_id: a, shema: x}\ntarget: {}\n"
    told = problems_of(folder, text)
    assert [line.split(":")[0] for line in told] == ["1", "2", "3"]
    assert "key 'conn_id' in target is missing" in told[2]


def test_a_connection_s_name_alone_is_no_database(folder: Path) -> None:
    told = problems_of(folder, "migration: my blog\nsource: a_mysql\ntarget: {conn_id: b}\n")
    assert told[0].startswith("1: migration: has to begin with a letter and hold letters, digits")
    assert told[1] == "2: source: has to be a mapping with the keys conn_id, schema (found 'a_mysql')"


def test_source_and_target_may_not_be_one(folder: Path) -> None:
    text = "migration: a\nsource: {conn_id: x}\ntarget: {conn_id: x}\n"
    assert problems_of(folder, text) == ["1: source and target are the same database"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("migration: [unclosed\n", "is not YAML"),
        ("- a\n- b\n", "has to be a mapping"),
        ("", "key 'migration' is missing"),
        ("a: &x {b: *x}\n", "refers to itself"),
    ],
)
def test_what_is_no_spec_at_all_is_told(folder: Path, text: str, expected: str) -> None:
    assert any(expected in line for line in problems_of(folder, text))


def test_a_bad_spec_does_not_hide_the_others(folder: Path) -> None:
    (folder / "good.yaml").write_text(GOOD)
    (folder / "bad.yaml").write_text("migration: bad\n")
    found = read_folder(folder)
    assert [file.spec.migration for file in found.specs] == ["shop_to_postgres"]
    assert list(found.refused) == [folder / "bad.yaml"]


@pytest.mark.parametrize("other", ["shop_to_postgres", "Shop-to-Postgres"])
def test_two_migrations_with_one_name_are_both_refused(folder: Path, other: str) -> None:
    (folder / "one.yaml").write_text(GOOD)
    (folder / "two.yaml").write_text(GOOD.replace("shop_to_postgres", other))
    found = read_folder(folder)
    assert found.specs == ()
    assert "two.yaml:1" in str(found.refused[folder / "one.yaml"])
    assert "one.yaml:1" in str(found.refused[folder / "two.yaml"])


def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(SpecFilesRefused, match="is not a folder"):
        read_folder(tmp_path / "nowhere")


def test_the_specs_of_the_project_are_well_formed() -> None:
    found = read_folder(Path(__file__).parents[3] / "include" / "migrations")
    assert found.refused == {}
    assert {file.spec.migration for file in found.specs} >= {"shop_to_postgres", "shop_rollback"}

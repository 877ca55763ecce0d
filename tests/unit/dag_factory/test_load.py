"""The four-line DAG file gives good specs their DAGs and shows bad ones as import errors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

PROJECT = Path(__file__).parents[3]
GOOD = "migration: {name}\nsource: {{conn_id: a}}\ntarget: {{conn_id: b}}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("_AIRFLOW_PROCESS_CONTEXT", raising=False)
    (tmp_path / "dags").mkdir()
    (tmp_path / "include" / "migrations").mkdir(parents=True)
    shutil.copy(PROJECT / "dags" / "migrations.py", tmp_path / "dags")
    return tmp_path


def write(project: Path, name: str, text: str | None = None) -> None:
    (project / "include" / "migrations" / f"{name}.yaml").write_text(text or GOOD.format(name=name))


def bag_of(project: Path) -> DagBag:
    return DagBag(project / "dags")


def test_every_spec_becomes_three_dags(project: Path) -> None:
    write(project, "one")
    write(project, "two", GOOD.format(name="two") + "strategy: offline\n")
    bag = bag_of(project)
    assert bag.import_errors == {}
    assert sorted(bag.dag_ids) == ["one", "one__replication", "one__rollback", "two", "two__rollback"]


def test_a_bad_spec_is_an_import_error_and_the_others_load(project: Path) -> None:
    write(project, "good")
    write(project, "bad", GOOD.format(name="bad") + "strategie: online\n")
    bag = bag_of(project)
    assert sorted(bag.dag_ids) == ["good", "good__replication", "good__rollback"]
    (text,) = bag.import_errors.values()
    assert "bad.yaml:4: unknown key 'strategie', did you mean 'strategy'?" in text


def test_the_dag_processor_is_given_the_error_under_the_spec_s_own_path(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the DAG file's path it would take the good DAGs down: see refused_spec."""
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.dag_processing.processor import _serialize_dags
    from structlog import get_logger

    write(project, "good")
    write(project, "bad", "migration: bad\n")
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "client")
    bag = BundleDagBag(project / "dags" / "migrations.py", bundle_path=project / "dags", bundle_name="dags-folder")
    assert bag.import_errors == {}
    serialized, errors = _serialize_dags(bag, get_logger())
    assert sorted(dag.dag_id for dag in serialized) == ["good", "good__replication", "good__rollback"]
    assert list(errors) == ["../include/migrations/bad.yaml"]
    assert "bad.yaml:1: key 'source' is missing" in errors["../include/migrations/bad.yaml"]


def test_a_task_builds_only_its_own_migration(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, "one")
    write(project, "two")
    write(project, "bad", "migration: bad\n")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "two__replication")
    bag = bag_of(project)
    assert sorted(bag.dag_ids) == ["two", "two__replication", "two__rollback"]
    assert bag.import_errors == {}


def test_a_missing_folder_is_an_import_error(project: Path) -> None:
    shutil.rmtree(project / "include")
    (text,) = bag_of(project).import_errors.values()
    assert "is not a folder" in text


def test_the_dag_file_has_the_words_without_which_airflow_skips_it() -> None:
    text = (PROJECT / "dags" / "migrations.py").read_text(encoding="utf-8").lower()
    assert "airflow" in text
    assert "dag" in text


@pytest.mark.parametrize("path", sorted((PROJECT / "dags").glob("example_*.py")), ids=lambda path: path.stem)
def test_the_examples_load_and_start_by_hand_only(path: Path) -> None:
    bag = DagBag(path)
    assert bag.import_errors == {}
    assert path.stem in bag.dag_ids
    assert all(dag.schedule is None for dag in bag.dags.values())

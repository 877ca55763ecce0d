"""The wheel holds all that an installed provider needs, and the entry points by which Airflow finds it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from database_migration.provider_info import DISTRIBUTION, get_provider_info

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel as a user would get it; built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(PROJECT)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    assert path.name == "airflow_provider_database_migration-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path) as archive:
        yield archive


def is_manual(path: Path) -> bool:
    """Whether a file is part of a step's page, which is read on the repository's pages."""
    return path.name == "README.md" or path.parent.name == "docs"


def test_every_file_that_is_no_module_is_in_it(wheel: zipfile.ZipFile) -> None:
    inside = set(wheel.namelist())
    for root in ("provider", "dag_factory"):
        for path in (PROJECT / root).rglob("*"):
            if (
                path.is_file()
                and not any(part.startswith((".", "__pycache__")) for part in path.relative_to(PROJECT).parts)
                and not is_manual(path)
            ):
                assert path.relative_to(PROJECT / root).as_posix() in inside
    assert [name for name in inside if name.endswith((".png", "README.md"))] == []


@pytest.mark.parametrize(
    "needed",
    [
        "database_migration/py.typed",
        "migration_dag_factory/py.typed",
        "database_migration/ledger/schema/postgres.sql",
        "database_migration/ledger/schema/mysql.sql",
        "database_migration/reports/templates/report.html.j2",
        "database_migration/plugin/templates/live.html.j2",
        "database_migration/plugin/static/migration.css",
        "migration_dag_factory/gate.md.j2",
    ],
)
def test_what_a_module_list_would_forget_is_in_it(wheel: zipfile.ZipFile, needed: str) -> None:
    assert needed in wheel.namelist()


def test_nothing_else_is_in_it(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"database_migration", "migration_dag_factory"}


def test_airflow_finds_provider_and_plugin_by_entry_points() -> None:
    (provider,) = (
        point for point in entry_points(group="apache_airflow_provider") if point.value.startswith("database_migration")
    )
    assert provider.load()() == get_provider_info()
    (plugin,) = (
        point for point in entry_points(group="airflow.plugins") if point.value.startswith("database_migration")
    )
    assert plugin.load().name == "database_migration"


def test_the_provider_s_information_has_the_shape_that_airflow_wants() -> None:
    info = get_provider_info()
    assert info["package-name"] == DISTRIBUTION
    assert not DISTRIBUTION.startswith("apache-airflow")
    assert set(info["config"]["database_migration"]["options"]) == {"reports"}

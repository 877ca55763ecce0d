"""Migration specs in YAML as Airflow DAGs: ``load_migration_dags(globals())``."""

from __future__ import annotations

from migration_dag_factory.build_dag import build_dag, build_dags
from migration_dag_factory.errors import SpecFilesRefused, SpecProblem
from migration_dag_factory.load import load_migration_dags
from migration_dag_factory.read_spec import read_folder, read_spec
from migration_dag_factory.spec import MigrationSpec

__all__ = [
    "MigrationSpec",
    "SpecFilesRefused",
    "SpecProblem",
    "build_dag",
    "build_dags",
    "load_migration_dags",
    "read_folder",
    "read_spec",
]

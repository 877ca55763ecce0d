"""The four lines of a DAG file: every spec of a folder as DAGs."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from airflow.sdk import get_parsing_context

from database_migration.errors import MigrationError
from migration_dag_factory.build_dag import build_dags
from migration_dag_factory.errors import SpecFilesRefused, SpecProblem
from migration_dag_factory.project_paths import project_of
from migration_dag_factory.read_spec import SpecFile, read_folder
from migration_dag_factory.refused_spec import RefusedSpec

FOLDER_VARIABLE = "DATABASE_MIGRATION_SPECS"


def load_migration_dags(namespace: MutableMapping[str, Any], folder: str | Path | None = None) -> None:
    """Put the DAGs of every spec below a folder into a DAG file's ``globals()``.

    The folder is ``folder``, else ``$DATABASE_MIGRATION_SPECS``, else ``include/migrations`` beside the
    folder of the DAG file. A spec that is refused shows as an import error under its own path; the others load.

    :raises SpecFilesRefused: there is no such folder.
    """
    path = specs_folder(namespace, folder)
    found = read_folder(path)
    refused = dict(found.refused)
    wanted = get_parsing_context().dag_id
    for file in found.specs:
        if wanted is not None and not _is_of(file, wanted):
            continue  # a task only needs its own DAG
        try:
            dags = build_dags(file.spec, project_of(path))
        except MigrationError as error:
            refused[file.path] = SpecFilesRefused([SpecProblem(file.path, file.line, str(error))])
            continue
        namespace.update({dag.dag_id: dag for dag in dags})
    if wanted is None:
        for number, (spec_path, refusal) in enumerate(sorted(refused.items())):
            namespace[f"_refused_{number}"] = RefusedSpec(f"refused__{number}", path=spec_path, refusal=refusal)


def specs_folder(namespace: MutableMapping[str, Any], folder: str | Path | None = None) -> Path:
    """The folder that ``load_migration_dags`` reads."""
    given = folder or os.environ.get(FOLDER_VARIABLE)
    if given:
        return Path(given).expanduser().resolve()
    dag_file = Path(namespace.get("__file__", "dags/migrations.py")).resolve()
    return dag_file.parent.parent / "include" / "migrations"


def _is_of(file: SpecFile, dag_id: str) -> bool:
    return dag_id.partition("__")[0] == file.spec.migration


__all__ = ["FOLDER_VARIABLE", "load_migration_dags", "specs_folder"]

"""Paths in a spec are meant from the project's folder, wherever a worker happens to stand."""

from __future__ import annotations

from pathlib import Path

from migration_dag_factory.spec import StepsSpec

_SPECS_IN_PROJECT = ("include", "migrations")


def project_of(folder: Path) -> Path:
    """The project's folder, given that of its specs: two above ``include/migrations``, else that folder itself."""
    return folder.parents[1] if folder.parts[-2:] == _SPECS_IN_PROJECT else folder


def from_project(steps: StepsSpec, project: Path) -> StepsSpec:
    """The same options with every path made absolute.

    Done when DAGs are built and not when the spec is read: its hash must not depend on where a worker keeps it.
    """
    translate, dual_read, validate = steps.translate_queries, steps.dual_read, steps.validate_
    return steps.model_copy(
        update={
            "translate_queries": translate.model_copy(
                update={
                    "queries": _absolute(translate.queries, project),
                    "translated": _absolute(translate.translated, project),
                }
            ),
            "dual_read": dual_read.model_copy(
                update={
                    "queries": _absolute(dual_read.queries, project),
                    "translated": _absolute(dual_read.translated, project),
                }
            ),
            "validate_": validate.model_copy(update={"soda": _absolute(validate.soda, project)}),
            "apply_schema": steps.apply_schema.model_copy(
                update={"scripts": tuple(str(project / script) for script in steps.apply_schema.scripts)}
            ),
        }
    )


def _absolute(path: Path | None, project: Path) -> Path | None:
    return None if path is None else project / path


__all__ = ["from_project", "project_of"]

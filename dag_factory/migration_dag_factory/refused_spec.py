"""How a spec that cannot be built shows in Airflow without taking the others down.

A DAG file that raises loses all its DAGs. An error that Airflow stores under the file's own path marks every
DAG of that path stale, running or not. So a refused spec becomes a DAG of its own that cannot be serialised
and says that it comes from the spec's path: the dag processor stores the error under that path, beside the
good DAGs, and takes it away after the spec is mended (at the latest when it next looks for new files).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from airflow.exceptions import SerializationError
from airflow.sdk import DAG

from migration_dag_factory.errors import SpecFilesRefused


class RefusedSpecError(SerializationError):
    """What Airflow shows as import error; Airflow passes this kind on unchanged."""


class RefusedSpec(DAG):
    """Stands for a spec file that could not be built; never reaches the scheduler."""

    def __init__(self, dag_id: str, *, path: Path, refusal: SpecFilesRefused, **kwargs: Any) -> None:
        self._spec_path = path
        self._text = str(refusal)
        super().__init__(dag_id, **kwargs)

    @property
    def relative_fileloc(self) -> str | None:
        """The spec's path, relative to the DAG bundle as Airflow wants it."""
        return os.path.relpath(self._spec_path, self._bundle) if self._bundle else str(self._spec_path)

    @relative_fileloc.setter
    def relative_fileloc(self, value: str | None) -> None:
        # Airflow tells the DAG file's path below its bundle, fileloc is the same file's whole path; outside of a
        # bundle both are whole.
        below = Path(value) if value else None
        self._bundle = Path(self.fileloc).parents[len(below.parts) - 1] if below and not below.is_absolute() else None

    def validate(self) -> None:
        """Complain at once, unless this is the dag processor, which is to complain under the spec's path."""
        if os.environ.get("_AIRFLOW_PROCESS_CONTEXT") != "client":
            raise RefusedSpecError(self._text)

    def get_serialized_fields(self) -> frozenset[str]:  # type: ignore[override]
        """Raises what is wrong with the spec."""
        raise RefusedSpecError(self._text)


__all__ = ["RefusedSpec", "RefusedSpecError"]

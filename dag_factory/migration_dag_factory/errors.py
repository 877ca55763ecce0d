"""What is wrong with spec files, told so that it can be mended without looking further.

SpecRefused                   (of the provider)
└── SpecFilesRefused          one or more spec files, each problem with file and line
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from database_migration.errors import SpecRefused


@dataclass(frozen=True, slots=True, order=True)
class SpecProblem:
    """One thing to mend."""

    file: Path
    line: int
    """Counted from 1."""
    message: str

    def __str__(self) -> str:
        return f"{shown(self.file)}:{self.line}: {self.message}"


class SpecFilesRefused(SpecRefused):
    """Spec files that cannot become DAGs; ``problems`` holds all that was found."""

    def __init__(self, problems: Sequence[SpecProblem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__(
            "\n" + "\n".join(map(str, self.problems)),
            mend="mend the lines above; `migration-dag-factory check` looks again, and Airflow does within a minute.",
        )

    def __str__(self) -> str:
        return f"{self.problem}\nWhat to do: {self.mend}"


def shown(file: Path) -> Path:
    """The path as a person at the present folder would type it; services have none worth speaking of."""
    here = Path.cwd()
    whole = file.resolve()
    return whole.relative_to(here) if here != Path(here.anchor) and whole.is_relative_to(here) else whole


__all__ = ["SpecFilesRefused", "SpecProblem", "shown"]

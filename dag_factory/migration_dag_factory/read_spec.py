"""From YAML files to specs; complaints name file, line and the nearest key that would be understood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from migration_dag_factory.complaints import complaint
from migration_dag_factory.defaults import DEFAULTS, with_defaults
from migration_dag_factory.errors import SpecFilesRefused, SpecProblem, shown
from migration_dag_factory.located_yaml import Located, Location, read_located
from migration_dag_factory.spec import MigrationSpec


@dataclass(frozen=True, slots=True)
class SpecFile:
    """A spec and where it is said."""

    path: Path
    line: int
    """Of the migration's name."""
    spec: MigrationSpec


@dataclass(frozen=True, slots=True)
class SpecFolder:
    """All that a folder holds: specs that can be built, and files that cannot be understood."""

    specs: tuple[SpecFile, ...]
    refused: Mapping[Path, SpecFilesRefused]


def read_spec(path: Path, root: Path | None = None) -> SpecFile:
    """The spec in a file, over the defaults from its folder up to ``root`` (default: its folder alone).

    :raises SpecFilesRefused: with every problem of the file.
    """
    located = with_defaults(read_located(path), path, root or path.parent)
    try:
        spec = MigrationSpec.model_validate(located.value)
    except ValidationError as error:
        raise SpecFilesRefused([_problem(located, item) for item in error.errors(include_url=False)]) from None
    return SpecFile(path, located.place(("migration",))[1], spec)


def read_folder(folder: Path) -> SpecFolder:
    """Every spec below a folder, by name; a bad one does not hide the others.

    :raises SpecFilesRefused: there is no such folder.
    """
    if not folder.is_dir():
        raise SpecFilesRefused(
            [SpecProblem(folder, 1, "is not a folder: create it for the specs, or pass another one to the loader")]
        )
    specs: list[SpecFile] = []
    refused: dict[Path, SpecFilesRefused] = {}
    for path in spec_files(folder):
        try:
            specs.append(read_spec(path, folder))
        except SpecFilesRefused as error:
            # A problem in defaults.yaml is told once, however many specs inherit it.
            for file in {problem.file for problem in error.problems}:
                refused[file] = SpecFilesRefused(
                    [
                        *(problem for problem in error.problems if problem.file == file),
                        *(refused[file].problems if file in refused else ()),
                    ]
                )
    for twins in _of_one_name(specs):
        for twin in twins:
            others = ", ".join(f"{shown(other.path)}:{other.line}" for other in twins if other is not twin)
            problem = SpecProblem(
                twin.path,
                twin.line,
                f"migration {twin.spec.migration!r} is also the name in {others}: each needs a name of its own",
            )
            refused[twin.path] = SpecFilesRefused([problem])
            specs.remove(twin)
    return SpecFolder(tuple(sorted(specs, key=lambda file: file.spec.migration)), refused)


def spec_files(folder: Path) -> list[Path]:
    """YAML files below a folder that are specs: not hidden, not defaults."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in (".yaml", ".yml")
        and path.name != DEFAULTS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def _of_one_name(specs: Iterable[SpecFile]) -> list[list[SpecFile]]:
    by_name: dict[str, list[SpecFile]] = {}
    for file in specs:
        # Servers know a migration by this form of its name, so two that differ elsewhere would meet there.
        by_name.setdefault(file.spec.migration.lower().replace("-", "_"), []).append(file)
    return [files for files in by_name.values() if len(files) > 1]


def _problem(located: Located, error: Any) -> SpecProblem:
    location: Location = error["loc"]
    file, line = located.place(location)
    return SpecProblem(file, line, complaint(located.keys_of(location, error["type"]), error))


__all__ = ["SpecFile", "SpecFolder", "read_folder", "read_spec", "spec_files"]

"""``migration-dag-factory check | render | schema``: looks at specs without a running Airflow."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from database_migration.errors import MigrationError
from migration_dag_factory.errors import SpecFilesRefused, shown

OK, REFUSED, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0: all is well, 1: a spec is refused, 2: no such file."""
    parser = argparse.ArgumentParser(prog="migration-dag-factory", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="validate specs; prints every problem with file and line")
    check.add_argument("paths", nargs="*", type=Path, help="specs or folders (default: include/migrations)")
    render = commands.add_parser("render", help="draw a spec's DAGs as text")
    render.add_argument("path", type=Path, help="a spec")
    commands.add_parser("schema", help="print the JSON Schema of a spec, for editors")
    given = parser.parse_args(arguments)
    _quiet()
    try:
        if given.command == "check":
            return _check(given.paths or [Path("include/migrations")])
        return _render(given.path) if given.command == "render" else _schema()
    except MigrationError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except BrokenPipeError:  # `… schema | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _check(paths: Sequence[Path]) -> int:
    from migration_dag_factory.read_spec import read_folder, read_spec

    refused: list[SpecFilesRefused] = []
    for path in paths:
        if not path.exists():
            print(f"{path}: there is no such file or folder", file=sys.stderr)
            return USAGE
        if path.is_dir():
            found = read_folder(path)
            files, refusals = list(found.specs), list(found.refused.values())
        else:
            files, refusals = [], []
            try:
                files = [read_spec(path, _root_of(path))]
            except SpecFilesRefused as error:
                refusals = [error]
        for file in files:
            print(f"{shown(file.path)}: migration {file.spec.migration} is well formed (hash {file.spec.hash[:12]})")
        refused += refusals
    for refusal in refused:
        for problem in refusal.problems:
            print(problem, file=sys.stderr)
    return REFUSED if refused else OK


def _render(path: Path) -> int:
    if not path.is_file():
        print(f"{path}: there is no such file", file=sys.stderr)
        return USAGE
    from migration_dag_factory.build_dag import build_dags
    from migration_dag_factory.draw import draw
    from migration_dag_factory.read_spec import read_spec

    file = read_spec(path, _root_of(path))
    print("\n\n".join(draw(dag) for dag in build_dags(file.spec)))
    return OK


def _schema() -> int:
    from migration_dag_factory.spec import MigrationSpec

    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **MigrationSpec.model_json_schema()}
    print(json.dumps(schema, indent=2))
    return OK


def _root_of(path: Path) -> Path:
    """The uppermost folder above a spec whose defaults count: the one named migrations, else its own."""
    parents = path.resolve().parents
    return next((folder for folder in parents if folder.name == "migrations"), parents[0])


def _quiet() -> None:
    """Airflow logs on import what nobody asked this command for."""
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    logging.disable(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())

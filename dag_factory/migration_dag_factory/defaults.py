"""What a spec need not say because a ``defaults.yaml`` beside it or in a folder above says it."""

from __future__ import annotations

from pathlib import Path

from migration_dag_factory.errors import SpecFilesRefused, SpecProblem
from migration_dag_factory.located_yaml import Located, read_located

DEFAULTS = "defaults.yaml"
#: What only the spec itself can say.
_OF_ONE_SPEC = ("migration",)


def with_defaults(spec: Located, path: Path, root: Path) -> Located:
    """The spec over the defaults from its own folder up to ``root``; the nearest one wins.

    :raises SpecFilesRefused: a defaults file cannot be read, or says what only a spec can say.
    """
    resolved = spec
    for file in defaults_of(path, root):
        defaults = read_located(file)
        problems = [
            SpecProblem(*defaults.place((key,)), f"{key!r} belongs into each spec, not into the defaults")
            for key in _OF_ONE_SPEC
            if key in defaults.value
        ]
        if problems:
            raise SpecFilesRefused(problems)
        resolved = resolved.over(defaults)
    return resolved


def defaults_of(path: Path, root: Path) -> list[Path]:
    """The defaults files that a spec inherits, the nearest first."""
    folders = [path.parent, *path.parent.parents]
    inherited = folders[: folders.index(root) + 1] if root in folders else folders[:1]
    return [folder / DEFAULTS for folder in inherited if (folder / DEFAULTS).is_file()]


__all__ = ["DEFAULTS", "defaults_of", "with_defaults"]

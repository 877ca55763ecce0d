"""The user's own statements, made to speak of the stage's schema in the place of the real one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from database_migration.model.report import Finding, Severity
from database_migration.steps.apply_schema import ApplySchemaOptions
from database_migration.steps.rehearse.rehearsal import Rehearsal

_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def moved(rehearsal: Rehearsal, text: str) -> str | None:
    """The statements with the real schema's name before a dot replaced; None where it may be meant elsewhere too.

    Comments do not count. On a server of its own nothing has to be replaced.
    """
    real, stage = rehearsal.run.target.schema, rehearsal.schema
    if not rehearsal.beside or real == stage:
        return text
    name = re.escape(real)
    qualified = re.compile(rf'(?<![\w$.])(["`]?){name}\1(?=\s*\.)', re.IGNORECASE)
    replaced = qualified.sub(lambda found: f"{found[1]}{stage}{found[1]}", text)
    left = re.search(rf"(?<![\w$]){name}(?![\w$])", _COMMENTS.sub(" ", replaced), re.IGNORECASE)
    return None if left else replaced


@contextmanager
def moved_scripts(
    rehearsal: Rehearsal, options: ApplySchemaOptions
) -> Iterator[tuple[ApplySchemaOptions, Sequence[Finding]]]:
    """The options with scripts for the stage, in files that are gone afterwards, and what was left out."""
    with TemporaryDirectory(prefix="rehearsal-") as folder:
        paths, findings = list[str](), list[Finding]()
        for number, script in enumerate(options.scripts):
            text = moved(rehearsal, Path(script).read_text(encoding="utf-8"))
            if text is None:
                findings.append(_left_out(Path(script).name, rehearsal.run.target.schema))
                continue
            path = Path(folder) / f"{number}_{Path(script).name}"
            path.write_text(text, encoding="utf-8")
            paths.append(str(path))
        yield options.model_copy(update={"scripts": tuple(paths)}), findings


def _left_out(name: str, schema: str) -> Finding:
    return Finding(
        Severity.WARNING,
        "script_not_rehearsed",
        name,
        f"The script names the schema {schema} otherwise than before a dot, so it was not run: it could have changed"
        " the real target.",
        "qualify its objects by the schema's name and leave SET search_path and USE out, or rehearse on a server of its"
        " own (steps.rehearse.target).",
    )


__all__ = ["moved", "moved_scripts"]

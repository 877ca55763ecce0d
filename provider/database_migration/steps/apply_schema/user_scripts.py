"""The user's own scripts, executed on the target once per content."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from database_migration.engines.protocol import Session, Statement
from database_migration.errors import SpecRefused
from database_migration.ledger import Ledger
from database_migration.steps.apply_schema.create import Created, create
from database_migration.steps.apply_schema.split_script import split_script
from database_migration.steps.apply_schema.undo import SCRIPT


@dataclass(frozen=True, slots=True)
class UserScript:
    """A script, its content's hash, and the script that takes it back ("" where there is none)."""

    path: Path
    text: str
    undo: str

    @property
    def statement(self) -> Statement:
        """The script as the ledger lists it: by name and content."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        return Statement(SCRIPT, f"{self.path.name}@{digest[:16]}", self.text, self.undo)


def read_scripts(paths: tuple[str, ...]) -> list[UserScript]:
    """The scripts with their undo files.

    :raises SpecRefused: a file cannot be read.
    """
    scripts = []
    for name in paths:
        path = Path(name)
        undo = path.with_suffix(f".undo{path.suffix}")
        try:
            text = path.read_text(encoding="utf-8")
            scripts.append(UserScript(path, text, undo.read_text(encoding="utf-8") if undo.exists() else ""))
        except (OSError, UnicodeDecodeError) as error:
            raise SpecRefused(
                f"the script cannot be read: {error}.",
                mend="correct the path in steps.apply_schema.scripts (relative to the worker's folder), or the file.",
                subject=str(path),
            ) from error
    return scripts


def run_script(
    ledger: Ledger, session: Session, script: UserScript, *, dialect: str, transactional: bool
) -> Created | None:
    """Execute a script; None when this content was executed before.

    Where DDL is transactional all of it counts or nothing. Elsewhere the statements that were executed are
    counted in the ledger, and a killed script goes on after the last of them.
    """
    statement = script.statement
    if not ledger.objects.intend(statement):
        return None
    parts = list(split_script(script.text, dialect=dialect))
    if transactional:
        # The semicolon on a line of its own: a statement may end in a comment.
        whole = Statement(statement.kind, statement.subject, "\n;\n".join(parts), statement.undo)
        return create(ledger.objects, session, whole, transactional=True, again=False)
    began = time.monotonic()
    note = f"script {statement.subject}"[:100]
    done = ledger.notes.get_note(note)
    for number, part in enumerate(parts):
        if number >= (done if isinstance(done, int) else 0):
            session.execute(part)
            ledger.notes.put_note(note, number + 1)
    seconds = time.monotonic() - began
    ledger.objects.made(statement, seconds=seconds)
    return Created(statement, seconds)


__all__ = ["UserScript", "read_scripts", "run_script"]

"""Whether an object that stands on the target is ours to create, to keep or to leave alone."""

from __future__ import annotations

from collections.abc import Iterable

from database_migration.engines.protocol import Session, Statement
from database_migration.errors import TargetNotOurs
from database_migration.ledger import Ledger
from database_migration.model.schema import Schema
from database_migration.steps.run import MigrationRun


def require_ours(
    run: MigrationRun, ledger: Ledger, session: Session, tables: Iterable[Statement], actual: Schema
) -> None:
    """Refuse when the target has a table or view, even an empty one, where one of ours is to be.

    A table whose line is still *intended* was begun by an earlier try of this run; where DDL is not
    transactional it may stand there, and is ours as long as nobody has written to it.

    :raises TargetNotOurs: naming the tables.
    """
    lines = {line.subject: line for line in ledger.objects.all() if line.kind == "table"}
    ddl, traits = run.target.engine.ddl, run.target.engine.traits
    foreign = []
    for statement in tables:
        name, line = statement.subject, lines.get(statement.subject)
        stands = actual.has_table(name) or any(view.name == name for view in actual.views)
        if not stands or (line is not None and line.made):
            continue
        begun_by_us = line is not None and not traits.transactional_ddl and actual.has_table(name)
        if not begun_by_us or session.execute(f"SELECT 1 FROM {ddl.quote(run.target.schema, name)} LIMIT 1"):
            foreign.append(name)
    if foreign:
        raise TargetNotOurs(
            f"the target has {_listed(foreign)} already, which no run of this migration created.",
            mend="drop or rename what stands there if nobody needs it, or let the source's tables arrive under other"
            " names (tables: {<name>: {rename: <other name>}}).",
            subject=f"{run.target.endpoint} schema {run.target.schema}",
        )


def _listed(names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"


__all__ = ["require_ours"]

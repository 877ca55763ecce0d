"""Which tables a rollback of some tables is about, and why it may not be."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from database_migration.errors import NotPossible, SpecRefused
from database_migration.ledger import CreatedObject
from database_migration.model.schema import Schema
from database_migration.steps.run import MigrationRun


def require_whole_group(run: MigrationRun, source: Schema, tables: Collection[str]) -> None:
    """Refuse tables that do not take part, and tables that another one leans on that is not among them.

    A table can go without the tables that it refers to. One that refers to it cannot stay as it is: its foreign key
    would lead to nothing.

    :raises SpecRefused: naming them.
    """
    selected = {table.name: table for table in run.selection.of(source)}
    strangers = sorted(set(tables) - set(selected))
    if strangers:
        raise SpecRefused(
            f"{', '.join(strangers)} {'does' if len(strangers) == 1 else 'do'} not take part in this run.",
            mend="name tables as the source does; the plan lists them.",
            subject=run.migration,
        )
    leaning = {
        name: sorted({key.parent_table for key in table.foreign_keys} & set(tables))
        for name, table in selected.items()
        if name not in tables and {key.parent_table for key in table.foreign_keys} & set(tables)
    }
    if leaning:
        told = "; ".join(f"{child} refers to {' and '.join(parents)}" for child, parents in sorted(leaning.items()))
        raise SpecRefused(
            f"foreign keys bind {'these tables' if len(tables) > 1 else 'this table'} to others: {told}.",
            mend=f"go back with {', '.join(sorted({*tables, *leaning}))} together, or with the whole run.",
            subject=run.migration,
        )


def objects_of(run: MigrationRun, lines: Sequence[CreatedObject], tables: Collection[str]) -> list[CreatedObject]:
    """Those of the objects that belong to some source tables: the target's tables, and what is named below them."""
    names = {run.selection.target_name(table) for table in tables}
    return [line for line in lines if line.subject in names or _owner(line.subject, names)]


def refuse_after_switch(run: MigrationRun, tables: Sequence[str]) -> None:
    """Say why some tables alone cannot go back once the target has served.

    :raises NotPossible: always.
    """
    raise NotPossible(
        f"{', '.join(tables)} alone cannot go back once the target has served: the application is led as a whole, there"
        " is no traffic by table, and a table that lives on the other side would miss every transaction that touches"
        " both.",
        mend="leave the tables out to take the whole application back without losing a write; or, where their rows are"
        " wrong on the target, mend them there: reverse replication brings the repair to the source.",
        subject=run.migration,
    )


def _owner(subject: str, names: Collection[str]) -> bool:
    """Names may hold dots themselves, so no part of a subject can be cut off and looked up."""
    return any(subject.startswith(f"{name}.") for name in names)


__all__ = ["objects_of", "refuse_after_switch", "require_whole_group"]

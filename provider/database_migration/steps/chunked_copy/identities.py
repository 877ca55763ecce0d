"""Identity columns and sequences go on where the other side stopped: new rows get numbers that no old row has."""

from __future__ import annotations

from dataclasses import dataclass

from database_migration.model.migration_state import Side
from database_migration.model.table_selection import TablePair
from database_migration.steps.run import MigrationRun


@dataclass(frozen=True, slots=True)
class AdvancedIdentity:
    """An identity column and the number that its next row gets at least."""

    table: str
    column: str
    value: int


def advance_identities(run: MigrationRun, side: Side) -> list[AdvancedIdentity]:
    """Set every identity column of a side behind the rows that it holds and behind the other side's next number.

    Never sets one back below its own rows; twice is once.
    """
    pairs: tuple[TablePair, ...] = run.pairs()
    if side is Side.SOURCE:
        pairs = tuple(pair.reversed for pair in pairs)
    there, here = run.database(side.other), run.database(side)
    advanced = []
    with there.connect("identities") as other, here.connect("identities") as own:
        for pair in pairs:
            for columns in pair.columns:
                if not columns.target.identity:
                    continue
                found = [
                    there.engine.rows.highest_identity(other, there.schema, pair.source, columns.source),
                    here.engine.rows.highest_identity(own, here.schema, pair.target, columns.target),
                ]
                value = max((highest + 1 for highest in found if highest is not None), default=1)
                if columns.source.identity and pair.source.next_identity is not None:
                    value = max(value, pair.source.next_identity)
                here.engine.rows.set_next_identity(own, here.schema, pair.target, columns.target, value)
                advanced.append(AdvancedIdentity(pair.target.name, columns.target.name, value))
    return advanced


def advance_sequences(run: MigrationRun, side: Side) -> int:
    """Set every free sequence that both sides have to the further of the two; how many there are."""
    there, here = run.database(side.other), run.database(side)
    with there.connect("sequences") as other, here.connect("sequences") as own:
        mine = {one.name: one for one in here.engine.catalog.sequences(own, here.schema)}
        both = [
            (one, mine[one.name]) for one in there.engine.catalog.sequences(other, there.schema) if one.name in mine
        ]
        for theirs, ours in both:
            further = max if ours.increment > 0 else min
            # A sequence that goes round has no further end: there the side that was drawn from last decides.
            value = theirs.next_value if ours.cycle else further(theirs.next_value, ours.next_value)
            if value != ours.next_value:
                here.engine.rows.set_sequence(own, here.schema, ours.name, value)
    return len(both)


__all__ = ["AdvancedIdentity", "advance_identities", "advance_sequences"]

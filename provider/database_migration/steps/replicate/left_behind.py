"""Rows that only a log with cascades would have taken away, cleared once the copy is caught up.

Say that purchases go with their customer and lines with their purchase, that the log tells of the customer only,
and that a customer is deleted during the copy. Where lines were copied before that and purchases after it (or a
change of a line, told before, put the line back), no row on the target leads from the customer to the lines
when the deletion is applied, and they stay: orphans. At the copy's end the target is to be a state of the source, and
the source has none of them, so they are what an action reached: deleted or emptied as the key says.

Not seen this way is a row whose parent was deleted and created anew under the same key during the copy;
validation finds it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from database_migration.engines.protocol import Ddl, Session
from database_migration.model.schema import ForeignKey
from database_migration.model.table_selection import TablePair
from database_migration.steps.apply_schema.orphans import orphan_query
from database_migration.steps.run import MigrationRun

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Rule:
    pair: TablePair
    on_source: ForeignKey
    on_target: ForeignKey


def clear_left_behind(run: MigrationRun, session: Session, pairs: Mapping[str, TablePair]) -> int:
    """Clear the target's orphans of acting foreign keys; rows that were deleted or emptied.

    ``session`` writes to the target as an applier does, and the position has reached the copy's end. A key that has
    orphans on the source as well (nobody checked it there) is left alone.
    """
    rules = [rule for rule in _rules(pairs) if not _unchecked_on_source(run, session, rule)]
    cleared = 0
    again = bool(rules)
    while again:  # what goes leaves its own children behind
        again = False
        for rule in rules:
            with session.transaction():
                found = session.execute_count(_clearing(run.target.engine.ddl, run.target.schema, rule))
            if found:
                log.info(
                    "%d rows of %s had lost their row of %s.", found, rule.pair.target.name, rule.on_target.parent_table
                )
            cleared += found
            again = again or found > 0
    return cleared


def _rules(pairs: Mapping[str, TablePair]) -> list[_Rule]:
    rules = []
    for pair in pairs.values():
        for key in pair.source.foreign_keys:
            if key.parent_table in pairs and key.on_delete in ("CASCADE", "SET NULL"):
                parent = pairs[key.parent_table]
                own, above = _target_names(pair), _target_names(parent)
                on_target = replace(
                    key,
                    columns=tuple(own.get(name, name) for name in key.columns),
                    parent_table=parent.target.name,
                    parent_columns=tuple(above.get(name, name) for name in key.parent_columns),
                )
                rules.append(_Rule(pair, key, on_target))
    return rules


def _target_names(pair: TablePair) -> dict[str, str]:
    return {column.source.name: column.target.name for column in pair.columns}


def _unchecked_on_source(run: MigrationRun, session: Session, rule: _Rule) -> bool:
    """Whether the source has orphans of its own; it is asked only where the target has some."""
    target = orphan_query(run.target.engine.ddl, run.target.schema, rule.pair.target, rule.on_target)
    if not _count(session, target):
        return False
    with run.source.connect("orphans") as source:
        query = orphan_query(run.source.engine.ddl, run.source.schema, rule.pair.source, rule.on_source)
        found = _count(source, query)
    if found:
        log.warning("%s.%s has %d orphans on the source, too.", rule.pair.source.name, rule.on_source.name, found)
    return found > 0


def _count(session: Session, query: str) -> int:
    return int(cast(int, session.execute(query)[0][0]))


def _clearing(ddl: Ddl, schema: str, rule: _Rule) -> str:
    key, table = rule.on_target, rule.pair.target.name
    own = [ddl.quote(schema, table, name) for name in key.columns]
    above = [ddl.quote(name) for name in key.parent_columns]
    given = " AND ".join(f"{name} IS NOT NULL" for name in own)
    same = " AND ".join(f"p.{parent} = {name}" for parent, name in zip(above, own, strict=True))
    # DISTINCT makes a table of its own of the parents: some engines cannot read the one that they write to.
    parents = f"(SELECT DISTINCT {', '.join(above)} FROM {ddl.quote(schema, key.parent_table)})"
    where = f"WHERE {given} AND NOT EXISTS (SELECT 1 FROM {parents} p WHERE {same})"
    if key.on_delete == "CASCADE":
        return f"DELETE FROM {ddl.quote(schema, table)} {where}"
    nothing = ", ".join(f"{ddl.quote(name)} = NULL" for name in key.columns)
    return f"UPDATE {ddl.quote(schema, table)} SET {nothing} {where}"


__all__ = ["clear_left_behind"]

"""Keys that one side tells apart and the other takes for one, in both directions.

Towards the target they are counted: the keys are loaded into a temporary table of the target with the collations
that its columns are to have, because no engine's rules can be had anywhere else. Keys of plain ASCII that are
different to a folding collation are so to every other, so a table of nothing else is read, but not loaded. On the way
back nothing can be counted yet: that a key may be written later which the source would refuse is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from database_migration.engines.protocol import KeyPart, Session
from database_migration.errors import Interrupted, Refused
from database_migration.model.column_type import form_between
from database_migration.model.key_range import KeyRange
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Column, Index, IndexPart, Table
from database_migration.model.table_selection import FormedColumn
from database_migration.model.text_comparison import TextComparison, comparison_of
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema

_EXAMPLES = 5
_LOWERED = TextComparison(case=True, rules="lower")


@dataclass(frozen=True, slots=True)
class _Key:
    """A unique key of the target with the source's columns that fill it."""

    table: Table
    name: str
    parts: tuple[KeyPart, ...]
    sources: tuple[Column, ...]

    @property
    def comparisons(self) -> list[tuple[TextComparison, TextComparison]]:
        """What each part compares by on the source and on the target."""
        return [
            (comparison_of(source), _LOWERED if _lowers(part.part) else comparison_of(part.column))
            for source, part in zip(self.sources, self.parts, strict=True)
        ]

    @property
    def is_looser(self) -> bool:
        """Whether the target ignores something that the source does not."""
        return any(
            (target.case and not source.case) or (target.accents and not source.accents)
            for source, target in self.comparisons
        )


def collision_findings(
    run: MigrationRun, source: Session, target: Session, expected: ExpectedSchema
) -> Iterator[Finding]:
    """A blocker for each unique key with values that the target takes for one, and what may go wrong on the way back.

    Reads the key columns of tables whose text compares otherwise on the target.
    """
    for here, there in zip(expected.selected, expected.tables, strict=True):
        for key in _keys(run, here, there):
            if any(t.may_merge(s) for s, t in key.comparisons):
                yield from _collisions(run, source, target, here, key)
            if run.online and any(s.may_merge(t) for s, t in key.comparisons):
                yield _way_back(key)


def _keys(run: MigrationRun, here: Table, there: Table) -> Iterator[_Key]:
    by_target = {run.selection.target_column(here.name, column.name): column for column in here.columns}
    primary = Index("the primary key", tuple(IndexPart(name) for name in there.primary_key), unique=True)
    for index in (primary, *there.indexes):
        parts = [_key_part(there, part) for part in index.parts]
        known = [part for part in parts if part is not None and part.column.name in by_target]
        if index.unique and index.predicate is None and parts and len(known) == len(parts):
            yield _Key(there, index.name, tuple(known), tuple(by_target[part.column.name] for part in known))


def _key_part(table: Table, part: IndexPart) -> KeyPart | None:
    """None for an expression over several columns, or other than LOWER and LEFT."""
    if part.column is not None:
        return KeyPart(table.column(part.column), part)
    expression = part.expression or ""
    named = [column for column in table.columns if f'"{column.name}"' in expression]
    plain = expression.upper().startswith(("LOWER(", "LEFT("))
    return KeyPart(named[0], part) if plain and len(named) == 1 else None


def _lowers(part: IndexPart) -> bool:
    return (part.expression or "").upper().startswith("LOWER(")


def _collisions(run: MigrationRun, source: Session, target: Session, here: Table, key: _Key) -> Iterator[Finding]:
    if not key.is_looser and not any(_is_odd(text) for row in _values(run, source, here, key) for text in row):
        return
    subject = f"{key.table.name}.{key.name}"
    try:
        found = run.target.engine.inspection.equal_keys(
            target, key.parts, _values(run, source, here, key), examples=_EXAMPLES
        )
    except Interrupted:
        raise
    except Refused as refusal:
        yield Finding(
            Severity.WARNING,
            "keys_not_compared",
            subject,
            f"Whether the target takes two keys for one could not be found out: {refusal.problem}",
            f"let the account create temporary tables on the target; else the copy finds it out. {refusal.mend}",
        )
        return
    if found.groups:
        shown = "; ".join(" = ".join(repr(text) for text in group) for group in found.examples)
        more = " …" if found.groups > len(found.examples) else ""
        yield Finding(
            Severity.BLOCKER,
            "keys_collide",
            subject,
            f"{found.groups:,} groups of keys are different on the source and one on the target: {shown}{more}.",
            f"change these keys on the source, or let the columns tell more apart on the target ({_choice(key)}).",
        )


def _choice(key: _Key) -> str:
    columns = ", ".join(sorted({f"{key.table.name}.{part.column.name}" for part in key.parts}))
    return f"mapping.collations.columns, for {columns}"


def _values(run: MigrationRun, session: Session, table: Table, key: _Key) -> Iterator[tuple[str, ...]]:
    """The source's keys in transfer text; those with a NULL are equal to none."""
    formed = [
        FormedColumn(source, form_between(source.type, part.column.type))
        for source, part in zip(key.sources, key.parts, strict=True)
    ]
    rows = run.source.engine.rows.fetch(session, run.source.schema, table, formed, KeyRange.everything())
    for row in rows:
        values = tuple(value for value in row if value is not None)
        if len(values) == len(row):
            yield values


def _is_odd(text: str) -> bool:
    """Whether collations of different engines may disagree about a text."""
    return not (text.isascii() and text.isprintable()) or text.endswith(" ")


def _way_back(key: _Key) -> Finding:
    ignored = [source for source, target in key.comparisons if source.may_merge(target)]
    grave = any(
        (source.case and not target.case) or (source.accents and not target.accents)
        for source, target in key.comparisons
    )
    only = "" if grave else " in letters outside of ASCII or blanks at the end"
    names = ", ".join(sorted({one.spelled for one in ignored}))
    return Finding(
        Severity.WARNING if grave else Severity.NOTE,
        "keys_told_apart",
        f"{key.table.name}.{key.name}",
        f"The source's key ignores {names}; the target tells more apart{only}. A key that is written after the"
        " cutover and that the source takes for another's stops reverse replication with an error; nothing is"
        " overwritten.",
        f"let the column fold on the target too ({_choice(key)}: icu), or let the application write such keys in one"
        " spelling."
        if grave
        else "none is needed where the application writes such keys in one spelling.",
    )


__all__ = ["collision_findings"]

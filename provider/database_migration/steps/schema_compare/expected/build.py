"""The schema that the target is to have, built in one place for every step that compares, plans or creates it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from database_migration.engines.protocol import Ddl, Statement
from database_migration.ledger import Ledger
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import ForeignKey, Schema, Sequence, Table, UserType, View
from database_migration.steps.known_columns import known_columns
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare.expected.casts import cast_places, casts_of, lossy_casts, unused_casts
from database_migration.steps.schema_compare.expected.key_collations import unify_key_collations
from database_migration.steps.schema_compare.expected.key_types import Place, unify_key_types
from database_migration.steps.schema_compare.expected.label_tables import label_tables
from database_migration.steps.schema_compare.expected.portable import (
    listed_objects,
    portable_table,
    without_referenced_partitions,
)
from database_migration.steps.schema_compare.expected.rename import rename_table
from database_migration.steps.schema_compare.expected.unique_names import unique_names
from database_migration.steps.schema_compare.expected.views import ExpectedView, expected_views, view_findings
from database_migration.steps.schema_compare.table_order import table_order

BOOLEANS_NOTE = "booleans"
"""The ledger's note of tinyint(1) columns that hold only 0, 1 and NULL: {source table: [columns]}."""


@dataclass(frozen=True, slots=True)
class ExpectedStatements:
    """The DDL of an expected schema, by the order in which it is executed."""

    before_tables: tuple[Statement, ...]
    """Types and sequences."""
    tables: tuple[Statement, ...]
    indexes: tuple[Statement, ...]
    foreign_keys: tuple[Statement, ...]
    checks: tuple[Statement, ...]
    after_copy: tuple[Statement, ...]
    views: tuple[Statement, ...]

    @property
    def keys(self) -> tuple[Statement, ...]:
        """All that waits until rows are in, but for views."""
        return self.indexes + self.foreign_keys + self.checks + self.after_copy


@dataclass(frozen=True, slots=True)
class ExpectedSchema:
    """What the target holds when everything is created."""

    source: Schema
    selected: tuple[Table, ...]
    """The source's tables, in the order of ``tables``."""
    tables: tuple[Table, ...]
    """The same as the target holds and reports them, parents before children."""
    views: tuple[ExpectedView, ...]
    types: tuple[UserType, ...]
    sequences: tuple[Sequence, ...]
    label_tables: Mapping[str, tuple[str, ...]]
    """Tables of an enum's labels by name, with the labels; they have no partner on the source."""
    findings: tuple[Finding, ...]
    statements: ExpectedStatements

    @property
    def target_views(self) -> tuple[View, ...]:
        """The views that are created."""
        return tuple(expected.view for expected in self.views if expected.view is not None)


def expected_target(
    run: MigrationRun, ledger: Ledger, source: Schema | None = None, *, whole: bool = False
) -> ExpectedSchema:
    """The target's schema for this run; the source's is read unless given.

    Columns that the source has got since the plan count when they were carried over; all of them with ``whole``.
    Booleans are those that preflight counted and noted in the ledger, so that every step decides alike.
    """
    noted = cast("dict[str, list[str]]", ledger.notes.get_note(BOOLEANS_NOTE) or {})
    version = run.target.engine.inspection.version(ledger.session)
    known = source or run.source_schema()
    if not whole:
        known = known_columns(ledger, known)
    return build_expected(run, known, noted, target_version=version)


def build_expected(
    run: MigrationRun, source: Schema, booleans: dict[str, list[str]], *, target_version: str
) -> ExpectedSchema:
    """The same, from a schema and decisions that are already known; ``target_version`` as the server says it."""
    findings: list[Finding] = []
    held: dict[str, Table] = {}
    selection = run.selection
    recast: set[Place] = set()
    crosses = run.source.engine.traits.engine != run.target.engine.traits.engine
    selected = table_order(selection.of(source)).tables
    for table in selected:
        kept, said = portable_table(table, source, target_engine=run.target.engine.traits.engine)
        findings += said
        kept, said = _creatable_foreign_keys(kept, run, source)
        findings += said
        renamed, said = rename_table(kept, selection, dialect=run.source.engine.traits.engine)
        findings += said
        counted = frozenset(selection.target_column(table.name, name) for name in booleans.get(table.name, ()))
        collations = {
            selection.target_column(table.name, name): word
            for name, word in run.mapping.collations.of_table(table).items()
        }
        casts = casts_of(table, run.mapping.types, selection, crosses=crosses)
        policy = HoldPolicy(run.mapping, counted, collations, source.server_version, target_version, casts)
        renamed = _as_plain(renamed)
        held[table.name], said = run.target.engine.ddl.hold(
            renamed, dialect=run.source.engine.traits.engine, policy=policy
        )
        findings += [*said, *lossy_casts(renamed, held[table.name], casts)]
        recast |= cast_places(renamed, held[table.name], casts)
    findings += unused_casts(selected, run.mapping.types, crosses=crosses)
    tables, said = unify_key_types(tuple(held.values()), recast)
    findings += said
    tables, said = unify_key_collations(tables)
    findings += said
    if not run.target.engine.traits.partitions_have_foreign_keys:
        tables, said = without_referenced_partitions(tables)
        findings += said
    types, sequences, said = run.target.engine.ddl.hold_objects(source, target_version=target_version)
    findings += [*said, *listed_objects(source)]
    labels = label_tables(selected, tables)
    names = [
        *labels,
        *map(selection.target_name, (view.name for view in source.views)),
        *(one.name for one in sequences),
    ]
    if source.engine != run.target.engine.traits.engine or selection.renames:
        tables = unique_names(tables, names, run.target.engine.traits)
    views = tuple(expected_views(run, source, Schema(run.target.schema, tables=tables)))
    findings += view_findings(views)
    created = tuple(expected.view for expected in views if expected.view is not None)
    ddl, schema = run.target.engine.ddl, run.target.schema
    before = (
        *(ddl.create_type(schema, type_) for type_ in types),
        *(ddl.create_sequence(schema, sequence) for sequence in sequences),
        *(ddl.create_label_table(schema, name, words) for name, words in labels.items()),
    )
    statements = _statements(ddl, schema, before, tables, created)
    return ExpectedSchema(source, selected, tables, views, types, sequences, labels, tuple(findings), statements)


def _as_plain(table: Table) -> Table:
    """Without what the source's server makes its values of."""
    columns = tuple(replace(column, derived=None) for column in table.columns)
    return replace(table, columns=columns, where="", physical=None)


def _statements(
    ddl: Ddl, schema: str, before: tuple[Statement, ...], tables: tuple[Table, ...], views: tuple[View, ...]
) -> ExpectedStatements:
    return ExpectedStatements(
        before_tables=before,
        tables=tuple(ddl.create_table(schema, table) for table in tables),
        indexes=tuple(ddl.create_index(schema, table, index) for table in tables for index in table.indexes),
        foreign_keys=tuple(ddl.add_foreign_key(schema, table, key) for table in tables for key in table.foreign_keys),
        checks=tuple(statement for table in tables for statement in ddl.add_checks(schema, table)),
        after_copy=tuple(statement for table in tables for statement in ddl.after_copy(schema, table)),
        views=tuple(ddl.create_view(schema, view) for view in views),
    )


def _creatable_foreign_keys(table: Table, run: MigrationRun, source: Schema) -> tuple[Table, list[Finding]]:
    kept, findings = [], []
    for key in table.foreign_keys:
        reason = _why_not(key, run, source)
        if reason is None:
            kept.append(key)
        else:
            findings.append(
                Finding(
                    Severity.WARNING,
                    "foreign_key_left_out",
                    f"{table.name}.{key.name}",
                    f"The foreign key to {key.parent_table} is not created: {reason}.",
                    "select the parent table too, or accept that the target does not check this reference.",
                )
            )
    return replace(table, foreign_keys=tuple(kept)), findings


def _why_not(key: ForeignKey, run: MigrationRun, source: Schema) -> str | None:
    if not (source.has_table(key.parent_table) and run.selection.selects(key.parent_table)):
        return "its parent table does not take part"
    parent = source.table(key.parent_table)
    uniques = [parent.primary_key] + [
        index.columns
        for index in parent.indexes
        if index.unique and len(index.columns) == len(index.parts) and index.predicate is None
    ]
    same_engine = run.source.engine.traits.engine == run.target.engine.traits.engine
    if not same_engine and not any(set(names) == set(key.parent_columns) for names in uniques):
        return "the columns it refers to are not a key of their table, which only the source's engine allows"
    return None


__all__ = [
    "BOOLEANS_NOTE",
    "ExpectedSchema",
    "ExpectedStatements",
    "ExpectedView",
    "build_expected",
    "expected_target",
]

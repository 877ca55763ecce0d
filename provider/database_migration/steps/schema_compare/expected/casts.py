"""The spec's casts, found for each column, and what is known beforehand of what they could lose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from database_migration.errors import SpecRefused
from database_migration.model.mapping import TypeMapping
from database_migration.model.mapping.casts import winning_cast
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Table
from database_migration.model.table_selection import TableSelection
from database_migration.steps.schema_compare.differences.fits import fits
from database_migration.steps.schema_compare.differences.spelling import spell_type


def casts_of(table: Table, mapping: TypeMapping, selection: TableSelection, *, crosses: bool) -> dict[str, str]:
    """{target column: the type that the most specific cast gives it}; ``table`` has the source's names.

    ``crosses``: the two sides are of different engines; between two of a kind every type stays what it is.

    :raises SpecRefused: two casts are meant alike and say different types.
    """
    if not crosses:
        return {}  # a type of the source's engine is one of the target's
    said = selection.mappings.get(table.name)
    own = {} if said is None else dict(said.types)
    found = {}
    for column in table.columns:
        if column.name in own:
            found[selection.target_column(table.name, column.name)] = own[column.name]
            continue
        try:
            rule = winning_cast(mapping.casts, column.type.native, table.name, column.name)
        except ValueError as error:
            raise SpecRefused(
                f"Two casts mean this column alike: {error}.",
                mend=f"add a cast that names both: {{table: {table.name}, column: {column.name}, to: …}}.",
                subject=f"mapping.types.casts: {table.name}.{column.name}",
            ) from error
        if rule is not None:
            found[selection.target_column(table.name, column.name)] = rule.to
    return found


def cast_places(given: Table, held: Table, casts: Mapping[str, str]) -> set[tuple[str, str]]:
    """(table, column) of the columns whose type a cast decides, by the names that they are held under."""
    pairs = zip(given.columns, held.columns, strict=True)
    return {(held.name, there.name) for here, there in pairs if here.name in casts}


def unused_casts(tables: tuple[Table, ...], mapping: TypeMapping, *, crosses: bool) -> Iterator[Finding]:
    """Rules that mean no column of the selected tables: a typing error, most often."""
    if mapping.casts and not crosses:
        yield Finding(
            Severity.BLOCKER,
            "cast_impossible",
            "mapping.types.casts",
            "Types are mapped between different engines only; here every type stays what it is.",
            "remove the casts; change the column's type on the target after the migration.",
        )
        return
    for rule in mapping.casts:
        if not any(
            rule.matches(column.type.native, table.name, column.name) for table in tables for column in table.columns
        ):
            yield Finding(
                Severity.WARNING,
                "cast_unused",
                f"mapping.types.casts: {rule.subject}",
                f"No column of the selected tables is meant by the cast to {rule.to}.",
                "correct its type, table or column; types are spelled as the source's catalog has them.",
            )


def lossy_casts(given: Table, held: Table, casts: Mapping[str, str]) -> Iterator[Finding]:
    """Casts to a type that has no room for every value of the column's own; ``given`` was held as ``held``."""
    for here, there in zip(given.columns, held.columns, strict=True):
        if here.name in casts and here.copied and not fits(here.type, there.type):
            yield Finding(
                Severity.WARNING,
                "cast_may_lose",
                f"{held.name}.{there.name}",
                f"Not every value of {here.type.native or spell_type(here.type)} is one of {there.type.native}:"
                " preflight counts those that are not where a condition tells them, validate finds every other.",
                "choose a wider type, or see to it that the application writes no such value.",
            )


__all__ = ["casts_of", "lossy_casts", "unused_casts"]

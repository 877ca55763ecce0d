"""One column type over all columns that foreign keys tie together, so that each key can be created and used.

The columns of a child may come out of an engine's type mapping differently from their parent's (a counted
boolean here, an integer there); the widest of them wins on all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.integer_range import integer_range
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Column, Table
from database_migration.model.text_comparison import is_text
from database_migration.steps.schema_compare.differences.fits import fits
from database_migration.steps.schema_compare.differences.spelling import spell_type

Place = tuple[str, str]
"""(table, column)"""


def unify_key_types(tables: Sequence[Table], cast: Collection[Place] = ()) -> tuple[tuple[Table, ...], list[Finding]]:
    """The tables with equal types along every foreign key, and what was changed for that.

    Where the spec casts a column (``cast``), all that are tied to it get its type.
    """
    columns = {(table.name, column.name): column for table in tables for column in table.columns}
    changed: dict[Place, Column] = {}
    findings: list[Finding] = []
    for group in tied_columns(tables, columns.keys()):
        types = [columns[place].type for place in group]
        if all(type_ == types[0] for type_ in types):
            continue
        said = [columns[place].type for place in group if place in cast]
        widest = widest_of(said or types)
        for place in group:
            column = columns[place]
            if widest is None:
                findings.append(_incompatible(place, [columns[other].type for other in group]))
            elif column.type != widest:
                changed[place] = _of_type(column, widest)
                findings.append(_unified(place, column.type, widest))
    unified = tuple(
        replace(table, columns=tuple(changed.get((table.name, column.name), column) for column in table.columns))
        for table in tables
    )
    return unified, findings


def widest_of(types: Sequence[ColumnType]) -> ColumnType | None:
    """The type that holds every value of all of them; None where no one type does."""
    for candidate in types:
        if all(fits(other, candidate) for other in types):
            return candidate
    if all(type_.kind in (Kind.BOOLEAN, Kind.INTEGER) for type_ in types):
        low = min(integer_range(type_)[0] for type_ in types)
        high = max(integer_range(type_)[1] for type_ in types)
        for bits in (8, 16, 32, 64):
            candidate = ColumnType(Kind.INTEGER, bits=bits)
            if integer_range(candidate)[0] <= low and high <= integer_range(candidate)[1]:
                # An engine may have no integer of 8 bits; it has one that is among the given or wider.
                return replace(candidate, bits=max(bits, *(type_.bits or 16 for type_ in types)))
    return None


def tied_columns(tables: Iterable[Table], known: Iterable[Place]) -> list[list[Place]]:
    """Columns tied by foreign keys, parents first."""
    leader = {place: place for place in known}

    def find(place: Place) -> Place:
        while leader[place] != place:
            place = leader[place]
        return place

    for table in tables:
        for key in table.foreign_keys:
            for name, parent_name in zip(key.columns, key.parent_columns, strict=True):
                child, parent = (table.name, name), (key.parent_table, parent_name)
                if child in leader and parent in leader:
                    leader[find(child)] = find(parent)
    groups: dict[Place, list[Place]] = {}
    for place in sorted(leader, key=lambda place: place != find(place)):
        groups.setdefault(find(place), []).append(place)
    return [group for group in groups.values() if len(group) > 1]


def _of_type(column: Column, type_: ColumnType) -> Column:
    """What a text compared by means nothing to another kind of type."""
    held = replace(column, type=type_)
    return held if is_text(held) or type_.values else replace(held, charset=None, collation=None, folding_locale=None)


def _unified(place: Place, was: ColumnType, now: ColumnType) -> Finding:
    return Finding(
        Severity.NOTE,
        "key_type_unified",
        ".".join(place),
        f"The column becomes {spell_type(now)} rather than {spell_type(was)}: columns tied by a foreign key have one"
        " type.",
    )


def _incompatible(place: Place, types: Sequence[ColumnType]) -> Finding:
    return Finding(
        Severity.WARNING,
        "key_types_differ",
        ".".join(place),
        f"Columns tied by a foreign key have types without a common one ({', '.join(sorted(map(spell_type, types)))}).",
        "give the columns one type on the source, or expect that the target refuses the foreign key.",
    )


__all__ = ["Place", "tied_columns", "unify_key_types", "widest_of"]

"""Differences of columns, one per attribute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from database_migration.model.schema import Column, Table
from database_migration.steps.schema_compare.differences.difference import Difference, Weight
from database_migration.steps.schema_compare.differences.fits import fits
from database_migration.steps.schema_compare.differences.same_expression import same_expression
from database_migration.steps.schema_compare.differences.spelling import (
    spell_column,
    spell_default,
    spell_identity,
    spell_type,
)


@dataclass(frozen=True, slots=True)
class ColumnDifference(Difference[Column]):
    """A column that one side lacks, or one attribute in which both differ."""

    aspect: ClassVar[str] = "column"

    @property
    def subject(self) -> str:
        """``orders.total``."""
        side = self.expected or self.actual
        return f"{self.table}.{side.name if side else ''}"

    @property
    def weight(self) -> Weight:
        """Whether a value of the expected column finds no place in the other."""
        if self.expected is None:
            return _weight_of_extra(self.actual)
        if self.actual is None:
            return Weight.DATA_LOSS if self.expected.copied else Weight.BEHAVIOUR
        if self.attribute == "comment":
            return Weight.COSMETIC
        if self.attribute == "type":
            if not fits(self.expected.type, self.actual.type):
                return Weight.DATA_LOSS
            return Weight.COSMETIC if self.expected.type.kind is self.actual.type.kind else Weight.BEHAVIOUR
        if self.attribute == "nullable" and not self.actual.nullable:
            return Weight.DATA_LOSS
        if self.attribute == "generated" and self.expected.copied and not self.actual.copied:
            return Weight.DATA_LOSS
        return Weight.BEHAVIOUR

    def spell(self, side: Column) -> str:
        """The attribute, or the whole column."""
        match self.attribute:
            case "type":
                return spell_type(side.type)
            case "nullable":
                return "null" if side.nullable else "not null"
            case "default":
                return spell_default(side.default)
            case "identity":
                return spell_identity(side)
            case "generated":
                stored = "stored" if side.generated_stored else "virtual"
                return f"{side.generated}, {stored}" if side.generated else "not generated"
            case "domain":
                return side.domain or "none"
            case "visibility":
                return "invisible" if side.invisible else "visible"
            case "on_update":
                return "the time of the update" if side.on_update_now else "no action"
            case "collation":
                return side.collation or "the default"
            case "comment":
                return f"'{side.comment}'"
        return spell_column(side)


def _weight_of_extra(column: Column | None) -> Weight:
    fills_itself = column is None or column.nullable or column.default or column.identity or not column.copied
    return Weight.COSMETIC if fills_itself else Weight.DATA_LOSS


def compare_columns(expected: Table, actual: Table, *, dialect: str) -> Iterator[ColumnDifference]:
    """Differences of two tables' columns, by name."""
    there = {column.name: column for column in actual.columns}
    for column in expected.columns:
        other = there.pop(column.name, None)
        if other is None:
            yield ColumnDifference(column, None, expected.name)
            continue
        for attribute in _differing(column, other, dialect):
            yield ColumnDifference(column, other, expected.name, attribute)
    for extra in there.values():
        yield ColumnDifference(None, extra, expected.name)


def _differing(one: Column, other: Column, dialect: str) -> Iterator[str]:
    if one.type != other.type:
        yield "type"
    if one.nullable != other.nullable:
        yield "nullable"
    if not _same_default(one, other, dialect):
        yield "default"
    if (one.identity, one.identity_always) != (other.identity, other.identity_always):
        yield "identity"
    stored = one.generated is None or one.generated_stored == other.generated_stored
    if not (stored and same_expression(one.generated, other.generated, dialect=dialect)):
        yield "generated"
    if one.domain != other.domain:
        yield "domain"
    if one.invisible != other.invisible:
        yield "visibility"
    if one.on_update_now != other.on_update_now:
        yield "on_update"
    if one.collation and other.collation and one.collation != other.collation:
        yield "collation"
    if one.comment != other.comment:
        yield "comment"


def _same_default(one: Column, other: Column, dialect: str) -> bool:
    a, b = one.default, other.default
    if a is None or b is None or a == b:
        return a == b
    return a.is_expression == b.is_expression and same_expression(a.text, b.text, dialect=dialect)


__all__ = ["ColumnDifference", "compare_columns"]

"""Effort and risk of an object: points that say where a person's time will go, not hours.

======================================  ======
weight                                  points
======================================  ======
a table                                 1
a column whose type is not the same     0.2
a foreign key or check                  0.2
a table without a key                   3
a generated column                      0.5
a spatial or unknown type               2
a view that is carried or translated    1
a view that a person writes             3
a trigger, routine or event             1 + 0.2 per line of its source
======================================  ======

An object's sum up to 1 is low risk, up to 5 medium, above that high. A migration is as risky as its riskiest object.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from database_migration.model.column_type import Kind
from database_migration.model.schema import CodeKind, StoredCode, Table

_TABLE = 1.0
_TYPE_DIFFERS = 0.2
_CONSTRAINT = 0.2
_NO_KEY = 3.0
_GENERATED = 0.5
_HARD_TYPE = 2.0
_VIEW_CARRIED = 1.0
_VIEW_MANUAL = 3.0
_CODE = 1.0
_CODE_LINE = 0.2
_MEDIUM, _HIGH = 1.0, 5.0


@dataclass(frozen=True, slots=True)
class Effort:
    """Points of one object and why."""

    kind: str
    name: str
    points: float
    reasons: tuple[str, ...]

    @property
    def risk(self) -> str:
        """``low``, ``medium`` or ``high``."""
        if self.points > _HIGH:
            return "high"
        return "medium" if self.points > _MEDIUM else "low"


def table_effort(source: Table, target: Table) -> Effort:
    """What moving a table costs; ``target`` is the table as the target holds it."""
    points, reasons = _TABLE, []
    differing = sum(
        1 for one, other in zip(source.columns, target.columns, strict=False) if one.type.kind is not other.type.kind
    )
    hard = sum(1 for column in source.columns if column.type.kind in (Kind.SPATIAL, Kind.OTHER))
    generated = sum(1 for column in source.columns if column.generated is not None)
    constraints = len(source.foreign_keys) + len(source.checks)
    for count, weight, reason in (
        (differing, _TYPE_DIFFERS, "columns of another type"),
        (hard, _HARD_TYPE, "columns of a type without a counterpart"),
        (generated, _GENERATED, "generated columns"),
        (constraints, _CONSTRAINT, "foreign keys and checks"),
        (0 if source.row_key else 1, _NO_KEY, "no key that tells rows apart"),
    ):
        if count:
            points += count * weight
            reasons.append(f"{count} {reason}" if reason[:2] != "no" else reason)
    return Effort("table", source.name, round(points, 1), tuple(reasons))


def view_effort(name: str, *, manual: bool) -> Effort:
    """What a view costs."""
    if manual:
        return Effort("view", name, _VIEW_MANUAL, ("a person writes it",))
    return Effort("view", name, _VIEW_CARRIED, ())


def code_effort(code: StoredCode) -> Effort:
    """What a trigger, routine or event costs."""
    lines = sum(1 for line in code.definition.splitlines() if line.strip())
    points = round(_CODE + _CODE_LINE * lines, 1)
    where = f" on {code.table}" if code.kind is CodeKind.TRIGGER and code.table else ""
    return Effort(code.kind.value, code.name, points, (f"{lines} lines{where}",))


def sum_of(efforts: Iterable[Effort]) -> float:
    """Points in sum."""
    return round(sum(effort.points for effort in efforts), 1)


def judged(efforts: Sequence[Effort]) -> str:
    """The whole migration's risk, and where a person's time goes first."""
    risky = sorted((one for one in efforts if one.risk == "high"), key=lambda one: (-one.points, one.name))
    medium = sum(1 for one in efforts if one.risk == "medium")
    level = "high" if risky else "medium" if medium else "low"
    first = f"; first of all {', '.join(f'{one.kind} {one.name}' for one in risky[:3])}" if risky else ""
    return f"{level}: {len(risky)} objects of high risk, {medium} of medium, {len(efforts)} in all{first}"


__all__ = ["Effort", "code_effort", "judged", "sum_of", "table_effort", "view_effort"]

"""Keeps values out of the report: its files outlive the run and are read by more people than the databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from database_migration.steps.validate.difference import Difference

SECRETS = ("*password*", "*passwd*", "*secret*", "*api_key*", "*iban*", "*card_number*", "*cvv*")
"""What is hidden unless the spec says otherwise: columns whose name tells that nobody should read them."""
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Mask:
    """Patterns of ``column`` or ``table.column``, by the source's names; ``*`` hides every value."""

    patterns: Sequence[str]
    keys: Mapping[str, Sequence[str]]
    """The columns of each table's row key."""

    def hides(self, table: str, column: str) -> bool:
        """Whether values of a column are not to be shown."""
        name, full = column.lower(), f"{table}.{column}".lower()
        return any(fnmatchcase(full if "." in one else name, one.lower()) for one in self.patterns)

    def key(self, table: str, key: Sequence[str]) -> tuple[str, ...]:
        """A row's key as it may be shown."""
        names = self.keys.get(table, ())
        return tuple(HIDDEN if self.hides(table, name) else text for name, text in zip(names, key, strict=False))

    def shown(self, one: Difference) -> Difference:
        """A difference as it may be shown."""
        hidden = [self.hides(one.table, name) for name in one.columns]
        return replace(
            one,
            key=self.key(one.table, one.key),
            source=_masked(hidden, one.source),
            target=_masked(hidden, one.target),
        )


def _masked(hidden: Sequence[bool], values: Sequence[str | None]) -> tuple[str | None, ...]:
    """NULL stays NULL, which is what many a difference is about."""
    return tuple(HIDDEN if hides and value is not None else value for hides, value in zip(hidden, values, strict=True))


__all__ = ["HIDDEN", "SECRETS", "Mask"]

"""Names that the target cannot take as they are, and those that they get instead.

A new name depends on the old one, and on nothing else but whether another one meets it: the same schema gives the same
names at every time, and whoever reads a name with an ending of eight hexadecimal digits finds it in the reports.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from database_migration.model.mapping.names import LetterCase, NameMapping
from database_migration.model.schema import Schema
from database_migration.model.table_selection import TableSelection

_ENDING = 8


@dataclass(frozen=True, slots=True)
class NameRules:
    """What a server takes for a name, and which names it takes for one."""

    limit: int
    in_octets: bool
    folds_tables: bool = False
    """Whether tables cannot differ by letter case only."""
    lowers_tables: bool = False
    """Whether the server itself writes tables' names in lower case."""
    folds_columns: bool = False
    basic_plane: bool = False
    """Whether names hold characters up to U+FFFF only, and no blank at their end."""

    def fits(self, name: str) -> bool:
        """Whether a name is not too long."""
        return (len(name.encode()) if self.in_octets else len(name)) <= self.limit

    def shortened(self, name: str, ending: str) -> str:
        """The beginning of a name with an ending, as long as a name may be."""
        if self.in_octets:
            return name.encode()[: self.limit - len(ending.encode())].decode(errors="ignore") + ending
        return name[: self.limit - len(ending)] + ending


@dataclass(frozen=True, slots=True)
class NameChange:
    """A name of the source and the one that it gets on the target."""

    kind: str
    """``table``, ``view``, ``column``, ``index``, ``foreign key``, ``check``, ``primary key``."""
    table: str
    """The source's table; for tables and views their own name."""
    source: str
    target: str
    why: str


def derive_names(
    schema: Schema, declared: TableSelection, policy: NameMapping, rules: NameRules
) -> tuple[NameChange, ...]:
    """The changes for what takes part and has no name of its own in the spec."""
    lower = policy.case is LetterCase.LOWER
    kinds = {table.name: "table" for table in declared.of(schema)}
    kinds |= {view.name: "view" for view in schema.views if declared.selects(view.name)}
    tables = _arrivals(
        [name for name in kinds if name not in declared.renames],
        rules,
        lower=lower or rules.lowers_tables,
        folds=rules.folds_tables or rules.lowers_tables,
    )
    found = [NameChange(kinds[name], name, name, new, why) for name, (new, why) in sorted(tables.items())]
    for view in schema.views:
        if declared.selects(view.name):
            columns = _arrivals(list(view.columns), rules, lower=False, folds=rules.folds_columns)
            found += [NameChange("column", view.name, name, new, why) for name, (new, why) in columns.items()]
    for table in declared.of(schema):
        given = declared.column_renames.get(table.name, {})
        names = [column.name for column in table.columns if column.name not in given]
        columns = _arrivals(names, rules, lower=lower, folds=rules.folds_columns)
        found += [NameChange("column", table.name, name, new, why) for name, (new, why) in columns.items()]
    return tuple(found)


def with_names(declared: TableSelection, changes: Iterable[NameChange]) -> TableSelection:
    """The selection under all names; those of the spec come first."""
    changes = tuple(changes)
    tables = {change.source: change.target for change in changes if change.kind in ("table", "view")}
    columns: dict[str, dict[str, str]] = {}
    for change in changes:
        if change.kind == "column":
            columns.setdefault(change.table, {})[change.source] = change.target
    for table, given in declared.column_renames.items():
        columns[table] = {**columns.get(table, {}), **given}
    return replace(declared, renames={**tables, **declared.renames}, column_renames=columns)


def _arrivals(names: list[str], rules: NameRules, *, lower: bool, folds: bool) -> Mapping[str, tuple[str, str]]:
    """Old name → (new name, why), for those that change."""
    wanted = {name: _fitted(name, rules, lower=lower) for name in names}
    groups: dict[str, list[str]] = {}
    for name, (new, _) in wanted.items():
        groups.setdefault(folded(new) if folds else new, []).append(name)
    for group in groups.values():
        first, *others = sorted(group, key=lambda name: (wanted[name][0] != name, name != name.lower(), name))
        for name in others:
            new, why = wanted[name]
            met = f"{first} and it would be one name on the target"
            wanted[name] = rules.shortened(new, ending_of(name)), f"{why}; {met}" if why else met
    return {name: (new, why) for name, (new, why) in wanted.items() if new != name}


def _fitted(name: str, rules: NameRules, *, lower: bool) -> tuple[str, str]:
    new, why = name, []
    if lower and new != new.lower():
        new = new.lower()
        why.append("names are in lower case")
    if rules.basic_plane and (plain := in_basic_plane(new)) != new:
        new = rules.shortened(plain, ending_of(name))
        why.append("the target's names hold no such characters")
    if not rules.fits(new):
        new = rules.shortened(new, ending_of(name))
        why.append(f"longer than {rules.limit} {'octets' if rules.in_octets else 'characters'}")
    return new, "; ".join(why)


def in_basic_plane(name: str) -> str:
    """The name with ``_`` for every character above U+FFFF, and for blanks at its end."""
    held = "".join(letter if ord(letter) <= 0xFFFF else "_" for letter in name)
    return held if held == held.rstrip() else held.rstrip() + "_"


def ending_of(name: str) -> str:
    """What tells a changed name from all others: ``_`` and a hash of the name as it was."""
    return "_" + hashlib.sha256(name.encode()).hexdigest()[:_ENDING]


def folded(name: str) -> str:
    """A name without case and accents: what servers that fold names may take for one."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def named_changes(note: object) -> Iterator[NameChange]:
    """Changes as the ledger keeps them."""
    for line in note if isinstance(note, list) else []:
        yield NameChange(*map(str, line))


__all__ = [
    "NameChange",
    "NameRules",
    "derive_names",
    "ending_of",
    "folded",
    "in_basic_plane",
    "named_changes",
    "with_names",
]

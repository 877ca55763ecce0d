"""Names of indexes and constraints that meet no other one on the target, whatever the tables were called before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from database_migration.engines.protocol import Traits
from database_migration.model.schema import Table
from database_migration.model.target_names import NameRules, ending_of, folded


def unique_names(tables: Sequence[Table], others: Iterable[str], traits: Traits) -> tuple[Table, ...]:
    """The tables with index and constraint names that are unique where the engine wants it.

    ``others`` are names of views and sequences, which share one space with tables and indexes where index names are
    the schema's. The first table in the order of names keeps a name; the others' get an ending.
    """
    names = _Names(traits)
    names.relations.update([*(table.name for table in tables), *others])
    held = {table.name: names.of_table(table) for table in sorted(tables, key=lambda table: table.name)}
    return tuple(held[table.name] for table in tables)


class _Names:
    """The names that are taken so far."""

    def __init__(self, traits: Traits) -> None:
        self._traits = traits
        self._rules = NameRules(traits.max_identifier_length, traits.identifiers_in_octets)
        self.relations: set[str] = set()
        self._constraints: set[str] = set()

    def of_table(self, table: Table) -> Table:
        """The table with names that nobody has."""
        indexes = self.relations if self._traits.index_names_per_schema else set[str]()
        constraints = self._constraints if self._traits.constraint_names_per_schema else set[str]()
        primary = table.primary_key_name
        if self._traits.index_names_per_schema and primary:
            primary = self._free(table, primary, indexes)
            constraints.add(self._key(primary))
        found = [replace(one, name=self._free(table, one.name, indexes)) for one in table.indexes]
        keys = [replace(one, name=self._free(table, one.name, constraints)) for one in table.foreign_keys]
        checks = [replace(one, name=self._free(table, one.name, constraints)) for one in table.checks]
        return replace(
            table,
            primary_key_name=primary,
            indexes=tuple(sorted(found, key=lambda one: one.name)),
            foreign_keys=tuple(sorted(keys, key=lambda one: one.name)),
            checks=tuple(sorted(checks, key=lambda one: one.name)),
        )

    def _free(self, table: Table, name: str, taken: set[str]) -> str:
        if self._key(name) in taken:
            name = self._rules.shortened(name, ending_of(f"{table.name}.{name}"))
        taken.add(self._key(name))
        return name

    def _key(self, name: str) -> str:
        return folded(name) if self._traits.constraint_names_per_schema else name


__all__ = ["unique_names"]

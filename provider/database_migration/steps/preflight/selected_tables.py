"""Whether the spec's patterns and renames speak of tables and columns that exist, and give usable names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase

from database_migration.engines.protocol import Traits
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Schema, Table
from database_migration.model.table_selection import TableSelection
from database_migration.model.target_names import folded


def selection_findings(selection: TableSelection, source: Schema) -> Iterator[Finding]:
    """Names that match nothing, with the nearest that exists."""
    tables = [table.name for table in source.tables]
    known = tables + [view.name for view in source.views]
    for key, patterns in (("include", selection.include), ("exclude", selection.exclude)):
        for pattern in patterns:
            if any(fnmatchcase(name, pattern) for name in known):
                continue
            if any(letter in pattern for letter in "*?["):
                message = f"The pattern of tables.{key} matches no table of {source.name}."
                yield Finding(Severity.WARNING, "pattern_matches_nothing", pattern, message, "correct or remove it.")
            else:
                yield _unknown(pattern, f"tables.{key}", known, f"table of {source.name}")
    for table in sorted({*selection.renames, *selection.column_renames, *selection.mappings}):
        only_renamed = table not in selection.column_renames and table not in selection.mappings
        if table in known and table not in tables and only_renamed:
            continue  # a view
        if table not in tables:
            yield _unknown(table, "tables", tables, f"table of {source.name}")
            continue
        columns = [column.name for column in source.table(table).columns]
        for column in selection.column_renames.get(table, {}):
            if column not in columns and table not in selection.mappings:
                yield _unknown(column, f"tables.{table}.columns", columns, f"column of {table}", table)
    if not selection.of(source):
        yield Finding(
            Severity.BLOCKER,
            "no_tables",
            source.name,
            f"The spec selects none of the {len(tables)} tables of {source.name}.",
            "correct tables.include and tables.exclude, or the connection's schema.",
        )


def name_findings(
    selection: TableSelection, declared: TableSelection, tables: Iterable[Table], source: Traits, target: Traits
) -> Iterator[Finding]:
    """Target names that are too long or not told apart, because the spec gives them; derived ones are neither."""
    tables = tuple(tables)
    arrivals = [(table.name, selection.target_name(table.name)) for table in tables]
    yield from _twins(arrivals, "table", source, target, frozenset(declared.renames))
    for old, new in arrivals:
        yield from _too_long(old, new, "table", target)
    for table in tables:
        names = [
            (f"{table.name}.{column.name}", selection.target_column(table.name, column.name))
            for column in table.columns
        ]
        given = frozenset(f"{table.name}.{name}" for name in declared.column_renames.get(table.name, {}))
        yield from _twins(names, "column", source, target, given)
        for old, new in names:
            yield from _too_long(old, new, "column", target)


def _twins(
    names: list[tuple[str, str]], what: str, source: Traits, target: Traits, given: frozenset[str]
) -> Iterator[Finding]:
    exact = Counter(new for _, new in names)
    meeting = {folded(new) for old, new in names if old in given}
    alike = Counter(folded(new) for _, new in names)
    for old, new in names:
        if exact[new] > 1:
            message = f"Another {what} arrives under the name {new} too."
            yield Finding(Severity.BLOCKER, "name_twice", old, message, "give each a name of its own in the spec.")
        elif alike[folded(new)] > 1 and folded(new) in meeting and source.engine != target.engine:
            message = f"Another {what}'s name differs from {new} by letter case or accents only."
            mend = "rename one of them in the spec: not every server of the target's kind tells them apart."
            yield Finding(Severity.BLOCKER, "name_twin", old, message, mend)


def _too_long(old: str, new: str, what: str, target: Traits) -> Iterator[Finding]:
    length = len(new.encode()) if target.identifiers_in_octets else len(new)
    if length > target.max_identifier_length:
        unit = "octets" if target.identifiers_in_octets else "characters"
        yield Finding(
            Severity.BLOCKER,
            "name_too_long",
            old,
            f"The {what}'s name {new} has {length} {unit}, the target allows {target.max_identifier_length}.",
            "give it a shorter name in the spec (rename).",
        )


def _unknown(name: str, where: str, known: list[str], what: str, table: str = "") -> Finding:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    meant = f" Did you mean {near[0]}?" if near else ""
    return Finding(
        Severity.BLOCKER,
        "unknown_name",
        f"{table}.{name}" if table else name,
        f"{where} names {name}, which is no {what}.{meant}",
        f"write {near[0]} there, or remove it." if near else "correct or remove it.",
    )


__all__ = ["name_findings", "selection_findings"]

"""Text that folds case on another engine: by an ICU collation, citext, an index on lower(…), or no longer.

PostgreSQL's own collations tell every two texts apart, but for nondeterministic ICU ones (manual, section 24.2.2.4),
which compare by weights as MySQL's do. Those have a price: before PostgreSQL 18 LIKE, and on every version regular
expressions and searches for substrings, are refused on them, unless the query says COLLATE.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from database_migration.engines.postgres.names import literal, quote, shortened
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.mapping.collations import CaseFolding
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Column, Index, IndexMethod, IndexPart, Table
from database_migration.model.text_comparison import CITEXT, comparison_of, icu_locale, is_text

_WORDS = frozenset(CaseFolding)


def hold_collations(table: Table, held: Sequence[Column], policy: HoldPolicy) -> tuple[list[Column], list[Finding]]:
    """The held columns with what their text compares by, in the order of the table's own columns."""
    findings: list[Finding] = []
    columns = [_held(table, was, now, policy, findings) for was, now in zip(table.columns, held, strict=True)]
    plain = [one.name for one in table.columns if _is_left(one, policy)]
    if plain:
        findings.append(
            Finding(
                Severity.WARNING,
                "collation_changed",
                table.name,
                f"Comparisons of {', '.join(plain)} tell upper from lower case and accents apart on PostgreSQL.",
                mend="compare with lower(…) or ILIKE, or choose icu or citext for them (mapping.collations.columns).",
            )
        )
    return columns, findings


def _held(table: Table, was: Column, now: Column, policy: HoldPolicy, findings: list[Finding]) -> Column:
    word = policy.collations.get(was.name)
    if word is None or not is_text(was) or not is_text(now):
        return now
    subject = f"{table.name}.{was.name}"
    if word not in _WORDS:
        return replace(now, collation=word)
    comparison = comparison_of(was)
    if word == CaseFolding.ICU:
        locale = icu_locale(comparison) if comparison.folds else "und-u-ks-level1"
        return replace(now, collation=locale, folding_locale=locale)
    if word == CaseFolding.CITEXT and was.name not in policy.casts:
        loses = [] if now.type.length is None else [f"its length of {now.type.length} characters is not checked"]
        loses += ["accents are told apart"] if comparison.accents else []
        if loses:
            message = f"The column becomes citext: {', '.join(loses)}."
            findings.append(Finding(Severity.NOTE, "held_as_citext", subject, message))
        return replace(now, type=ColumnType(Kind.TEXT, native=CITEXT))
    return now


def _is_left(column: Column, policy: HoldPolicy) -> bool:
    """Whether a folding column arrives as text that tells everything apart."""
    word = policy.collations.get(column.name)
    return comparison_of(column).folds and word in (None, CaseFolding.LEAVE, CaseFolding.FUNCTIONAL_INDEX)


def lower_indexes(table: Table, held: Iterable[Index], policy: HoldPolicy) -> list[Index]:
    """A unique index on lower(…) beside each unique key with a column that asks for one."""
    asking = {
        column.name
        for column in table.columns
        if policy.collations.get(column.name) == CaseFolding.FUNCTIONAL_INDEX and is_text(column)
    }
    primary = Index(f"{table.name}_pkey", tuple(IndexPart(name) for name in table.primary_key), unique=True)
    found = []
    for index in (primary, *held):
        whole = len(index.columns) == len(index.parts)
        if index.unique and whole and index.predicate is None and asking & {*index.columns}:
            parts = tuple(
                IndexPart(None, f"LOWER({quote(part.column)})", part.descending) if part.column in asking else part
                for part in index.parts
                if part.column is not None
            )
            found.append(Index(shortened(f"{index.name}_lower"), parts, unique=True, method=IndexMethod.BTREE))
    return found


def create_collations(schema: str, table: Table) -> list[str]:
    """Statements that create the nondeterministic collations of a table's columns, where they are missing."""
    return [
        f"CREATE COLLATION IF NOT EXISTS {quote(schema, name)}"
        f" (provider = icu, locale = {literal(locale)}, deterministic = false)"
        for name, locale in sorted(_folding(table).items())
    ]


def drop_collations(schema: str, table: Table) -> list[str]:
    """Their undo; a collation that another table still uses stays."""
    return [
        "DO "
        + literal(
            f"BEGIN DROP COLLATION IF EXISTS {quote(schema, name)};"
            " EXCEPTION WHEN dependent_objects_still_exist OR invalid_schema_name THEN NULL; END"
        )
        for name in sorted(_folding(table))
    ]


def collate_sql(schema: str, column: Column) -> str:
    """``COLLATE …`` of a column's definition, '' where it has the type's own."""
    if not column.collation:
        return ""
    return f" COLLATE {quote(*((schema,) if column.folding_locale is not None else ()), column.collation)}"


def _folding(table: Table) -> dict[str, str]:
    return {
        column.collation: column.folding_locale
        for column in table.columns
        if column.collation is not None and column.folding_locale is not None
    }


__all__ = ["collate_sql", "create_collations", "drop_collations", "hold_collations", "lower_indexes"]

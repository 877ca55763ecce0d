"""Which collation of MySQL or MariaDB a text column gets."""

from __future__ import annotations

from dataclasses import replace

from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.mapping.collations import CaseFolding
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Column, Table
from database_migration.model.text_comparison import comparison_of

_WORDS = frozenset(CaseFolding)


def collation_for(column: Column, policy: HoldPolicy) -> str:
    """The collation that holds another engine's text; one that the spec names for the column comes first.

    The words of ``CaseFolding`` say what PostgreSQL makes of MySQL's text and nothing here.
    """
    chosen = policy.collations.get(column.name, "")
    if chosen and chosen not in _WORDS:
        return chosen
    mapping = policy.mapping.collations
    return mapping.insensitive if comparison_of(column).folds else mapping.exact


def collation_findings(table: Table) -> list[Finding]:
    """One note that says by what the held columns' text compares."""
    by_name: dict[str, list[str]] = {}
    for column in table.columns:
        if column.charset == "utf8mb4" and column.collation:
            by_name.setdefault(column.collation, []).append(column.name)
    said = []
    for name, columns in by_name.items():
        ignored = comparison_of(next(one for one in table.columns if one.collation == name)).spelled
        said.append(f"{', '.join(columns)} in {name}, which ignores {ignored}")
    if not said:
        return []
    return [
        Finding(
            Severity.NOTE,
            "collation_changed",
            table.name,
            f"Text compares by MySQL's collations: {'; '.join(said)}.",
            "mapping.collations (exact, insensitive, columns) chooses others.",
        )
    ]


def stand_in(collation: str) -> str:
    """What a server has for a collation of the other flavour: MariaDB of 0900's, MySQL of uca1400's and nopad's.

    What tells texts apart gives way to what tells them apart as well.
    """
    exact = collation.endswith(("_bin", "_cs"))
    if "_0900_" in collation:  # unknown to MariaDB before 11.4
        return "utf8mb4_nopad_bin" if exact else "utf8mb4_unicode_520_nopad_ci"
    if "uca1400" in collation:  # unknown to MySQL
        words = ("as_cs" if exact else "as_ci") if "_as_" in collation else "ai_ci"
        return f"utf8mb4_0900_{words}"
    if "_nopad_" in collation:  # MariaDB's, whose blanks at the end count as 0900's do
        return "utf8mb4_0900_bin" if exact else "utf8mb4_0900_ai_ci"
    return collation


def own_collations(table: Table, policy: HoldPolicy) -> Table:
    """A table of this engine under the collations that the spec gives its own in place of the source server's."""
    renamed = policy.mapping.collations.renamed
    columns = tuple(_own(column, policy.collations.get(column.name, ""), renamed) for column in table.columns)
    return table if columns == table.columns else replace(table, columns=columns)


def _own(column: Column, chosen: str, renamed: dict[str, str]) -> Column:
    if column.charset is None or column.collation is None:
        return column
    name = chosen if chosen and chosen not in _WORDS else renamed.get(column.collation, column.collation)
    return column if name == column.collation else replace(column, charset=name.split("_")[0], collation=name)


__all__ = ["collation_findings", "collation_for", "own_collations", "stand_in"]

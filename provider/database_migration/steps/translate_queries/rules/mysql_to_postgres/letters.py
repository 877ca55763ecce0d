"""Upper and lower case: MySQL's usual collations do not tell them apart, PostgreSQL's do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.model.schema import Column
from database_migration.model.text_comparison import comparison_of
from database_migration.steps.translate_queries.rewriting import Rewriting
from database_migration.steps.translate_queries.rules.build import string_of
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import TEXTS

ICU = '"und-x-icu"'
"""Sorts as people do, letters before their case; it has no say in whether two texts are equal."""


def folds(node: Any, r: Rewriting) -> bool:
    """Whether MySQL compares this text without regard to case."""
    collated = isinstance(node, exp.Collate) or node.find(exp.Collate) is not None
    if collated or (node.find(exp.Cast) is not None and _binary_cast(node)):
        name = node.find(exp.Collate).expression.name if collated else "binary"
        return _name_folds(name)
    columns = [r.typing(column).column for column in node.find_all(exp.Column)]
    known = [column for column in columns if column is not None and column.type.kind in TEXTS]
    if not known:
        return True  # constants compare by the connection's collation, which folds unless somebody changed it
    return any(_name_folds(column.collation) for column in known)


def target_folds(node: Any, r: Rewriting) -> bool:
    """Whether the target compares this column's text without regard to case (a collation of its own)."""
    partners = [r.typing(column).partner for column in node.find_all(exp.Column)]
    return bool(partners) and all(partner is not None and is_folding_collation(partner) for partner in partners)


def is_folding_collation(column: Column) -> bool:
    """Whether a PostgreSQL column compares without regard to case: citext, or an ICU collation of strength 1 or 2."""
    return comparison_of(column).folds or bool(re.search(r"ks-level[12]", column.collation or ""))


def is_nondeterministic(column: Column) -> bool:
    """Whether a PostgreSQL column's collation refuses LIKE and searches; citext, which folds too, does not."""
    return column.folding_locale is not None or bool(re.search(r"ks-level[12]", column.collation or ""))


def differs_by_case(nodes: Iterable[Any], r: Rewriting) -> bool:
    """Whether these texts compare without regard to case on the source, and with it on the target."""
    nodes = tuple(nodes)
    columns = [column for node in nodes for column in node.find_all(exp.Column)]
    if not any(r.typing(column).column is not None for column in columns):
        return False
    if not all(folds(node, r) for node in nodes if string_of(node) is None):
        return False
    return not any(target_folds(node, r) for node in nodes) and not _labels_only(nodes, columns, r)


def note_case(nodes: Iterable[Any], r: Rewriting) -> None:
    """Note a comparison of text that folds case on the source and not on the target."""
    nodes = tuple(nodes)
    if not differs_by_case(nodes, r):
        return
    columns = [column for node in nodes for column in node.find_all(exp.Column)]
    subject = next((r.subject(column) for column in columns if r.subject(column)), "")
    r.note(
        Weight.CAUTION,
        "case_sensitive",
        "The comparison tells case, accents and trailing spaces apart on PostgreSQL, and does not on MySQL.",
        mend="Let the column fold on the target (mapping.collations.columns: icu), or set translate_queries.fold_case.",
        subject=subject,
    )


def _labels_only(nodes: tuple[Any, ...], columns: list[Any], r: Rewriting) -> bool:
    """Whether enums and sets meet nothing but their own labels, letter by letter (or group by themselves)."""
    bases = [r.typing(column).column for column in columns]
    labels = {label for base in bases if base is not None for label in base.type.values}
    words = [string_of(node) for node in nodes if not node.find(exp.Column)]
    enums = all(base is not None and base.type.kind in {Kind.ENUM, Kind.SET} for base in bases)
    return enums and all(word in labels for word in words)


def _binary_cast(node: Any) -> bool:
    kinds = exp.DataType.Type
    return any(cast.to.this in {kinds.BINARY, kinds.VARBINARY} for cast in node.find_all(exp.Cast))


def _name_folds(collation: str | None) -> bool:
    name = (collation or "").lower()
    if not name:
        return False
    return bool(re.search(r"_(ci|ai)(_|$)", name)) and "_as_cs" not in name


__all__ = [
    "ICU",
    "differs_by_case",
    "folds",
    "is_folding_collation",
    "is_nondeterministic",
    "note_case",
    "target_folds",
]

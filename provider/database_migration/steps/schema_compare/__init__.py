"""schema_compare: the schema that the target is to have, and how the one that it has differs from it."""

from __future__ import annotations

from database_migration.steps.schema_compare.differences.difference import Difference, Presence, Weight
from database_migration.steps.schema_compare.differences.schemas import AnyDifference, Comparison, compare_schemas
from database_migration.steps.schema_compare.existing import read_target, schema_exists
from database_migration.steps.schema_compare.expected.build import (
    BOOLEANS_NOTE,
    ExpectedSchema,
    ExpectedStatements,
    build_expected,
    expected_target,
)
from database_migration.steps.schema_compare.expected.views import ExpectedView
from database_migration.steps.schema_compare.fingerprint import (
    remember_source,
    remember_target,
    require_no_drift,
    require_target_unchanged,
    require_unchanged,
)
from database_migration.steps.schema_compare.options import SchemaCompareOptions
from database_migration.steps.schema_compare.step import compare_with_ledger, schema_compare
from database_migration.steps.schema_compare.table_order import TableOrder, table_order

__all__ = [
    "BOOLEANS_NOTE",
    "AnyDifference",
    "Comparison",
    "Difference",
    "ExpectedSchema",
    "ExpectedStatements",
    "ExpectedView",
    "Presence",
    "SchemaCompareOptions",
    "TableOrder",
    "Weight",
    "build_expected",
    "compare_schemas",
    "compare_with_ledger",
    "expected_target",
    "read_target",
    "remember_source",
    "remember_target",
    "require_no_drift",
    "require_target_unchanged",
    "require_unchanged",
    "schema_compare",
    "schema_exists",
    "table_order",
]

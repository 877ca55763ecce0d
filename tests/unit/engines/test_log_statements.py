"""What statements of MySQL's log mean: changes of selected tables, and which columns they add."""

from __future__ import annotations

import pytest

from database_migration.engines.mysql.log.statements import Meaning, read_statement

ADDING = {
    "ALTER TABLE t ADD COLUMN a int": ("a",),
    "alter table `s`.`t` add `a b` varchar(3) DEFAULT 'x,y' AFTER id, ADD INDEX k (id)": ("a b",),
    "ALTER TABLE t ADD (a int, b decimal(4,2) DEFAULT 1.5), ALGORITHM=INSTANT": ("a", "b"),
    "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int /* why */": ("a",),
    "ALTER TABLE t ADD COLUMN `primary` int": ("primary",),
}
OTHERS = [
    "ALTER TABLE t ADD COLUMN a int, DROP COLUMN b",
    "ALTER TABLE t ADD PRIMARY KEY (a)",
    "ALTER TABLE t ADD PARTITION (PARTITION p2 VALUES LESS THAN (3))",
    "ALTER TABLE t ADD PERIOD FOR SYSTEM_TIME (a, b)",
    "ALTER TABLE t ADD SYSTEM VERSIONING",
    "ALTER TABLE t MODIFY a varchar(40)",
    "ALTER TABLE t CHANGE a b int",
    "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4",
    "ALTER TABLE other EXCHANGE PARTITION p0 WITH TABLE t",
    "ALTER TABLE other CONVERT TABLE s.t TO PARTITION p1 VALUES LESS THAN (9)",
    "CREATE OR REPLACE TABLE t (id int)",
]


@pytest.mark.parametrize("sql", ADDING)
def test_added_columns_are_named(sql: str) -> None:
    found = read_statement(sql, "s", "s", frozenset({"t"}))
    assert (found.meaning, found.tables, found.added) == (Meaning.SCHEMA_CHANGE, ("t",), ADDING[sql])


@pytest.mark.parametrize("sql", OTHERS)
def test_other_changes_add_nothing(sql: str) -> None:
    found = read_statement(sql, "s", "s", frozenset({"t"}))
    assert (found.meaning, found.tables, found.added) == (Meaning.SCHEMA_CHANGE, ("t",), ())


@pytest.mark.parametrize("sql", [*ADDING, *OTHERS])
def test_other_tables_do_not_matter(sql: str) -> None:
    assert read_statement(sql, "elsewhere", "s", frozenset({"u"})).meaning is Meaning.NOTHING

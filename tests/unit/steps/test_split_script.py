"""A script is cut where its engine's own client would cut it."""

from __future__ import annotations

import pytest

from database_migration.steps.apply_schema import split_script

POSTGRES = [
    ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
    ("SELECT ';'; SELECT 'it''s;'", ["SELECT ';'", "SELECT 'it''s;'"]),
    (r"SELECT 'a\'; SELECT 2", [r"SELECT 'a\'", "SELECT 2"]),
    (r"SELECT E'it\'s;'; SELECT 2", [r"SELECT E'it\'s;'", "SELECT 2"]),
    ('SELECT "a;b"; SELECT 2', ['SELECT "a;b"', "SELECT 2"]),
    ("DO $$ BEGIN; END $$; SELECT 2", ["DO $$ BEGIN; END $$", "SELECT 2"]),
    ("DO $a$ SELECT $$;$$; $a$; SELECT 2", ["DO $a$ SELECT $$;$$; $a$", "SELECT 2"]),
    ("SELECT a$b; SELECT c$d", ["SELECT a$b", "SELECT c$d"]),
    ("SELECT $1; SELECT $2", ["SELECT $1", "SELECT $2"]),
    ("SELECT 1 /* ; /* ; */ ; */; SELECT 2", ["SELECT 1 /* ; /* ; */ ; */", "SELECT 2"]),
    ("SELECT 1 -- ; no\n; SELECT 2--;", ["SELECT 1 -- ; no", "SELECT 2--;"]),
    ("-- only\n;/* comments */;", []),
    ("SELECT 'never closed; SELECT 2", ["SELECT 'never closed; SELECT 2"]),
]
MYSQL = [
    (r"SELECT 'it\'s;'; SELECT 2", [r"SELECT 'it\'s;'", "SELECT 2"]),
    ('SELECT "a;b"; SELECT `c;d`', ['SELECT "a;b"', "SELECT `c;d`"]),
    ("SELECT 1 # ; no\n; SELECT 2", ["SELECT 1 # ; no", "SELECT 2"]),
    ("SELECT 5--1; SELECT 2 -- ;", ["SELECT 5--1", "SELECT 2 -- ;"]),
    ("/*!40101 SET a = 1 */;", ["/*!40101 SET a = 1 */"]),
    (
        "DELIMITER $$\nCREATE TRIGGER t BEGIN SET @a = 1; SET @b = '$$'; END$$\nDELIMITER ;\nSELECT 1;",
        ["CREATE TRIGGER t BEGIN SET @a = 1; SET @b = '$$'; END", "SELECT 1"],
    ),
    ("delimiter //\nSELECT 1; SELECT 2//", ["SELECT 1; SELECT 2"]),
]


@pytest.mark.parametrize(("script", "statements"), POSTGRES)
def test_postgres_scripts(script: str, statements: list[str]) -> None:
    assert list(split_script(script, dialect="postgres")) == statements


@pytest.mark.parametrize(("script", "statements"), MYSQL)
def test_mysql_scripts(script: str, statements: list[str]) -> None:
    assert list(split_script(script, dialect="mysql")) == statements

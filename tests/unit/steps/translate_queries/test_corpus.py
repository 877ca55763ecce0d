"""Statements as files give them: names, places, semicolons that end nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from database_migration.errors import SpecRefused
from database_migration.steps.translate_queries.corpus import read_corpus, split_statements


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_headers_name_statements_and_lines_are_told(tmp_path: Path) -> None:
    folder = write(tmp_path, shop="-- The shop.\n\n-- name: one\nSELECT 1;\n\n--name:two words\n-- why\nSELECT\n 2")
    queries = read_corpus(folder)
    assert [(query.name, query.line) for query in queries] == [("one", 4), ("two words", 7)]
    assert queries[0].sql == "SELECT 1"
    assert queries[1].sql.endswith("SELECT\n 2")


def test_a_file_without_headers_names_its_statements(tmp_path: Path) -> None:
    folder = write(tmp_path, report="SELECT 1;", sub__many="SELECT 1;\nSELECT 2;\n-- the end\n")
    assert [(query.name, query.line) for query in read_corpus(folder)] == [("report", 1), ("many 1", 1), ("many 2", 2)]


@pytest.mark.parametrize(
    ("text", "backslash_escapes", "count"),
    [
        ("SELECT ';'; SELECT \";\" -- ;\n; SELECT `;` /* ; */", True, 3),
        ("SELECT 'it''s; \\'; still'; SELECT 2", True, 2),
        ("SELECT 'a\\'; SELECT 2", False, 2),
        ("SELECT 1 # ;\n; SELECT 2", True, 2),
        ("SELECT $$a;b$$; SELECT $x$;$x$", False, 2),
        (";;  ; -- nothing\n", True, 0),
        ("SELECT 'never closed; SELECT 2", True, 1),
    ],
)
def test_semicolons_inside_quotes_and_comments_end_nothing(text: str, backslash_escapes: bool, count: int) -> None:
    assert len(split_statements(text, backslash_escapes=backslash_escapes)) == count


def test_two_statements_of_one_name_are_refused_with_both_places(tmp_path: Path) -> None:
    folder = write(tmp_path, a="-- name: x\nSELECT 1", b="\n-- name: x\nSELECT 2")
    with pytest.raises(SpecRefused, match=r"called x: .*a\.sql:2 and .*b\.sql:3"):
        read_corpus(folder)


def test_what_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecRefused, match=r"cannot be read"):
        read_corpus(tmp_path / "missing.sql")
    with pytest.raises(SpecRefused, match=r"no \.sql file"):
        read_corpus(tmp_path)
    (tmp_path / "latin.sql").write_bytes(b"SELECT '\xe9'")
    with pytest.raises(SpecRefused, match="UTF-8"):
        read_corpus(tmp_path)


def test_no_path_is_no_corpus() -> None:
    assert read_corpus(None) == []

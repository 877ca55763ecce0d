"""Every rule at work, in files that a stranger can read: see tests/golden/queries/README.md."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from database_migration.model.schema import Schema
from database_migration.steps.translate_queries import Translation, Weight, translate
from database_migration.steps.translate_queries.corpus import Query, read_corpus

GOLDEN = Path(__file__).parents[3] / "golden" / "queries"

_spec = importlib.util.spec_from_file_location("golden_tables", Path(__file__).with_name("tables.py"))
assert _spec is not None
assert _spec.loader is not None
tables = importlib.util.module_from_spec(_spec)
sys.modules["golden_tables"] = tables
_spec.loader.exec_module(tables)

DIRECTIONS: dict[str, tuple[str, Schema, Schema]] = {
    "mysql": ("postgres", tables.mysql_schema(), tables.renamed(tables.postgres_schema())),
    "postgres": ("mysql", tables.postgres_schema(), tables.mysql_target()),
}


def queries(source: str) -> list[Query]:
    return read_corpus(GOLDEN / f"from_{source}" / f"{source}.sql", backslash_escapes=source == "mysql")


def translated(query: Query, source: str) -> Translation:
    target, source_schema, target_schema = DIRECTIONS[source]
    return translate(
        query.sql,
        source_dialect=source,
        target_dialect=target,
        source_schema=source_schema,
        target_schema=target_schema,
        selection=tables.SELECTION,
    )


def shown(translation: Translation) -> str:
    lines = []
    for note in translation.notes:
        words = [note.weight.name.lower(), note.code, note.subject]
        if note.weight is Weight.MANUAL:
            words.append(f"({note.message})")
        lines.append("-- " + " ".join(word for word in words if word))
    if translation.sql is not None:
        return "\n".join([*lines, f"{translation.sql};"])
    return "\n".join([*lines, *(f"--   {line}" for line in translation.draft.splitlines())])


def expected(source: str) -> dict[str, str]:
    text = (GOLDEN / f"from_{source}" / f"{DIRECTIONS[source][0]}.sql").read_text(encoding="utf-8")
    parts = [part.partition("\n") for part in text.split("-- name: ")[1:]]
    return {name: body.strip() for name, _, body in parts}


if os.environ.get("WRITE_GOLDEN"):
    for _source, (_target, *_) in DIRECTIONS.items():
        _parts = [f"-- name: {query.name}\n{shown(translated(query, _source))}\n" for query in queries(_source)]
        (GOLDEN / f"from_{_source}" / f"{_target}.sql").write_text("\n".join(_parts), encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "query"), [pytest.param(s, q, id=f"{s}-{q.name}") for s in DIRECTIONS for q in queries(s)]
)
def test_statement_becomes_what_the_golden_file_says(source: str, query: Query) -> None:
    assert shown(translated(query, source)) == expected(source)[query.name]


@pytest.mark.parametrize("source", list(DIRECTIONS))
def test_golden_files_name_the_same_statements(source: str) -> None:
    assert [query.name for query in queries(source)] == list(expected(source))

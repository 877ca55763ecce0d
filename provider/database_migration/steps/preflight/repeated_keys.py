"""Documents that name a key twice, towards a column that keeps the last of them only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from database_migration.engines.protocol import Session
from database_migration.model.column_type import Kind
from database_migration.model.key_range import KeyRange
from database_migration.model.report import Finding, Severity
from database_migration.model.table_selection import ColumnPair, TablePair
from database_migration.steps.run import MigrationRun


class _Repeated(Exception):
    """A document names a key twice."""


def repeated_key_findings(run: MigrationRun, session: Session, pairs: Iterable[TablePair]) -> Iterator[Finding]:
    """A warning for each column whose documents lose a repeated key; ``session`` is on the source.

    No server counts them in SQL, at every depth of a document: the documents of such columns are read once.
    """
    for pair in pairs:
        for column in pair.columns:
            source, target = column.source.type, column.target.type
            if source.verbatim and target.kind is Kind.JSON and not target.verbatim:
                rows, example = _count(run, session, pair, column)
                if rows:
                    yield _finding(pair, column, rows, example)


def _count(run: MigrationRun, session: Session, pair: TablePair, column: ColumnPair) -> tuple[int, str]:
    """(rows whose document repeats a key, the row key of the first)."""
    rows, example = 0, ""
    asked = [*(key.on_source for key in pair.row_key), column.on_source]
    found = run.source.engine.rows.fetch(session, run.source.schema, pair.source, asked, KeyRange.everything())
    for *key, document in found:
        if document is not None and repeats_a_key(document):
            example = example if rows else "/".join(str(part) for part in key)
            rows += 1
    return rows, example


def repeats_a_key(document: str) -> bool:
    """Whether a JSON text names a key twice in one of its objects."""
    try:
        json.loads(document, object_pairs_hook=_distinct)
    except _Repeated:
        return True
    except ValueError:
        return False  # no JSON at all: the copy refuses it, or the quarantine takes it
    return False


def _distinct(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise _Repeated


def _finding(pair: TablePair, column: ColumnPair, rows: int, example: str) -> Finding:
    place = f"{pair.source.name}.{column.source.name}"
    names = "/".join(key.source.name for key in pair.row_key)
    return Finding(
        Severity.WARNING,
        "repeated_key",
        place,
        f"{rows:,} documents name a key twice{f', for example that of {names} = {example}' if example else ''}; the"
        " target's column keeps the last of them only.",
        f"none is needed if the last one is meant; else mend the documents, or keep their text: mapping.types.casts:"
        f" [{{table: {pair.source.name}, column: {column.source.name}, to: text}}].",
    )


__all__ = ["repeated_key_findings", "repeats_a_key"]

"""Values that are there now and that the target cannot hold: counted, with the treatment that the spec names.

Each table with a column in doubt is scanned once; a column is in doubt when its type, or its engine, allows what
the target's does not (``model.doubts``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from database_migration.engines.protocol import CountedValues, Session
from database_migration.model.doubts import substitute
from database_migration.model.mapping.values import Replacement, Treatment, ValueMapping
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Schema
from database_migration.model.table_selection import ColumnPair, FormedColumn, TablePair
from database_migration.model.unfit_value import Doubt, ValueKind
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare.differences.spelling import spell_type

_WORDS = {
    ValueKind.ZERO_DATE: "a zero or partial date",
    ValueKind.NUL_CHARACTER: "a NUL character",
    ValueKind.INVALID_TEXT: "octets that are no characters of the column's charset",
    ValueKind.NOT_BOOLEAN: "a number that is neither 0 nor 1",
    ValueKind.OUT_OF_RANGE: "a value beyond the target's type",
    ValueKind.TOO_PRECISE: "more digits behind the point than the target's type keeps",
    ValueKind.TOO_LONG: "a value longer than the target's column",
    ValueKind.BEYOND_CHARSET: "characters that the target's charset has not",
    ValueKind.SPECIAL_NUMBER: "NaN or infinity",
    ValueKind.SPECIAL_DATE: "an infinite date, one before the year 1 or after 9999",
    ValueKind.MALFORMED: "what is no value of the target's type",
    ValueKind.MONTHS: "an interval with months, which have no fixed length",
}
_EXAMPLES = {
    ValueKind.ZERO_DATE: "{to: null} or {to: '1970-01-01'}",
    ValueKind.NUL_CHARACTER: "{to: ''} to strip it",
    ValueKind.NOT_BOOLEAN: "{to: true}",
    ValueKind.OUT_OF_RANGE: "{to: clamp} or {to: null}",
    ValueKind.TOO_PRECISE: "{to: round}",
    ValueKind.TOO_LONG: "{to: cut}",
    ValueKind.BEYOND_CHARSET: "{to: '?'}",
    ValueKind.SPECIAL_NUMBER: "{to: null} or {to: 0}",
    ValueKind.SPECIAL_DATE: "{to: null} or {to: '9999-12-31'}",
    ValueKind.MALFORMED: "{to: null}",
    ValueKind.MONTHS: "{to: null} or {to: '720:00:00'}",
}


def value_findings(
    run: MigrationRun, session: Session, source: Schema, pairs: Iterable[TablePair]
) -> Iterator[Finding]:
    """What the tables hold that the target cannot, and what the spec says about values that cannot be meant.

    ``session`` is on the source.
    """
    values = run.mapping.values
    yield from _unknown_names(values, source)
    for pair in pairs:
        asked = [(column, doubt) for column in pair.columns for doubt in column.doubts]
        if not asked:
            continue
        counted = run.source.engine.inspection.count_values(
            session,
            run.source.schema,
            pair.source,
            [(_as_it_is(column), doubt) for column, doubt in asked],
            [_as_it_is(column) for column in pair.row_key],
        )
        for (column, doubt), found in zip(asked, counted, strict=True):
            chosen = values.treatment(pair.source.name, column.source.name, doubt.kind)
            if found.rows:
                yield _finding(pair, column, doubt, found, chosen)
            yield from _impossible(pair, column, doubt, chosen, values)


def _as_it_is(column: ColumnPair) -> FormedColumn:
    """The source's column as it is, without what the spec puts for its values."""
    return FormedColumn(column.source, column.form)


def _finding(pair: TablePair, column: ColumnPair, doubt: Doubt, found: CountedValues, chosen: Treatment) -> Finding:
    kind, place = doubt.kind, f"{pair.source.name}.{column.source.name}"
    example = f", for example {_key_names(pair)} = {found.example}" if found.example is not None else ""
    message = f"{found.rows:,} rows hold {_WORDS[kind]} ({spell_type(column.target.type)} there){example}."
    choices = (
        f"change them (WHERE {found.condition}), or choose in the spec under mapping.values: {{columns: {{{place}:"
    )
    choices += f" {{{kind.value}: quarantine}}}}}} to leave the rows out and keep them"
    if column not in pair.row_key and kind in _EXAMPLES:
        choices += f", or in the place of quarantine {_EXAMPLES[kind]}"
    if chosen == "refuse":
        return Finding(Severity.BLOCKER, kind.value, place, message, f"{choices}.")
    if chosen == "quarantine":
        said = "Treatment: quarantine; the rows are left out, listed, and block the cutover until they are waived."
        return Finding(Severity.WARNING, kind.value, place, f"{message} {said}", f"none is needed, or {choices}.")
    if column in pair.row_key:
        said = "The spec names another value for it, but values of a key are never replaced."
        return Finding(Severity.BLOCKER, kind.value, place, f"{message} {said}", f"{choices}.")
    said = f"Treatment: {_said(chosen)} in its place, in copy, replication and comparison alike."
    return Finding(Severity.WARNING, kind.value, place, f"{message} {said}", f"none is needed, or {choices}.")


def _impossible(
    pair: TablePair, column: ColumnPair, doubt: Doubt, chosen: Treatment, values: ValueMapping
) -> Iterator[Finding]:
    """NULL in the place of a value where the target's column takes none."""
    if isinstance(chosen, str) or column in pair.row_key or column.target.nullable:
        return
    if substitute(doubt, column.form, chosen).may_be_null:
        place = f"{pair.source.name}.{column.source.name}"
        named = place in values.columns or pair.source.name in values.columns
        yield Finding(
            Severity.BLOCKER if named else Severity.WARNING,
            "null_not_possible",
            place,
            f"The spec puts NULL for {_WORDS[doubt.kind]}, and the column is NOT NULL: such a row is refused.",
            f"choose another value for it: mapping.values: {{columns: {{{place}: {{{doubt.kind.value}: …}}}}}}.",
        )


def _unknown_names(values: ValueMapping, source: Schema) -> Iterator[Finding]:
    known = [table.name for table in source.tables]
    known += [f"{table.name}.{column.name}" for table in source.tables for column in table.columns]
    for name in values.columns:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            yield Finding(
                Severity.BLOCKER,
                "unknown_name",
                name,
                f"mapping.values.columns names {name}, which is no table or column of {source.name}.",
                f"write {near[0]} there, or remove it." if near else "correct or remove it.",
            )


def _said(chosen: Replacement) -> str:
    return "NULL" if chosen.text is None else repr(chosen.text)


def _key_names(pair: TablePair) -> str:
    return "/".join(column.source.name for column in pair.row_key)


__all__ = ["value_findings"]

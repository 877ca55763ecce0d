"""The last look before a switch: with nobody writing and everything applied, both sides have to be equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from database_migration.errors import ValidationFailed
from database_migration.ledger import Ledger
from database_migration.model.key_range import KeyRange
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Report, Severity, Verdict
from database_migration.model.table_selection import TablePair
from database_migration.steps.added_columns_report import left_out_findings
from database_migration.steps.quarantine_report import QuarantineState
from database_migration.steps.replicate import RowKey, TouchedRows
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import Difference, ValidateOptions, count_tables, validate, validate_rows
from database_migration.steps.validate.check_chunk import check_chunk
from database_migration.steps.validate.left_out import LeftOut
from database_migration.steps.validate.motion import Motion
from database_migration.steps.validate.sides import Sides
from database_migration.steps.validate.waivers import WAIVED_NOTE, Waivers

_SETTLE_ALL = 10.0
_SETTLE = 2.0
"""Seconds; a row that is changed all the time is compared when nobody writes."""


def compare_everything(run: MigrationRun) -> Report:
    """Compare every row of every table, while changes flow or when all stands still.

    :raises ValidationFailed: they differ.
    """
    with run.ledger() as ledger:
        waived = ledger.notes.get_note(WAIVED_NOTE) or {}
    options = {"settle": _SETTLE_ALL, "figures": False, "waive": waived}
    report = validate(run, ValidateOptions.model_validate(options))
    if report.verdict is Verdict.FAILED:
        words = without_values(f"{finding.subject}: {finding.message}" for finding in report.blockers)
        raise ValidationFailed(
            f"source and target differ: {words}.",
            mend="run validate for the rows, repair them (steps.validate.repair) or roll back; the source serves.",
            subject=run.migration,
        )
    return report


def compare_touched(run: MigrationRun, touched: TouchedRows, read: Side = Side.SOURCE) -> tuple[int, list[str]]:
    """Compare by value the rows that an applier touched; rows compared, and the differences in words.

    ``read`` is the side whose log the applier read: its table names are those of ``touched``. Tables of which
    no single rows can be named are compared by checksum.
    """
    pairs = {(pair.source if read is Side.SOURCE else pair.target).name: pair for pair in run.pairs()}
    keys = _by_source_name(pairs, touched)
    with run.ledger() as ledger:
        noted = ledger.notes.get_note(WAIVED_NOTE)
    waivers = Waivers(noted if isinstance(noted, dict) else {})
    back = read is Side.TARGET
    found = validate_rows(run, keys, written_back=back) if keys else []
    differences = [_words(one) for one in found if waivers.of(one) is None]
    whole = {table: pairs[table].written_back if back else pairs[table] for table in sorted(touched.whole_tables)}
    differences += [words for pair in whole.values() if (words := _whole(run, pair))]
    return sum(len(some) for some in keys.values()), differences


def compare_in_flight(run: MigrationRun, touched: TouchedRows) -> list[str]:
    """The same while the applier works, before writes are held: what changes again meanwhile is touched again.

    Most rows are at rest and equal at first sight, which is as good as any later one; only the others are
    looked at again once what was on its way has arrived.
    """
    pairs = {pair.source.name: pair for pair in run.pairs()}
    keys = _by_source_name(pairs, touched)
    doubtful: dict[str, set[RowKey]] = {}
    for found in validate_rows(run, keys) if keys else ():
        doubtful.setdefault(found.table, set()).add(found.key)
    if not doubtful:
        return []
    return [_words(found) for found in validate_rows(run, doubtful, moving=True, settle_seconds=_SETTLE)]


def count_differences(run: MigrationRun, *, written_back: bool = False) -> tuple[int, list[str]]:
    """Tables counted on both sides, and those whose counts differ, in words; ``written_back`` see ``count_tables``."""
    with run.ledger() as ledger:
        quarantined = ledger.quarantine.counts()
    counts = count_tables(run, quarantined, written_back=written_back)
    return len(counts), [
        f"{count.table} has {count.source} rows on the source, {count.target} on the target"
        + (f" and {count.quarantined} in quarantine" if count.quarantined else "")
        for count in counts
        if not count.equal
    ]


def _by_source_name(pairs: dict[str, TablePair], touched: TouchedRows) -> dict[str, set[RowKey]]:
    return {
        pairs[table].source.name: keys
        for table, keys in touched.keys.items()
        if keys and table not in touched.whole_tables
    }


def _whole(run: MigrationRun, pair: TablePair) -> str:
    everything = KeyRange.everything()
    with run.source.connect("validate") as source, run.target.connect("validate") as target:
        here = run.source.engine.rows.checksum(source, run.source.schema, pair.source, pair.source_columns, everything)
        there = run.target.engine.rows.checksum(target, run.target.schema, pair.target, pair.target_columns, everything)
    if here == there or ((count := here.rows - there.rows) > 0 and _explained(run, pair, count)):
        return ""
    return f"{pair.source.name}: the checksums of all rows differ"


def _explained(run: MigrationRun, pair: TablePair, missing: int) -> bool:
    """Whether rows in quarantine are all by which a table differs, which takes a comparison of its rows."""
    with run.ledger() as ledger, Sides(run) as sides, Motion(run, None, settle_seconds=0) as motion:
        left_out = LeftOut(ledger.quarantine, (pair,))
        if left_out.counts.get(pair.source.name, 0) != missing:
            return False
        outcome = check_chunk(sides, pair, KeyRange.everything(), motion)
        return not outcome.uncounted and not left_out.without([*outcome.judgement.differences, *outcome.keyless])


def require_waived(run: MigrationRun, ledger: Ledger, waive: Mapping[str, str]) -> list[Finding]:
    """The tables of which rows stay behind, as notes with the reason why.

    :raises ValidationFailed: a table with rows in quarantine that nobody has waived.
    """
    return _refuse_blockers(run, QuarantineState.of(ledger.quarantine).findings(waive, Severity.BLOCKER))


def require_columns_waived(run: MigrationRun, ledger: Ledger, waive: Mapping[str, str]) -> list[Finding]:
    """The columns that stay behind, as notes with the reason why.

    :raises ValidationFailed: a column that is left out and that nobody has waived.
    """
    return _refuse_blockers(run, left_out_findings(ledger, waive, Severity.BLOCKER))


def _refuse_blockers(run: MigrationRun, findings: list[Finding]) -> list[Finding]:
    blockers = [finding for finding in findings if finding.severity is Severity.BLOCKER]
    if blockers:
        raise ValidationFailed(
            " ".join(f"{finding.subject}: {finding.message}" for finding in blockers),
            mend=blockers[0].mend,
            subject=run.migration,
        )
    return findings


def _words(found: Difference) -> str:
    key = ", ".join(found.key) or f"{found.rows} rows"
    columns = f" in {', '.join(found.columns)}" if found.columns else ""
    return f"{found.table} ({key}) is {found.kind}{columns}"


def without_values(differences: Iterable[str], most: int = 5) -> str:
    """The first differences as one text."""
    listed = list(differences)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return "; ".join(listed[:most]) + more


__all__ = [
    "compare_everything",
    "compare_in_flight",
    "compare_touched",
    "count_differences",
    "require_columns_waived",
    "require_waived",
    "without_values",
]

"""Compares round and round between copy and cutover, while replication runs.

Ranges are compared one after the other, the one that was looked at longest ago first; the watch rests after each, so
that both servers have most of their time for others. A row that differs although the change stream has passed it
(``motion``) is kept in the ledger, looked at again every so often, and forgotten once it is equal. What is kept blocks
the cutover's gate until it is gone or waived. All state is in the ledger: a killed watch goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

from database_migration.engines.protocol import Session
from database_migration.ledger import Ledger, WatchedChunk, WatchedRow
from database_migration.model.control import Activity
from database_migration.model.key_range import KeyRange
from database_migration.model.migration_state import Direction, Phase, Side
from database_migration.model.report import Finding, Report, ReportTable, Severity, verdict_of
from database_migration.model.table_selection import TablePair
from database_migration.steps.replicate.cascaded import is_settled
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate.authors import told_apart
from database_migration.steps.validate.check_chunk import check_chunk
from database_migration.steps.validate.compare_tables import ranges_of
from database_migration.steps.validate.difference import Difference
from database_migration.steps.validate.motion import Motion
from database_migration.steps.validate.options import ValidateOptions
from database_migration.steps.validate.sides import Sides
from database_migration.steps.validate.waivers import Waivers

log = logging.getLogger(__name__)

WATCH_NOTE = "watch"
_LOOK_AGAIN_EVERY = 30.0
_LEAST_REST = 0.05
_MOST_REST = 60.0


def is_watch_wanted(ledger: Ledger) -> bool:
    """Whether there is something to watch: changes flow forward onto a copy that is complete, and nobody has paused."""
    state = ledger.runs.current()
    return (
        state is not None
        and state.epoch == ledger.epoch
        and state.phase is Phase.EXECUTE
        and state.serving is Side.SOURCE
        and state.replication is Direction.FORWARD
        and is_settled(ledger)
        and not any(ledger.controls.paused(one) for one in (Activity.REPLICATION, Activity.VALIDATION))
    )


def watch(run: MigrationRun, options: ValidateOptions) -> Report:
    """Compare for one stint, or until nothing is to be watched any more.

    :raises EpochPassed: the run was rolled back.
    """
    deadline = time.monotonic() + options.watch_stint.total_seconds()
    compared = chunks = 0
    with run.current_ledger() as ledger, Sides(run) as sides:
        if is_watch_wanted(ledger):
            pairs = {pair.source.name: pair for pair in run.pairs()}
            _cut(run, ledger, sides.source, pairs, options)
            with Motion(run, ledger.epoch, settle_seconds=options.settle.total_seconds()) as motion:
                looked_at = 0.0
                while time.monotonic() < deadline and is_watch_wanted(ledger):
                    if time.monotonic() - looked_at >= _LOOK_AGAIN_EVERY:
                        _look_again(ledger, sides, pairs, motion)
                        looked_at = time.monotonic()
                    began = time.monotonic()
                    chunk = ledger.watch.next()
                    if chunk is None or chunk.table not in pairs:
                        break
                    compared += _compare(ledger, sides, pairs[chunk.table], chunk, motion)
                    chunks += 1
                    _note(ledger)
                    _rest(time.monotonic() - began, options.watch_share, deadline)
        return _report(run, ledger, options, compared, chunks)


def open_findings(ledger: Ledger, waivers: Waivers) -> list[WatchedRow]:
    """Rows that differ and that nobody has waived."""
    return [
        row
        for row in ledger.watch.rows()
        if waivers.of_row(row.table, row.key) is None and row.table not in waivers.reasons
    ]


def _cut(
    run: MigrationRun, ledger: Ledger, session: Session, pairs: Mapping[str, TablePair], options: ValidateOptions
) -> None:
    for table, pair in pairs.items():
        if not ledger.watch.is_planned(table):
            ledger.watch.plan(table, ranges_of(run, session, pair, options.chunk_rows))


def _compare(ledger: Ledger, sides: Sides, pair: TablePair, chunk: WatchedChunk, motion: Motion) -> int:
    """Compare one range and keep what differs; rows compared."""
    key = pair.source_key if (chunk.lower, chunk.upper) != (None, None) else None
    outcome = check_chunk(sides, pair, KeyRange(key, chunk.lower, chunk.upper), motion)
    _keep(ledger, told_apart(ledger, sides, pair, outcome.judgement.differences))
    # Rows without a key cannot be followed while they move; the cutover compares them when nobody writes.
    equal = not (outcome.judgement.differences or outcome.judgement.not_judged)
    ledger.watch.checked(chunk, rows=outcome.rows, equal=equal)
    return outcome.rows


def _look_again(ledger: Ledger, sides: Sides, pairs: Mapping[str, TablePair], motion: Motion) -> None:
    by_table: dict[str, list[WatchedRow]] = {}
    for row in ledger.watch.rows():
        by_table.setdefault(row.table, []).append(row)
    for table, rows in by_table.items():
        if table not in pairs:
            continue
        judgement = motion.judge(sides, pairs[table], [row.key for row in rows])
        kept = {one.key for one in judgement.differences} | judgement.in_motion | judgement.not_judged
        for row in rows:
            if row.key not in kept:
                log.info("A row of %s is equal again.", table)
                ledger.watch.forget(table, row.key)
        known = {row.key: row.written_by for row in rows}
        _keep(ledger, [replace(one, written_by=known.get(one.key, "")) for one in judgement.differences])


def _keep(ledger: Ledger, differences: Iterable[Difference]) -> None:
    for one in differences:
        ledger.watch.keep(_row(one))


def _row(one: Difference) -> WatchedRow:
    return WatchedRow(one.table, one.key, one.kind.value, one.columns, one.written_by)


def _note(ledger: Ledger) -> None:
    rounds, chunks, done = ledger.watch.progress()
    differing = len(ledger.watch.rows())
    ledger.notes.put_note(
        WATCH_NOTE, {"rounds": rounds, "chunks": chunks, "chunks_done": done, "rows_differing": differing}
    )


def _rest(worked: float, share: float, deadline: float) -> None:
    rest = min(max(worked * (1 / share - 1), _LEAST_REST), _MOST_REST, max(deadline - time.monotonic(), 0))
    time.sleep(rest)


def _report(run: MigrationRun, ledger: Ledger, options: ValidateOptions, compared: int, chunks: int) -> Report:
    waivers = Waivers(options.waive)
    rows, still_open = ledger.watch.rows(), open_findings(ledger, waivers)
    rounds, every, done = ledger.watch.progress()
    tables = sorted({row.table for row in still_open})
    findings = [
        Finding(
            Severity.WARNING,
            "rows_differ",
            table,
            f"{sum(row.table == table for row in still_open)} rows differ although replication has passed them; they"
            " block the cutover's gate.",
            "find out who wrote them; run validate with repair: true, or name them under steps.validate.waive.",
        )
        for table in tables
    ]
    return Report(
        stem="validate",
        title="Validation while replication runs",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary={
            "complete_rounds": rounds,
            "chunks": every,
            "chunks_done_in_this_round": done,
            "rows_differing": len(rows),
            "rows_not_waived": len(still_open),
            "chunks_compared": chunks,
            "rows_compared": compared,
        },
        findings=findings,
        tables=(
            ReportTable(
                "Rows that differ",
                ("table", "difference", "key", "columns", "written by somebody else", "found at (UTC)"),
                tuple(
                    (row.table, row.kind, ", ".join(row.key), ", ".join(row.columns), row.written_by,
                     f"{row.found_at:%Y-%m-%d %H:%M:%S}" if row.found_at else "")
                    for row in rows[: options.max_differences_listed]
                ),
            ),
        ),
    )  # fmt: skip


__all__ = ["WATCH_NOTE", "is_watch_wanted", "open_findings", "watch"]

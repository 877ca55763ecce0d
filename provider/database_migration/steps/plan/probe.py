"""Measures on a few thousand rows what the copy, its indexes, its checksums and applying changes take.

Rows of tables of different shape are copied as a lane copies them, into a table of ours that is taken back. What comes
first pays for cold caches and fresh connections on both servers, so one sample is copied beforehand and not counted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice

from database_migration.engines.protocol import Session
from database_migration.errors import Refused
from database_migration.ledger import CONTROL_SCHEMA
from database_migration.model.change import Change, Operation
from database_migration.model.key_range import KeyRange
from database_migration.model.report import Finding, Severity
from database_migration.model.table_selection import TablePair
from database_migration.steps.chunked_copy.lane_figures import MeteredBlocks
from database_migration.steps.plan.probe_table import ProbeTable, probe_table
from database_migration.steps.plan.samples import sample_ranges, tables_to_probe
from database_migration.steps.plan.volumes import TableVolume
from database_migration.steps.run import MigrationRun

log = logging.getLogger(__name__)

_CHANGES = 1000
_MOST_LANES = 4
_SHORTEST_FOR_LANES = 0.1
"""Seconds of copying below which starting threads weighs more than what is measured."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One range of rows, copied and compared once; seconds are those of one lane."""

    rows: int
    bytes: int
    """Of the stream between the servers."""
    read_seconds: float
    """Of ``copy_seconds`` those that were spent waiting for the source."""
    copy_seconds: float
    source_checksum_seconds: float
    target_checksum_seconds: float


@dataclass(frozen=True, slots=True)
class TableProbe:
    """What was measured on one table."""

    table: str
    samples: tuple[Sample, ...] = ()
    create_seconds: float = 0.0
    apply_rows_per_second: float | None = None
    indexes: int = 0
    index_seconds: float | None = None
    """For all of ``indexes`` over the samples' rows; None where they could not be built."""

    @property
    def rows(self) -> int:
        """Rows of all samples."""
        return sum(sample.rows for sample in self.samples)

    @property
    def bytes(self) -> int:
        """Bytes of all samples."""
        return sum(sample.bytes for sample in self.samples)

    @property
    def copy_seconds(self) -> float:
        """Seconds of all samples."""
        return sum(sample.copy_seconds for sample in self.samples)


@dataclass(frozen=True, slots=True)
class SpeedUp:
    """How much faster several lanes were together than one."""

    lanes: int
    factor: float


@dataclass(frozen=True, slots=True)
class Probe:
    """All that was measured; empty where nothing could be."""

    tables: tuple[TableProbe, ...] = ()
    speed_up: SpeedUp | None = None


def probe(
    run: MigrationRun, volumes: Iterable[TableVolume], *, rows: int, tables: int, lanes: int
) -> tuple[Probe, list[Finding]]:
    """Measure ``rows`` rows in sum over at most ``tables`` tables; nothing stays on either side."""
    each = rows // tables
    findings: list[Finding] = []
    if not each:
        return Probe(), findings
    measured: list[TableProbe] = []
    speed_up = None
    with run.source.connect("plan") as source, run.target.connect("plan") as target:
        for volume in tables_to_probe(list(volumes), tables):
            if len(measured) == tables:
                break
            ranges = sample_ranges(run, source, volume, each)
            if not ranges:
                continue
            try:
                if not measured:
                    _warm_up(run, source, target, volume.pair, ranges[0])
                one = _measure(run, source, target, volume.pair, ranges, findings)
            except Refused as refusal:
                findings.append(_not_loaded(volume.name, refusal))
                continue
            if not one.rows:
                continue
            log.info("Probe of %s: %d rows, %d bytes, %.3f s.", one.table, one.rows, one.bytes, one.copy_seconds)
            measured.append(one)
            if speed_up is None:
                speed_up = _together(run, volume.pair, ranges, one, min(lanes, _MOST_LANES, len(ranges)))
    return Probe(tuple(measured), speed_up), findings


def _warm_up(run: MigrationRun, source: Session, target: Session, pair: TablePair, rows: KeyRange) -> None:
    with probe_table(run, target, pair) as made:
        _copy(run, source, pair, made, rows)


def _measure(
    run: MigrationRun,
    source: Session,
    target: Session,
    pair: TablePair,
    ranges: list[KeyRange],
    findings: list[Finding],
) -> TableProbe:
    """One table; what is measured last and fails is left out, as nothing may follow a failure in a transaction."""
    made = TableProbe(pair.source.name)
    began = time.monotonic()
    try:
        with probe_table(run, target, pair) as ours:
            made = replace(made, create_seconds=time.monotonic() - began)
            samples = [_sample(run, source, pair, ours, rows) for rows in ranges]
            made = replace(made, samples=tuple(sample for sample in samples if sample.rows))
            if made.rows and pair.row_key:
                made = replace(made, apply_rows_per_second=_apply(run, source, pair, ours, ranges[0]))
            if made.rows and ours.table.indexes:
                seconds = _build_indexes(run, ours)
                made = replace(made, indexes=len(ours.table.indexes), index_seconds=seconds)
    except Refused as refusal:
        if not made.rows:
            raise
        findings.append(
            Finding(
                Severity.NOTE,
                "probe_incomplete",
                made.table,
                f"Not everything could be measured on a sample of the table: {refusal.problem}",
                "nothing has to be done: other tables' figures, or an assumed rate, stand in for it.",
            )
        )
    return made


def _sample(run: MigrationRun, source: Session, pair: TablePair, made: ProbeTable, rows: KeyRange) -> Sample:
    count, blocks, seconds = _copy(run, source, pair, made, rows)
    began = time.monotonic()
    run.source.engine.rows.checksum(source, run.source.schema, pair.source, pair.source_columns, rows)
    source_checksum = time.monotonic() - began
    began = time.monotonic()
    key = pair.target_key if rows.key else None
    run.target.engine.rows.checksum(
        made.session, CONTROL_SCHEMA, made.table, pair.target_columns, KeyRange(key, rows.lower, rows.upper)
    )
    return Sample(count, blocks.bytes, blocks.seconds, seconds, source_checksum, time.monotonic() - began)


def _copy(
    run: MigrationRun, source: Session, pair: TablePair, made: ProbeTable, rows: KeyRange
) -> tuple[int, MeteredBlocks, float]:
    """As a lane does it: rows, what passed, and seconds."""
    engine = run.target.engine
    began = time.monotonic()
    blocks = MeteredBlocks(
        run.source.engine.rows.read_bulk(
            source, run.source.schema, pair.source, pair.source_columns, rows, engine.traits.bulk_format
        )
    )
    with made.writing():
        loaded = engine.rows.load_bulk(made.session, CONTROL_SCHEMA, made.table, pair.target_columns, blocks)
    return loaded, blocks, time.monotonic() - began


def _apply(run: MigrationRun, source: Session, pair: TablePair, made: ProbeTable, rows: KeyRange) -> float | None:
    """Rows a second that are put by their key, as changes are; reading and decoding the log comes on top."""
    names = [column.name for column in pair.source_columns]
    texts = run.source.engine.rows.fetch(source, run.source.schema, pair.source, pair.source_columns, rows)
    images = [dict(zip(names, values, strict=True)) for values in islice(texts, _CHANGES)]
    changes = [Change(Operation.INSERT, pair.source.name, after=image) for image in images]
    began = time.monotonic()
    with made.writing():
        run.target.engine.writer.apply(
            made.session, CONTROL_SCHEMA, {pair.source.name: replace(pair, target=made.table)}, changes
        )
    seconds = time.monotonic() - began
    return len(changes) / seconds if changes and seconds else None


def _build_indexes(run: MigrationRun, made: ProbeTable) -> float:
    table = made.table
    statements = [run.target.engine.ddl.create_index(CONTROL_SCHEMA, table, index) for index in table.indexes]
    began = time.monotonic()
    for statement in statements:
        made.session.execute(statement.sql)
    return time.monotonic() - began


def _together(
    run: MigrationRun, pair: TablePair, ranges: list[KeyRange], alone: TableProbe, lanes: int
) -> SpeedUp | None:
    """The same samples by so many lanes at once; None where there is too little to tell."""
    if lanes < 2 or alone.copy_seconds < _SHORTEST_FOR_LANES:
        return None
    with ExitStack() as stack:
        ends = []
        for number in range(lanes):
            source = stack.enter_context(run.source.connect(f"plan lane {number}"))
            target = stack.enter_context(run.target.connect(f"plan lane {number}"))
            ends.append((source, stack.enter_context(probe_table(run, target, pair, number))))

        def lane(number: int) -> None:
            source, made = ends[number]
            for rows in ranges[number::lanes]:
                _copy(run, source, pair, made, rows)

        began = time.monotonic()
        with ThreadPoolExecutor(lanes) as pool:
            list(pool.map(lane, range(lanes)))
        wall = time.monotonic() - began
    return SpeedUp(lanes, min(float(lanes), max(alone.copy_seconds / wall, 0.5)))


def _not_loaded(table: str, refusal: Refused) -> Finding:
    return Finding(
        Severity.WARNING,
        "probe_not_loaded",
        table,
        f"A sample of the table could not be copied into the target: {refusal.problem}",
        refusal.mend,
    )


__all__ = ["Probe", "Sample", "SpeedUp", "TableProbe", "probe"]

"""Measures how fast a few thousand rows are read from the source and loaded into the target.

What is loaded goes into a table in the control schema, which is ours, inside a transaction that is rolled
back; where DDL is not transactional the empty table is dropped afterwards.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

from database_migration.engines.protocol import Session
from database_migration.errors import Interrupted, Refused
from database_migration.ledger import CONTROL_SCHEMA
from database_migration.model.column_type import Form
from database_migration.model.key_range import KeyRange
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Table
from database_migration.model.table_selection import TablePair
from database_migration.steps.plan.volumes import TableVolume
from database_migration.steps.run import MigrationRun

log = logging.getLogger(__name__)

_WHOLE_TABLE_FACTOR = 2  # a table that cannot be cut is sampled whole when it is not much larger than the sample


@dataclass(frozen=True, slots=True)
class Measured:
    """One table's sample."""

    table: str
    rows: int
    bytes: int
    """Of the stream between the servers."""
    read_seconds: float
    load_seconds: float | None
    """None where the sample could not be loaded."""


def probe(
    run: MigrationRun, volumes: Iterable[TableVolume], *, rows: int, tables: int
) -> tuple[list[Measured], list[Finding]]:
    """Samples of the largest tables, ``rows`` in sum; nothing stays on either side."""
    each = rows // tables
    measured: list[Measured] = []
    findings: list[Finding] = []
    if not each:
        return measured, findings
    with run.source.connect("plan") as source, run.target.connect("plan") as target:
        for volume in sorted(volumes, key=lambda volume: -volume.bytes):
            if len(measured) == tables:
                break
            sample = _sample_range(run, source, volume, each)
            if sample is None:
                continue
            one = _measure(run, source, target, volume.pair, sample, findings)
            if one.rows:
                measured.append(one)
    return measured, findings


def _sample_range(run: MigrationRun, source: Session, volume: TableVolume, rows: int) -> KeyRange | None:
    """A range of about ``rows`` rows at the key's lower end; None where there is no cheap one."""
    key = volume.pair.source_key
    # The first column of a longer key may have any number of rows for one value.
    if key is None or key.form is not Form.INTEGER or len(volume.pair.row_key) > 1:
        return KeyRange.everything() if volume.rows <= rows * _WHOLE_TABLE_FACTOR else None
    quote = run.source.engine.ddl.quote
    column, table = quote(key.column), quote(run.source.schema, volume.name)
    found = source.execute(f"SELECT max(k) FROM (SELECT {column} AS k FROM {table} ORDER BY {column} LIMIT {rows}) s")
    highest = found[0][0]
    return None if highest is None else KeyRange(key, None, str(int(cast(int, highest)) + 1))


def _measure(
    run: MigrationRun, source: Session, target: Session, pair: TablePair, sample: KeyRange, findings: list[Finding]
) -> Measured:
    began = time.monotonic()
    blocks = list(
        run.source.engine.rows.read_bulk(
            source,
            run.source.schema,
            pair.source,
            pair.source_columns,
            sample,
            run.target.engine.traits.bulk_format,
        )
    )
    read = time.monotonic() - began
    try:
        rows, load = _load_and_undo(run, target, pair, blocks)
    except Interrupted:
        raise
    except Refused as refusal:
        findings.append(
            Finding(
                Severity.WARNING,
                "probe_not_loaded",
                pair.source.name,
                f"A sample of the table could not be loaded into the target: {refusal.problem}",
                refusal.mend,
            )
        )
        rows, load = sum(block.count(b"\n") for block in blocks), None
    octets = sum(len(block) for block in blocks)
    log.info("probe of %s: %d rows, %d bytes, read %.3f s, load %s s", pair.source.name, rows, octets, read, load)
    return Measured(pair.source.name, rows, octets, read, load)


class _RollBack(Exception):
    pass


def _load_and_undo(run: MigrationRun, target: Session, pair: TablePair, blocks: list[bytes]) -> tuple[int, float]:
    engine = run.target.engine
    table = replace(pair.target, name=f"probe_{run.log_name}"[:60], indexes=(), foreign_keys=(), checks=(), comment="")
    create, drop = engine.ddl.create_table(CONTROL_SCHEMA, table), engine.ddl.drop_table(CONTROL_SCHEMA, table.name)
    outcome = (0, 0.0)
    try:
        if not engine.traits.transactional_ddl:
            target.execute(drop)  # a killed probe may have left it
            target.execute(create.sql)
        with target.transaction():
            if engine.traits.transactional_ddl:
                target.execute(create.sql)
            outcome = _timed_load(run, target, pair, table, blocks)
            raise _RollBack
    except _RollBack:
        return outcome
    finally:
        if not engine.traits.transactional_ddl:
            target.execute(drop)


def _timed_load(
    run: MigrationRun, target: Session, pair: TablePair, table: Table, blocks: list[bytes]
) -> tuple[int, float]:
    began = time.monotonic()
    rows = run.target.engine.rows.load_bulk(target, CONTROL_SCHEMA, table, pair.target_columns, blocks)
    return rows, time.monotonic() - began


__all__ = ["Measured", "probe"]

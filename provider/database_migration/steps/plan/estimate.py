"""Seconds of each phase, as a range, from what was measured.

The copy follows rates by row and by byte that are fitted to samples of several tables, so that a table of other shape
than those is predicted by its shape. Lanes follow Amdahl's law with the share of work that could not overlap when a
few of them were measured together. What could not be measured is assumed, and said to be.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from database_migration.steps.plan.options import PlanOptions
from database_migration.steps.plan.probe import Probe, SpeedUp, TableProbe
from database_migration.steps.plan.seconds import Point, Rate, Seconds, fit
from database_migration.steps.plan.volumes import TableVolume

COPY, KEYS, CATCH_UP, VALIDATE, PREPARE = "copy", "indexes and keys", "catch up", "validate", "create tables"
_FINEST = 100  # pieces into which a table is cut for the schedule's picture
_BYTES_PER_LANE = 64 * 1024 * 1024
_MOST_PROPOSED = 4
_LEAST_SERIAL = 0.02
_TASK = Seconds(1.0, 5.0)
"""What Airflow takes to start a task, on top of each phase."""
_LOG_IS_SLOWER = 5.0
"""How much slower changes are applied than they are put when they come one by one out of the log, at worst."""
_TOO_NEAR = 0.8
"""Share of what can be applied above which the source's writes may outrun applying."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of the run."""

    name: str
    seconds: Seconds
    basis: str
    """What the figure rests on."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long everything takes; made once from volumes and probe."""

    copy_rate: Rate
    stream_bytes: dict[str, float]
    """Bytes between the servers by table."""
    copies: dict[str, Seconds]
    """Each table alone on one lane."""
    by_lanes: dict[int, Seconds]
    """The whole copy by number of lanes."""
    phases: tuple[Phase, ...]
    apply_rows_per_second: Seconds | None
    """Rows a second, at worst and at best."""

    @property
    def total(self) -> Seconds:
        """All phases, one after the other."""
        return sum((phase.seconds for phase in self.phases), Seconds(0.0, 0.0))

    def seconds_of(self, phase: str) -> Seconds:
        """The range of a phase; KeyError where it has none."""
        for one in self.phases:
            if one.name == phase:
                return one.seconds
        raise KeyError(phase)


def estimate(
    volumes: Sequence[TableVolume], measured: Probe, options: PlanOptions, *, lanes: int, writes: float | None
) -> Estimate | None:
    """The whole estimate, None when nothing was measured; ``writes``: rows a second, None where none are replicated."""
    rate = fit([Point(s.rows, s.bytes, s.copy_seconds) for one in measured.tables for s in one.samples])
    if rate is None:
        return None
    stream = _stream_bytes(volumes, measured.tables)
    copies = {volume.name: rate.seconds(volume.rows, stream[volume.name]) for volume in volumes}
    tried = sorted({1, 2, 4, 8, lanes})
    by_lanes = {number: _copy(volumes, copies, number, measured.speed_up) for number in tried}
    apply = _apply_rate(measured.tables)
    phases = [
        Phase(PREPARE, _prepare(volumes, measured.tables), "creating the probe's tables"),
        Phase(COPY, by_lanes[lanes] + _TASK, _copy_basis(measured)),
        _keys(volumes, measured.tables, options),
    ]
    if writes is not None:
        busy = phases[1].seconds + phases[2].seconds
        phases.append(Phase(CATCH_UP, _catch_up(busy, writes, apply) + _TASK, _catch_up_basis(writes, apply)))
    phases.append(
        Phase(VALIDATE, _validate(volumes, stream, measured.tables, options), "checksums of the samples on both sides")
    )
    return Estimate(rate, stream, copies, by_lanes, tuple(phases), apply)


def proposed_lanes(volumes: Sequence[TableVolume]) -> int:
    """A lane for each 64 MiB, up to four, and never more than there are chunks."""
    wanted = 1 + sum(volume.bytes for volume in volumes) // _BYTES_PER_LANE
    return max(1, min(wanted, _MOST_PROPOSED, sum(volume.chunks for volume in volumes)))


def outruns(writes: float, apply: Seconds | None) -> bool:
    """Whether the source's writes may come faster than they are applied."""
    return apply is not None and writes > apply.low * _TOO_NEAR


def schedule(
    volumes: Sequence[TableVolume], copies: dict[str, Seconds], copy: Seconds, lanes: int
) -> dict[str, tuple[float, float]]:
    """{table: (start, end)} in seconds of the copy's middle when lanes claim the largest tables' chunks first."""
    free = [0.0] * lanes
    times: dict[str, tuple[float, float]] = {}
    for volume in sorted(volumes, key=lambda volume: -volume.rows):
        pieces = min(volume.chunks, _FINEST)
        each = copies[volume.name].middle / pieces
        for _ in range(pieces):
            start = heapq.heappop(free)
            heapq.heappush(free, start + each)
            first, last = times.get(volume.name, (start, start))
            times[volume.name] = (min(first, start), max(last, start + each))
    end = max((last for _, last in times.values()), default=0.0)
    scale = copy.middle / end if end else 0.0
    return {name: (first * scale, last * scale) for name, (first, last) in times.items()}


def _stream_bytes(volumes: Sequence[TableVolume], probed: Sequence[TableProbe]) -> dict[str, float]:
    """As measured where it was, else what statistics say, scaled by how far they were off elsewhere."""
    by_name = {volume.name: volume for volume in volumes}
    per_row = {one.table: one.bytes / one.rows for one in probed if one.rows}
    ratios = [each / by_name[name].row_bytes for name, each in per_row.items() if by_name[name].row_bytes]
    ratio = median(ratios) if ratios else 1.0
    return {volume.name: volume.rows * per_row.get(volume.name, volume.row_bytes * ratio) for volume in volumes}


def _copy(volumes: Sequence[TableVolume], copies: dict[str, Seconds], lanes: int, measured: SpeedUp | None) -> Seconds:
    """Never shorter than the longest table that is one chunk: lanes do not help there."""
    whole = sum(copies.values(), Seconds(0.0, 0.0))
    uncut = [copies[volume.name] for volume in volumes if volume.chunks == 1]
    usable = min(lanes, max(1, sum(volume.chunks for volume in volumes)))
    best, worst = _speed_up(usable, measured)
    return Seconds(
        max(whole.low / best, *(one.low for one in uncut), 0.0),
        max(whole.high / worst, *(one.high for one in uncut), 0.0),
    )


def _speed_up(lanes: int, measured: SpeedUp | None) -> tuple[float, float]:
    """At best and at worst."""
    if lanes == 1:
        return 1.0, 1.0
    if measured is None:
        return float(lanes), 1.0
    serial = (measured.lanes / measured.factor - 1) / (measured.lanes - 1)
    best = 1 / (max(serial, _LEAST_SERIAL) + (1 - max(serial, _LEAST_SERIAL)) / lanes) if serial < 1 else 1.0
    # More lanes than were tried together may well get no further than those did.
    return max(best, 1.0), max(min(best, measured.factor) * 0.8, 0.5)


def _prepare(volumes: Sequence[TableVolume], probed: Sequence[TableProbe]) -> Seconds:
    each = [one.create_seconds for one in probed]
    return Seconds(min(each) * len(volumes), max(each) * len(volumes) * 1.5) + _TASK


def _keys(volumes: Sequence[TableVolume], probed: Sequence[TableProbe], options: PlanOptions) -> Phase:
    """Sorting grows with n log n, from the sample's rows to the table's; a foreign key counts as an index."""
    built = [one for one in probed if one.indexes and one.index_seconds]
    assumed = 1 / options.index_rows_per_second
    sampled = median(one.rows for one in built) if built else 0.0
    entry = (
        sum(one.index_seconds or 0.0 for one in built) / sum(one.rows * one.indexes for one in built) if built else 0.0
    )
    # A small sample pays for the statement, not for its rows, so neither figure alone is to be trusted.
    low, high = (min(entry, assumed), max(entry, assumed)) if built else (assumed / 2, assumed * 2)
    seconds = [_sorted_rows(volume.rows, sampled) * volume.keys for volume in volumes]
    most = max(1, min(options.index_parallel, sum(volume.keys for volume in volumes)))
    range_ = Seconds(max(sum(seconds) / most, *seconds, 0.0) * low if seconds else 0.0, sum(seconds) * high)
    basis = (
        f"indexes of the samples, and {options.index_rows_per_second:,} rows/s as the other bound"
        if built
        else f"assumed: {options.index_rows_per_second:,} rows per second and index"
    )
    return Phase(KEYS, range_ + _TASK, basis)


def _sorted_rows(rows: int, sampled: float) -> float:
    return rows * max(1.0, math.log2(max(rows, 2)) / math.log2(sampled)) if sampled > 2 else float(rows)


def _apply_rate(probed: Sequence[TableProbe]) -> Seconds | None:
    rates = [one.apply_rows_per_second for one in probed if one.apply_rows_per_second]
    return Seconds(min(rates) / _LOG_IS_SLOWER, max(rates)) if rates else None


def _catch_up(busy: Seconds, writes: float, apply: Seconds | None) -> Seconds:
    """What piles up while rows are copied and indexes built goes at the rate at which applying is faster."""
    if apply is None or not writes:
        return Seconds(0.0, 0.0)
    at_best = busy.low * writes / max(apply.high - writes, writes * 0.1)
    at_worst = busy.high * writes / max(apply.low - writes, apply.low * 0.1)
    return Seconds(at_best, max(at_best, at_worst))


def _validate(
    volumes: Sequence[TableVolume], stream: dict[str, float], probed: Sequence[TableProbe], options: PlanOptions
) -> Seconds:
    """Both sides work at once; at worst one after the other, and chunks side by side win nothing."""
    samples = [sample for one in probed for sample in one.samples]
    source = fit([Point(s.rows, s.bytes, s.source_checksum_seconds) for s in samples])
    target = fit([Point(s.rows, s.bytes, s.target_checksum_seconds) for s in samples])
    rows, octets = sum(volume.rows for volume in volumes), sum(stream.values())
    sides = [rate.seconds(rows, octets) for rate in (source, target) if rate is not None]
    if not sides:
        return _TASK
    low = max(side.low for side in sides) / options.validate_parallel
    return Seconds(low, sum(side.high for side in sides)) + _TASK


def _copy_basis(measured: Probe) -> str:
    rows = sum(one.rows for one in measured.tables)
    told = f"{rows:,} rows of {len(measured.tables)} tables"
    if measured.speed_up is not None:
        told += f"; {measured.speed_up.lanes} lanes together were {measured.speed_up.factor:.1f} times as fast as one"
    return told


def _catch_up_basis(writes: float, apply: Seconds | None) -> str:
    if apply is None:
        return f"{writes:,.0f} rows/s written on the source; applying could not be measured"
    return f"{writes:,.0f} rows/s written on the source, {apply.low:,.0f} to {apply.high:,.0f} applied"


__all__ = [
    "CATCH_UP",
    "COPY",
    "KEYS",
    "PREPARE",
    "VALIDATE",
    "Estimate",
    "Phase",
    "estimate",
    "outruns",
    "proposed_lanes",
    "schedule",
]

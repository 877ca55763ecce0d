"""How fast changes are applied and how far behind, sampled while it happens."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from database_migration.model.log_position import LogPosition
from database_migration.model.migration_state import Direction
from database_migration.model.report import ReportPlot

_SAMPLE_EVERY = 1.0
_NOTE_EVERY = 2.0
_MOST_SAMPLES = 600


@dataclass(frozen=True, slots=True)
class _Sample:
    seconds: float
    changes: int
    lag: float


class Throughput:
    """A series that thins itself out, so that a long stint takes no more room than a short one."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._every = _SAMPLE_EVERY
        self._noted_at = 0.0
        self._samples = [_Sample(0.0, 0, 0.0)]
        self.lag = 0.0
        self.worst_lag = 0.0

    def sample(self, changes: int, lag: float) -> None:
        """Take notice of the sum of changes so far and the present lag in seconds; cheap."""
        self.lag, self.worst_lag = lag, max(lag, self.worst_lag)
        seconds = time.monotonic() - self._began
        if seconds - self._samples[-1].seconds < self._every:
            return
        self._samples.append(_Sample(seconds, changes, lag))
        if len(self._samples) > _MOST_SAMPLES:
            self._samples = self._samples[::2]
            self._every *= 2

    @property
    def seconds(self) -> float:
        """How long this has been going on."""
        return time.monotonic() - self._began

    @property
    def due(self) -> bool:
        """Whether the note should be written again."""
        return time.monotonic() - self._noted_at >= _NOTE_EVERY

    def note(self, direction: Direction, position: LogPosition) -> dict[str, object]:
        """What the Migration page shows."""
        self._noted_at = time.monotonic()
        first, last = self._samples[max(0, len(self._samples) - 6)], self._samples[-1]
        span = last.seconds - first.seconds
        return {
            "direction": direction.value,
            "position": position.text,
            "changes_per_second": round((last.changes - first.changes) / span, 1) if span > 0 else 0.0,
            "lag_seconds": round(self.lag, 3),
            "updated_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    def plots(self) -> tuple[ReportPlot, ...]:
        """Lag and changes per second over time."""
        pairs = list(zip(self._samples, self._samples[1:], strict=False))
        if len(pairs) < 2:
            return ()
        x = tuple(round(after.seconds, 1) for _, after in pairs)
        rates = tuple((after.changes - before.changes) / (after.seconds - before.seconds) for before, after in pairs)
        return (
            ReportPlot("Lag", "line", x, {"lag": tuple(after.lag for _, after in pairs)}, "seconds", "seconds behind"),
            ReportPlot("Changes applied", "line", x, {"changes": rates}, "seconds", "changes per second"),
        )


__all__ = ["Throughput"]

"""What the copy does at this moment: how fast, how long still, and why it is not faster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from database_migration.model.control import FRESH, ControlLine, LaneNow, LaneState


@dataclass(frozen=True, slots=True)
class CopyPace:
    """All lanes as one."""

    lanes: Sequence[LaneNow]
    paused: ControlLine | None
    read_at: datetime
    rows_left: int
    chunks_left: int

    @property
    def state(self) -> str:
        """``done``, ``paused``, ``pausing``, ``waiting``, ``limited``, ``copying`` or ``idle``."""
        if not self.chunks_left:
            return "done"
        if self.paused is not None:
            return "pausing" if self.at_work else "paused"
        if self.at_work:
            return "limited" if any(lane.state is LaneState.LIMITED for lane in self.at_work) else "copying"
        return "waiting" if self.reasons else "idle"

    @property
    def at_work(self) -> Sequence[LaneNow]:
        """Lanes that copy now."""
        return [lane for lane in self.lanes if lane.is_at_work(self.read_at)]

    @property
    def reasons(self) -> Sequence[str]:
        """Why lanes wait or are limited, each said once."""
        speaking = (
            lane
            for lane in self.lanes
            if lane.reason and lane.state in (LaneState.WAITING, LaneState.LIMITED) and self.read_at - lane.at < FRESH
        )
        return list(dict.fromkeys(lane.reason for lane in speaking))

    @property
    def rows_per_second(self) -> float:
        """Of all lanes, over the last seconds."""
        return sum(lane.rows_per_second for lane in self.at_work)

    @property
    def bytes_per_second(self) -> float:
        """Of all lanes, over the last seconds."""
        return sum(lane.bytes_per_second for lane in self.at_work)

    @property
    def seconds_left(self) -> float | None:
        """At this pace; None where nothing moves."""
        rate = self.rows_per_second
        return max(self.rows_left, 0) / rate if rate > 0 and self.chunks_left else None


__all__ = ["CopyPace"]

"""What people tell a run while it is under way: pause, resume, a limit; each with who, when and why.

Lines are notes that are only ever added, and the last one about a subject holds. So a run that an earlier release
opened can be paused too, and nothing is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from database_migration.ledger._table import LedgerPart, now
from database_migration.ledger.notes import Notes
from database_migration.model.control import Activity, ControlLine, LaneNow, LaneState, Limit

_CONTROL = "control_"
_LANE = "lane_now_"
_LIMIT = "limit"
_MOST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Controls(LedgerPart):
    """The controls of one run."""

    def pause(self, activity: Activity, *, who: str, why: str) -> None:
        """Have an activity rest until somebody resumes it."""
        self._add({"subject": activity.value, "state": "paused", "who": who, "why": why})

    def resume(self, activity: Activity, *, who: str, why: str = "") -> None:
        """Let an activity go on."""
        self._add({"subject": activity.value, "state": "resumed", "who": who, "why": why})

    def set_limit(self, limit: Limit | None, *, who: str, why: str = "") -> None:
        """Limit the copy from now on, whatever the spec says; None: as the spec says again."""
        line: dict[str, object] = {"subject": _LIMIT, "who": who, "why": why}
        if limit is None:
            self._add(line | {"state": "as_specified"})
            return
        figures = {"rows_per_second": limit.rows_per_second, "bytes_per_second": limit.bytes_per_second}
        self._add(line | {"state": "limited", **figures})

    def paused(self, activity: Activity) -> ControlLine | None:
        """The line by which an activity is paused; None while it is not."""
        line = self._latest(activity.value)
        return line if line is not None and line.state == "paused" else None

    def limit(self) -> ControlLine | None:
        """The line by which the copy is limited otherwise than by the spec; None where the spec holds."""
        line = self._latest(_LIMIT)
        return line if line is not None and line.state == "limited" else None

    def journal(self) -> list[ControlLine]:
        """Every line, the oldest first."""
        return [_line(said) for _, said in self._notes.named(_CONTROL)]

    def _latest(self, subject: str) -> ControlLine | None:
        return next((line for line in reversed(self.journal()) if line.subject == subject), None)

    def _add(self, line: dict[str, object]) -> None:
        # Two people at once: the second one's insert fails on the key, and is told so.
        number = len(self._notes.named(_CONTROL)) + 1
        why = str(line["why"])[:_MOST_WORDS]
        self._notes.put_note(f"{_CONTROL}{number:06}", line | {"why": why, "at": now().isoformat()})

    @property
    def _notes(self) -> Notes:
        return Notes(self.session, self.migration, self.epoch)


@dataclass(frozen=True, slots=True)
class Lanes(LedgerPart):
    """What each lane was doing when it last said so."""

    def say(self, lane: LaneNow) -> None:
        """Replace what a lane said before."""
        said = {
            "state": lane.state.value,
            "at": lane.at.isoformat(),
            "table": lane.table,
            "rows": lane.rows,
            "bytes": lane.bytes,
            "rows_per_second": round(lane.rows_per_second, 1),
            "bytes_per_second": round(lane.bytes_per_second, 1),
            "reason": lane.reason,
        }
        Notes(self.session, self.migration, self.epoch).put_note(f"{_LANE}{lane.lane}", said)

    def all(self) -> list[LaneNow]:
        """Every lane that ever said something, by its number."""
        notes = Notes(self.session, self.migration, self.epoch).named(_LANE)
        return sorted((_lane(name, said) for name, said in notes), key=lambda lane: lane.lane)


def _line(said: dict[str, Any]) -> ControlLine:
    return ControlLine(
        subject=said["subject"],
        state=said["state"],
        who=said["who"],
        why=said["why"],
        at=datetime.fromisoformat(said["at"]),
        limit=Limit(said.get("rows_per_second"), said.get("bytes_per_second")),
    )


def _lane(name: str, said: dict[str, Any]) -> LaneNow:
    return LaneNow(
        lane=int(name.removeprefix(_LANE)),
        state=LaneState(said["state"]),
        at=datetime.fromisoformat(said["at"]),
        table=said["table"],
        rows=said["rows"],
        bytes=said["bytes"],
        rows_per_second=said["rows_per_second"],
        bytes_per_second=said["bytes_per_second"],
        reason=cast(str, said["reason"]),
    )


__all__ = ["Controls", "Lanes"]

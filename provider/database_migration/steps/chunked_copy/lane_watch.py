"""One lane's eyes and voice, inside a chunk too: what people told the run, how fast it goes, how many lanes there are.

All of it goes by a session of its own that commits at once: the chunk's own transaction shows nothing before its end.
"""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, datetime

from database_migration.errors import Interrupted, Paused
from database_migration.ledger import Ledger
from database_migration.model.control import Activity, LaneNow, LaneState, Limit
from database_migration.model.table_selection import TablePair
from database_migration.steps.chunked_copy.progress import Progress
from database_migration.steps.chunked_copy.rate import Rate

_LOOK_EVERY = 1.0
_SPEED_OVER = 10.0
"""Seconds."""
_USUAL_WIDTH = 100.0
"""Bytes of a row of a table of which nothing is known."""


class LaneWatch:
    """Counts what passes, holds it to the limit, and tells the ledger and the log.

    :param limit: what the spec allows all lanes together; a person may say otherwise while they work.
    """

    def __init__(self, lane: int, limit: Limit) -> None:
        self._lane = lane
        self._specified = self._limit = limit
        self._progress = Progress()
        self._rate = Rate()
        self._widths: dict[str, float] = {}
        self._looked_at = self._asked_at = float("-inf")
        self._table = ""
        self._rows = 0.0
        self._octets = 0
        self._stopped = False
        self._passed: deque[tuple[float, float, int]] = deque([(time.monotonic(), 0.0, 0)])

    def through(self, ledger: Ledger) -> None:
        """Use this ledger from now on: over a session that nobody else uses while a chunk is loaded."""
        self._ledger = ledger

    def may_begin(self) -> None:
        """Return when the limit allows another chunk; before a chunk only, when nothing is open.

        :raises Paused: somebody paused the copy.
        """
        self._require_not_paused()
        if self._rate.is_limited:
            self._rate.wait(self._require_not_paused)

    def waits(self, reason: str) -> None:
        """Tell why the lane does not begin a chunk; raises like ``may_begin``."""
        self._passed = deque([(time.monotonic(), 0.0, 0)])
        self._ledger.lanes.say(self._now(LaneState.WAITING, reason))
        self._require_not_paused()

    def ends(self) -> None:
        """Tell that nothing is left to claim."""
        self._ledger.lanes.say(self._now(LaneState.ENDED))

    def begins(self, pair: TablePair) -> None:
        """Take notice of a chunk of a table that will be read now."""
        self._stopped = False
        source = pair.source
        width = source.estimated_bytes / source.estimated_rows if source.estimated_rows else 0.0
        self._table, self._rows, self._octets = source.name, 0.0, 0
        self._widths.setdefault(self._table, width or _USUAL_WIDTH)
        self._look()

    def passed(self, octets: int) -> float:
        """Take notice of a block that is about to be loaded, and hold it until it may go; for how many seconds."""
        self._count(octets / self._widths[self._table], octets)
        self._look()
        held = self._rate.wait(self._look)
        self._require_not_stopped()
        return held

    def stop(self) -> None:
        """Let no further block pass: whoever reads the stream, on another thread perhaps, gets Interrupted."""
        self._stopped = True

    def copied(self, rows: int, octets: int) -> LaneNow:
        """Settle the account with what the chunk held in truth; what belongs into its transaction."""
        self._count(rows - self._rows, octets - self._octets)
        if rows:
            self._widths[self._table] = max(octets / rows, 1.0)
        self._rows, self._octets = 0.0, 0
        return self._working()

    def tell(self) -> None:
        """Tell the log how far all is, each ten seconds."""
        self._progress.tell(self._ledger, self._table)

    def _count(self, rows: float, octets: int) -> None:
        self._rows += rows
        self._octets += octets
        self._rate.moved(octets, rows)
        _, all_rows, all_octets = self._passed[-1]
        self._passed.append((time.monotonic(), all_rows + rows, all_octets + octets))
        while len(self._passed) > 2 and self._passed[-1][0] - self._passed[1][0] > _SPEED_OVER:
            self._passed.popleft()

    def _require_not_stopped(self) -> None:
        if self._stopped:
            raise Interrupted("The lane was told to stop.", mend="clear the task; the chunk is copied again.")

    def _look(self) -> None:
        self._require_not_stopped()
        if time.monotonic() - self._looked_at < _LOOK_EVERY:
            return
        self._looked_at = time.monotonic()
        told = self._ledger.controls.limit()
        self._limit = self._specified if told is None else told.limit
        self._ledger.lanes.say(self._working())
        now = datetime.now(UTC)
        self._rate.share(self._limit, sum(lane.is_at_work(now) for lane in self._ledger.lanes.all()))
        self.tell()

    def _require_not_paused(self) -> None:
        if time.monotonic() - self._asked_at < _LOOK_EVERY:
            return
        self._asked_at = time.monotonic()
        line = self._ledger.controls.paused(Activity.COPY)
        if line is not None:
            self._ledger.lanes.say(self._now(LaneState.PAUSED))
            raise Paused(
                f"{line.who} paused the copy at {line.at:%Y-%m-%d %H:%M} UTC{': ' if line.why else ''}{line.why}.",
                mend="resume it on the Migration page; this task goes on by itself then.",
                activity=Activity.COPY.value,
                subject=self._ledger.migration,
            )

    def _working(self) -> LaneNow:
        if self._limit:
            return self._now(LaneState.LIMITED, f"limited to {self._limit} for all lanes together")
        return self._now(LaneState.COPYING)

    def _now(self, state: LaneState, reason: str = "") -> LaneNow:
        (began, rows_then, octets_then), (_, rows, octets) = self._passed[0], self._passed[-1]
        seconds = max(time.monotonic() - began, 0.001)
        moving = state in (LaneState.COPYING, LaneState.LIMITED)
        return LaneNow(
            self._lane,
            state,
            datetime.now(UTC),
            self._table,
            max(int(self._rows), 0) if moving else 0,
            self._octets if moving else 0,
            max(rows - rows_then, 0.0) / seconds if moving else 0.0,
            max(octets - octets_then, 0) / seconds if moving else 0.0,
            reason,
        )


__all__ = ["LaneWatch"]

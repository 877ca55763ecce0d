"""When a window opens, held against when the run is likely to be ready for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from database_migration.model.report import Finding, Severity
from database_migration.model.window import closes_at, next_opening
from database_migration.steps.plan.options import PlannedWindow
from database_migration.steps.plan.seconds import Seconds, spoken


@dataclass(frozen=True, slots=True)
class Opening:
    """The next opening of a window, and those that can be used; all UTC."""

    window: PlannedWindow
    opens: datetime
    """The next one; in the past where it is open now."""
    closes: datetime
    at_best: datetime
    """Opening of the first window that is still open when everything goes as fast as it can."""
    at_worst: datetime
    """The same when everything takes as long as it may."""

    @property
    def is_sure(self) -> bool:
        """Whether the next opening is used however long things take."""
        return self.at_best == self.at_worst == self.opens

    def says(self, made_at: datetime, ready: Seconds) -> str:
        """A sentence: before, within or after."""
        when = f"{self.spell(self.opens)} ({_from_now(self.opens - made_at)})"
        if self.is_sure:
            if self.opens >= made_at + timedelta(seconds=ready.high):
                return f"The next opening, {when}, comes after everything is likely ready ({ready} from the approval)."
            return f"The next window, {when}, lasts until everything is likely ready ({ready} from the approval)."
        if self.at_best == self.opens:
            return (
                f"The next window, {when}, closes at {self.spell(self.closes)}: that may be before everything is ready"
                f" ({ready} from the approval); the run then waits until {self.spell(self.at_worst)}."
            )
        return (
            f"The next window, {when}, closes before everything is likely ready ({ready} from the approval);"
            f" the run waits until {self.spell(self.at_best)}"
            + ("." if self.at_best == self.at_worst else f", at worst {self.spell(self.at_worst)}.")
        )

    def finding(self, name: str, made_at: datetime, ready: Seconds) -> Finding:
        """What the person at the gate should know of it."""
        return Finding(
            Severity.NOTE if self.is_sure else Severity.WARNING,
            "window_follows" if self.is_sure else "window_too_early",
            f"windows.{name}",
            self.says(made_at, ready),
            "" if self.is_sure else "approve the plan earlier, add lanes, or choose another window.",
        )

    def spell(self, moment: datetime) -> str:
        """``Sun 29 Nov 02:00 Europe/Paris``."""
        return f"{moment.astimezone(ZoneInfo(self.window.timezone)):%a %-d %b %H:%M} {self.window.timezone}"


def opening(window: PlannedWindow, made_at: datetime, ready: Seconds) -> Opening:
    """The next opening after a moment, with what becomes of it when the run is ready so many seconds later."""
    opens = _usable(window, made_at)
    return Opening(
        window,
        opens,
        opens + window.duration,
        _usable(window, made_at + timedelta(seconds=ready.low)),
        _usable(window, made_at + timedelta(seconds=ready.high)),
    )


def _usable(window: PlannedWindow, moment: datetime) -> datetime:
    """The opening of the window that is open at a moment, else of the next one."""
    closes = closes_at(window.cron, window.duration, window.timezone, moment)
    return closes - window.duration if closes else next_opening(window.cron, window.timezone, moment)


def _from_now(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"in {spoken(seconds)}" if seconds > 0 else f"open since {spoken(-seconds)}"


__all__ = ["Opening", "opening"]

"""What a rollback did, with its times, for the report and the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

OnStep = Callable[[str], None]
"""Told of every step before it is made and after (``drain``, ``drain done``)."""


def _quiet(step: str) -> None:
    """Nobody listens."""


@dataclass(slots=True)
class Trace:
    """Steps in order."""

    on_step: OnStep = _quiet
    lines: list[tuple[str, float, str]] = field(default_factory=list)
    """(step, seconds, what came of it)."""
    figures: dict[str, int | float | str | None] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Time a step; words appended to the list stand in the report."""
        self.on_step(name)
        begun, words = time.monotonic(), list[str]()
        yield words
        seconds = time.monotonic() - begun
        self.lines.append((name, round(seconds, 3), "; ".join(words)))
        log.info("Rollback: %s (%.2f s)%s", name, seconds, "".join(f" {word}" for word in words))
        self.on_step(f"{name} done")

    @property
    def seconds(self) -> float:
        """Since the rollback began."""
        return round(time.monotonic() - self.begun, 3)


__all__ = ["OnStep", "Trace"]

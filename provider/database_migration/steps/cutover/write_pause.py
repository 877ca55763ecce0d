"""How long writers have been waiting, and how long they still may."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from database_migration.errors import Interrupted

T = TypeVar("T")


@dataclass(slots=True)
class WritePause:
    """Measured from before writes are held until they flow again; ``limit`` in seconds."""

    limit: float
    option: str = "max_write_pause"
    _begun: float | None = None
    _ended: float | None = None
    _took: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        """Writers wait from now on."""
        self._begun, self._ended = time.monotonic(), None

    def end(self) -> None:
        """Writers go on."""
        if self._begun is not None and self._ended is None:
            self._ended = time.monotonic()

    @property
    def milliseconds(self) -> int | None:
        """How long writers waited so far; None when they never did."""
        if self._begun is None:
            return None
        return round(((self._ended or time.monotonic()) - self._begun) * 1000)

    def left(self) -> float:
        """Seconds that writers may still wait.

        :raises Interrupted: none; says which moves took the time.
        """
        if self._begun is None or self._ended is not None:
            return self.limit
        left = self.limit - (time.monotonic() - self._begun)
        if left <= 0:
            raise Interrupted(
                f"writers waited longer than {self.option} ({self.limit:g} s); {self.slowest()}.",
                mend=f"mend what was slow, or raise {self.option}, then clear the task.",
            )
        return left

    def took(self, what: str, seconds: float) -> None:
        """Remember how long something took while writers waited."""
        if seconds > 0:
            self._took[what] = self._took.get(what, 0.0) + seconds

    def slowest(self) -> str:
        """The longest of what was remembered, in words."""
        if not self._took:
            return "the first move is not through yet"
        longest = sorted(self._took.items(), key=lambda item: -item[1])[:3]
        return ", ".join(f"{what} took {seconds:.1f} s" for what, seconds in longest)

    def within(self, what: str, work: Callable[[], T]) -> T:
        """Run work that only reads, and leave it behind when time is up.

        :raises Interrupted: it was not through in time; it goes on by itself and its outcome is dropped.
        """
        left, outcome, failure = self.left(), list[T](), list[BaseException]()

        def run() -> None:
            try:
                outcome.append(work())
            except BaseException as error:  # noqa: BLE001  raised again below
                failure.append(error)

        thread = threading.Thread(target=run, name=what, daemon=True)
        thread.start()
        thread.join(left)
        if failure:
            raise failure[0]
        if not outcome:
            self.left()  # raises, having no time left
            raise Interrupted(f"{what} was not through in time.", mend="clear the task.")
        return outcome[0]


__all__ = ["WritePause"]

"""An application that writes to whichever side the switch leads to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from system.migration_project import MigrationProject


class Shopper:
    """Writes to whichever side the switch leads to, and knows what was accepted."""

    def __init__(self, project: MigrationProject, name: str) -> None:
        self._switch = project.target(name)
        self._sides = {"source": (project.source(name), "`", name), "target": (project.target(name), '"', "app")}
        self.accepted: dict[str, list[int]] = {"source": [], "target": []}
        self.refused = 0
        self._next = 1000
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work)

    @contextmanager
    def at_work(self) -> Iterator[Shopper]:
        """Writes until the end of the block."""
        self._thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            self._thread.join()

    def _work(self) -> None:
        while not self._stopped.is_set():
            side, held = self._switch.execute("SELECT serving, writes_held FROM public.traffic_endpoint")[0]
            if not held:
                self._buy(side)
            time.sleep(0.05)

    def _buy(self, side: str) -> None:
        database, quote, schema = self._sides[side]
        number = self._next
        self._next += 1
        try:
            database.execute(
                f"INSERT INTO {quote}{schema}{quote}.{quote}Artist{quote} ({quote}ArtistId{quote}, {quote}Name{quote})"
                f" VALUES ({number}, 'artist {number}')"
            )
        except Exception:  # noqa: BLE001  (a fence refuses with an error of either driver)
            self.refused += 1
        else:
            self.accepted[side].append(number)

    def all_accepted(self) -> set[int]:
        """What must be found in the end, whichever side took it."""
        return {*self.accepted["source"], *self.accepted["target"]}

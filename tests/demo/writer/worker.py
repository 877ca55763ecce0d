"""One thread of the application: transactions at a steady pace, each until it is acknowledged, and reads between."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

from demo.writer.configuration import WriterConfiguration
from demo.writer.endpoint import EndpointReader, EndpointState, Stopped
from demo.writer.journal import Journal
from demo.writer.measurements import Measurements
from demo.writer.reads import browse, find_token, read_order
from demo.writer.sides import Conflict, Fenced, Lost, MaybeFenced, TryAgain, Unclear, open_side
from demo.writer.transactions import Limits, ShopApplication, Transaction

#: A transaction that could not be placed for so long is an error that the shop's user sees.
PATIENCE_SECONDS = 60
#: How long a refused or broken attempt waits for the next.
PAUSE_SECONDS = 0.02
#: How far the target may lag behind when it serves reads before the cutover.
LAG_ALLOWED_SECONDS = 15

COUNTERS: dict[type[Exception], str] = {
    Fenced: "fenced_retries",
    MaybeFenced: "fenced_retries",
    Conflict: "conflict_retries",
    Lost: "lost_connections",
}


@dataclass(frozen=True)
class Recheck:
    """An order that the lagging side must show by a certain time."""

    order_id: int
    version: int
    due: float


class Worker(threading.Thread):
    """Runs until ``stop`` is set."""

    def __init__(
        self,
        number: int,
        configuration: WriterConfiguration,
        limits: Limits,
        journal: Journal,
        measurements: Measurements,
        stop: threading.Event,
    ) -> None:
        super().__init__(name=f"writer-{number}")
        self.application = ShopApplication(number, limits, configuration.seed)
        self._interval = configuration.threads / configuration.rate
        self._reads_per_write = configuration.reads_per_write
        self._journal = journal
        self._measurements = measurements
        self._stop_event = stop
        self._endpoint = EndpointReader(configuration.switchboard, configuration.endpoint, stop)
        self._sides = {"source": open_side(configuration.source), "target": open_side(configuration.target)}
        self._rechecks: deque[Recheck] = deque()

    def run(self) -> None:
        """Keeps the pace; after a pause it does not hurry to catch up."""
        due = time.monotonic()
        try:
            while not self._stop_event.is_set():
                self._write(self.application.next_transaction())
                if self.application.random.random() < self._reads_per_write:
                    self._read()
                due = max(due + self._interval, time.monotonic() - 0.1)
                self._stop_event.wait(max(0.0, due - time.monotonic()))
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001  (a thread that dies silently would look like a quiet shop)
            self._measurements.error(f"{self.name} died: {type(error).__name__}: {error}")
        finally:
            self._endpoint.close()
            for side in self._sides.values():
                side.close()

    # --- writes -------------------------------------------------------------------------------------------

    def _write(self, transaction: Transaction) -> None:
        self._journal.attempted(transaction.token, transaction.kind)
        unclear, since, version = False, time.monotonic(), 0
        while True:
            endpoint = self._endpoint.wait_until_open()
            if endpoint.version != version:
                version, since = endpoint.version, time.monotonic()  # patience starts anew where the endpoint moved
            side = self._sides[endpoint.serving]
            began = time.monotonic()
            try:
                made = side.run(find_token(transaction.token)) if unclear else None
                unclear = False
                if made is None:
                    began = time.monotonic()
                    made = side.run(transaction)
            except Unclear:
                self._measurements.count("unclear_commits")
                unclear = True
                problem = "its commit stayed unclear"
            except TryAgain as error:
                self._measurements.count(COUNTERS[type(error)])
                problem = f"{type(error).__name__}: {error}"
            except Exception as error:  # noqa: BLE001  (whatever it is, the shop's user sees it)
                self._measurements.error(f"{transaction.kind} on {endpoint.serving}: {type(error).__name__}: {error}")
                return
            else:
                self._journal.acknowledged(transaction.token, endpoint.serving)
                self._measurements.wrote(endpoint.serving, transaction.kind, time.monotonic() - began)
                transaction.remember(made)
                return
            if time.monotonic() - since > PATIENCE_SECONDS:
                self._measurements.error(f"{transaction.kind} on {endpoint.serving} given up: {problem}")
                return
            # A server that lost us may still be committing: give it a moment before the token is looked for.
            if self._stop_event.wait(PAUSE_SECONDS if not unclear else 0.5):
                raise Stopped

    # --- reads --------------------------------------------------------------------------------------------

    def _read(self) -> None:
        endpoint, choice = self._endpoint.read(), self.application.random
        lagging = endpoint.serving == "source" and choice.random() * 100 < endpoint.reads_percent_target
        name = "target" if lagging else endpoint.serving
        began = time.monotonic()
        try:
            if lagging and self._rechecks and self._rechecks[0].due < began:
                self._recheck(self._rechecks.popleft())
            elif self.application.memory.orders and choice.random() < 0.5:
                self._check_own(endpoint, name, lagging)
            else:
                self._sides[name].run(browse(choice))
        except (TryAgain, Unclear) as error:
            self._measurements.count(COUNTERS.get(type(error), "lost_connections"))
        except Exception as error:  # noqa: BLE001  (whatever it is, the shop's user sees it)
            self._measurements.error(f"read on {name}: {type(error).__name__}: {error}")
        else:
            self._measurements.read(name, time.monotonic() - began)

    def _check_own(self, endpoint: EndpointState, name: str, lagging: bool) -> None:
        expected = self.application.random.choice(list(self.application.memory.orders.values())[-200:])
        found = self._sides[name].run(read_order(expected.id))
        self._measurements.count("reads_checked")
        if found == expected:
            return
        if lagging:
            self._measurements.count("stale_reads")
            self._rechecks.append(Recheck(expected.id, expected.version, time.monotonic() + LAG_ALLOWED_SECONDS))
            return
        if self._endpoint.read() != endpoint:
            return  # the endpoint moved while we read: the next read tells
        self._measurements.error(f"order {expected.id} on {name}: wrote {expected}, read {found}")

    def _recheck(self, recheck: Recheck) -> None:
        """What was stale once must have arrived by now, unless it has changed again since."""
        now_expected = self.application.memory.orders.get(recheck.order_id)
        if now_expected is None or now_expected.version != recheck.version:
            return
        found = self._sides["target"].run(read_order(recheck.order_id))
        if found != now_expected:
            self._measurements.error(
                f"order {recheck.order_id} is still not on the target after {LAG_ALLOWED_SECONDS} s: "
                f"wrote {now_expected}, read {found}"
            )

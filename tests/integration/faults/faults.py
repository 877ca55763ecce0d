"""What goes wrong, when, and in which order: chosen by a seed, so that a run that found something can be had again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from fixtures.servers import PrivateServer
from integration.faults.proxy import FaultyProxy
from integration.faults.tasks import Tasks

Fault = tuple[str, Callable[[], object]]

#: A private server dies with the thread that started it: this one lives as long as the process.
_OPERATOR = ThreadPoolExecutor(1, thread_name_prefix="operator")


@dataclass
class Storm:
    """Makes ``faults`` faults at random moments once a task runs; a context manager that ends with all mended.

    :param chance: the seeded source of what and when.
    :param tasks: whose running processes are killed.
    :param servers: name → server, which crash or restart.
    :param proxies: name → proxy, which are cut or slowed.
    """

    chance: random.Random
    tasks: Tasks
    servers: dict[str, PrivateServer]
    proxies: dict[str, FaultyProxy]
    faults: int = 6
    between: tuple[float, float] = (0.05, 1.2)
    """Seconds, least and most."""
    happened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="storm")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(120)
        for proxy in self.proxies.values():
            proxy.slow(0)
        for server in self.servers.values():
            server.start()
        if self.error is not None and error is None:
            raise self.error

    def _work(self) -> None:
        try:
            while not self.tasks.running:  # the first processes take their time
                if self._stop.wait(0.02):
                    return
            for _ in range(self.faults):
                if self._stop.wait(self.chance.uniform(*self.between)):
                    return
                name, make = self.chance.choice(self._choice())
                self.happened.append(f"{name} during {', '.join(self.tasks.running) or 'nothing'}")
                make()
        except BaseException as error:  # noqa: BLE001  raised by the test's thread
            self.error = error

    def _choice(self) -> list[Fault]:
        """Kills weigh as much as all that servers and networks do."""
        faults: list[Fault] = []
        for name, server in self.servers.items():
            faults += [
                (f"crash of the {name}", lambda s=server: self._operate(self._crash, s)),
                (f"restart of the {name}", lambda s=server: self._operate(s.restart)),
            ]
        for name, proxy in self.proxies.items():
            faults += [
                (f"connections to the {name} cut", proxy.cut),
                (f"slow network to the {name}", lambda p=proxy: self._slow(p)),
            ]
        kills: list[Fault] = [(f"kill -9 of {name}", lambda n=name: self.tasks.kill(n)) for name in self.tasks.running]
        return faults + kills * (len(faults) // max(1, len(kills)))

    def _operate(self, work: Callable[..., None], *arguments: object) -> None:
        _OPERATOR.submit(work, *arguments).result()

    def _crash(self, server: PrivateServer) -> None:
        server.kill()
        time.sleep(self.chance.uniform(0, 0.5))
        server.start()

    def _slow(self, proxy: FaultyProxy) -> None:
        proxy.slow(0.02)
        self._stop.wait(self.chance.uniform(0.5, 2))
        proxy.slow(0)


__all__ = ["Storm"]

"""The shop's application as a process of its own, and what it says while it runs."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from demo.writer.configuration import WriterConfiguration
from fixtures.servers import OwnedProcess

TESTS = Path(__file__).resolve().parents[1]


class Application:
    """``python -m demo.writer`` as a context manager."""

    def __init__(self, configuration: WriterConfiguration, *, dies_with_parent: bool) -> None:
        self.configuration = configuration
        self._dies_with_parent = dies_with_parent
        self._process: OwnedProcess | None = None

    @property
    def log(self) -> Path:
        return self.configuration.folder / "application.log"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.running else None

    def start(self) -> None:
        """Starts it and returns when its first writes were acknowledged."""
        self.configuration.folder.mkdir(parents=True, exist_ok=True)
        file = self.configuration.folder / "writer.json"
        self.configuration.save(file)
        self._process = OwnedProcess(
            [sys.executable, "-m", "demo.writer", "--config", file],
            log=self.log,
            environment={"PYTHONPATH": str(TESTS)},
            death_signal="TERM",
            dies_with_parent=self._dies_with_parent,
        )
        deadline = time.monotonic() + 30
        while not self.live().get("acknowledged"):
            if not self._process.running or time.monotonic() > deadline:
                raise RuntimeError(f"The shop's application does not write; its log ends:\n{self._process.log_tail()}")
            time.sleep(0.1)

    def live(self) -> dict[str, Any]:
        """Its figures as of half a second ago; {} before the first."""
        try:
            return dict(json.loads(self.configuration.live.read_text()))
        except FileNotFoundError:
            return {}

    def stop(self) -> dict[str, Any]:
        """Lets it finish what it is doing and gives its final figures."""
        if self._process is not None:
            self._process.end(signal.SIGTERM, timeout=30)
        if not self.configuration.result.exists():
            tail = self._process.log_tail() if self._process is not None else "(never started)"
            raise RuntimeError(f"The shop's application left no result; its log ends:\n{tail}")
        return dict(json.loads(self.configuration.result.read_text()))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.end(signal.SIGTERM, timeout=30)

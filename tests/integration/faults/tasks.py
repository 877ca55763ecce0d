"""Steps as tasks: each in a process of its own, which may be killed at any line, and tried again as Airflow would."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from database_migration.errors import Interrupted, MigrationError

_PROCESSES = multiprocessing.get_context("forkserver")
_TESTS = str(Path(__file__).resolve().parents[2])
MOST_TRIES = 30
BETWEEN_TRIES = 0.2


def _start_forkserver() -> None:
    """One process with every step imported, that each task is forked from: a task begins in milliseconds.

    Before 3.13 its preloading looks for modules where the environment says, not where ``sys.path`` does.
    """
    _PROCESSES.set_forkserver_preload(["integration.faults.steps"])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([_TESTS, *([before] if before else [])])
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


class StepFailed(AssertionError):
    """A step said that trying again is of no use, or broke otherwise than by an error of ours."""


def _work(outcome: Connection, step: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    try:
        step(*arguments)
    except Interrupted as error:
        outcome.send(("interrupted", str(error)))
    except MigrationError as error:
        outcome.send(("refused", f"{type(error).__name__}: {error}\n{traceback.format_exc()}"))
    except BaseException:  # noqa: BLE001  told to the parent, which fails the test
        outcome.send(("broken", traceback.format_exc()))
    else:
        outcome.send(("done", ""))


class Tasks:
    """Runs steps to their end; whoever holds it may kill what is running."""

    def __init__(self) -> None:
        _start_forkserver()
        self._running: dict[str, BaseProcess] = {}
        self._lock = threading.Lock()
        self.failure: StepFailed | None = None
        """What ended a task that should never end."""
        self.said: list[str] = []
        """What happened to each try that did not end well."""

    def run(self, name: str, step: Callable[..., object], *arguments: object) -> None:
        """Run a step until it is done.

        :raises StepFailed: it was refused, broke, or was tried too often.
        """
        for number in range(1, MOST_TRIES + 1):
            if self.failure is not None:  # without replication, others would wait in vain
                raise self.failure
            word, text = self.attempt(name, step, *arguments)
            if word == "done":
                return
            self.said.append(f"{name} try {number}: {word} {text}")
            if word not in ("killed", "interrupted"):
                raise StepFailed(f"{name} {word}: {text}\nbefore: {self.said}")
            time.sleep(BETWEEN_TRIES)
        raise StepFailed(f"{name} did not end in {MOST_TRIES} tries: {self.said}")

    def attempt(self, name: str, step: Callable[..., object], *arguments: object) -> tuple[str, str]:
        """One try: (done | interrupted | refused | broken | killed, what it said)."""
        receiver, sender = _PROCESSES.Pipe(duplex=False)
        process = _PROCESSES.Process(target=_work, args=(sender, step, arguments), daemon=True)
        process.start()
        sender.close()
        with self._lock:
            self._running[name] = process
        try:
            said: tuple[str, str] = receiver.recv()
        except EOFError:
            said = ("killed", "")
        finally:
            with self._lock:
                del self._running[name]
            receiver.close()
            process.join()
            process.close()
        return said

    def kill(self, name: str) -> bool:
        """Kill a running task with SIGKILL; False when it is not running."""
        with self._lock:
            process = self._running.get(name)
            if process is None:
                return False
            process.kill()
            return True

    @property
    def running(self) -> list[str]:
        """Names of what runs at this moment."""
        with self._lock:
            return sorted(self._running)


class EndlessTask:
    """A task that begins again as soon as it ends, as a continuous DAG's; a context manager."""

    def __init__(self, tasks: Tasks, name: str, step: Callable[..., object], *arguments: object) -> None:
        self._tasks, self._name, self._step, self._arguments = tasks, name, step, arguments
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name)

    def __enter__(self) -> EndlessTask:
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._stop.set()
        self._thread.join(60)
        if self._tasks.failure is not None and error is None:
            raise self._tasks.failure

    def _work(self) -> None:
        while not self._stop.wait(BETWEEN_TRIES):
            word, text = self._tasks.attempt(self._name, self._step, *self._arguments)
            if word != "done":
                self._tasks.said.append(f"{self._name}: {word} {text}")
            if word in ("refused", "broken") and "EpochPassed" not in text:
                self._tasks.failure = StepFailed(f"{self._name} {word}: {text}")
                return


__all__ = ["EndlessTask", "StepFailed", "Tasks"]

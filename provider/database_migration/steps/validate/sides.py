"""Both databases at once: a session on each, and a thread so that neither waits for the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Self, TypeVar

from database_migration.engines.protocol import Session
from database_migration.model.key_range import KeyRange
from database_migration.model.table_selection import TablePair
from database_migration.steps.run import MigrationRun

T = TypeVar("T")


class Sides:
    """Sessions on source and target; a context manager, used by one thread."""

    def __init__(self, run: MigrationRun) -> None:
        self.run = run
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.source: Session = stack.enter_context(self.run.source.connect("validate"))
            self.target: Session = stack.enter_context(self.run.target.connect("validate"))
            self._beside = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="target"))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def both(self, on_source: Callable[[Session], T], on_target: Callable[[Session], T]) -> tuple[T, T]:
        """Ask both sides at the same time; an error of either is raised when both have ended."""
        there = self._beside.submit(on_target, self.target)
        try:
            here = on_source(self.source)
        finally:
            there.exception()
        return here, there.result()


def on_target(pair: TablePair, rows: KeyRange) -> KeyRange:
    """A source range by the target's name of its key."""
    return KeyRange(None if rows.key is None else pair.target_key, rows.lower, rows.upper)


__all__ = ["Sides", "on_target"]

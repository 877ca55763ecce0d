"""The last lines that a task logged, kept at hand so that a rollback can show why it failed.

The task itself hands them over: logs lie on its worker's disk or in an object store, where no other task may look.
Passwords are masked as in Airflow's own log.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk._shared.secrets_masker import redact

_LINES = 30
_LONGEST = 2000


class LastLines(logging.Handler):
    """Keeps what was logged last, in memory."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[str] = deque(maxlen=_LINES)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's text, without its traceback."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)  # as careless as logging itself about arguments that do not fit
        plain = logging.makeLogRecord({**record.__dict__, "msg": text, "args": None, "exc_info": None})
        self._lines.append(self.format(plain)[:_LONGEST])

    def masked(self) -> list[str]:
        """The lines, oldest first, without secrets."""
        return [str(redact(line)) for line in self._lines]


@contextmanager
def last_lines() -> Iterator[LastLines]:
    """Listens while a task works."""
    handler, root = LastLines(), logging.getLogger()
    root.addHandler(handler)
    try:
        yield handler
    finally:
        root.removeHandler(handler)


__all__ = ["LastLines", "last_lines"]

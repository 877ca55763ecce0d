"""What was tried and what was acknowledged, one line each, written before anything else happens.

``A <token> <kind>`` before the first attempt, ``K <token> <side>`` once the commit was acknowledged.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

TOKEN_PREFIX = "app-"


class Journal:
    """The append-only file, shared by the threads."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)
        self._lock = threading.Lock()

    def attempted(self, token: str, kind: str) -> None:
        """Says that a transaction with this token may reach a database from now on."""
        self._write(f"A {token} {kind}\n")

    def acknowledged(self, token: str, side: str) -> None:
        """Says that this side acknowledged the transaction's commit."""
        self._write(f"K {token} {side}\n")

    def _write(self, line: str) -> None:
        with self._lock:
            self._file.write(line)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


@dataclass
class JournalContent:
    """A journal read back."""

    attempted: dict[str, str] = field(default_factory=dict)
    """token → kind"""
    acknowledged: dict[str, str] = field(default_factory=dict)
    """token → side"""


def read_journal(path: Path) -> JournalContent:
    """Everything in the file; a last line cut short by a kill is left out."""
    content = JournalContent()
    for line in path.read_text().splitlines(keepends=True):
        if not line.endswith("\n"):
            break
        mark, token, word = line.split()
        (content.attempted if mark == "A" else content.acknowledged)[token] = word
    return content

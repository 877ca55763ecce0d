"""What the writer is told, as one JSON file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Address:
    """A database to log in to; ``schema`` is PostgreSQL's (MySQL's is the database)."""

    engine: str
    host: str
    port: int
    user: str
    password: str
    database: str
    schema: str | None = None


@dataclass(frozen=True)
class WriterConfiguration:
    """Where to write, how fast, and where to keep journal, live figures and result."""

    source: Address
    target: Address
    switchboard: Address
    endpoint: str
    """The ``name`` of our row in ``traffic_endpoint``."""
    folder: Path
    threads: int = 4
    rate: float = 150.0
    """Transactions per second, all threads together."""
    reads_per_write: float = 0.5
    seed: int = 1

    @property
    def journal(self) -> Path:
        return self.folder / "journal.txt"

    @property
    def live(self) -> Path:
        """A small JSON file, rewritten twice a second."""
        return self.folder / "live.json"

    @property
    def result(self) -> Path:
        """The final figures as JSON, written when the writer stops."""
        return self.folder / "result.json"

    def save(self, path: Path) -> None:
        """Writes the configuration so that only its owner can read it: it holds passwords."""
        values: dict[str, Any] = {**asdict(self), "folder": str(self.folder)}
        path.touch(mode=0o600)
        path.write_text(json.dumps(values))

    @classmethod
    def load(cls, path: Path) -> WriterConfiguration:
        """Reads what ``save`` wrote."""
        values = json.loads(path.read_text())
        for side in ("source", "target", "switchboard"):
            values[side] = Address(**values[side])
        return cls(**{**values, "folder": Path(values["folder"])})

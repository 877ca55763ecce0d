"""reladiff, in an environment of its own beside the benchmark: never among what this project installs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from fixtures.servers import Database as Address

_FOLDER = Path(__file__).parents[2] / "build" / "reladiff"
_PATIENCE = 900
_EVERY_COLUMN = (
    "id", "owner", "kind", "big", "price", "ratio", "born", "seen", "changed", "code", "title", "body", "note", "extra",
    "flag",
)  # fmt: skip
READ_ALIKE = [name for name in _EVERY_COLUMN if name != "ratio"]
"""Doubles are rounded by each server as it likes."""


class ReladiffMissing(Exception):
    """It cannot be installed, or does not run."""


def install() -> Path:
    """Its command; installed from the package index where it is not there yet."""
    command = _FOLDER / "bin" / "reladiff"
    if command.exists():
        return command
    try:
        subprocess.run([sys.executable, "-m", "venv", str(_FOLDER)], check=True, capture_output=True)
        pip = [str(_FOLDER / "bin" / "python"), "-m", "pip", "install", "--quiet", "reladiff[mysql,postgresql]"]
        subprocess.run(pip, check=True, capture_output=True, timeout=_PATIENCE)
    except (subprocess.SubprocessError, OSError) as error:
        raise ReladiffMissing(str(error)) from error
    return command


def compare(command: Path, source: Address, target: Address, table: str, columns: Sequence[str]) -> tuple[float, int]:
    """Seconds, and rows that it takes for different, of a table whose sides are equal."""
    one, other = source.uri, target.uri.replace("postgres:", "postgresql:", 1)
    picked = [word for name in columns if name != "id" for word in ("-c", name)]
    began = time.perf_counter()
    done = subprocess.run(
        [command, one, table, other, table, "-k", "id", *picked, "--skip-sort-results", "--assume-unique-key"],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    seconds = time.perf_counter() - began
    if "Traceback" in done.stderr or "ERROR" in done.stderr:
        raise ReladiffMissing(done.stderr.strip().splitlines()[-1])
    changed = {line.split(",")[0].lstrip("+- ") for line in done.stdout.splitlines() if line[:1] in "+-"}
    return seconds, len(changed)


__all__ = ["READ_ALIKE", "ReladiffMissing", "compare", "install"]

"""``python tests/benchmarks [--only copy] [--rows N] [--runs N]``: prints ratios and writes ``build/bench.json``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

_FILE = ROOT / "build" / "bench.json"


def main() -> int:
    """Measure everything once."""
    # Not above: a lane's process imports this module again, and what it holds would count as the lane's memory.
    from benchmarks import apply_speed, checksum_speed, copy_speed
    from benchmarks.copy_shapes import Shapes
    from benchmarks.private_bench import bench

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("copy", "checksums", "apply"), help="one part")
    parser.add_argument("--rows", type=int, default=3_000_000, help="rows of the table that is copied")
    parser.add_argument("--runs", type=int, default=5, help="interleaved runs of which the median counts")
    parser.add_argument(
        "--apply-rows", type=int, default=300_000, help="rows of the table that is compared and applied to"
    )
    parser.add_argument("--narrow-rows", type=int, default=10_000_000, help="rows of the table of four columns")
    parser.add_argument("--blob-rows", type=int, default=50_000, help="rows of 8 kB of octets")
    parser.add_argument("--small-tables", type=int, default=1000, help="tables of twenty rows")
    arguments = parser.parse_args()
    result: dict[str, object] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": arguments.rows,
        "runs": arguments.runs,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }
    if arguments.only in (None, "copy"):
        shapes = Shapes(arguments.narrow_rows, arguments.blob_rows, arguments.small_tables)

        def store(found: dict[str, object]) -> None:
            result["copy"] = found
            _store(result)

        copy_speed.measure(copy_speed.Sizes(arguments.rows, arguments.runs, shapes), store)
    if arguments.only in (None, "checksums"):
        with bench(arguments.apply_rows) as servers:
            seconds = checksum_speed.measure(servers, arguments.runs)
        _print(seconds, arguments.apply_rows)
        result["checksum_seconds"] = seconds
        _store(result)
    if arguments.only in (None, "apply"):
        result["changes_per_second"] = apply_speed.measure(arguments.apply_rows, arguments.runs)
        _store(result)
    print(f"Written to {_FILE}.")
    return 0


def _store(result: dict[str, object]) -> None:
    _FILE.parent.mkdir(exist_ok=True)
    _FILE.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _print(seconds: Mapping[str, float], rows: int) -> None:
    first = next(iter(seconds.values()))
    print(f"\nchecksum seconds, {rows:,} rows")
    for name, value in seconds.items():
        print(f"  {name:28} {value:8.2f}   {value / first:5.2f} × {next(iter(seconds))}")


if __name__ == "__main__":
    sys.exit(main())

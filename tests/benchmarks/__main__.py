"""``python tests/benchmarks [--only copy] [--rows N] [--runs N]``: prints ratios and writes ``build/bench.json``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from benchmarks import apply_speed, checksum_speed, copy_speed  # noqa: E402  the tests' folder comes first
from benchmarks.private_bench import bench  # noqa: E402

_FILE = ROOT / "build" / "bench.json"


def main() -> int:
    """Measure everything once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("copy", "apply"), help="one part: copying, or checksums and applying")
    parser.add_argument("--rows", type=int, default=3_000_000, help="rows of the table that is copied")
    parser.add_argument("--runs", type=int, default=5, help="interleaved runs of which the median counts")
    parser.add_argument(
        "--apply-rows", type=int, default=300_000, help="rows of the table that is compared and applied to"
    )
    arguments = parser.parse_args()
    result: dict[str, object] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rows": arguments.rows,
        "runs": arguments.runs,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }
    if arguments.only != "apply":
        result["copy"] = copy_speed.measure(arguments.rows, arguments.runs)
        _store(result)
    if arguments.only != "copy":
        with bench(arguments.apply_rows) as servers:
            result["checksum_seconds"] = checksum_speed.measure(servers, arguments.runs)
            result["changes_per_second"] = apply_speed.measure(servers)
        _print(result, arguments.apply_rows)
        _store(result)
    print(f"Written to {_FILE}.")
    return 0


def _store(result: dict[str, object]) -> None:
    _FILE.parent.mkdir(exist_ok=True)
    _FILE.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _print(result: dict[str, object], rows: int) -> None:
    seconds, rates = result["checksum_seconds"], result["changes_per_second"]
    assert isinstance(seconds, dict)
    assert isinstance(rates, dict)
    first = next(iter(seconds.values()))
    print(f"\nchecksum seconds, {rows:,} rows")
    for name, value in seconds.items():
        print(f"  {name:28} {value:8.2f}   {value / first:5.2f} × {next(iter(seconds))}")
    print("\nchanges per second")
    for name, value in rates.items():
        print(f"  {name:28} {value:8,.0f}")


if __name__ == "__main__":
    sys.exit(main())

"""``python tests/benchmarks [--rows N] [--runs N]``: prints ratios and writes ``build/bench.json``."""

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


def main() -> int:
    """Measure everything once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000, help="rows of the table that is copied")
    parser.add_argument("--runs", type=int, default=5, help="interleaved runs of which the median counts")
    arguments = parser.parse_args()
    with bench(arguments.rows) as servers:
        result = {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "rows": arguments.rows,
            "runs": arguments.runs,
            "cores": os.cpu_count(),
            "load_average": os.getloadavg()[0],
            "copy_seconds": copy_speed.measure(servers, arguments.runs),
            "checksum_seconds": checksum_speed.measure(servers, arguments.runs),
            "changes_per_second": apply_speed.measure(servers),
        }
    _print(result)
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"Written to {target}.")
    return 0


def _print(result: dict[str, object]) -> None:
    for title in ("copy_seconds", "checksum_seconds"):
        seconds = result[title]
        assert isinstance(seconds, dict)
        first = next(iter(seconds.values()))
        print(f"\n{title.replace('_', ' ')}, {result['rows']:,} rows")
        for name, value in seconds.items():
            print(f"  {name:28} {value:8.2f}   {value / first:5.2f} × {next(iter(seconds))}")
    print("\nchanges per second")
    rates = result["changes_per_second"]
    assert isinstance(rates, dict)
    for name, value in rates.items():
        print(f"  {name:28} {value:8,.0f}")


if __name__ == "__main__":
    sys.exit(main())

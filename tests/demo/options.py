"""What the person at the terminal may choose."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[2]
SPECS = PROJECT / "include" / "migrations"
#: SPEC=… on the command line → the migration's file.
SPEC_FILES = {"shop": "shop_to_postgres.yaml", "rollback": "shop_rollback.yaml"}


@dataclass(frozen=True)
class DemoOptions:
    """One run of the demo."""

    spec: str = "shop"
    gates: str = "auto"
    keep: bool = False
    rows: int = 200_000
    writes_per_second: float = 150.0
    soak_seconds: float = 10.0
    folder: Path = PROJECT / "build" / "demo"

    @property
    def spec_file(self) -> Path:
        return SPECS / SPEC_FILES[self.spec]

    @property
    def migration(self) -> str:
        """The migration's name, which is its DAG's id."""
        return str(self._spec["migration"])

    @property
    def gate_users(self) -> set[str]:
        """Everybody whom the spec assigns to one of its gates."""
        gates = self._spec.get("gates") or {}
        settings = [gate for gate in gates.values() if gate] if isinstance(gates, dict) else []
        return {user for gate in settings for user in gate.get("assigned_users", [])}

    @property
    def goes_back(self) -> bool:
        """Whether this run is meant to fail after the cutover."""
        return self.spec == "rollback"

    @property
    def _spec(self) -> dict[str, Any]:
        return dict(yaml.safe_load(self.spec_file.read_text(encoding="utf-8")))


def parse_options(arguments: list[str] | None = None) -> tuple[DemoOptions, bool]:
    """The options, and whether only a kept demo is to be stopped."""
    default = DemoOptions()
    parser = argparse.ArgumentParser(prog="python -m demo", description="The sample shop moves to PostgreSQL, live.")
    parser.add_argument("--spec", choices=sorted(SPEC_FILES), default=default.spec)
    parser.add_argument("--gates", choices=["auto", "manual"], default=default.gates)
    parser.add_argument("--keep", choices=["0", "1"], default="0", help="1 leaves everything running at the end")
    parser.add_argument("--rows", type=int, default=default.rows)
    parser.add_argument("--rate", type=float, default=default.writes_per_second, help="transactions per second")
    parser.add_argument("--soak", type=float, default=default.soak_seconds, help="seconds before the last gate")
    parser.add_argument("--folder", type=Path, default=default.folder)
    parser.add_argument("--stop", action="store_true", help="end what an earlier demo with --keep=1 left running")
    chosen = parser.parse_args(arguments)
    options = DemoOptions(
        spec=chosen.spec,
        gates=chosen.gates,
        keep=chosen.keep == "1",
        rows=chosen.rows,
        writes_per_second=chosen.rate,
        soak_seconds=chosen.soak,
        folder=chosen.folder.resolve(),
    )
    return options, chosen.stop

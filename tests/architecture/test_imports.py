"""Imports point one way; import-linter's contracts are in pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_import_contracts_hold() -> None:
    outcome = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_source_roots_are_not_packages() -> None:
    assert not (ROOT / "provider" / "__init__.py").exists()
    assert not (ROOT / "dag_factory" / "__init__.py").exists()

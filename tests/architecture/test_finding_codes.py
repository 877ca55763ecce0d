"""Every code by which preflight names a finding is explained in its manual, and the manual explains no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from architecture.options_tables import manual_of
from database_migration.engines.mysql.preflight.log import SETTINGS

PROVIDER = Path(__file__).parents[2] / "provider" / "database_migration"
FILES = [
    # Values have a section of their own.
    *(file for file in PROVIDER.glob("engines/*/preflight/*.py") if file.stem not in ("values", "managed_service")),
    *(
        PROVIDER / "steps" / "preflight" / f"{name}.py"
        for name in (
            "brakes",
            "selected_tables",
            "servers",
            "tables",
            "key_collisions",
            "quoted_names",
            "repeated_keys",
            "mappings",
            "mapped_values",
            "mapped_back",
        )
    ),
]
NAMED_BY_SETTING = {*SETTINGS, "max_replication_slots", "max_wal_senders"}


def codes(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
            code = node.args[1]
            if isinstance(code, ast.Constant):
                yield str(code.value)


def test_the_manual_explains_every_code_once() -> None:
    section = manual_of("preflight").read_text(encoding="utf-8").partition("## Findings")[2].partition("\n## ")[0]
    explained = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert len(explained) == len(set(explained))
    assert set(explained) == {code for file in FILES for code in codes(file)} | NAMED_BY_SETTING

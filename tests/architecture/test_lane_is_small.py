"""A copy lane's process holds what moves rows, and neither parsers nor the drivers of the binary log."""

from __future__ import annotations

import subprocess
import sys

LANE = """
import sys
import database_migration.engines.mysql, database_migration.engines.postgres
from database_migration.steps.chunked_copy import copy_lane
print(*sorted({"sqlglot", "jinja2", "pymysqlreplication", "pyarrow", "numpy", "pandas"} & set(sys.modules)))
"""


def test_what_a_lane_does_not_load() -> None:
    said = subprocess.run([sys.executable, "-c", LANE], capture_output=True, text=True, check=True).stdout
    assert said.strip() == ""

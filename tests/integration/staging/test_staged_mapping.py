"""Rows and columns that the spec maps arrive through a store as by the direct copy, and no secret lies in it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from database_migration.steps.chunked_copy import cut_chunks
from fixtures.servers import PrivateServer
from integration.conftest import MakeRun
from integration.live import create_tables, differences
from integration.mapped import ARRIVED, ORDERS, SECRET, SPEC, mapped_run, rows
from integration.staging.through_store import copy_staged, files, staged

DIGESTS = """
import sys
from pydantic import TypeAdapter
from database_migration.steps.chunked_copy.staging.records import StagedPlan, columns_digest
print([columns_digest(pair) for pair in TypeAdapter(StagedPlan).validate_json(open(sys.argv[1]).read()).pairs])
"""


def test_mapped_tables_arrive(
    make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer, tmp_path: Path
) -> None:
    run = replace(mapped_run(make_run, mariadb, postgres, SPEC), online=False)
    create_tables(run)
    options = staged(tmp_path, keep=True)
    cut_chunks(run, options)
    (plan,) = files(tmp_path / run.migration)
    found = {
        subprocess.run(
            [sys.executable, "-c", DIGESTS, plan],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1, "another process would refuse the manifests"
    copy_staged(run, options)
    assert rows(run, ORDERS) == ARRIVED
    assert differences(run) == (7, 0, 0)
    assert not [path for path in files(tmp_path) if SECRET.encode() in path.read_bytes()]

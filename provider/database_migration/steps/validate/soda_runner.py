"""Runs a SodaCL file on one side: ``python -m database_migration.steps.validate.soda_runner``.

A process of its own, because Soda replaces the process's tracing, loads ``.env`` over the environment and sends
statistics unless told not to. The request, with the password, comes through stdin; the answer leaves as
JSON through what was stdout, and everything that Soda prints goes to stderr.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

from database_migration.engines.protocol import Endpoint, Engine
from database_migration.errors import MigrationError

_NAME = "database"
"""The data source's name, the same on both sides, so that metrics have the same identity."""


def main() -> int:
    """Answer the request on stdin; 0 when the scan ran, whatever its checks say."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    request = json.load(sys.stdin)
    try:
        result = _scan(request)
    except MigrationError as error:
        result = {"checks": [], "errors": [str(error)]}
    with answer:
        json.dump(result, answer, default=str)
    return 0


def _scan(request: dict[str, object]) -> dict[str, object]:
    from soda.scan import Scan  # only now: see soda_source

    from database_migration.steps.validate.soda_source import (
        TYPE,
        NamesOfSide,
        SessionConnection,
        outcomes,
        register,
    )

    endpoint = Endpoint(**request["endpoint"])  # type: ignore[arg-type]
    engine: Engine = importlib.import_module(f"database_migration.engines.{endpoint.engine}").ENGINE
    session = engine.connect(endpoint, purpose="soda checks")
    try:
        names = NamesOfSide(request["tables"], request["columns"])  # type: ignore[arg-type]
        register(engine, SessionConnection(engine, session, names, float(str(request["timeout"]))))
        scan = Scan()
        scan.set_data_source_name(_NAME)
        scan.add_configuration_yaml_str(f"data_source {_NAME}:\n  type: {TYPE}\n")
        scan.add_sodacl_yaml_str(str(request["checks"]))
        scan.execute()
        results = scan.get_scan_results()
        errors = [line for line in (scan.get_error_logs_text() or "").splitlines() if line.strip()]
        return {"checks": outcomes(results["checks"]), "errors": errors}
    finally:
        session.close()


if __name__ == "__main__":
    sys.exit(main())

"""An approval signs the validation report, and is refused as long as the watch has rows that nobody waived."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException

from database_migration.ledger import WatchedRow
from database_migration.operators import gate
from database_migration.operators.gate import GateOperator
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import ValidateOptions, validate
from fixtures.servers import PrivateServer
from integration.conftest import MakeRun
from integration.live import copy_all, create_tables

ANSWER = {
    "chosen_options": ["Approve"],
    "params_input": {},
    "responded_at": datetime(2026, 11, 22, 12, 30, tzinfo=UTC),
    "responded_by_user": {"id": "7", "name": "Ada"},
}


@pytest.fixture
def run(make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer) -> MigrationRun:
    run = make_run(
        mariadb, postgres, "CREATE TABLE pet (id int PRIMARY KEY); INSERT INTO pet VALUES (1);", online=False
    )
    create_tables(run)
    copy_all(run)
    run.archive.file(validate(run, ValidateOptions()))
    return run


def answer(run: MigrationRun, monkeypatch: pytest.MonkeyPatch, *, waive: dict[str, str]) -> Any:
    operator = GateOperator(
        task_id="gate_cutover",
        subject="?",
        migration=run.migration,
        source_conn_id="a",
        target_conn_id="b",
        waive=waive,
    )
    hook = SimpleNamespace(run=lambda run_id: run)
    monkeypatch.setattr(gate.GateOperator, "migration_hook", property(lambda self: hook))
    return operator.execute_complete({"run_id": run.run_id}, ANSWER)  # type: ignore[typeddict-item]


def test_who_approves_signs(run: MigrationRun, monkeypatch: pytest.MonkeyPatch) -> None:
    with run.ledger() as ledger:
        ledger.watch.keep(WatchedRow("pet", ("1",), "changed", ("name",)))
    with pytest.raises(AirflowException, match=r"1 rows differ .*pet \(name\).*asks again"):
        answer(run, monkeypatch, waive={"pet/2": "another"})
    (filed,) = Path(str(run.archive.root)).glob("*/*/validate.json")
    assert "signed_off_by" not in json.loads(filed.read_text())["summary"]

    answer(run, monkeypatch, waive={"pet/1": "known"})
    said = json.loads(filed.read_text())
    assert (said["summary"]["signed_off_by"], said["summary"]["signed_off_at"]) == ("Ada", "2026-11-22 12:30:00 UTC")
    assert said["tables"][0]["title"] == "Sign-off"
    with run.ledger() as ledger:
        ledger.watch.forget("pet", ("1",))
        assert ledger.watch.rows() == []

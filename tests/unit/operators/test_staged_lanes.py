"""Load lanes wait without a slot, and not for ever."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, TaskDeferred

from database_migration.operators.chunked_copy import ChunkedCopyOperator
from database_migration.steps.chunked_copy.lane_figures import LaneFigures
from database_migration.steps.chunked_copy.staging import load_lane
from database_migration.steps.chunked_copy.staging.load_lane import LoadOutcome


def context(**states: str) -> Any:
    ti = SimpleNamespace(
        dag_id="shop", task_id="load", get_task_states=lambda **_: {"run": states}, xcom_push=lambda **_: None
    )
    return {"ti": ti, "run_id": "run"}


@pytest.fixture
def lane(monkeypatch: pytest.MonkeyPatch) -> ChunkedCopyOperator:
    """A load lane that finds three chunks missing."""
    monkeypatch.setattr(load_lane, "load_lane", lambda *_, **__: LoadOutcome(LaneFigures(), 0, 3))
    monkeypatch.setattr(ChunkedCopyOperator, "run_of", lambda *_: None)
    return ChunkedCopyOperator(
        task_id="load", part="load", lane=0, unload_task_id="unload", migration="shop", source_conn_id="a",
        target_conn_id="b", options={"staging": {"url": "file:///store"}},
    )  # fmt: skip


def test_a_lane_without_chunks_gives_its_slot_back_and_goes_on(lane: ChunkedCopyOperator) -> None:
    running = context(unload_0="running", unload_1="success")
    with pytest.raises(TaskDeferred) as deferred:
        lane.execute(running)
    assert deferred.value.method_name == "load_on"
    assert deferred.value.kwargs is not None
    since = deferred.value.kwargs["since"]
    assert abs(time.time() - since) < 60
    with pytest.raises(TaskDeferred) as again:
        lane.load_on(running, since=since)
    assert again.value.kwargs == {"since": since}


def test_a_lane_does_not_wait_for_ever(lane: ChunkedCopyOperator) -> None:
    with pytest.raises(AirflowException, match="none has come for 1:00:00"):
        lane.load_on(context(unload_0="running"), since=time.time() - 3700)


def test_a_lane_does_not_wait_for_lanes_that_have_ended(lane: ChunkedCopyOperator) -> None:
    with pytest.raises(AirflowException, match="the unload lanes have ended"):
        lane.execute(context(unload_0="failed", unload_1="success", cut="success"))

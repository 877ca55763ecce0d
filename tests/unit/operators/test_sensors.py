"""Sensors ask once and defer to triggers that carry names only."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from database_migration.errors import Interrupted, NotPossible
from database_migration.model.window import closes_at
from database_migration.sensors.cutover_window import CutoverWindowSensor
from database_migration.sensors.replication_wanted import ReplicationWantedSensor
from database_migration.triggers._asking import AskingTrigger
from database_migration.triggers.cutover_window import CutoverWindowTrigger
from database_migration.triggers.replication_lag import ReplicationLagTrigger
from database_migration.triggers.replication_wanted import ReplicationWantedTrigger
from database_migration.triggers.resumed import ResumedTrigger
from database_migration.triggers.writes_drained import WritesDrainedTrigger

SUNDAYS = "0 2 * * SUN"


@pytest.mark.parametrize(
    ("now", "closes"),
    [
        ("2026-11-22T00:59:59+00:00", None),
        ("2026-11-22T01:00:00+00:00", "2026-11-22T03:00:00+00:00"),
        ("2026-11-22T02:59:59+00:00", "2026-11-22T03:00:00+00:00"),
        ("2026-11-22T03:00:00+00:00", None),
        ("2026-11-23T01:30:00+00:00", None),
        # In summer Paris is two hours ahead.
        ("2026-07-05T00:30:00+00:00", "2026-07-05T02:00:00+00:00"),
    ],
)
def test_a_window_is_open_from_its_cron_for_its_duration(now: str, closes: str | None) -> None:
    found = closes_at(SUNDAYS, timedelta(hours=2), "Europe/Paris", datetime.fromisoformat(now))
    assert (found.isoformat() if found else None) == closes


def test_a_sensor_goes_on_within_a_window_and_defers_outside() -> None:
    always = CutoverWindowSensor(task_id="w", cron="* * * * *", duration=timedelta(minutes=5))
    assert datetime.fromisoformat(always.execute({})["closes_at"]) > datetime.now(UTC)
    past = datetime.now(UTC) - timedelta(hours=12)
    never = CutoverWindowSensor(
        task_id="n", cron=f"{past.minute} {past.hour} * * *", duration=timedelta(minutes=5), timeout=60
    )
    with pytest.raises(TaskDeferred) as deferred:
        never.execute({})
    assert deferred.value.timeout == timedelta(seconds=60)


def test_replication_that_nobody_can_ask_about_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_B", "http://not.a/database")
    sensor = ReplicationWantedSensor(task_id="wanted", migration="shop", source_conn_id="a", target_conn_id="b")
    with pytest.raises(TaskDeferred):
        sensor.execute({})


TRIGGERS: list[AskingTrigger] = [
    CutoverWindowTrigger(cron=SUNDAYS, duration_seconds=7200.0, timezone="UTC", poll_interval=1.0),
    ReplicationLagTrigger(keywords={"migration": "shop"}, max_seconds=5.0, poll_interval=1.0),
    ReplicationWantedTrigger(keywords={"migration": "shop"}, poll_interval=1.0),
    ResumedTrigger(keywords={"migration": "shop"}, activity="copy", poll_interval=1.0),
    WritesDrainedTrigger(keywords={"migration": "shop"}, direction="forward", ordinal="12345", poll_interval=1.0),
]


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: type(trigger).__name__)
def test_a_trigger_is_made_again_from_what_is_stored(trigger: AskingTrigger) -> None:
    path, arguments = trigger.serialize()
    assert path == f"{type(trigger).__module__}.{type(trigger).__name__}"
    again = type(trigger)(**arguments)
    assert again.serialize() == trigger.serialize()


class Oracle(AskingTrigger):
    """Answers what it was told to."""

    def __init__(self, answers: list[Any]) -> None:
        super().__init__(poll_interval=0.0)
        self.answers = answers

    def arguments(self) -> dict[str, Any]:
        return {"answers": self.answers}

    def ask(self) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def fired(trigger: AskingTrigger) -> Any:
    async def first() -> Any:
        async for event in trigger.run():
            return event.payload
        return None

    return asyncio.run(first())


def test_a_trigger_asks_until_there_is_an_answer_and_outlasts_a_server_that_is_away() -> None:
    oracle = Oracle([None, Interrupted("It is away.", mend="wait."), None, {"seconds": 1.0}])
    assert fired(oracle) == {"answer": {"seconds": 1.0}}
    assert oracle.answers == []


def test_what_no_waiting_helps_fails_the_sensor() -> None:
    event = fired(Oracle([NotPossible("No run is open.", mend="trigger the DAG.")]))
    assert event == {"refused": "NotPossible: No run is open. What to do: trigger the DAG."}
    sensor = CutoverWindowSensor(task_id="w", cron=SUNDAYS, duration=timedelta(hours=1))
    with pytest.raises(AirflowFailException, match="trigger the DAG"):
        sensor.execute_complete({}, event)
    assert sensor.execute_complete({}, {"answer": {"closes_at": "x"}}) == {"closes_at": "x"}

"""Operators check their arguments when they are made, and speak Airflow's language when they fail."""

from __future__ import annotations

import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred
from airflow.sdk.log import mask_secret

from database_migration.errors import EpochPassed, Interrupted, Paused, SpecRefused
from database_migration.operators._run_states import culprits, task_of, unsuccessful
from database_migration.operators._step import FAILURE_KEY, FAILURE_LINES_KEY, airflow_errors
from database_migration.operators.apply_schema import ApplySchemaOperator
from database_migration.operators.chunked_copy import ChunkedCopyOperator
from database_migration.operators.replicate import ReplicateOperator
from database_migration.operators.validate import ValidateOperator
from database_migration.steps.validate import ValidateOptions
from database_migration.triggers.resumed import ResumedTrigger

MIGRATION: dict[str, Any] = {"migration": "shop", "source_conn_id": "a", "target_conn_id": "b"}


def test_options_become_the_step_s_model() -> None:
    operator = ValidateOperator(task_id="validate", options={"sample": 0.9, "settle": "PT5S"}, **MIGRATION)
    assert operator.options == ValidateOptions(sample=0.9, settle=timedelta(seconds=5))


@pytest.mark.parametrize("options", [{"chekcsum": "full"}, {"sample": 7}])
def test_wrong_options_are_refused_when_the_dag_is_parsed(options: dict[str, Any]) -> None:
    with pytest.raises(SpecRefused, match=f"options of validate: {next(iter(options))}: .*keep to checksum"):
        ValidateOperator(task_id="validate", options=options, **MIGRATION)


@pytest.mark.parametrize("arguments", [{"part": "lane"}, {"part": "cut", "lane": 1}, {"part": "nothing"}])
def test_a_part_that_says_nothing_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(SpecRefused, match="says nothing"):
        ChunkedCopyOperator(task_id="copy", **arguments, **MIGRATION)


def test_reports_of_one_stem_are_told_apart() -> None:
    names = [
        ApplySchemaOperator(task_id="tables", stage="tables", **MIGRATION).report_name(),
        ApplySchemaOperator(task_id="keys", stage="keys", **MIGRATION).report_name(),
        ReplicateOperator(task_id="catch_up", until="caught_up", **MIGRATION).report_name(),
    ]
    assert names == ["apply_schema.tables", "apply_schema.keys", "replicate.caught_up"]


@pytest.mark.parametrize("error", [EpochPassed, SpecRefused])
def test_what_no_retry_helps_fails_at_once_and_says_what_to_do(error: type[EpochPassed]) -> None:
    with pytest.raises(AirflowFailException, match=rf"{error.__name__}: shop: It is so. What to do: change it."):
        with airflow_errors():
            raise error("It is so.", mend="change it.", subject="shop")


class PausedCopy(ChunkedCopyOperator):
    """A copy that somebody has paused, once."""

    told = 0

    def work(self, context: Context) -> Any:
        self.told += 1
        if self.told == 1:
            raise Paused("dba paused the copy.", mend="resume it.", activity="copy", subject="shop")
        return "done"


class Noisy(ValidateOperator):
    """A step that says what it does, with a password in it, and fails."""

    def work(self, context: Context) -> Any:
        logging.getLogger("database_migration.steps.validate").info("comparing %s with s3cret-of-shop", "orders")
        logging.getLogger("database_migration.steps.validate").warning("slow")
        raise EpochPassed("It is so.", mend="change it.", subject="shop")


def test_a_failing_task_hands_over_its_last_lines_without_secrets() -> None:
    mask_secret("s3cret-of-shop")
    pushed: dict[str, Any] = {}
    told = SimpleNamespace(xcom_push=lambda key, value: pushed.update({key: value}))
    with pytest.raises(AirflowFailException):
        Noisy(task_id="validate", **MIGRATION).execute(cast(Any, {"ti": told}))
    assert [line.split(" ", 2)[2] for line in pushed[FAILURE_LINES_KEY]] == [
        "INFO comparing orders with ***", "WARNING slow",
    ]  # fmt: skip
    assert pushed[FAILURE_KEY] == "EpochPassed: shop: It is so. What to do: change it."


def test_a_name_that_ends_in_a_number_is_no_mapped_task() -> None:
    known = {"plan.rehearse.try_1", "execute.chunked_copy"}
    assert task_of("plan.rehearse.try_1", known) == ("plan.rehearse.try_1", -1)
    assert task_of("execute.chunked_copy_2", known) == ("execute.chunked_copy", 2)


def test_a_paused_task_gives_its_place_away_and_goes_on_where_it_stands() -> None:
    task = PausedCopy(task_id="copy", **MIGRATION)
    with pytest.raises(TaskDeferred) as deferred:
        task.execute({})
    trigger = deferred.value.trigger
    assert isinstance(trigger, ResumedTrigger)
    assert (trigger.activity, trigger.keywords["migration"]) == ("copy", "shop")
    assert getattr(task, deferred.value.method_name)({}, {"answer": {"resumed": "copy"}}) == "done"


def test_a_task_that_is_told_to_stop_leaves_its_work() -> None:
    with pytest.raises(SystemExit, match="143"):
        ChunkedCopyOperator(task_id="copy", **MIGRATION).on_kill()


def test_an_interruption_is_tried_again() -> None:
    with pytest.raises(AirflowException, match="The server went away") as raised:
        with airflow_errors():
            raise Interrupted("The server went away.", mend="wait.")
    assert not isinstance(raised.value, AirflowFailException)


def test_states_of_mapped_tasks_count_once_among_the_culprits() -> None:
    states = {"plan.plan": "success", "lane_0": "failed", "lane_1": "failed", "finish": "upstream_failed"}
    bad = unsuccessful(states)
    assert set(bad) == {"lane_0", "lane_1", "finish"}
    assert culprits(bad) == ["lane"]


def test_a_hook_is_made_of_the_keywords() -> None:
    operator = ValidateOperator(task_id="v", tables={"orders": {"rename": "o"}}, spec_hash="x", **MIGRATION)
    hook = operator.migration_hook
    assert (hook.migration, hook.tables, hook.spec_hash) == ("shop", {"orders": {"rename": "o"}}, "x")

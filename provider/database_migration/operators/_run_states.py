"""What became of the other tasks of a DAG run, for the two teardowns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from airflow.sdk import Context

_MAPPED = re.compile(r"_(\d+)$")
_GOOD = "success"


def states_of_run(context: Context, *, apart_from: Iterable[str]) -> dict[str, str | None]:
    """Task id (``lane_0`` for mapped ones) → state, without the teardowns themselves."""
    ti: Any = context["ti"]
    run_id = context["run_id"]
    states: dict[str, str | None] = ti.get_task_states(dag_id=ti.dag_id, run_ids=[run_id]).get(run_id, {})
    return {task: state for task, state in states.items() if task not in apart_from and task != ti.task_id}


def states_of_task(states: Mapping[str, str | None], task_id: str) -> list[str | None]:
    """The states of one task, or of all that it was mapped to."""
    return [state for task, state in states.items() if task == task_id or _MAPPED.sub("", task) == task_id]


def unsuccessful(states: Mapping[str, str | None]) -> dict[str, str | None]:
    """Those that did not succeed; a mapped task that was never mapped counts once."""
    return {task: state for task, state in states.items() if state != _GOOD}


def culprits(states: Mapping[str, str | None], known: Collection[str] = ()) -> list[str]:
    """Tasks that failed by themselves, not for others; mapped ones once. ``known``: the DAG's tasks by name."""
    return sorted({task_of(task, known)[0] for task, state in states.items() if state == "failed"})


def task_of(name: str, known: Collection[str]) -> tuple[str, int]:
    """The task behind a name of ``states_of_run``, and its map index (-1: it is not mapped)."""
    found = _MAPPED.search(name)
    if found is None or name in known:
        return name, -1
    return name[: found.start()], int(found[1])


__all__ = ["culprits", "states_of_run", "states_of_task", "task_of", "unsuccessful"]

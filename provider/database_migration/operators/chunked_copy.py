"""The copy: cut into chunks, copied by lanes, concluded."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import Context

from database_migration.errors import Interrupted, SpecRefused
from database_migration.hooks import database_of
from database_migration.hooks.object_storage import storage_at
from database_migration.operators._run_states import states_of_run, states_of_task
from database_migration.operators._step import StepOperator, run_id_of
from database_migration.steps.chunked_copy import (
    StagingArea,
    copy_lane,
    cut_chunks,
    finish_copy,
    staging_of,
)
from database_migration.steps.run import Database

_PARTS = ("cut", "lane", "unload", "load", "finish", "all")
_LANES = ("lane", "unload", "load")
_LOOK_AGAIN = timedelta(seconds=10)
_ENDED = ("success", "failed", "upstream_failed", "skipped", "removed")


class ChunkedCopyOperator(StepOperator):
    """Copies every selected table; a lane that is killed loses one chunk, which the next try copies.

    In a DAG: one task that cuts, one mapped over its result (``partial(part="lane").expand(lane=cut.output)``),
    one that finishes. ``part="all"`` is all of it in one task, for small databases.

    With ``staging`` in the options, instead of ``lane`` two mapped tasks side by side: ``unload``, which reaches the
    source and the store only, and ``load``, which reaches the target and the store only and defers while chunks are
    not there yet.

    :param part: ``cut`` (returns the lanes' numbers), ``lane``, ``unload``, ``load``, ``finish`` or ``all``.
    :param lane: the lane's number, for the parts that are lanes.
    :param unload_task_id: for ``part="load"``, the task of the unload lanes: its failure ends the waiting.
    :param options: ``steps.chunked_copy`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "chunked_copy"

    def __init__(
        self, *, part: str = "all", lane: int | None = None, unload_task_id: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if part not in _PARTS or (part in _LANES) != (lane is not None):
            raise SpecRefused(
                f"part={part!r} with lane={lane!r} says nothing.",
                mend=f"set part to one of {', '.join(_PARTS)}, and lane with {', '.join(_LANES)} only.",
                subject=self.task_id,
            )
        self.part = part
        self.lane = lane
        self.unload_task_id = unload_task_id
        self._since: float | None = None

    def work(self, context: Context) -> Any:
        """Call the part of the step that this task is."""
        if self.part == "unload":
            return self._unload(run_id_of(context))
        if self.part == "load":
            return self._load(context)
        run = self.run_of(context)
        if self.part == "lane":
            return copy_lane(run, self.options, lane=int(self.lane or 0), replicas=self._replicas())
        if self.part == "finish":
            return self.conclude(run, finish_copy(run, self.options))
        lanes = list(range(cut_chunks(run, self.options)))
        if self.part == "cut":
            return lanes
        if self.options.staging is None:
            copy_lane(run, self.options, lane=0, replicas=self._replicas())
        else:
            self._unload(run.run_id)
            self._load(context)
        return self.conclude(run, finish_copy(run, self.options))

    def load_on(self, context: Context, event: Any = None, *, since: float) -> Any:
        """Go on where the deferred lane stopped; ``since``: when it last loaded something."""
        self._since = since
        return self.execute(context)

    def _replicas(self) -> dict[str, Database]:
        return {conn_id: database_of(conn_id) for conn_id in self.options.replicas}

    def _unload(self, run_id: str) -> Any:
        from database_migration.steps.chunked_copy.staging.unload_lane import unload_lane  # pyarrow: no other lane's

        # Not the run: its target is out of this worker's reach, and its connection none of its business.
        area = StagingArea(storage_at(staging_of(self.options).url), self.migration, run_id)
        source, lane = self.migration_hook.source, int(self.lane or 0)
        return unload_lane(source, area, self.options, lane, replicas=self._replicas())

    def _load(self, context: Context) -> Any:
        from database_migration.steps.chunked_copy.staging.load_lane import load_lane

        # Looked at first: what these lanes have stored by then is seen below.
        ended = self._unloading_has_ended(context)
        outcome = load_lane(self.run_of(context), self.options, int(self.lane or 0), patience=0.0 if ended else 10.0)
        if not outcome.missing:
            return outcome.figures.as_dict()
        if ended:
            raise Interrupted(
                f"{outcome.missing} chunks are not in the store, and the unload lanes have ended.",
                mend=f"clear {self.unload_task_id}: its tasks unload what is missing; then clear this one.",
                subject=self.migration,
            )
        max_wait = staging_of(self.options).max_wait
        since = self._since if self._since is not None and not outcome.loaded else time.time()
        if time.time() - since > max_wait.total_seconds():
            raise Interrupted(
                f"{outcome.missing} chunks are not in the store, and none has come for {max_wait}.",
                mend="look at the unload lanes: whether their queue has workers, and what their logs say.",
                subject=self.migration,
            )
        self.log.info("%d chunks are not in the store yet: the lane gives its slot back.", outcome.missing)
        # Time is all that the triggerer is asked for: it need not reach the store or a database.
        trigger = TimeDeltaTrigger(_LOOK_AGAIN)
        self.defer(trigger=trigger, method_name="load_on", kwargs={"since": since})
        return None

    def _unloading_has_ended(self, context: Context) -> bool:
        if self.unload_task_id is None:
            return False
        states = states_of_task(states_of_run(context, apart_from=()), self.unload_task_id)
        return bool(states) and all(state in _ENDED for state in states)


__all__ = ["ChunkedCopyOperator"]

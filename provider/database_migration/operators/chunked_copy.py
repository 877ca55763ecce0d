"""The copy: cut into chunks, copied by lanes, concluded."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from database_migration.errors import SpecRefused
from database_migration.hooks import database_of
from database_migration.operators._step import StepOperator
from database_migration.steps.chunked_copy import copy_lane, cut_chunks, finish_copy
from database_migration.steps.run import Database

_PARTS = ("cut", "lane", "finish", "all")


class ChunkedCopyOperator(StepOperator):
    """Copies every selected table; a lane that is killed loses one chunk, which the next try copies.

    In a DAG: one task that cuts, one mapped over its result (``partial(part="lane").expand(lane=cut.output)``),
    one that finishes. ``part="all"`` is the three in one task, for small databases.

    :param part: ``cut`` (returns the lanes' numbers), ``lane``, ``finish`` or ``all``.
    :param lane: the lane's number, for ``part="lane"``.
    :param options: ``steps.chunked_copy`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "chunked_copy"

    def __init__(self, *, part: str = "all", lane: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if part not in _PARTS or (part == "lane") != (lane is not None):
            raise SpecRefused(
                f"part={part!r} with lane={lane!r} says nothing.",
                mend=f"set part to one of {', '.join(_PARTS)}, and lane with part='lane' only.",
                subject=self.task_id,
            )
        self.part = part
        self.lane = lane

    def work(self, context: Context) -> Any:
        """Call the part of the step that this task is."""
        run = self.run_of(context)
        if self.part == "lane":
            return copy_lane(run, self.options, lane=int(self.lane or 0), replicas=self._replicas())
        if self.part == "finish":
            return self.conclude(run, finish_copy(run, self.options))
        lanes = list(range(cut_chunks(run, self.options)))
        if self.part == "cut":
            return lanes
        copy_lane(run, self.options, lane=0, replicas=self._replicas())
        return self.conclude(run, finish_copy(run, self.options))

    def _replicas(self) -> dict[str, Database]:
        return {conn_id: database_of(conn_id) for conn_id in self.options.replicas}


__all__ = ["ChunkedCopyOperator"]

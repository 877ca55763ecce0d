"""A named place to roll back to."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from database_migration.operators._step import MigrationOperator


class CheckpointOperator(MigrationOperator):
    """Records a checkpoint in the ledger; the first time counts.

    :param name: the checkpoint's name; the other keywords are those of every step's operator.
    """

    def __init__(self, *, name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.checkpoint = name

    def work(self, context: Context) -> str:
        """Record it."""
        with self.run_of(context).current_ledger() as ledger:
            ledger.checkpoints.set(self.checkpoint)
        return self.checkpoint


__all__ = ["CheckpointOperator"]

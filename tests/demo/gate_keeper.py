"""Answers the gates as the people would, so that the demo runs by itself."""

from __future__ import annotations

import time
from collections.abc import Mapping

from fixtures.airflow_api import Gate
from fixtures.airflow_services import AirflowServices


class GateKeeper:
    """Approves each gate of one run; the last one after the application has written to the target for a while.

    :param rejects: part of a task id → what is answered instead of Approve.
    """

    def __init__(
        self,
        airflow: AirflowServices,
        dag_id: str,
        run_id: str,
        *,
        soak_seconds: float,
        rejects: Mapping[str, str] | None = None,
        by_hand: bool = False,
    ) -> None:
        self.answered: dict[str, str] = {}
        self.waiting: Gate | None = None
        self._airflow = airflow
        self._run = (dag_id, run_id)
        self._soak_seconds = soak_seconds
        self._rejects = dict(rejects or {})
        self._by_hand = by_hand
        self._first_seen: dict[str, float] = {}

    def look(self) -> None:
        """Answers what is due; remembers what still waits."""
        self.waiting = None
        for gate in self._airflow.pending_gates():
            if (gate.dag_id, gate.run_id) != self._run:
                continue
            seen = self._first_seen.setdefault(gate.task_id, time.monotonic())
            soaks = "finalize" in gate.task_id and time.monotonic() - seen < self._soak_seconds
            if self._by_hand or soaks:
                self.waiting = gate
                continue
            answer = next((word for part, word in self._rejects.items() if part in gate.task_id), "Approve")
            self._airflow.answer_gate(gate, answer, user=self._user_of(gate))
            self.answered[gate.task_id] = answer

    def _user_of(self, gate: Gate) -> str | None:
        return gate.assigned_users[0] if gate.assigned_users else None

"""What a gate shows: each report in a line or two, the plan first, and what rejecting does."""

from __future__ import annotations

import jinja2

from migration_dag_factory import MigrationSpec, build_dag

OUTCOME = {
    "verdict": "warned",
    "warnings": 2,
    "time": "8 s to 52 s",
    "rows": 297804,
    "held": None,
    "figures": ["time", "rows", "held"],
}


class _Task:
    def xcom_pull(self, task_ids: str) -> object:
        return None if task_ids.endswith("translate_queries") else OUTCOME


def test_the_person_at_the_gate_sees_the_figures_and_the_way_out() -> None:
    spec = MigrationSpec.model_validate(
        {"migration": "shop", "source": {"conn_id": "a"}, "target": {"conn_id": "b"}, "gates": ["plan"]}
    )
    body = build_dag(spec).get_task("gate_plan").body
    text = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(body).render(ti=_Task(), run_id="run+1")
    lines = [line for line in text.splitlines() if line.strip()]
    assert lines[0].startswith("**[Execution plan](")
    assert "/runs/run%2B1/reports/plan.html" in lines[0]
    assert lines[0].endswith("**: warned, 2 warnings")
    assert lines[1] == "time: **8 s to 52 s** · rows: **297,804**"
    assert "Query translation" not in text  # a step without an outcome is left out
    assert "If you reject: the run ends; nothing was created." in text

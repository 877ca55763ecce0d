"""A DAG as text: its task groups as a tree, in the order in which they run."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, TaskGroup


def draw(dag: DAG) -> str:
    """The tree; a task's line says its operator, and whether it is mapped, a gate or a teardown."""
    head = f"{dag.dag_id}  ({_schedule(dag)})"
    return "\n".join([head, *_lines(dag.task_group, "")])


def _lines(group: TaskGroup, indent: str) -> list[str]:
    lines: list[str] = []
    children = [child for child in group.topological_sort() if child.node_id != group.node_id]
    for number, child in enumerate(children):
        last = number == len(children) - 1
        branch = f"{indent}{'└─' if last else '├─'} "
        if isinstance(child, TaskGroup):
            lines.append(f"{branch}{child.label}")
            lines += _lines(child, f"{indent}{'   ' if last else '│  '}")
        else:
            lines.append(f"{branch}{child.label}  [{_kind(child)}]")
    return lines


def _kind(task: Any) -> str:
    marks = [task.task_type]
    # What tells two tasks of one operator apart: which half of the schema, until where changes are applied.
    marks += [f"{name} {value}" for name in ("stage", "until") if (value := getattr(task, name, None))]
    if task.is_mapped:
        marks.append("one per lane")
    marks += ["setup"] if task.is_setup else []
    marks += ["teardown"] if task.is_teardown else []
    return ", ".join(marks)


def _schedule(dag: DAG) -> str:
    return "by hand" if dag.schedule is None else f"schedule {dag.schedule}"


__all__ = ["draw"]

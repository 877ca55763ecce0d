"""The phases of a migration as task groups; what a spec says becomes operators' arguments here and nowhere else."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, TaskGroup, chain
from airflow.sdk.definitions.mappedoperator import MappedOperator

from database_migration.operators.apply_schema import ApplySchemaOperator
from database_migration.operators.checkpoint import CheckpointOperator
from database_migration.operators.chunked_copy import ChunkedCopyOperator
from database_migration.operators.cutover import CutoverOperator
from database_migration.operators.dual_read import DualReadOperator
from database_migration.operators.finalize import FinalizeOperator
from database_migration.operators.plan import PlanOperator
from database_migration.operators.preflight import PreflightOperator
from database_migration.operators.rehearse import RehearseOperator
from database_migration.operators.replicate import ReplicateOperator, StartCaptureOperator
from database_migration.operators.schema_compare import SchemaCompareOperator
from database_migration.operators.translate_queries import TranslateQueriesOperator
from database_migration.operators.validate import ValidateOperator
from database_migration.sensors.cutover_window import CutoverWindowSensor
from database_migration.steps.chunked_copy import LanePlace
from database_migration.steps.chunked_copy.brake_options import BrakeOptions
from database_migration.steps.plan import PlannedWindow, PlanOptions
from database_migration.steps.preflight import PreflightOptions
from database_migration.steps.rehearse import RehearsedSteps
from database_migration.steps.schema_compare import SchemaCompareOptions
from migration_dag_factory.spec import MigrationSpec, StepsSpec


def keywords(spec: MigrationSpec) -> dict[str, Any]:
    """What every operator of a migration is told."""
    return {
        "migration": spec.migration,
        "source_conn_id": spec.source.conn_id,
        "source_schema": spec.source.schema_name,
        "target_conn_id": spec.target.conn_id,
        "target_schema": spec.target.schema_name,
        "tables": spec.tables.model_dump(mode="json"),
        "mapping": spec.mapping.model_dump(mode="json", exclude_defaults=True),
        "spec_hash": spec.hash,
        "online": spec.online,
        "reports": spec.reports,
    }


def plan_phase(spec: MigrationSpec, steps: StepsSpec, begin: BaseOperator) -> TaskGroup:
    """Everything that can be known before anything is touched; ``steps`` are the spec's, with absolute paths.

    ``begin`` is the run's setup, whose teardowns run whatever becomes of it.
    """
    told = keywords(spec)
    with TaskGroup("plan", tooltip="Nothing is touched yet") as group:
        tasks: list[BaseOperator | TaskGroup] = [
            PreflightOperator(task_id="preflight", options=_preflight_options(steps), **told),
            SchemaCompareOperator(task_id="schema_compare", options=_compare_options(steps), **told),
            TranslateQueriesOperator(task_id="translate_queries", options=steps.translate_queries, **told),
        ]
        if spec.strategy.rehearse:
            tasks.append(_rehearsals(spec, steps, begin))
        chain(*tasks, PlanOperator(task_id="plan", options=_plan_options(spec, steps), **told))
    return group


def _rehearsals(spec: MigrationSpec, steps: StepsSpec, begin: BaseOperator) -> TaskGroup:
    """A task per try, and a teardown that removes what a try leaves that never got to it."""
    told = keywords(spec)
    rehearsed = steps.model_dump(mode="json", by_alias=True, include=set(RehearsedSteps.model_fields))
    rehearsed["preflight"] = _preflight_options(steps).model_dump(mode="json")
    with TaskGroup("rehearse", tooltip="On a stage of its own: neither traffic nor writers notice") as group:
        tries = [
            RehearseOperator(task_id=f"try_{attempt}", attempt=attempt, steps=rehearsed, options=steps.rehearse, **told)
            for attempt in range(1, spec.strategy.rehearse + 1)
        ]
        clear = RehearseOperator(task_id="clear", clear=True, options=steps.rehearse, **told)
        chain(*tries, clear.as_teardown(setups=begin))
    return group


def prepare_phase(spec: MigrationSpec, steps: StepsSpec) -> TaskGroup:
    """Tables on the target, and the source's log kept from now on."""
    told = keywords(spec)
    with TaskGroup("prepare", tooltip="Tables are created, capture begins") as group:
        tasks: list[BaseOperator] = [
            ApplySchemaOperator(task_id="apply_schema", stage="tables", options=steps.apply_schema, **told)
        ]
        if spec.online:
            tasks.append(StartCaptureOperator(task_id="start_capture", options=steps.replicate, **told))
        chain(*tasks, CheckpointOperator(task_id="checkpoint", name="prepared", **told))
    return group


def execute_phase(spec: MigrationSpec, steps: StepsSpec) -> TaskGroup:
    """Rows, then what slows loading, then the comparison."""
    told = keywords(spec)
    with TaskGroup("execute", tooltip="Rows are copied and compared") as group:
        lanes = _copy_lanes(spec, steps)
        tasks: list[BaseOperator] = [
            ChunkedCopyOperator(task_id="finish_copy", part="finish", options=steps.chunked_copy, **told)
        ]
        if spec.online:
            tasks.append(ReplicateOperator(task_id="reach_copy_end", until="copy_end", options=steps.replicate, **told))
        tasks.append(ApplySchemaOperator(task_id="apply_schema", stage="keys", options=steps.apply_schema, **told))
        if spec.online:
            tasks.append(ReplicateOperator(task_id="catch_up", until="caught_up", options=steps.replicate, **told))
        chain(
            [*lanes],
            *tasks,
            ValidateOperator(task_id="validate", options=steps.validate_, **told),
            DualReadOperator(task_id="dual_read", options=steps.dual_read, **told),
            CheckpointOperator(task_id="checkpoint", name="validated", **told),
        )
    return group


def cutover_phase(spec: MigrationSpec) -> TaskGroup:
    """The application is led over, in its window where it has one."""
    with TaskGroup("cutover", tooltip="The application is led over") as group:
        cutover = CutoverOperator(
            task_id="cutover",
            options=spec.steps.cutover,
            gate_task_id="gate_cutover" if spec.gates.cutover is not None else None,
            **keywords(spec),
        )
        if spec.windows.cutover is not None:
            window = CutoverWindowSensor(
                task_id="window",
                cron=spec.windows.cutover.cron,
                duration=spec.windows.cutover.duration,
                timezone=spec.windows.cutover.timezone,
            )
            chain(window, cutover)
    return group


def soak_phase(spec: MigrationSpec) -> TaskGroup:
    """The end of reverse replication."""
    with TaskGroup("soak", tooltip="Reverse replication holds until this ends it") as group:
        FinalizeOperator(
            task_id="finalize",
            options=spec.steps.finalize,
            cutover=spec.steps.cutover.model_dump(mode="json"),
            **keywords(spec),
        )
    return group


def _copy_lanes(spec: MigrationSpec, steps: StepsSpec) -> list[MappedOperator]:
    """The lanes that copy; through a store, those that unload beside those that load."""
    told, options = keywords(spec), steps.chunked_copy
    staging = options.staging
    cut = ChunkedCopyOperator(task_id="cut_chunks", part="cut", options=options, **told)
    numbered = {"options": options, "map_index_template": "lane {{ task.lane }}", **told}
    if staging is None:
        return [ChunkedCopyOperator.partial(task_id="chunked_copy", part="lane", **numbered).expand(lane=cut.output)]
    unload = ChunkedCopyOperator.partial(
        task_id="unload_chunks", part="unload", **_place(staging.unload), **numbered
    ).expand(lane=cut.output)
    load = ChunkedCopyOperator.partial(
        task_id="load_chunks", part="load", unload_task_id=unload.task_id, **_place(staging.load), **numbered
    ).expand(lane=cut.output)
    return [unload, load]


def _place(place: LanePlace) -> dict[str, str]:
    """Operator arguments that say where lanes run."""
    return place.model_dump(exclude_none=True)


def _compare_options(steps: StepsSpec) -> SchemaCompareOptions:
    """The comparison's advice about indexes knows the queries that are translated."""
    if steps.schema_compare.queries is not None:
        return steps.schema_compare
    return steps.schema_compare.model_copy(update={"queries": steps.translate_queries.queries})


def _preflight_options(steps: StepsSpec) -> PreflightOptions:
    """Preflight knows from the copy's options how many lanes there will be, and what slows them down."""
    copy, said = steps.chunked_copy, steps.preflight.model_fields_set
    brakes = BrakeOptions.model_validate({name: getattr(copy, name) for name in BrakeOptions.model_fields})
    known = {"lanes": copy.lanes, "brakes": brakes}
    return steps.preflight.model_copy(update={name: value for name, value in known.items() if name not in said})


def _plan_options(spec: MigrationSpec, steps: StepsSpec) -> PlanOptions:
    """The plan tells of gates and windows, which the spec has said already."""
    gates = tuple(name for name in ("plan", "cutover", "finalize") if getattr(spec.gates, name) is not None)
    window = spec.windows.cutover
    windows = {} if window is None else {"cutover": PlannedWindow(**window.model_dump())}
    return steps.plan.model_copy(
        update={
            "lanes": steps.plan.lanes or steps.chunked_copy.lanes,
            "chunk_rows": max(steps.chunked_copy.chunk_rows, 1000),
            "index_parallel": steps.apply_schema.parallel,
            "validate_parallel": steps.validate_.parallel,
            "write_pause": steps.cutover.max_write_pause,
            "gates": steps.plan.gates or gates,
            "windows": {**windows, **steps.plan.windows},
        }
    )


__all__ = ["cutover_phase", "execute_phase", "keywords", "plan_phase", "prepare_phase", "soak_phase"]

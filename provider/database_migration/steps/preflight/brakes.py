"""Whether what shall slow the copy down can: each is tried once, before anything depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from database_migration.engines.protocol import Session
from database_migration.errors import MigrationError
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity
from database_migration.steps.chunked_copy.brake_options import BrakeOptions
from database_migration.steps.chunked_copy.throttle_query import answer
from database_migration.steps.run import Database, MigrationRun


def brake_findings(
    run: MigrationRun, brakes: BrakeOptions, source: Session, target: Session, replicas: Mapping[str, Database]
) -> list[Finding]:
    """Findings about the throttle query and about replicas whose lag cannot be seen."""
    return [
        *_query_findings(run, brakes, source, target),
        *_replica_findings(brakes, replicas),
        *_blind_findings(run, brakes),
    ]


def _query_findings(run: MigrationRun, brakes: BrakeOptions, source: Session, target: Session) -> Iterator[Finding]:
    query = brakes.throttle_query
    if query is None:
        return
    side, session = (run.source, source) if query.on is Side.SOURCE else (run.target, target)
    try:
        answer(side, session, query)
    except MigrationError as error:
        yield Finding(
            Severity.BLOCKER,
            "throttle_query",
            f"{query.on} server",
            f"The throttle query cannot be used: {error.problem}",
            f"correct steps.chunked_copy.throttle_query; {error.mend}",
        )


def _replica_findings(brakes: BrakeOptions, replicas: Mapping[str, Database]) -> Iterator[Finding]:
    for name, database in replicas.items():
        try:
            with database.connect("preflight") as session:
                lag = database.engine.inspection.replica_lag(session)
        except MigrationError as error:
            yield Finding(
                Severity.BLOCKER,
                "replica_lag",
                f"connection {name}",
                f"The replica does not say how far it is behind: {error.problem}",
                "on MySQL GRANT REPLICATION CLIENT, on MariaDB GRANT REPLICA MONITOR, to the connection's user;"
                f" {error.mend}",
            )
        else:
            if lag is None:
                yield Finding(
                    Severity.BLOCKER,
                    "replica_lag",
                    f"connection {name}",
                    "The server is no replica: its lag can say nothing.",
                    "name a replica in steps.chunked_copy.replicas, or leave it out.",
                )
    if replicas and brakes.max_replica_lag is None:
        yield Finding(
            Severity.WARNING,
            "replica_lag",
            "steps.chunked_copy.replicas",
            "Replicas are named, and no lag of theirs is too much.",
            "set steps.chunked_copy.max_replica_lag.",
        )


def _blind_findings(run: MigrationRun, brakes: BrakeOptions) -> Iterator[Finding]:
    wanted = (
        ("max_replica_lag", brakes.max_replica_lag is not None and not brakes.replicas, run.source, Side.SOURCE),
        ("max_target_replica_lag", brakes.max_target_replica_lag is not None, run.target, Side.TARGET),
    )
    for name, is_blind, database, side in wanted:
        if is_blind and not database.engine.traits.knows_replica_lag:
            yield Finding(
                Severity.WARNING,
                "replica_lag_unseen",
                f"{side} server",
                f"{name} is set, and the server does not know how far its replicas are behind: nothing waits for them.",
                "name the replicas' Airflow connections in steps.chunked_copy.replicas, with max_replica_lag.",
            )


__all__ = ["brake_findings"]

"""Goes back: abandons before the switch, reverses after it, refuses once finalized.

The epoch is raised last. Until then every try finds where the one before it stopped: moves that are in force
are taken back again, a note tells from when on the source is open, and dropping what is gone is no error.
After it no task of the run works any more, whoever clicks it into life.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from database_migration.errors import ConnectionRefused, Interrupted, MigrationError, NotPossible
from database_migration.ledger import Ledger, Runs, is_installed, open_ledger
from database_migration.model.migration_state import Checkpoint, Phase, RunState, Side
from database_migration.model.report import Finding, Report, Severity
from database_migration.steps.cutover.repair import COMMITTED_NOTE, Standing, hold_the_stage, standing
from database_migration.steps.cutover.scene import Scene
from database_migration.steps.rollback.abandon import abandon, drop_created, empty_store, leave_source
from database_migration.steps.rollback.failure import FailureFacts
from database_migration.steps.rollback.go_back import back_to_checkpoint, leave_out, require_reachable
from database_migration.steps.rollback.options import RollbackOptions
from database_migration.steps.rollback.report import data_state, remaining, rollback_report
from database_migration.steps.rollback.reverse import reverse
from database_migration.steps.rollback.trace import OnStep, Trace
from database_migration.steps.rollback.unreachable import rescue_source
from database_migration.steps.run import MigrationRun
from database_migration.traffic import Traffic


def rollback(
    run: MigrationRun,
    options: RollbackOptions,
    traffic: Traffic,
    *,
    checkpoint: str | None = None,
    tables: Sequence[str] = (),
    failure: FailureFacts | None = None,
    on_step: OnStep | None = None,
) -> Report:
    """Go back from wherever the run stands; twice is once, and a run that was never opened needs nothing.

    :param checkpoint: one of ``RETURNABLE``: only take back what came after it, the run lives on; None: all the way,
        which ends the run.
    :param tables: source tables that alone go back: with a checkpoint, what came after it is taken back for them; with
        none, they are taken out of the run.
    :param failure: what failed, for the analysis.
    :raises NotPossible: the run is finalized, or cannot go back to that checkpoint.
    :raises Interrupted: the next try goes on; the text says who serves meanwhile.
    """
    trace = Trace() if on_step is None else Trace(on_step)
    try:
        with _opened(run) as ledger:
            if ledger is None:
                return rollback_report(run, trace, outcome="nothing to do: the run was never opened", failure=failure)
            state = ledger.runs.current()
            if state is None or state.run_id != run.run_id:
                outcome = "nothing to do: the run is not the current one"
                return rollback_report(run, trace, outcome=outcome, failure=failure)
            # A rollback has to work even after the spec was edited, which is what made many a run fail.
            run = replace(run, spec_hash=state.spec_hash)
            scene = Scene(run, traffic, ledger)
            return _roll_back(scene, state, options, trace, checkpoint, tuple(dict.fromkeys(tables)), failure)
    except (Interrupted, ConnectionRefused) as error:
        if _target_answers(run):
            raise
        rescue_source(run, traffic, error)


def _roll_back(
    scene: Scene,
    state: RunState,
    options: RollbackOptions,
    trace: Trace,
    checkpoint: str | None,
    tables: Sequence[str],
    failure: FailureFacts | None,
) -> Report:
    run, ledger = scene.run, scene.ledger
    if state.phase is Phase.ROLLED_BACK:
        return rollback_report(
            run, trace, outcome="nothing to do: rolled back already", failure=failure, remains=remaining(ledger),
            findings=_source_serves(scene, trace),
        )  # fmt: skip
    if state.phase is Phase.FINALIZED:
        raise NotPossible(
            "the run is finalized: reverse replication has ended and the source is no longer kept.",
            mend="to move back, migrate from the target to the source's server as a migration of its own.",
            subject=run.migration,
        )
    hold_the_stage(scene)
    before = data_state(run, ledger)
    stand = standing(scene)
    switched = stand in (Standing.SWITCHED, Standing.COMPLETE) or ledger.notes.get_note(COMMITTED_NOTE) is not None
    require_reachable(scene, state, checkpoint, tables, switched=switched)
    begun = stand is Standing.BEGUN
    if checkpoint is not None:
        outcome = back_to_checkpoint(scene, trace, Checkpoint(checkpoint), tables, cutover_begun=begun)
    elif tables:
        outcome = leave_out(scene, trace, tables, cutover_begun=begun)
    elif switched:
        reverse(scene, options, trace)
        leave_source(scene, trace)
        outcome = "reversed: the source serves with every write that the target took"
    elif state.phase is Phase.PLAN:
        drop_created(scene, trace)  # the source was only read: it may even be down
        outcome = "abandoned: nothing had been made yet"
    else:
        abandon(scene, trace, cutover_begun=begun)
        outcome = "abandoned: the source has served all along"
    findings = [] if state.phase is Phase.PLAN else _source_serves(scene, trace)
    remains = remaining(ledger)
    if checkpoint is None and not tables:
        findings += empty_store(scene, trace)
        with trace.step("end the run"):
            ledger.runs.end(run.run_id, Phase.ROLLED_BACK)
    return rollback_report(
        run, trace, outcome=outcome, findings=findings, failure=failure, state=before, remains=remains
    )


def _source_serves(scene: Scene, trace: Trace) -> list[Finding]:
    """Look, do not assume: no fence, a read that works, traffic that leads here."""
    run = scene.run
    findings: list[Finding] = []
    with trace.step("verify that the source serves") as words, run.source.connect("rollback") as session:
        tables = scene.tables(Side.SOURCE)
        if tables and run.source.engine.fence.is_up(session, run.source.schema, tables):
            findings.append(
                Finding(
                    Severity.BLOCKER, "source_fenced", run.source.schema, "the source's tables are still fenced.",
                    "trigger the rollback again; it lowers the fence.",
                )
            )  # fmt: skip
        for table in tables[:1]:
            session.execute(f"SELECT 1 FROM {run.source.engine.ddl.quote(run.source.schema, table)} LIMIT 1")
        try:
            serving = scene.traffic.serving()
        except MigrationError as error:
            findings.append(
                Finding(Severity.WARNING, "serving", scene.traffic.describe(), f"it does not tell: {error.problem}")
            )
            return findings
        words.append(f"traffic leads to {serving or 'where its owners send it'}")
        if serving is Side.TARGET:
            findings.append(
                Finding(
                    Severity.BLOCKER, "serving", scene.traffic.describe(), "the traffic leads to the target.",
                    "trigger the rollback again, or switch it by hand.",
                )
            )  # fmt: skip
        if serving is None:
            findings.append(
                Finding(
                    Severity.WARNING, "serving", scene.traffic.describe(), "nobody knows where the application writes.",
                    "see that it uses the source.",
                )
            )  # fmt: skip
    return findings


@contextmanager
def _opened(run: MigrationRun) -> Iterator[Ledger | None]:
    """The run's ledger; None when there is none or the run is not in it."""
    with run.target.connect("ledger") as session:
        known = is_installed(session) and any(
            run_id == run.run_id for run_id, _, _ in Runs(session, run.migration).history()
        )
        yield open_ledger(session, run.migration, run.run_id) if known else None


def _target_answers(run: MigrationRun) -> bool:
    try:
        with run.target.connect("rollback") as session:
            session.execute("SELECT 1")
    except (Interrupted, ConnectionRefused):
        return False
    return True


__all__ = ["rollback"]

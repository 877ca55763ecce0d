"""One rehearsal from preflight to the way back: the steps themselves, on the stage."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from database_migration.errors import Interrupted, PreflightRefused, Refused, ValidationFailed
from database_migration.model.migration_state import Direction, Side
from database_migration.model.report import Finding, Report, Severity, Verdict
from database_migration.steps.apply_schema import Stage, apply_schema
from database_migration.steps.chunked_copy import (
    advance_identities,
    advance_sequences,
    copy_lane,
    cut_chunks,
    finish_copy,
)
from database_migration.steps.cutover import CutoverOptions, cutover
from database_migration.steps.cutover.final_check import compare_in_flight, without_values
from database_migration.steps.cutover.scene import QUICK
from database_migration.steps.dual_read import dual_read
from database_migration.steps.plan.estimate import CATCH_UP, COPY, KEYS, PREPARE, VALIDATE
from database_migration.steps.preflight import preflight
from database_migration.steps.rehearse.options import RehearsedSteps, RehearseOptions
from database_migration.steps.rehearse.outcome import Outcome
from database_migration.steps.rehearse.rehearsal import Rehearsal
from database_migration.steps.rehearse.scripts import moved, moved_scripts
from database_migration.steps.replicate import BackgroundApplier, TouchedRows, Until, replicate, start_capture
from database_migration.steps.rollback import rollback
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import remember_source, schema_compare
from database_migration.steps.schema_compare.fingerprint import fingerprint
from database_migration.steps.translate_queries import translate_queries
from database_migration.steps.validate import validate
from database_migration.steps.wait_for_lock import LOCK_WAIT
from database_migration.traffic import ManualTraffic, ManualTrafficOptions

log = logging.getLogger(__name__)

LOOK, LAST_LOOK, OVER, BACK = "preflight and comparison", "last pass", "cutover", "rollback"
_QUERY_TIMEOUT = 30.0
_OF_THE_STAGE = frozenset({"serving"})
"""Findings that tell only that nobody's traffic is led."""

OnPhase = Callable[[str], None]
"""Told of every phase before it begins."""


@dataclass(slots=True)
class Play:
    """One try on the stage."""

    rehearsal: Rehearsal
    options: RehearseOptions
    steps: RehearsedSteps
    outcome: Outcome
    on_phase: OnPhase
    told: list[Finding] = field(default_factory=list)
    """Findings of the rehearsal's own."""

    @property
    def run(self) -> MigrationRun:
        """The run on the stage."""
        return self.rehearsal.rehearsed

    def play(self) -> None:
        """Everything in the DAG's order.

        :raises Refused: what would stop the real run; its reports are filed under the rehearsal's name.
        """
        with self._phase(LOOK):
            self._look()
        with moved_scripts(self.rehearsal, self.steps.apply_schema) as (schema_options, findings):
            self.told += findings
            with self._phase(PREPARE):
                self._take(apply_schema(self.run, schema_options, Stage.TABLES), "apply_schema.tables")
                if self.run.online:
                    self._take(start_capture(self.run, self.steps.replicate), "replicate.start")
            with self._phase(COPY):
                self._copy()
            with self._phase(KEYS):
                self._take(apply_schema(self.run, schema_options, Stage.KEYS), "apply_schema.keys")
        if self.run.online:
            with self._phase(CATCH_UP):
                self._take(replicate(self.run, self.steps.replicate, until=Until.CAUGHT_UP), "replicate.caught_up")
        self.outcome.schema = fingerprint(self.run.target.read_schema().tables)
        with self._phase(VALIDATE), self._applying():
            report = self._take(validate(self.run, self.steps.validate_), "validate")
            self.outcome.differing += int(str(report.summary["rows_differing"]))
        with self._phase("dual read"), self._applying():
            self._take(dual_read(self.run, self.steps.dual_read), "dual_read")
        if self.rehearsal.cloned and self.run.online:
            self._over_and_back()
        else:
            with self._phase(LAST_LOOK):
                self._last_pass()

    def _look(self) -> None:
        self._take(preflight(self.run, self.steps.preflight), "preflight", PreflightRefused)
        self._take(schema_compare(self.run, self.steps.schema_compare), "schema_compare")
        self._take(translate_queries(self.run, self.steps.translate_queries), "translate_queries")
        with self.run.current_ledger() as ledger:
            remember_source(self.run, ledger, self.run.source_schema())

    def _copy(self) -> None:
        copy = self.steps.chunked_copy
        lanes = cut_chunks(self.run, copy)
        with ThreadPoolExecutor(lanes, thread_name_prefix="rehearsed lane") as pool:
            for lane in [pool.submit(copy_lane, self.run, copy, number) for number in range(lanes)]:
                lane.result()
        report = self._take(finish_copy(self.run, copy), "chunked_copy")
        self.outcome.bytes = int(str(report.summary["bytes"]))
        with self.run.current_ledger() as ledger:
            self.outcome.rows = {line.table: line.rows for line in ledger.chunks.progress()}
        if self.run.online:
            self._take(replicate(self.run, self.steps.replicate, until=Until.COPY_END), "replicate.copy_end")

    def _over_and_back(self) -> None:
        """The cutover as it will be, the user's writes on the other side, and the way back with them."""
        options = self.steps.cutover.model_copy(
            update={
                "traffic": ManualTrafficOptions(),
                "reads_ramp": (),
                "verify": tuple(
                    query.model_copy(update={"sql": text})
                    for query in self.steps.cutover.verify
                    if (text := self._moved(query.name, query.sql)) is not None
                ),
            }
        )
        with self.run.current_ledger() as ledger:
            ledger.checkpoints.set("validated")
        with self._phase(OVER):
            report = self._take(cutover(self.run, options, ManualTraffic(), approved_by="the rehearsal"), "cutover")
            self.outcome.writers_wait_ms = int(str(report.summary["writes_paused_ms"] or 0))
            self.outcome.differing += int(str(report.summary["rows_differing"] or 0))
        self._write_as_the_application()
        with self._phase(BACK):
            report = self._take(rollback(self.run, self.steps.rollback, ManualTraffic()), "rollback")
            self.outcome.back_wait_ms = int(str(report.summary.get("writes_paused_ms") or 0))

    def _write_as_the_application(self) -> None:
        with self.run.target.connect("rehearsed writes") as session, session.transaction():
            for number, statement in enumerate(self.options.writes, 1):
                text = self._moved(f"write {number}", statement)
                if text is not None:
                    session.execute(text.rstrip().removesuffix(";"))

    def _last_pass(self) -> None:
        """What the cutover does while writers wait, while they do not: drain, compare, move numbers, verify."""
        options: CutoverOptions = self.steps.cutover
        begun = time.monotonic()
        if self.run.online:
            touched = TouchedRows()
            with self._applying(touched) as applier:
                assert applier is not None
                applier.catch_up(timeout=options.patience.total_seconds())
                begun = time.monotonic()
                applier.catch_up(timeout=options.patience.total_seconds())
                differing = compare_in_flight(self.run, touched.take())
            if differing:
                self.outcome.differing += len(differing)
                raise ValidationFailed(
                    f"{len(differing)} rows differ in the last pass: {without_values(differing)}.",
                    mend="run validate on the rehearsal's schema to see them.",
                    subject=self.run.migration,
                )
        advance_identities(self.run, Side.TARGET)
        advance_sequences(self.run, Side.TARGET)
        self.outcome.writers_wait_ms = round((time.monotonic() - begun) * 1000)
        self._verify(options)

    def _verify(self, options: CutoverOptions) -> None:
        target = self.run.target
        for query in options.verify:
            text = self._moved(query.name, query.sql)
            if text is None:
                continue
            with target.connect("verify") as session:
                found = target.engine.inspection.run_query(session, text, max_rows=1, timeout=_QUERY_TIMEOUT)
            answer = found.rows[0][0] if found.rows else None
            if str(answer) != str(query.expect):
                raise ValidationFailed(
                    f"the verification query {query.name!r} says {answer!r}, not {query.expect!r}.",
                    mend="correct the query under steps.cutover.verify, or what it finds.",
                    subject=self.run.migration,
                )

    def _moved(self, name: str, text: str) -> str | None:
        found = moved(self.rehearsal, text)
        if found is None:
            self.told.append(
                Finding(
                    Severity.WARNING,
                    "query_not_rehearsed",
                    name,
                    f"It names the schema {self.rehearsal.run.target.schema} otherwise than before a dot, so it was not"
                    " run.",
                    "qualify its tables by the schema's name.",
                )
            )
        return found

    @contextmanager
    def _applying(self, touched: TouchedRows | None = None) -> Iterator[BackgroundApplier | None]:
        """What the replication DAG does meanwhile: comparisons of moving rows wait for it."""
        if not self.run.online:
            yield None
            return
        with BackgroundApplier(self.run, QUICK, Direction.FORWARD, touched=touched, wait=LOCK_WAIT) as applier:
            yield applier

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        self.on_phase(name)
        begun = time.monotonic()
        try:
            yield
        except (Interrupted, Refused):
            log.warning("The rehearsal stopped in the phase %s.", name)
            raise
        self.outcome.seconds[name] = round(time.monotonic() - begun, 3)
        log.info("Rehearsed: %s (%.1f s)", name, self.outcome.seconds[name])

    def _take(self, report: Report, name: str, refusal: type[Refused] = Refused) -> Report:
        """File a step's report beside those of the rehearsal, and stop where it would stop the real run."""
        filed = self.run.archive.file(report, name=f"try_{self.outcome.attempt}.{name}")
        weighty = [found for found in report.findings if found.severity is not Severity.NOTE]
        self.outcome.findings += [
            [name, found.severity.value, found.code, found.subject]
            for found in weighty
            if found.code not in _OF_THE_STAGE
        ]
        if report.verdict is Verdict.FAILED:
            blockers = "; ".join(f"{found.subject}: {found.message}" for found in report.blockers[:3])
            raise refusal(
                f"the rehearsal failed in {name}: {blockers or 'its verdict is failed'}",
                mend=f"mend it as the report says ({filed.html}), or the real run stops there too; then start anew.",
                subject=self.rehearsal.run.migration,
            )
        return report


__all__ = ["BACK", "LAST_LOOK", "LOOK", "OVER", "OnPhase", "Play"]

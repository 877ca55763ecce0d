"""What every operator of a migration has in common: open both ends, call one step, file its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, ClassVar

from airflow.sdk import Context
from airflow.sdk._shared.secrets_masker import redact
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from pydantic import BaseModel, ValidationError

from database_migration.errors import Interrupted, MigrationError, Paused, Refused, SpecRefused
from database_migration.hooks.keywords import MigrationKeywords
from database_migration.links import ReportLink
from database_migration.model.report import Report, Severity, Verdict
from database_migration.operators._last_lines import last_lines
from database_migration.steps.run import MigrationRun
from database_migration.triggers.resumed import ResumedTrigger

#: XCom key under which a failing task leaves its reason, for the rollback's report.
FAILURE_KEY = "failure"
#: Likewise, for the lines that it logged last.
FAILURE_LINES_KEY = "failure_lines"
_BLOCKERS_TOLD = 5
_TERMINATED = 128 + 15
"""The exit status of a program that SIGTERM ended."""
_LOG_LEVELS = {Severity.BLOCKER: "error", Severity.WARNING: "warning", Severity.NOTE: "info"}


class MigrationOperator(MigrationKeywords):
    """Works on one run of a migration, and tells Airflow whether another try helps.

    A killed task needs no cleaning up: each step resumes from the ledger, and what its transactions had
    not committed is gone with their connections.

    :param migration: the migration's name.
    :param source_conn_id: connection of the source.
    :param target_conn_id: connection of the target, which also holds the ledger.
    :param source_schema: schema to migrate; None: the connection's.
    :param target_schema: schema to migrate into; None: the connection's.
    :param tables: which tables take part, as in a spec.
    :param mapping: how types, names, collations and values are held on the target, as in a spec.
    :param spec_hash: hash of the resolved spec, compared with the one the run was opened with.
    :param online: False where the application is stopped and nothing is replicated.
    :param reports: where reports are filed; None: ``[database_migration] reports``.
    """

    ui_color = "#e8f0fb"

    def execute(self, context: Context) -> Any:
        """The work, with our errors in Airflow's words."""
        with airflow_errors(), last_lines() as lines:
            try:
                return self.work(context)
            except Paused as paused:
                self.log.info("%s The task gives its place to others until then.", paused)
                self.defer(
                    trigger=ResumedTrigger(keywords=self.keywords, activity=paused.activity),
                    method_name="execute_resumed",
                )
            except Exception as error:
                context["ti"].xcom_push(key=FAILURE_LINES_KEY, value=lines.masked())
                context["ti"].xcom_push(key=FAILURE_KEY, value=str(redact(f"{type(error).__name__}: {error}")))
                raise

    def on_kill(self) -> None:
        """Leave the work: Airflow sends SIGTERM, calls this in the middle of it, and kills five seconds later.

        What is raised unwinds whatever is open, and leaves a try that may be retried.
        """
        raise SystemExit(_TERMINATED)

    def execute_resumed(self, context: Context, event: dict[str, Any]) -> Any:
        """The work again, where it was paused: each step finds in the ledger what is left."""
        self.log.info("Goes on: %s", event.get("refused") or event.get("answer"))
        return self.execute(context)

    def work(self, context: Context) -> Any:
        """What the operator does; its result is the task's XCom."""
        raise NotImplementedError

    def run_of(self, context: Context) -> MigrationRun:
        """The migration's run that belongs to this DAG run."""
        return self.migration_hook.run(run_id_of(context))


class StepOperator(MigrationOperator):
    """Calls one step and files the report it returns.

    :param options: the step's options, as in a spec under ``steps``.
    """

    stem: ClassVar[str]
    """The step's one name."""
    refusal: ClassVar[type[Refused]] = Refused
    """What is raised when the report's verdict is that the run must not go on."""
    operator_extra_links = (ReportLink(),)

    def __init__(self, *, options: Mapping[str, Any] | BaseModel | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options = _validated(self.stem, options)
        self.filed_under: tuple[str, str] | None = None

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step's function."""
        raise NotImplementedError

    def report_name(self) -> str:
        """The name that the report is filed under; differs where a run has several of one stem."""
        return self.stem

    def work(self, context: Context) -> Any:
        """Call the step, file its report, and stop the run where the report says so."""
        run = self.run_of(context)
        return self.conclude(run, self.step(run, context))

    def conclude(self, run: MigrationRun, report: Report) -> dict[str, Any]:
        """File a report and turn it into the task's small summary; raises ``refusal`` on a FAILED verdict."""
        for finding in report.findings:
            tell = getattr(self.log, _LOG_LEVELS[finding.severity])
            tell("%s %s: %s%s", finding.code, finding.subject, finding.message, _mend(finding.mend))
        filed = run.archive.file(report, name=self.report_name())
        self.filed_under = (run.run_id, self.report_name())
        with run.ledger() as ledger:
            ledger.reports.file(run.run_id, self.report_name(), verdict=report.verdict.value, location=filed.html)
        self.log.info("Verdict %s. Report: %s", report.verdict, filed.html)
        if report.verdict is Verdict.FAILED:
            raise self._refused(report)
        return {
            "verdict": report.verdict.value,
            "warnings": sum(finding.severity is Severity.WARNING for finding in report.findings),
            **report.summary,
            "figures": list(report.summary),  # their order, which Airflow's metadata database does not keep
            "report": filed.html,
        }

    def _refused(self, report: Report) -> Refused:
        blockers = report.blockers
        told = [f"{f.subject}: {f.message}{_mend(f.mend)}" for f in blockers[:_BLOCKERS_TOLD]]
        more = f" (and {len(blockers) - _BLOCKERS_TOLD} more)" if len(blockers) > _BLOCKERS_TOLD else ""
        return self.refusal(
            f"{report.title}: {' | '.join(told) or 'the verdict is failed'}{more}.",
            mend="mend what is named, or waive it in the spec where it may be waived; the task's link Report shows it"
            " all. Then start a new run.",
            subject=self.migration,
        )


@contextmanager
def airflow_errors() -> Iterator[None]:
    """Refused becomes a failure without retry, Interrupted one with; both keep their words."""
    try:
        yield
    except Interrupted as error:
        raise AirflowException(str(error)) from error
    except MigrationError as error:
        raise AirflowFailException(f"{type(error).__name__}: {error}") from error


def run_id_of(context: Context) -> str:
    """The DAG run's id."""
    return context["run_id"]


def _validated(stem: str, options: Mapping[str, Any] | BaseModel | None) -> Any:
    """The step's options model; SpecRefused with every complaint when the values are not such options."""
    camel = "".join(word.capitalize() for word in stem.split("_"))
    model: type[BaseModel] = getattr(import_module(f"database_migration.steps.{stem}"), f"{camel}Options")
    if isinstance(options, model):
        return options
    try:
        return model.model_validate(dict(options or {}))
    except ValidationError as error:
        complaints = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_url=False)
        )
        raise SpecRefused(
            f"{complaints}.", mend=f"keep to {', '.join(model.model_fields)}.", subject=f"options of {stem}"
        ) from None


def _mend(mend: str) -> str:
    return f" → {mend}" if mend else ""


__all__ = ["FAILURE_KEY", "FAILURE_LINES_KEY", "MigrationOperator", "StepOperator", "airflow_errors", "run_id_of"]

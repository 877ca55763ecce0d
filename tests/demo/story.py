"""The demo's course, from empty folders to a summary."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from rich.console import Console

from demo import kept
from demo.application import Application
from demo.databases import APPLICATION, ENDPOINT, DemoDatabases
from demo.gate_keeper import GateKeeper
from demo.ledger_figures import LedgerFigures, read_figures
from demo.options import PROJECT, DemoOptions
from demo.progress import ProgressScreen
from demo.reconcile import reconcile
from demo.summary import DemoOutcome
from demo.writer.configuration import WriterConfiguration
from fixtures.airflow_api import FINAL_STATES
from fixtures.airflow_services import SERVICES, AirflowServices

ADMIN = ("admin", "admin")
RUN_WITHIN_SECONDS = 1800
LOOK_EVERY_SECONDS = 1.0
#: The application goes on for a moment after the run, so that the end is under load too.
AFTERWARDS_SECONDS = 3


class Demo:
    """One run of the demo in its folder."""

    def __init__(self, options: DemoOptions, console: Console) -> None:
        self.options = options
        self.console = console
        self.folder = options.folder
        self.databases = DemoDatabases(self.folder, dies_with_parent=not options.keep)
        self._began = time.monotonic()

    def run(self) -> bool:
        """Everything; True when all is good."""
        with ExitStack() as stack:
            self._prepare_folder()
            with self._step("MariaDB and PostgreSQL, private ones on free ports"):
                stack.enter_context(self.databases)
            with self._step(f"The shop: {self.options.rows:,} rows in twelve tables"):
                self.databases.prepare(self.options.rows)
            with self._step("Its application, writing and reading from now on"):
                application = stack.enter_context(self._application())
            airflow = self._airflow()
            with self._step("Airflow: API server, scheduler, dag processor, triggerer"):
                stack.enter_context(airflow)
            run_id = self._trigger(airflow)
            run, keeper, figures = self._watch(airflow, application, run_id)
            if run["state"] != ("failed" if self.options.goes_back else "success"):
                self._tell_failures(airflow, run_id)
            time.sleep(AFTERWARDS_SECONDS)
            serving = self.databases.serving()
            writer = application.stop()
            outcome = DemoOutcome(
                migration=self.options.migration,
                run_id=run_id,
                run_state=run["state"],
                goes_back=self.options.goes_back,
                serving=serving,
                figures=figures,
                writer=writer,
                reconciliation=reconcile(application.configuration, serving),
                gates=keeper.answered,
                seconds=time.monotonic() - self._began,
                extra={"airflow_url": airflow.url, "rows_in_shop": sum(self.databases.rows.values())},
            )
            outcome.write(self.folder / "summary.json")
            outcome.show(self.console)
            self.console.print(f"The same as JSON: {self.folder / 'summary.json'}", soft_wrap=True)
            if self.options.keep:
                self._keep(airflow, application, stack)
            return not outcome.problems()

    # --- the parts ----------------------------------------------------------------------------------------

    def _prepare_folder(self) -> None:
        ended = kept.stop(self.folder)
        if ended:
            self.console.print(f"Ended what an earlier demo had kept running: {', '.join(ended)}")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def _application(self) -> Application:
        address = self.databases.address
        return Application(
            WriterConfiguration(
                source=address(self.databases.source, APPLICATION),
                target=address(self.databases.target, APPLICATION, schema="shop"),
                switchboard=address(self.databases.switchboard, APPLICATION),
                endpoint=ENDPOINT,
                folder=self.folder / "application",
                rate=self.options.writes_per_second,
            ),
            dies_with_parent=not self.options.keep,
        )

    def _airflow(self) -> AirflowServices:
        users = {ADMIN[0]: ("admin", ADMIN[1])}
        users |= {user: ("admin", user) for user in sorted(self.options.gate_users) if user not in users}
        return AirflowServices(
            self.folder / "airflow",
            dags=PROJECT / "dags",
            metadata=self.databases.airflow_metadata,
            connections=self.databases.connections,
            settings={"database_migration": {"reports": self.folder / "reports"}},
            users=users,
            dies_with_parent=not self.options.keep,
        )

    def _trigger(self, airflow: AirflowServices) -> str:
        migration = self.options.migration
        self.console.print(
            f"  Airflow is at [link]{airflow.url}[/link], log in as {ADMIN[0]} with the password {ADMIN[1]}",
            soft_wrap=True,
        )
        with self._step(f"DAGs {migration}, {migration}__replication, {migration}__rollback"):
            for dag_id in (f"{migration}__replication", f"{migration}__rollback", migration):
                airflow.wait_for_dag(dag_id)
                airflow.unpause(dag_id)
        return airflow.trigger(migration)

    def _watch(
        self, airflow: AirflowServices, application: Application, run_id: str
    ) -> tuple[dict[str, Any], GateKeeper, LedgerFigures]:
        migration, databases = self.options.migration, self.databases
        keeper = GateKeeper(
            airflow,
            migration,
            run_id,
            soak_seconds=self.options.soak_seconds,
            # Should nothing have failed by itself until then, this is where the way back begins.
            rejects={"finalize": "Reject"} if self.options.goes_back else None,
            by_hand=self.options.gates == "manual",
        )
        deadline = time.monotonic() + RUN_WITHIN_SECONDS
        changes_back = 0
        with ProgressScreen(self.console, f"{migration} · {airflow.url}") as screen:
            while True:
                keeper.look()
                run = airflow.run(migration, run_id)
                figures = read_figures(databases.target, databases.source, migration, run_id)
                # Finalizing removes what the ledger kept on the source.
                changes_back = figures.changes_reverse = max(changes_back, figures.changes_reverse)
                screen.show(
                    figures,
                    application.live(),
                    tasks=_at_work(airflow.task_states(migration, run_id)),
                    waiting=keeper.waiting.subject if keeper.waiting else None,
                )
                if run["state"] in FINAL_STATES:
                    return run, keeper, figures
                if application.pid is None:
                    raise RuntimeError(f"The shop's application ended by itself: see {application.log}")
                if time.monotonic() > deadline and self.options.gates != "manual":
                    raise TimeoutError(f"The run did not end within {RUN_WITHIN_SECONDS} s: see {airflow.folder}/logs")
                time.sleep(LOOK_EVERY_SECONDS)

    def _tell_failures(self, airflow: AirflowServices, run_id: str) -> None:
        """Prints the end of the log of each task that failed by itself."""
        for task in airflow.task_instances(self.options.migration, run_id):
            if task["state"] == "failed" and task["task_id"] != "verdict":
                log = airflow.task_log(
                    self.options.migration,
                    run_id,
                    task["task_id"],
                    try_number=task["try_number"],
                    map_index=task["map_index"],
                )
                self.console.rule(f"{task['task_id']} failed")
                self.console.print("\n".join(log.splitlines()[-25:]), markup=False, highlight=False, soft_wrap=True)

    def _keep(self, airflow: AirflowServices, application: Application, stack: ExitStack) -> None:
        """Leaves servers, Airflow and the application running, and says how to end them."""
        again = replace(application.configuration, folder=self.folder / "application_kept")
        goes_on = Application(again, dies_with_parent=False)
        goes_on.start()
        pids = {"mariadb": self.databases.mariadb.pid, "postgres": self.databases.postgres.pid}
        pids |= {name: airflow.service(name).pid for name in SERVICES}
        pids |= {"application": goes_on.pid or 0}
        kept.remember(self.folder, pids)
        stack.pop_all()
        self.console.print(f"Everything is left running at {airflow.url}; `make demo-stop` ends it.", soft_wrap=True)

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        with self.console.status(what) if self.console.is_terminal else ExitStack():
            yield
        self.console.print(f"[green]✓[/green] {what} [dim]({time.monotonic() - began:.1f} s)[/dim]", soft_wrap=True)


def _at_work(states: dict[str, str | None]) -> str:
    """The tasks that are at work, mapped ones counted."""
    busy: dict[str, int] = {}
    for task, state in states.items():
        if state in ("running", "deferred", "awaiting_input", "up_for_retry", "queued", "scheduled"):
            name = task.partition("[")[0] + {"up_for_retry": " (tries again)", "awaiting_input": " (waits)"}.get(
                state, ""
            )
            busy[name] = busy.get(name, 0) + 1
    return ", ".join(name if count == 1 else f"{name} ×{count}" for name, count in busy.items()) or "between tasks"

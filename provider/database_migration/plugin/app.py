"""The pages' FastAPI application; every page is behind Airflow's login and its permissions on the DAG."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
from airflow.api_fastapi.logging.decorators import action_logging
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from database_migration.errors import MigrationError
from database_migration.hooks import MigrationHook
from database_migration.plugin.control_run import Told, require_same_origin, tell
from database_migration.plugin.find_migrations import (
    MigrationDag,
    TaskAtWork,
    migration_of,
    migrations_among,
    tasks_at_work,
)
from database_migration.plugin.read_status import Status, problem_of, read_status
from database_migration.plugin.render_page import render_page
from database_migration.plugin.serve_report import serve_report

#: Dependency of every page below a DAG: may the user read it?
_MAY_READ = [Depends(requires_access_dag("GET"))]
#: Of what changes a run: from the page itself, by somebody who may edit the DAG, and noted in Airflow's audit log.
_MAY_CONTROL = [
    Depends(requires_access_dag("PUT")),
    Depends(require_same_origin),
    Depends(action_logging("control_migration")),
]
User = Annotated[Any, Depends(get_user)]


def build_app() -> FastAPI:
    """The application; ``control`` is all in it that writes, and only into the ledger."""
    app = FastAPI(title="Database migration", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=str(files(__package__).joinpath("static"))), name="static")
    app.add_api_route("/", list_page, response_class=HTMLResponse)
    below = "/dags/{dag_id}"
    for path in (below, below + "/runs/{run_id}"):
        app.add_api_route(path, run_page, response_class=HTMLResponse, dependencies=_MAY_READ)
        app.add_api_route(path + "/live", live_part, response_class=HTMLResponse, dependencies=_MAY_READ)
    app.add_api_route(below + "/control", control, methods=["POST"], dependencies=_MAY_CONTROL)
    app.add_api_route(below + "/runs/{run_id}/reports/{filename}", report_file, dependencies=_MAY_READ)
    return app


def list_page(request: Request, user: User) -> str:
    """Every migration whose DAG the user may read, with its phase."""
    readable = get_auth_manager().get_authorized_dag_ids(user=user)
    entries = []
    for dag in migrations_among(readable):
        status, problem = _look(dag.hook, None)
        entries.append({"dag": dag, "status": status, "problem": problem})
    return render_page("migrations.html.j2", request, entries=entries)


def run_page(request: Request, user: User, dag_id: str, run_id: str | None = None) -> str:
    """One run of a migration; the current one where the id is another DAG's."""
    return render_page("migration.html.j2", request, **_shown(user, dag_id, run_id))


def live_part(request: Request, user: User, dag_id: str, run_id: str | None = None) -> str:
    """The part of the page that changes, for the page to fetch again and again."""
    return render_page("live.html.j2", request, **_shown(user, dag_id, run_id))


def control(dag_id: str, told: Told, user: User) -> dict[str, str]:
    """Pause, resume or limit the migration's current run."""
    dag = migration_of(dag_id)
    if dag is None:
        raise HTTPException(404, f"DAG {dag_id!r} is not a migration.")
    return {"said": tell(dag.hook, told, str(user.get_name()))}


def report_file(dag_id: str, run_id: str, filename: str) -> Response:
    """A filed report."""
    dag = migration_of(dag_id)
    if dag is None:
        raise HTTPException(404, f"DAG {dag_id!r} is not a migration.")
    return serve_report(dag.hook, run_id, filename)


def _shown(user: Any, dag_id: str, run_id: str | None) -> dict[str, Any]:
    dag = migration_of(dag_id)
    if dag is None:
        return {
            "dag": None,
            "dag_id": dag_id,
            "status": None,
            "problem": "",
            "tasks": [],
            "ends": None,
            "may_edit": False,
        }
    status, problem = _look(dag.hook, run_id)
    return {
        "dag": dag,
        "dag_id": dag_id,
        "status": status,
        "problem": problem,
        "tasks": _tasks(dag, status),
        "ends": _ends(dag.hook),
        "may_edit": get_auth_manager().is_authorized_dag(method="PUT", details=DagDetails(id=dag_id), user=user),
    }


def _look(hook: MigrationHook, run_id: str | None) -> tuple[Status | None, str]:
    try:
        return read_status(hook, run_id), ""
    except MigrationError as error:
        return None, problem_of(error)


def _tasks(dag: MigrationDag, status: Status | None) -> list[TaskAtWork]:
    if status is None:
        return []
    return tasks_at_work(dag.migration, status.run_id)


def _ends(hook: MigrationHook) -> tuple[str, str] | None:
    """Addresses without credentials."""
    try:
        return str(hook.source.endpoint), str(hook.target.endpoint)
    except MigrationError:
        return None


__all__ = ["build_app"]

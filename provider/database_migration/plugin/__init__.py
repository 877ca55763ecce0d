"""The Migration pages in Airflow's UI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from database_migration.links import URL_PREFIX


class LazyApp:
    """Builds the pages' application at the first request: plugins are loaded by every process of Airflow."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        """The ASGI call, passed on."""
        if self._app is None:
            from database_migration.plugin.app import build_app

            self._app = build_app()
        await self._app(scope, receive, send)


class MigrationPlugin(AirflowPlugin):
    """A list of migrations in the navigation, and a tab on each migration's DAG and runs."""

    name = "database_migration"
    # Airflow declares these as instance variables and reads them from the class.
    fastapi_apps = [  # noqa: RUF012
        {"app": LazyApp(), "url_prefix": URL_PREFIX, "name": "Database migration"}
    ]
    external_views = [  # noqa: RUF012
        {
            "name": "Migrations",
            "href": f"{URL_PREFIX}/",
            "destination": "nav",
            "category": "browse",
            "url_route": "migrations",
        },
        {
            "name": "Migration",
            "href": f"{URL_PREFIX}/dags/{{DAG_ID}}",
            "destination": "dag",
            "url_route": "migration-of-dag",
        },
        {
            "name": "Migration",
            "href": f"{URL_PREFIX}/dags/{{DAG_ID}}/runs/{{RUN_ID}}",
            "destination": "dag_run",
            "url_route": "migration",
        },
    ]


__all__ = ["LazyApp", "MigrationPlugin"]

"""The switch for applications that are DAGs themselves: they follow an Airflow connection.

A task may read connections and not write them, so the switch goes through Airflow's public API with the
login of a connection of type ``http``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from database_migration.engines.protocol import Endpoint
from database_migration.errors import Interrupted, Refused, SpecRefused
from database_migration.hooks.endpoint import connection_of
from database_migration.model.migration_state import Side
from database_migration.traffic import AirflowConnectionTrafficOptions, CallbackTraffic

_SECONDS_TO_ANSWER = 10.0
_FIELDS = ["conn_type", "host", "port", "login", "password", "schema"]


def follow_airflow_connection(
    options: AirflowConnectionTrafficOptions, sides: Mapping[Side, Endpoint]
) -> CallbackTraffic:
    """The switch that rewrites the connection's host, login and database to those of a side."""
    api = _ConnectionApi(options.conn_id, _base_url(options), _login(options))
    return CallbackTraffic(
        setter=lambda side: api.lead_to(sides[side]),
        getter=lambda: api.leads_to(sides),
        description=f"Airflow connection {options.conn_id}",
    )


@dataclass(frozen=True, slots=True)
class _ConnectionApi:
    conn_id: str
    base_url: str
    login: dict[str, str]

    def leads_to(self, sides: Mapping[Side, Endpoint]) -> Side | None:
        """The side whose address the connection has; None where it is neither's."""
        found = self._call("GET", None)
        address = (found.get("conn_type"), found.get("host"), found.get("port"), found.get("schema"))
        for side, endpoint in sides.items():
            if address == (endpoint.engine, endpoint.host, endpoint.port, endpoint.database):
                return side
        return None

    def lead_to(self, endpoint: Endpoint) -> None:
        """Write a side's address and login into the connection."""
        self._call(
            "PATCH",
            {
                "connection_id": self.conn_id,
                "conn_type": endpoint.engine,
                "host": endpoint.host,
                "port": endpoint.port,
                "login": endpoint.user,
                "password": endpoint.password,
                "schema": endpoint.database,
            },
        )

    def _call(self, method: str, body: dict[str, Any] | None) -> dict[str, Any]:
        try:
            with httpx.Client(base_url=self.base_url, timeout=_SECONDS_TO_ANSWER) as client:
                token = client.post("/auth/token", json=self.login)
                token.raise_for_status()
                answer = client.request(
                    method,
                    f"/api/v2/connections/{self.conn_id}",
                    json=body,
                    params={"update_mask": _FIELDS} if body else None,
                    headers={"Authorization": f"Bearer {token.json()['access_token']}"},
                )
                answer.raise_for_status()
                found: dict[str, Any] = answer.json()
                return found
        except httpx.HTTPStatusError as error:
            # The answer's text may repeat what was sent: only its status is told.
            raise Refused(
                f"Airflow's API answered {error.response.status_code} to {method} {error.request.url.path}.",
                mend="let the login of `api_conn_id` read and edit connections, and create the connection first.",
                subject=f"connection {self.conn_id}",
            ) from None
        except httpx.HTTPError as error:
            raise Interrupted(
                f"Airflow's API at {self.base_url} did not answer ({type(error).__name__}).",
                mend="check the address in `api_conn_id`; the task is tried again.",
                subject=f"connection {self.conn_id}",
            ) from None


def _base_url(options: AirflowConnectionTrafficOptions) -> str:
    connection = _api_connection(options)
    scheme = connection.schema or ("https" if connection.conn_type == "https" else "http")
    return f"{scheme}://{connection.host}" + (f":{connection.port}" if connection.port else "")


def _login(options: AirflowConnectionTrafficOptions) -> dict[str, str]:
    connection = _api_connection(options)
    return {"username": connection.login or "", "password": connection.password or ""}


def _api_connection(options: AirflowConnectionTrafficOptions) -> Any:
    if not options.api_conn_id:
        raise SpecRefused(
            "a task may not edit connections by itself.",
            mend="set `api_conn_id` to an HTTP connection to Airflow's API whose login may edit connections.",
            subject=f"traffic over connection {options.conn_id}",
        )
    return connection_of(options.api_conn_id)


__all__ = ["follow_airflow_connection"]

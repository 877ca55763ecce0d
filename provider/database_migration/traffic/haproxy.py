"""HAProxy over its runtime API: one backend, one server per side, and where there is one a server that holds.

Without a server up, HAProxy lets connects fail at once. A third server (any listener with ``maxconn 1``;
the backend with a ``timeout queue``) makes new connections wait: ``hold_server`` names it. Sessions on
the side that is left are shut down: each persistent client sees one error and reconnects.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from database_migration.errors import Interrupted, Refused, SpecRefused
from database_migration.model.migration_state import Side

_MAINTENANCE = 0x01 | 0x02 | 0x20
"""Bits of srv_admin_state that keep a server out; 0x04 only remembers a `disabled` in the configuration
(management guide, `show servers state`)."""


class HaproxyTrafficOptions(BaseModel):
    """The application connects through HAProxy in TCP mode; both sides speak one protocol."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["haproxy"]
    socket: str = Field(description="The runtime API (level admin): a Unix socket's path, or host:port.")
    backend: str = Field(description="The backend that the application's frontend uses.")
    source_server: str = Field("source", description="The backend's server line for the source.")
    target_server: str = Field("target", description="The backend's server line for the target.")
    hold_server: str = Field("", description="A server line that only queues (maxconn 1); empty: writers see errors.")
    read_backend: str = Field("", description="A backend for reads whose weights are ramped; empty: no ramp.")
    answer_timeout: timedelta = Field(timedelta(seconds=5), description="Seconds in which HAProxy has to answer.")


@dataclass(frozen=True, slots=True)
class HaproxyTraffic:
    """Sets servers ready or to maintenance."""

    options: HaproxyTrafficOptions
    crosses_engines: bool = False

    @property
    def holds_writes(self) -> bool:
        """Only with a server that queues."""
        return bool(self.options.hold_server)

    @property
    def ramps_reads(self) -> bool:
        """Only with a backend for reads."""
        return bool(self.options.read_backend)

    def check(self) -> None:
        """Refuse a backend or server that HAProxy does not know."""
        wanted = {self.options.source_server, self.options.target_server, self.options.hold_server} - {""}
        missing = wanted - self._states(self.options.backend).keys()
        if missing:
            raise SpecRefused(
                f"backend {self.options.backend} has no server {', '.join(sorted(missing))}.",
                mend="correct the traffic's options, or add the server line to HAProxy's configuration.",
                subject=self.describe(),
            )

    def serving(self) -> Side | None:
        """The side that is ready; while both are held, the one that was ready before by its mark."""
        states = self._states(self.options.backend)
        up = [side for side in Side if not states[self._server(side)]]
        if len(up) == 1:
            return up[0]
        if not up and self.holds_writes:
            # Weight 0 marks the side that is left, so that a held proxy knows where it leads to.
            weights = self._weights()
            led = [side for side in Side if weights[self._server(side)] > 0]
            if len(led) == 1:
                return led[0]
        raise Refused(
            f"{'both servers are' if up else 'neither server is'} ready in backend {self.options.backend}.",
            mend="set the side that does not serve to maintenance: `set server "
            f"{self.options.backend}/{self.options.target_server} state maint`.",
            subject=self.describe(),
        )

    def hold(self, *, timeout: float) -> None:
        """Only the queueing server stays; sessions that do not end in time are shut down."""
        if not self.holds_writes:
            return
        serving = self.serving()
        if serving is None:
            return
        self._mark(serving)
        self._set(self.options.hold_server, "ready")
        self._set(self._server(serving), "maint")
        self._tell(f"shutdown sessions server {self.options.backend}/{self._server(serving)}")

    def release(self) -> None:
        """The serving side is ready, the queueing server gone."""
        serving = self.serving()
        if serving is None or not self.holds_writes:
            return
        self._set(self._server(serving), "ready")
        self._set(self.options.hold_server, "maint")
        self._tell(f"shutdown sessions server {self.options.backend}/{self.options.hold_server}")

    def switch(self, to: Side) -> None:
        """One side ready, the other in maintenance without sessions; held ones stay held."""
        old = self._server(to.other)
        held = self.holds_writes and not self._states(self.options.backend)[self.options.hold_server]
        self._mark(to)
        if not held:
            self._set(self._server(to), "ready")
        self._set(old, "maint")
        self._tell(f"shutdown sessions server {self.options.backend}/{old}")

    def ramp_reads(self, percent: int) -> None:
        """Weights in the read backend."""
        if not self.ramps_reads:
            return
        backend = self.options.read_backend
        self._tell(f"set server {backend}/{self.options.target_server} weight {percent}", quiet=True)
        self._tell(f"set server {backend}/{self.options.source_server} weight {100 - percent}", quiet=True)
        for side, share in ((Side.TARGET, percent), (Side.SOURCE, 100 - percent)):
            self._tell(f"set server {backend}/{self._server(side)} state {'ready' if share else 'drain'}", quiet=True)

    def describe(self) -> str:
        """Socket and backend."""
        return f"HAProxy {self.options.socket}, backend {self.options.backend}"

    def _server(self, side: Side) -> str:
        return self.options.source_server if side is Side.SOURCE else self.options.target_server

    def _mark(self, serving: Side) -> None:
        self._tell(f"set server {self.options.backend}/{self._server(serving)} weight 100", quiet=True)
        self._tell(f"set server {self.options.backend}/{self._server(serving.other)} weight 0", quiet=True)

    def _set(self, server: str, state: str) -> None:
        self._tell(f"set server {self.options.backend}/{server} state {state}", quiet=True)

    def _states(self, backend: str) -> dict[str, bool]:
        """Server → whether it is kept out."""
        return {row["srv_name"]: bool(int(row["srv_admin_state"]) & _MAINTENANCE) for row in self._rows(backend)}

    def _weights(self) -> dict[str, int]:
        return {row["srv_name"]: int(row["srv_uweight"]) for row in self._rows(self.options.backend)}

    def _rows(self, backend: str) -> list[dict[str, str]]:
        lines = self._tell(f"show servers state {backend}").splitlines()
        heading = next((line for line in lines if line.startswith("#")), None)
        if heading is None:
            raise SpecRefused(
                f"HAProxy says: {' '.join(lines) or 'nothing'}.",
                mend="correct `backend` in the traffic's options; `show servers state` lists what there is.",
                subject=self.describe(),
            )
        names = heading.lstrip("# ").split()
        body = lines[lines.index(heading) + 1 :]
        return [dict(zip(names, line.split(), strict=False)) for line in body if line.strip()]

    def _tell(self, command: str, *, quiet: bool = False) -> str:
        """Send one command; with ``quiet`` any answer is a complaint."""
        try:
            with self._connect() as client:
                client.sendall(f"{command}\n".encode())
                answer = bytearray()
                while part := client.recv(65536):
                    answer += part
        except OSError as error:
            raise Interrupted(
                f"the runtime API does not answer: {error}.",
                mend="see whether HAProxy runs and the worker may open its socket; the task tries again.",
                subject=self.describe(),
            ) from error
        text = answer.decode(errors="replace").strip()
        if "ermission denied" in text or (quiet and text):
            raise Refused(
                f"`{command}` was answered: {text}",
                mend="give the socket `level admin`, and check the server's name.",
                subject=self.describe(),
            )
        return text

    def _connect(self) -> socket.socket:
        place, timeout = self.options.socket, self.options.answer_timeout.total_seconds()
        if place.startswith("/"):
            client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            client.settimeout(timeout)
            try:
                client.connect(place)
            except OSError:
                client.close()
                raise
            return client
        host, _, port = place.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=timeout)


__all__ = ["HaproxyTraffic", "HaproxyTrafficOptions"]

"""A webhook of the user's own: signed, retried, and safe to receive twice.

``POST url`` with ``{"action": "hold" | "release" | "switch" | "ramp_reads", …}`` must return 2xx once it is
done; ``GET url`` must return ``{"serving": "source" | "target"}``. Every request carries

- ``Migration-Timestamp``: seconds since 1970,
- ``Migration-Signature``: ``sha256=`` and the hex HMAC-SHA256 of ``timestamp + "." + body``,
- ``Idempotency-Key``: the same for every retry of one call.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import tenacity
from pydantic import BaseModel, ConfigDict, Field

from database_migration.errors import ConnectionRefused, Interrupted, Refused
from database_migration.model.migration_state import Side

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpTrafficOptions(BaseModel):
    """A webhook that switches whatever the user's platform switches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["http"]
    url: str = Field(description="Where requests go.", pattern=r"^https?://")
    conn_id: str = Field(description="The Airflow connection whose password signs the requests.")
    name: str = Field("", description="What to switch, where one webhook serves several: sent as `name`.")
    holds_writes: bool = Field(True, description="Whether the webhook knows `hold` and `release`.")
    ramps_reads: bool = Field(False, description="Whether the webhook knows `ramp_reads`.")
    crosses_engines: bool = Field(True, description="Whether it can lead the application to another engine.")
    request_timeout: timedelta = Field(timedelta(seconds=5), description="Seconds for one request.")
    retry_for: timedelta = Field(timedelta(seconds=10), description="Seconds during which a failing call is repeated.")


class _NotNow(Exception):
    """A failure that a retry may mend."""


@dataclass(frozen=True, slots=True)
class HttpTraffic:
    """Calls the webhook."""

    options: HttpTrafficOptions
    secret: str = field(repr=False)

    @property
    def holds_writes(self) -> bool:
        """As declared."""
        return self.options.holds_writes

    @property
    def ramps_reads(self) -> bool:
        """As declared."""
        return self.options.ramps_reads

    @property
    def crosses_engines(self) -> bool:
        """As declared."""
        return self.options.crosses_engines

    def check(self) -> None:
        """The webhook answers a signed GET."""
        if not self.secret:
            raise ConnectionRefused(
                f"the connection {self.options.conn_id} has no password to sign requests with.",
                mend="set its password to the secret that the webhook verifies signatures with.",
                subject=self.describe(),
            )
        self.serving()

    def serving(self) -> Side | None:
        """What the webhook says."""
        answer = self._call("GET", None)
        side = answer.get("serving")
        if side not in list(Side):
            raise Refused(
                f"GET answered serving = {side!r}.",
                mend='make it answer {"serving": "source"} or {"serving": "target"}.',
                subject=self.describe(),
            )
        return Side(str(side))

    def hold(self, *, timeout: float) -> None:
        """POST ``hold``; when it fails, ``release`` follows."""
        if not self.holds_writes:
            return
        try:
            self._call("POST", {"action": "hold", "timeout": timeout}, within=timeout)
        except (Refused, Interrupted):
            self.release()
            raise

    def release(self) -> None:
        """POST ``release``."""
        if self.holds_writes:
            self._call("POST", {"action": "release"})

    def switch(self, to: Side) -> None:
        """POST ``switch`` with ``to``."""
        self._call("POST", {"action": "switch", "to": to.value})

    def ramp_reads(self, percent: int) -> None:
        """POST ``ramp_reads`` with ``percent``."""
        if self.ramps_reads:
            self._call("POST", {"action": "ramp_reads", "percent": percent})

    def describe(self) -> str:
        """The address, and the name where one was given."""
        return f"webhook {self.options.url}" + (f" ({self.options.name})" if self.options.name else "")

    def _call(
        self, method: str, message: Mapping[str, object] | None, *, within: float | None = None
    ) -> Mapping[str, object]:
        body = b"" if message is None else json.dumps({"name": self.options.name, **message}).encode()
        key = uuid.uuid4().hex
        budget = self.options.retry_for.total_seconds() if within is None else within
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_NotNow),
            wait=tenacity.wait_exponential(multiplier=0.1, max=2) + tenacity.wait_random(0, 0.1),
            stop=tenacity.stop_after_delay(budget),
            reraise=True,
        )
        try:
            return retrying(self._request, method, body, key)
        except _NotNow as error:
            raise Interrupted(
                f"{method} {(message or {}).get('action', 'serving')} failed for {budget:.0f} s: {error}.",
                mend="see what the webhook's log says; the task tries again.",
                subject=self.describe(),
            ) from error

    def _request(self, method: str, body: bytes, key: str) -> Mapping[str, object]:
        stamp = str(int(time.time()))
        signature = hmac.new(self.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(
            self.options.url,
            data=body or None,
            method=method,
            headers={
                "Content-Type": "application/json",
                "Migration-Timestamp": stamp,
                "Migration-Signature": f"sha256={signature}",
                "Idempotency-Key": key,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=self.options.request_timeout.total_seconds()) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                words = error.read(500).decode(errors="replace").strip()
            if error.code in _RETRIED:
                raise _NotNow(f"{error.code} {words}") from error
            kind = ConnectionRefused if error.code in (401, 403) else Refused
            raise kind(
                f"the webhook answered {error.code}: {words or error.reason}.",
                mend="mend the webhook, or the secret that both sides sign with, then clear the task.",
                subject=self.describe(),
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise _NotNow(str(error) or type(error).__name__) from error
        return _parsed(text, self.describe())


def _parsed(text: bytes, subject: str) -> Mapping[str, object]:
    try:
        answer = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise Refused(
            "the webhook did not answer in JSON.", mend="make it answer a JSON object, or nothing.", subject=subject
        ) from error
    return answer if isinstance(answer, dict) else {}


__all__ = ["HttpTraffic", "HttpTrafficOptions"]

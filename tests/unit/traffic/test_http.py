"""The webhook against a real HTTP server: signed, retried, told apart, never half-held."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from database_migration.errors import ConnectionRefused, Interrupted, Refused
from database_migration.model.migration_state import Side
from database_migration.traffic import HttpTraffic, HttpTrafficOptions

SECRET = "a wordy secret"


class Webhook(ThreadingHTTPServer):
    """Keeps the state that a platform would keep; answers with ``failures`` first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.state: dict[str, Any] = {"serving": "source", "held": False, "reads": 0}
        self.failures: list[int] = []
        self.keys: list[str] = []
        self.actions: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/traffic"


class _Requests(BaseHTTPRequestHandler):
    server: Webhook

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        stamp = self.headers["Migration-Timestamp"]
        expected = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(self.headers["Migration-Signature"], f"sha256={expected}"):
            return self._send(403, b"bad signature")
        self.server.keys.append(self.headers["Idempotency-Key"])
        if self.server.failures:
            return self._send(self.server.failures.pop(0), b"not now")
        if body:
            self._act(json.loads(body))
        return self._send(200, json.dumps(self.server.state).encode())

    def _act(self, message: dict[str, Any]) -> None:
        state = self.server.state
        self.server.actions.append(message["action"])
        match message["action"]:
            case "hold":
                state["held"] = True
            case "release":
                state["held"] = False
            case "switch":
                state["serving"] = message["to"]
            case "ramp_reads":
                state["reads"] = message["percent"]

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """The test's output stays free of requests."""


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    server = Webhook()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def traffic_to(webhook: Webhook, secret: str = SECRET, **options: Any) -> HttpTraffic:
    chosen = {"retry_for": timedelta(seconds=1), "ramps_reads": True, **options}
    return HttpTraffic(HttpTrafficOptions(kind="http", url=webhook.url, conn_id="hook", **chosen), secret)


def test_every_move_arrives_signed(webhook: Webhook) -> None:
    traffic = traffic_to(webhook)
    traffic.check()
    traffic.ramp_reads(25)
    traffic.hold(timeout=5)
    assert webhook.state == {"serving": "source", "held": True, "reads": 25}
    traffic.switch(Side.TARGET)
    assert traffic.serving() is Side.TARGET
    traffic.release()
    assert webhook.state["held"] is False


def test_retries_carry_one_key_and_calls_differ(webhook: Webhook) -> None:
    webhook.failures = [503, 429]
    traffic_to(webhook).switch(Side.TARGET)
    traffic_to(webhook).switch(Side.TARGET)
    assert webhook.keys[0] == webhook.keys[1] == webhook.keys[2] != webhook.keys[3]
    assert webhook.actions == ["switch", "switch"]


def test_a_platform_that_stays_down_interrupts(webhook: Webhook) -> None:
    webhook.failures = [503] * 100
    with pytest.raises(Interrupted, match="503 not now"):
        traffic_to(webhook).switch(Side.TARGET)


def test_a_hold_that_fails_is_released(webhook: Webhook) -> None:
    webhook.failures = [500]
    with pytest.raises(Interrupted, match="hold failed"):
        traffic_to(webhook).hold(timeout=0)
    assert webhook.actions[-1] == "release"


def test_a_wrong_secret_and_a_missing_one_are_told_apart(webhook: Webhook) -> None:
    with pytest.raises(ConnectionRefused, match="bad signature") as refusal:
        traffic_to(webhook, secret="other").serving()
    assert "other" not in str(refusal.value)
    with pytest.raises(ConnectionRefused, match="no password"):
        traffic_to(webhook, secret="").check()


def test_an_answer_without_a_side_is_refused(webhook: Webhook) -> None:
    webhook.state = {"serving": "somewhere"}
    with pytest.raises(Refused, match="'somewhere'"):
        traffic_to(webhook).check()


def test_nobody_listens() -> None:
    options = HttpTrafficOptions(kind="http", url="http://127.0.0.1:1/", conn_id="x", retry_for=timedelta(seconds=0))
    with pytest.raises(Interrupted, match="refused"):
        HttpTraffic(options, SECRET).serving()

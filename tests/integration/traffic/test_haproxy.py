"""HAProxy from the system's packages: switched over its runtime API, with and without a server that holds."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from database_migration.errors import Interrupted, Refused, SpecRefused
from database_migration.model.migration_state import Side
from database_migration.traffic import HaproxyTraffic, HaproxyTrafficOptions
from fixtures.servers import HAProxy


@contextmanager
def listener(word: bytes) -> Iterator[tuple[str, int]]:
    """A server that says one word to each client and keeps the connection; an empty word says nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    stop, clients = threading.Event(), []

    def serve() -> None:
        while not stop.is_set():
            try:
                client, _ = server.accept()
            except TimeoutError:
                continue
            clients.append(client)
            if word:
                client.sendall(word)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server.getsockname()
    finally:
        stop.set()
        thread.join()
        for client in clients:
            client.close()
        server.close()


@pytest.fixture
def proxy(servers_folder: Path) -> Iterator[HAProxy]:
    with listener(b"source") as source, listener(b"target") as target, listener(b"") as hold:
        with HAProxy(servers_folder / "ha", servers={"old": source, "new": target, "hold": hold}) as haproxy:
            yield haproxy


def options(proxy: HAProxy, **others: str) -> HaproxyTrafficOptions:
    return HaproxyTrafficOptions(
        kind="haproxy",
        socket=str(proxy.runtime_socket),
        backend=proxy.backend,
        source_server="old",
        target_server="new",
        **others,  # type: ignore[arg-type]
    )


def word_from(proxy: HAProxy, timeout: float = 3) -> bytes:
    with socket.create_connection((proxy.host, proxy.port), timeout=timeout) as client:
        return client.recv(100)


def test_switching_shuts_old_sessions_and_leads_new_ones_over(proxy: HAProxy) -> None:
    traffic = HaproxyTraffic(options(proxy))
    traffic.check()
    assert traffic.serving() is Side.SOURCE
    with socket.create_connection((proxy.host, proxy.port), timeout=3) as client:
        assert client.recv(100) == b"source"
        traffic.switch(Side.TARGET)
        traffic.switch(Side.TARGET)
        assert client.recv(100) == b""
    assert word_from(proxy) == b"target"
    assert traffic.serving() is Side.TARGET
    traffic.switch(Side.SOURCE)
    assert word_from(proxy) == b"source"


def test_held_connections_wait_and_arrive_on_the_other_side(proxy: HAProxy) -> None:
    proxy.command(f"set maxconn server {proxy.backend}/hold 1")
    traffic = HaproxyTraffic(options(proxy, hold_server="hold"))
    traffic.check()
    words: list[bytes] = []

    def client() -> None:
        with socket.create_connection((proxy.host, proxy.port), timeout=10) as connection:
            word = connection.recv(100)
            # The one connection that the holding server had taken is shut down and comes again.
            words.append(word or word_from(proxy))

    traffic.hold(timeout=5)
    traffic.hold(timeout=5)
    threads = [threading.Thread(target=client) for _ in range(5)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert words == []
    assert traffic.serving() is Side.SOURCE
    traffic.switch(Side.TARGET)
    assert traffic.serving() is Side.TARGET
    time.sleep(0.1)
    assert words == []
    traffic.release()
    for thread in threads:
        thread.join()
    assert words == [b"target"] * 5


def test_wrong_names_and_a_proxy_that_is_gone(proxy: HAProxy) -> None:
    with pytest.raises(SpecRefused, match="no server other"):
        HaproxyTraffic(options(proxy, hold_server="other")).check()
    wrong = options(proxy).model_copy(update={"backend": "nothing"})
    with pytest.raises(SpecRefused, match="backend"):
        HaproxyTraffic(wrong).check()
    proxy.command(f"set server {proxy.backend}/new state ready")
    with pytest.raises(Refused, match="both servers are"):
        HaproxyTraffic(options(proxy)).serving()
    gone = options(proxy).model_copy(update={"socket": str(proxy.runtime_socket) + "x"})
    with pytest.raises(Interrupted, match="does not answer"):
        HaproxyTraffic(gone).serving()

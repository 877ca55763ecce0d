"""The engines' own replication, which applies the same changes on the same servers: what ours is measured against.

Each is stopped while changes are made and then has to fetch and apply them, as ours has. Both apply with one thread.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from benchmarks.bench_tables import ORDERS
from benchmarks.copy_servers import USER, CopyServers
from fixtures.servers import Database as Address

_PATIENCE = 300
_SUBSCRIPTION = "bench_native"


class NativeReplication(Protocol):
    """A copy of the source's table that the engine itself keeps."""

    name: str
    copy: Address

    def stop(self) -> None:
        """Apply nothing from now on."""
        ...

    def start(self) -> None:
        """Fetch and apply from where it stopped; returns at once."""
        ...


class MariaDBReplica:
    """A replica of the whole source server, into the schema of the same name."""

    name = "MariaDB replica, one thread"

    def __init__(self, source: Address, replica: Address) -> None:
        self.copy = replica
        replica.execute("SET GLOBAL gtid_strict_mode = OFF")  # others write here too
        replica.execute("SET GLOBAL gtid_slave_pos = %s", source.execute("SELECT @@gtid_binlog_pos")[0])
        replica.execute(
            "CHANGE MASTER TO MASTER_HOST = %s, MASTER_PORT = %s, MASTER_USER = %s, MASTER_PASSWORD = %s,"
            " MASTER_USE_GTID = slave_pos",
            (source.host, source.port, USER, USER),
        )

    def stop(self) -> None:
        """See ``NativeReplication``."""
        self.copy.execute("STOP SLAVE")

    def start(self) -> None:
        """See ``NativeReplication``."""
        self.copy.execute("START SLAVE")


class PostgresSubscription:
    """A subscription in a database of its own on the target server."""

    name = "PostgreSQL subscription"

    def __init__(self, source: Address, copy: Address) -> None:
        self.copy = copy
        self._source = source
        source.execute(f"CREATE PUBLICATION {_SUBSCRIPTION} FOR TABLE {ORDERS.name}")
        reach = f"host={source.host} port={source.port} user={USER} password={USER} dbname={source.database}"
        copy.execute(f"CREATE SUBSCRIPTION {_SUBSCRIPTION} CONNECTION '{reach}' PUBLICATION {_SUBSCRIPTION}")
        ready = f"SELECT srsubstate = 'r' FROM pg_subscription_rel WHERE srrelid = '{ORDERS.name}'::regclass"
        while copy.execute(ready) != [(True,)]:
            time.sleep(0.05)

    def stop(self) -> None:
        """See ``NativeReplication``."""
        self.copy.execute(f"ALTER SUBSCRIPTION {_SUBSCRIPTION} DISABLE")
        active = f"SELECT active FROM pg_replication_slots WHERE slot_name = '{_SUBSCRIPTION}'"
        while self._source.execute(active) != [(False,)]:
            time.sleep(0.01)

    def start(self) -> None:
        """See ``NativeReplication``."""
        self.copy.execute(f"ALTER SUBSCRIPTION {_SUBSCRIPTION} ENABLE")


@contextmanager
def native_replication(servers: CopyServers, engine: str, rows: int) -> Iterator[NativeReplication]:
    """The engine's own replication between its two servers, holding the source's rows and stopped."""
    if engine == "mysql":
        source = servers.mariadb.database("source")
        servers.mariadb_target.create_database("source")
        copy = servers.mariadb_target.database("source")
        copy.execute(ORDERS.create)
        copy.execute(ORDERS.fill_sql(rows))
        replica = MariaDBReplica(source, copy)
        yield replica
        replica.stop()
        copy.execute("RESET SLAVE ALL")
        servers.mariadb_target.drop_database("source")
        return
    source = servers.postgres.database("source")
    copy = servers.postgres_target.create_database("native")
    copy.execute("ALTER SYSTEM SET wal_retrieve_retry_interval = '50ms'")  # else a worker starts each 5 s at most
    copy.execute("SELECT pg_reload_conf()")
    copy.execute(ORDERS.postgres)
    subscription = PostgresSubscription(source, copy)
    subscription.stop()
    yield subscription
    copy.execute(f"DROP SUBSCRIPTION {_SUBSCRIPTION}")
    source.execute(f"DROP PUBLICATION {_SUBSCRIPTION}")
    servers.postgres_target.drop_database("native")


def catch_up(native: NativeReplication, mark: int) -> float:
    """Seconds until the last change, which wrote ``mark``, has arrived."""
    with native.copy.connect() as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        native.start()
        while True:
            cursor.execute(f"SELECT quantity FROM {ORDERS.name} WHERE id = 1")
            if cursor.fetchone() == (mark,):
                break
            if time.perf_counter() - began > _PATIENCE:
                raise TimeoutError(f"{native.name} has not caught up within {_PATIENCE} s")
            time.sleep(0.005)
        seconds = time.perf_counter() - began
    native.stop()
    return seconds


__all__ = ["NativeReplication", "catch_up", "native_replication"]

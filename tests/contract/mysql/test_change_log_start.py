"""Nothing falls between the start of the log and the first read, while others write."""

from __future__ import annotations

import threading
from collections.abc import Callable

from contract.mysql.log_reading import formed, read_all
from database_migration.engines.mysql.change_log import MySQLChangeLog
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.protocol import Endpoint


def test_what_a_read_does_not_see_lies_behind_the_position(
    session: MySQLSession, connect: Callable[[], MySQLSession], endpoint: Endpoint
) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT)")
    log = MySQLChangeLog(endpoint)
    stop = threading.Event()

    def write(writer: MySQLSession) -> None:
        while not stop.is_set():
            writer.execute("INSERT INTO t VALUES (NULL)")

    threads = [threading.Thread(target=write, args=(connect(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        starts = []
        for _ in range(15):
            position = log.start("m", endpoint.schema, ["t"])
            starts.append((position, {str(row[0]) for row in session.execute("SELECT id FROM t")}))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    everything = {str(row[0]) for row in session.execute("SELECT id FROM t")}
    assert len(everything) > 15
    found = read_all(endpoint, starts[0][0], formed(session, endpoint.schema, "t"))
    for position, seen in starts:
        later = {
            change.after["id"]
            for transaction in found
            if transaction.position > position
            for change in transaction.changes
            if change.after
        }
        assert everything - seen - later == set()


def test_starting_again_keeps_what_is_retained(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY)")
    log = MySQLChangeLog(endpoint)
    first = log.start("m", endpoint.schema, ["t"])
    session.execute("INSERT INTO t VALUES (1)")
    again = log.start("m", endpoint.schema, ["t"])
    assert again > first
    assert len([t for t in read_all(endpoint, first, formed(session, endpoint.schema, "t")) if t.changes]) == 1
    log.stop("m")
    log.stop("m")


def test_what_the_log_tells_can_be_read_once_it_was_waited_for(
    session: MySQLSession, connect: Callable[[], MySQLSession], endpoint: Endpoint
) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT)")
    log = MySQLChangeLog(endpoint)
    start = log.start("m", endpoint.schema, ["t"])
    tables = formed(session, endpoint.schema, "t")
    stop = threading.Event()

    def write(writer: MySQLSession) -> None:
        while not stop.is_set():
            writer.execute("INSERT INTO t VALUES (NULL)")

    threads = [threading.Thread(target=write, args=(connect(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    seen = 0
    try:
        with log.visibility("m") as watch:
            transactions = log.read("m", tables, endpoint.schema, start, idle_seconds=0.2)
            for transaction in transactions:
                watch.wait([transaction], timeout=5)
                for change in transaction.changes:
                    assert change.after is not None
                    assert session.execute("SELECT 1 FROM t WHERE id = %s", (str(change.after["id"]),))
                    seen += 1
                if seen >= 300:
                    break
    finally:
        stop.set()
        for thread in threads:
            thread.join()

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

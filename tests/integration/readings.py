"""One table of many rows of known width, on any server, and what a copy of it looks like."""

from __future__ import annotations

from collections.abc import Mapping

from database_migration.model.control import LaneNow
from database_migration.steps.chunked_copy import ChunkedCopyOptions, cut_chunks
from database_migration.steps.run import Database, MigrationRun
from integration.live import create_tables

WIDTH = 200
_FILL = {
    "mysql": "INSERT INTO reading SELECT seq, rpad(md5(seq), {width}, 'x') FROM seq_1_to_{rows}",
    "postgres": "INSERT INTO reading SELECT n, rpad(md5(n::text), {width}, 'x') FROM generate_series(1, {rows}) AS n",
}
TABLE = "CREATE TABLE reading (id int PRIMARY KEY, words varchar(250) NOT NULL)"


def fill_readings(database: Database, rows: int, *, width: int = WIDTH) -> None:
    """The table with its rows; statistics are fresh."""
    engine = database.engine.traits.engine
    with database.connect("fill") as session:
        session.execute(TABLE)
        session.execute(_FILL[engine].format(rows=rows, width=width))
        session.execute("ANALYZE TABLE reading" if engine == "mysql" else "ANALYZE reading")


def ready_to_copy(run: MigrationRun, options: ChunkedCopyOptions, rows: int) -> None:
    """The source filled, the tables made on the target, and the chunks cut."""
    fill_readings(run.source, rows)
    create_tables(run)
    cut_chunks(run, options)


def options(**said: object) -> ChunkedCopyOptions:
    """Options with one lane unless said otherwise."""
    return ChunkedCopyOptions.model_validate({"lanes": 1, **said})


def sums(database: Database) -> tuple[object, ...]:
    """What both sides have to agree on."""
    with database.connect("test") as session:
        (row,) = session.execute("SELECT count(*), count(DISTINCT id), coalesce(sum(length(words)), 0) FROM reading")
    return tuple(int(str(value)) for value in row)


def lanes_now(run: MigrationRun) -> Mapping[int, LaneNow]:
    """What each lane last said."""
    with run.ledger() as ledger:
        return {lane.lane: lane for lane in ledger.lanes.all()}

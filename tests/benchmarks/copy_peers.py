"""What a team would use instead: pipes between the servers' own clients, and the tools made for it.

Each takes a way, a table and a folder, and copies into the table that is there and empty (pgloader makes its own).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import MySQLdb
import MySQLdb.cursors
import psycopg

from benchmarks.copy_servers import USER, Way
from fixtures.servers import Database as Address

ENVIRONMENT = {**os.environ, "PGPASSWORD": USER, "MYSQL_PWD": USER}
_BATCH = 1000
_COMPLAINT = re.compile(r"fatal|error\b(?!s in)|exhausted|cannot|could not", re.IGNORECASE)
_PATIENCE = 900
"""Seconds after which a tool is taken to hang."""


class PeerFailed(Exception):
    """Another's tool did not do its work; ours goes on."""


def mysql_client(address: Address, *more: str) -> list[str]:
    """The command-line client, streaming."""
    client = shutil.which("mariadb") or shutil.which("mysql") or "mariadb"
    where = ["--protocol=tcp", f"--host={address.host}", f"--port={address.port}", f"--user={USER}"]
    return [client, *where, "--default-character-set=utf8mb4", *more, address.database]


def psql(address: Address, sql: str) -> list[str]:
    """psql, at the version of its server or later."""
    where = [f"--host={address.host}", f"--port={address.port}", f"--username={USER}", f"--dbname={address.database}"]
    return ["psql", "--no-psqlrc", "--quiet", *where, f"--command={sql}"]


def pipe(read: Sequence[str], write: Sequence[str]) -> None:
    """``read | write``; raises when either fails."""
    with subprocess.Popen(read, stdout=subprocess.PIPE, env=ENVIRONMENT) as reader:
        writer = subprocess.run(write, stdin=reader.stdout, env=ENVIRONMENT, check=False, timeout=_PATIENCE)
    if writer.returncode != 0:
        raise PeerFailed(f"{write[0]} ended with {writer.returncode}")
    if reader.returncode != 0:
        raise PeerFailed(f"{read[0]} ended with {reader.returncode}")


def mysql_to_postgres(way: Way, table: str) -> None:
    """``mariadb | psql``, COPY's text made by the MySQL server, every escape of it."""
    columns = way.source.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        f" WHERE table_schema = '{way.source.database}' AND table_name = '{table}' ORDER BY ordinal_position"
    )
    parts = []
    for name, type_ in columns:
        text = f"`{name}`"
        if type_ in ("char", "varchar", "text"):
            for octet, escape in ((r"\\", r"\\\\"), (r"\t", r"\\t"), (r"\n", r"\\n"), (r"\r", r"\\r")):
                text = f"REPLACE({text}, '{octet}', '{escape}')"
        elif "blob" in type_ or "binary" in type_:
            text = rf"CONCAT('\\\\x', HEX({text}))"
        parts.append(rf"IFNULL({text}, '\\N')")
    sql = rf"SELECT CONCAT_WS('\t', {', '.join(parts)}) FROM `{table}`"
    read = mysql_client(way.source, "--quick", "--batch", "--raw", "--skip-column-names", f"--execute={sql}")
    pipe(read, psql(way.target, f"COPY {table} FROM STDIN"))


def pgloader(way: Way, table: str) -> None:
    """pgloader, without indexes (the primary key it makes afterwards is left out: it gains by that)."""
    script = way.folder / "pgloader.load"
    script.write_text(
        f"LOAD DATABASE FROM mysql://{USER}:{USER}@{way.source.host}:{way.source.port}/{way.source.database}"
        f" INTO postgresql://{USER}:{USER}@{way.target.host}:{way.target.port}/{way.target.database}"
        " WITH include drop, no foreign keys, create no indexes, workers = 2, concurrency = 1,"
        # With its own numbers (25,000 and 100,000 rows) the heap of 1 GB that it is built with is exhausted.
        " batch rows = 5000, batch size = 4MB, prefetch rows = 5000"
        f" INCLUDING ONLY TABLE NAMES MATCHING '{table}';\n"
    )
    said = _run(["pgloader", "--root-dir", way.folder / "pgloader", script], way.folder)
    if "ERROR" in said:
        raise PeerFailed(f"pgloader failed: {_reason(said)}")


def postgres_to_postgres(way: Way, table: str) -> None:
    """``psql | psql``, binary COPY."""
    pipe(
        psql(way.source, f"COPY {table} TO STDOUT WITH (FORMAT binary)"),
        psql(way.target, f"COPY {table} FROM STDIN WITH (FORMAT binary)"),
    )


def pgcopydb(way: Way, table: str) -> None:
    """pgcopydb with two jobs; it copies every table of the source, which has this one only."""
    uris = [
        f"postgresql://{USER}:{USER}@{address.host}:{address.port}/{address.database}"
        for address in (way.source, way.target)
    ]
    work = way.folder / "pgcopydb"
    shutil.rmtree(work, ignore_errors=True)
    command = ["pgcopydb", "copy", "table-data", "--source", uris[0], "--target", uris[1], "--table-jobs", "2"]
    command += ["--index-jobs", "1", "--dir", str(work), "--restart", "--not-consistent"]
    _run(command, way.folder)


def postgres_to_mysql(way: Way, table: str) -> None:
    """``psql | mariadb``: CSV into LOAD DATA LOCAL; booleans have to be made numbers on the way."""
    columns = way.source.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        f" WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
    )
    picked = ", ".join(f"{name}::int" if type_ == "boolean" else name for name, type_ in columns)
    read = psql(
        way.source, f"COPY (SELECT {picked} FROM {table}) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *, NULL 'NULL')"
    )
    load = (
        f"LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE {table} CHARACTER SET utf8mb4"
        " FIELDS TERMINATED BY ',' ENCLOSED BY '\"' ESCAPED BY ''"
    )
    session = "--init-command=SET time_zone='+00:00'"
    pipe(read, mysql_client(way.target, "--local-infile=1", session, f"--execute={load}"))


def executemany(way: Way, table: str) -> None:
    """What a script of one's own does first: a cursor on one side, ``executemany`` on the other."""
    source = psycopg.connect(
        host=way.source.host, port=way.source.port, user=USER, password=USER, dbname=way.source.database
    )
    target = MySQLdb.connect(
        host=way.target.host, port=way.target.port, user=USER, password=USER, database=way.target.database,
        charset="utf8mb4",
    )  # fmt: skip
    with source, source.cursor("rows") as rows, target.cursor() as writer:
        rows.itersize = _BATCH
        rows.execute(f"SELECT * FROM {table}".encode())
        while batch := rows.fetchmany(_BATCH):
            writer.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(batch[0]))})", batch)
        target.commit()
    target.close()
    source.close()


def mydumper(way: Way, table: str) -> None:
    """mydumper to files, myloader from them, two threads each."""
    work = way.folder / "mydumper"
    shutil.rmtree(work, ignore_errors=True)
    common = ["--user", USER, "--password", USER, "--threads", "2"]
    dump = ["--host", way.source.host, "--port", str(way.source.port), "--database", way.source.database]
    load = ["--host", way.target.host, "--port", str(way.target.port), "--database", way.target.database]
    # With --tables-list, version 0.10 never ends.
    rows = ["--regex", rf"^{way.source.database}\.{table}$", "--rows", "100000", "--trx-consistency-only"]
    _run(["mydumper", *common, *dump, *rows, "--outputdir", str(work)], work.parent)
    _run(["myloader", *common, *load, "--overwrite-tables", "--directory", str(work)], work.parent)


def mysqldump(way: Way, table: str) -> None:
    """``mariadb-dump | mariadb``."""
    dump = shutil.which("mariadb-dump") or shutil.which("mysqldump") or "mysqldump"
    read = mysql_client(way.source)
    read = [dump, *read[1:-1], "--quick", "--single-transaction", "--no-create-info", way.source.database, table]
    pipe(read, mysql_client(way.target))


def _run(command: Sequence[str | Path], folder: Path) -> str:
    """What a tool says; raises when it fails or does not end."""
    environment = {**ENVIRONMENT, "HOME": str(folder)}
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        raise PeerFailed(f"{command[0]} has not ended after {_PATIENCE} s") from None
    if done.returncode != 0:
        raise PeerFailed(f"{command[0]} ended with {done.returncode}: {_reason(done.stdout + done.stderr)}")
    return done.stdout


def _reason(said: str) -> str:
    """The first line of a tool's words that sounds like one, else the last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = (line for line in lines if _COMPLAINT.search(line))
    return next(telling, lines[-1] if lines else "it says nothing")


__all__ = [
    "PeerFailed",
    "executemany",
    "mydumper",
    "mysql_to_postgres",
    "mysqldump",
    "pgcopydb",
    "pgloader",
    "postgres_to_mysql",
    "postgres_to_postgres",
]

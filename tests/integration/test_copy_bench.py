"""The benchmark itself: it copies what it says, notices rows that differ, and survives a peer that fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import copy_peers
from benchmarks.bars import Bar, judge
from benchmarks.bench_tables import ORDERS
from benchmarks.contenders import RowsDiffer, compare, lanes, peer
from benchmarks.copy_servers import CopyServers, Way
from benchmarks.copy_shapes import Shapes
from benchmarks.copy_speed import Sizes, expected_seconds, measure_over, ways
from database_migration.steps.chunked_copy.copy_format import CopyFormat
from fixtures.servers import MariaDBServer, PostgresServer

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def servers(mariadb: MariaDBServer, postgres: PostgresServer, servers_folder: Path) -> Iterator[CopyServers]:
    """The tests' own servers, each source and target at once."""
    names = ("bench_source", "bench_target")
    with CopyServers(mariadb, mariadb, postgres, postgres, servers_folder, *names).prepared() as prepared:
        yield prepared


def failing(way: Way, table: str) -> None:
    """A tool that says much and copies nothing."""
    raise copy_peers.PeerFailed("no " * 10_000)


def half(way: Way, table: str) -> None:
    """A tool that loses rows."""
    copy_peers.mysql_to_postgres(way, table)
    way.target.execute(f"DELETE FROM {table} WHERE id % 2 = 0")


def changing(way: Way, table: str) -> None:
    """A tool that loses no row, but changes one."""
    copy_peers.mysql_to_postgres(way, table)
    way.target.execute(f"UPDATE {table} SET quantity = quantity + 1 WHERE id = 7")


def test_it_measures_and_stores_every_part(servers: CopyServers, capsys: pytest.CaptureFixture[str]) -> None:
    stored: list[dict[str, object]] = []
    chosen = {
        ("mysql", "postgres"): {
            "pipe": peer(copy_peers.mysql_to_postgres),
            "fails": peer(failing),
            "binary, two lanes": lanes(2, CopyFormat.BINARY, chunk_rows=100),
        }
    }
    sizes = Sizes(300, 1, Shapes(narrow_rows=200, blob_rows=20, small_tables=3))
    assert expected_seconds(sizes, ways()) > 60
    measure_over(servers, sizes, chosen, stored.append)
    said = capsys.readouterr().out
    assert "!!! fails FAILED" in said
    assert len(said) < 6000
    last = json.loads(json.dumps(stored[-1]))
    assert set(last["sections"]) == {
        "mysql → postgres",
        "narrow, mysql → postgres",
        "blobs, mysql → postgres",
        "a thousand small tables, mysql → postgres",
        "memory",
    }
    assert set(last["sections"]["mysql → postgres"]) == {"pipe", "binary, two lanes"}
    assert last["sections"]["mysql → postgres"]["binary, two lanes"]["peak_mb"] > 10
    assert any(bar["met"] is None for bar in last["bars"])


@pytest.mark.parametrize("wrong", [half, changing])
def test_rows_that_differ_are_noticed(servers: CopyServers, wrong: object) -> None:
    servers.fill(ORDERS, 50, postgres_too=False)
    way = servers.way("mysql", "postgres")
    assert callable(wrong)
    found = compare(way, ORDERS.name, 50, {"pipe": peer(copy_peers.mysql_to_postgres), "wrong": peer(wrong)}, 1)
    assert set(found) == {"pipe"}


def test_ours_may_not_fail(servers: CopyServers, monkeypatch: pytest.MonkeyPatch) -> None:
    servers.fill(ORDERS, 50, postgres_too=False)
    way = servers.way("mysql", "postgres")
    monkeypatch.setattr(Way, "checksums", lambda self, run, *, of_source: {"orders": of_source})
    with pytest.raises(RowsDiffer, match="orders"):
        compare(way, ORDERS.name, 50, {"ours": lanes(1)}, 1)


def test_bars_are_judged_by_shares_and_by_figures() -> None:
    section = {"ours": {"seconds": 2.0, "peak_mb": 70.0}, "theirs": {"seconds": 4.0}}
    met = Bar("way", "ours", 0.5, "theirs").judge({"way": section}, {"way": 10})
    missed = Bar("way", "ours", 64, figure="peak_mb").judge({"way": section}, {"way": 10})
    early = Bar("way", "ours", 0.1, "theirs", from_rows=11).judge({"way": section}, {"way": 10})
    unknown = Bar("way", "ours", 1, "nobody").judge({"way": section}, {"way": 10})
    assert [one["met"] for one in (met, missed, early, unknown)] == [True, False, None, None]
    assert all(one["met"] is None for one in judge({}, {}))

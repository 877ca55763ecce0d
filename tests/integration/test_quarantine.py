"""Values that the target cannot hold, on two real servers: refused, kept in quarantine or replaced, never silent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from database_migration.errors import Interrupted, Refused, ValueRefused
from database_migration.ledger import QuarantinedRow
from database_migration.model.mapping import Mapping
from database_migration.model.migration_state import Direction
from database_migration.model.report import Verdict
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks, finish_copy
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.replicate import BackgroundApplier, ReplicateOptions, Until, replicate, start_capture
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import ValidateOptions, validate
from integration.conftest import MakeRun
from integration.live import copy_all, create_tables, differences
from integration.test_live_kill import LOADING, killed

ROWS = 2400
#: As text, which is the default, an interval keeps its months.
TYPES = {"postgres_to_mysql": {"interval": "time"}}
QUICK = ReplicateOptions.model_validate({"idle": "PT0.2S", "patience": "PT120S", "reconnects": 0})
QUARANTINE: dict[str, object] = {"default": "quarantine", "quarantine": {"max_share": 1}}
WAYS = [("mariadb", "postgres"), ("mysql", "postgres18"), ("postgres", "mariadb")]
TABLES = {
    "mysql": """
    CREATE TABLE item (id int PRIMARY KEY, d date, note varchar(200), at datetime(3)) DEFAULT CHARACTER SET utf8mb4;
    CREATE TABLE word (code varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY, at datetime);
    """,
    "postgres": """
    CREATE TABLE item (id int PRIMARY KEY, d date, note double precision, at interval);
    CREATE TABLE word (code varchar(20) PRIMARY KEY, at timestamp);
    """,
}
GOOD = {
    "mysql": ("'2024-01-02'", "'plain é'", "'2024-01-02 03:04:05.678'"),
    "postgres": ("'2024-01-02'", "0.1", "'02:03:04'"),
}
# (id, column, kind, value)
BAD = {
    "mysql": [
        (7, "d", "zero_date", "'0000-00-00'"),
        (800, "note", "nul_character", r"'a\0b'"),
        (801, "at", "zero_date", "'2024-00-10 01:02:03'"),
        (2399, "d", "zero_date", "'2024-02-00'"),
    ],
    "postgres": [
        (7, "d", "special_date", "'infinity'"),
        (800, "note", "special_number", "'NaN'"),
        (801, "at", "months", "'2 mons 01:00:00'"),
        (2399, "d", "special_date", "'0044-03-15 BC'"),
    ],
}
FORMATS = ["text", "binary"]


def lax(run: MigrationRun, *statements: str) -> None:
    """What an application with lax settings does on the source."""
    with run.source.connect("application") as session:
        if run.source.engine.traits.engine == "mysql":
            session.execute("SET SESSION sql_mode = ''")
        for statement in statements:
            session.execute(statement)


def filled(make_run: MakeRun, request: pytest.FixtureRequest, way: tuple[str, str], *, online: bool) -> MigrationRun:
    servers = [request.getfixturevalue(name) for name in way]
    engine = servers[0].engine
    run = make_run(*servers, TABLES[engine], online=online)
    good = ", ".join(GOOD[engine])
    lax(run, "INSERT INTO item VALUES " + ", ".join(f"({number}, {good})" for number in range(1, ROWS + 1)))
    lax(run, "INSERT INTO word VALUES ('a', '2024-01-01'), ('b', NULL), ('c', '2024-01-01')")
    lax(run, *(f"UPDATE item SET {column} = {value} WHERE id = {key}" for key, column, _, value in BAD[engine]))
    lax(run, f"UPDATE word SET at = {BAD[engine][3][3]} WHERE code = 'b'")
    return with_values(run, {})


def with_values(run: MigrationRun, values: dict[str, object]) -> MigrationRun:
    return replace(run, mapping=Mapping.model_validate({"values": values, "types": TYPES}))


def options(form: str = "auto") -> ChunkedCopyOptions:
    return ChunkedCopyOptions.model_validate({"lanes": 1, "chunk_rows": 700, "format": form})


def kept(run: MigrationRun) -> dict[str, list[QuarantinedRow]]:
    with run.ledger() as ledger:
        return {table: list(ledger.quarantine.rows(table)) for table in ledger.quarantine.counts()}


def ask(run: MigrationRun, sql: str) -> list[tuple[object, ...]]:
    with run.target.connect("test") as session:
        return session.execute(sql)


@pytest.fixture(params=WAYS, ids="-".join)
def offline(request: pytest.FixtureRequest, make_run: MakeRun) -> MigrationRun:
    """A filled source with bad values, and the target's tables."""
    run = filled(make_run, request, request.param, online=False)
    create_tables(run)
    return run


@pytest.mark.parametrize("form", FORMATS)
def test_good_rows_land_and_bad_ones_are_kept(offline: MigrationRun, form: str) -> None:
    run = with_values(offline, QUARANTINE)
    bad = BAD[run.source.engine.traits.engine]
    summary = copy_all(run, options(form))
    assert (summary["rows"], summary["rows_in_quarantine"]) == (ROWS + 3 - 5, 5)
    found = kept(run)
    assert sorted((int(row.key[0]), row.column, row.kind) for row in found["item"]) == [one[:3] for one in bad]
    assert [(row.key, row.column) for row in found["word"]] == [(("b",), "at")]
    assert all(row.reason and row.origin == "copy" for row in found["item"])
    assert found["item"][0].values["id"] == found["item"][0].key[0]
    assert ask(run, f"SELECT count(*) FROM item WHERE id IN ({', '.join(str(one[0]) for one in bad)})") == [(0,)]
    report = validate(run, ValidateOptions())
    assert (report.summary["rows_differing"], report.summary["rows_in_quarantine"]) == (0, 5)
    assert report.verdict is Verdict.WARNED
    assert {finding.subject for finding in report.findings if finding.code == "quarantine"} == {"item", "word"}
    counted = validate(run, ValidateOptions(checksum="off", sample=0.99, sample_rows=5000))
    assert counted.verdict is Verdict.WARNED, counted.findings
    # A row that is missing without being in quarantine is still a difference.
    with run.target.connect("test") as session:
        session.execute("DELETE FROM item WHERE id = 8")
    assert differences(run)[1] == 1


def test_a_row_that_is_refused_is_named(offline: MigrationRun) -> None:
    cut_chunks(offline, options())
    with pytest.raises(ValueRefused) as refusal:
        copy_lane(offline, options(), 0)
    words = str(refusal.value)
    assert "mapping.values" in words
    assert any(
        f"= {key} ({kind})" in words
        for key, _, kind, _ in [
            *BAD[offline.source.engine.traits.engine],
            ("b", "", "zero_date", ""),
            ("b", "", "special_date", ""),
        ]
    ), words
    with offline.ledger() as ledger:
        done = sum(table.rows for table in ledger.chunks.progress())
    assert done == int(str(ask(offline, "SELECT count(*) FROM item")[0][0])) + int(
        str(ask(offline, "SELECT count(*) FROM word")[0][0])
    )
    assert kept(offline) == {}


def test_too_many_rows_stop_the_copy(offline: MigrationRun) -> None:
    run = with_values(offline, {"default": "quarantine", "quarantine": {"max_rows": 1, "max_share": 1}})
    cut_chunks(run, options())
    with pytest.raises(Refused, match=r"more than mapping.values.quarantine allows \(max_rows, 1\)"):
        copy_lane(run, options(), 0)
    raised = with_values(offline, QUARANTINE)
    copy_lane(raised, options(), 0)
    assert finish_copy(raised, options()).summary["rows_in_quarantine"] == 5
    assert differences(raised)[1] == 0


def test_a_share_of_a_table(offline: MigrationRun) -> None:
    column = BAD[offline.source.engine.traits.engine][0][1]
    value = BAD[offline.source.engine.traits.engine][0][3]
    lax(offline, f"UPDATE item SET {column} = {value} WHERE id BETWEEN 100 AND 900")
    run = with_values(offline, {"default": "quarantine"})
    cut_chunks(run, options())
    with pytest.raises(Refused, match=r"max_share, 1\.00%"):
        copy_lane(run, options(), 0)


MAPPED = {
    "mysql": {"zero_date": {"to": None}, "nul_character": {"to": "·"}},
    "postgres": {"special_date": {"to": "1970-01-01"}, "special_number": {"to": 0}, "months": {"to": None}},
}


@pytest.mark.parametrize("form", FORMATS)
def test_other_values_in_their_place(offline: MigrationRun, form: str) -> None:
    run = with_values(offline, dict(MAPPED[offline.source.engine.traits.engine]))
    assert copy_all(run, options(form))["rows"] == ROWS + 3
    assert differences(run) == (ROWS + 3, 0, 0)
    assert kept(run) == {}
    found = ask(run, "SELECT d, note, at FROM item WHERE id IN (7, 800, 801) ORDER BY id")
    if run.source.engine.traits.engine == "mysql":
        assert (found[0][0], found[1][1], found[2][2]) == (None, "a·b", None)
    else:
        assert (str(found[0][0]), found[1][1], found[2][2]) == ("1970-01-01", 0, None)


def test_preflight_says_what_will_happen(request: pytest.FixtureRequest, make_run: MakeRun) -> None:
    run = filled(make_run, request, ("mariadb", "postgres"), online=False)
    values: dict[str, object] = {
        "zero_date": "quarantine",
        "columns": {"item.at": {"zero_date": {"to": "1970-01-01"}}, "item.nope": {"zero_date": "refuse"}},
    }
    report = preflight(with_values(run, values), PreflightOptions())
    found = {(finding.code, finding.subject): finding for finding in report.findings}
    assert found["zero_date", "item.d"].severity == "warning"
    assert "2 rows" in found["zero_date", "item.d"].message
    assert "id = 2399" in found["zero_date", "item.d"].message
    assert "Treatment: quarantine" in found["zero_date", "item.d"].message
    assert "'1970-01-01' in its place" in found["zero_date", "item.at"].message
    assert found["nul_character", "item.note"].severity == "blocker"
    assert (
        "mapping.values: {columns: {item.note: {nul_character: quarantine}}}"
        in found["nul_character", "item.note"].mend
    )
    assert ("unknown_name", "item.nope") in found


def test_null_is_not_put_where_none_can_be(make_run: MakeRun, mariadb, postgres) -> None:  # type: ignore[no-untyped-def]
    run = make_run(mariadb, postgres, "CREATE TABLE a (id int PRIMARY KEY, d date NOT NULL);", online=False)
    general = preflight(with_values(run, {"zero_date": {"to": None}}), PreflightOptions())
    assert [(one.severity, one.subject) for one in general.findings if one.code == "null_not_possible"] == [
        ("warning", "a.d")
    ]
    named = preflight(with_values(run, {"columns": {"a.d": {"zero_date": {"to": None}}}}), PreflightOptions())
    assert [one.code for one in named.blockers] == ["null_not_possible"]


def test_a_table_without_a_key(make_run: MakeRun, mariadb, postgres) -> None:  # type: ignore[no-untyped-def]
    run = with_values(make_run(mariadb, postgres, "CREATE TABLE log (d date, what text);", online=False), QUARANTINE)
    lax(
        run, "INSERT INTO log VALUES ('0000-00-00', 'a'), ('0000-00-00', 'a'), ('2024-01-01', 'b'), ('2024-01-01', 'b')"
    )
    create_tables(run)
    assert copy_all(run, options())["rows_in_quarantine"] == 2
    assert differences(run) == (4, 0, 0)
    with run.target.connect("test") as session:
        session.execute("DELETE FROM log")
    assert differences(run)[1] == 2


def test_mended_rows_are_let_in_by_repair(offline: MigrationRun) -> None:
    run = with_values(offline, QUARANTINE)
    copy_all(run, options())
    good = GOOD[run.source.engine.traits.engine]
    lax(
        run,
        f"UPDATE item SET d = {good[0]}, note = {good[1]}, at = {good[2]} WHERE id <> 801",
        "DELETE FROM item WHERE id = 7",
    )
    report = validate(run, ValidateOptions(repair=True))
    assert (report.summary["rows_differing"], report.summary["rows_in_quarantine"]) == (0, 2)
    assert [row.key for row in kept(run)["item"]] == [("801",)]
    assert ask(run, "SELECT count(*) FROM item") == [(ROWS - 2,)]
    assert differences(run) == (ROWS + 2, 0, 0)


@pytest.mark.parametrize("way", [("mariadb", "postgres"), ("postgres", "mariadb")], ids="-".join)
def test_killed_while_it_looks_for_bad_rows(
    request: pytest.FixtureRequest, make_run: MakeRun, way: tuple[str, str]
) -> None:
    run = with_values(filled(make_run, request, way, online=False), QUARANTINE)
    engine = run.source.engine.traits.engine
    good = ", ".join(GOOD[engine])
    for start in range(ROWS + 1, 20_000, 2000):
        lax(run, "INSERT INTO item VALUES " + ", ".join(f"({n}, {good})" for n in range(start, start + 2000)))
    lax(run, f"UPDATE item SET d = {BAD[engine][0][3]} WHERE id > {ROWS} AND id % 100 = 0")
    create_tables(run)
    large = ChunkedCopyOptions(lanes=1, chunk_rows=100_000)
    cut_chunks(run, large)
    sql = LOADING[run.target.engine.traits.engine]
    with run.target.connect("watch") as session:
        for wait in (2.0, 3.0):
            began = time.monotonic()
            killed(
                lambda: time.monotonic() - began > wait and bool(session.execute(sql, (run.target.endpoint.database,))),  # noqa: B023
                copy_lane, run, large, 0,
            )  # fmt: skip
    with run.ledger() as ledger:
        done = {table.table: table.rows for table in ledger.chunks.progress()}
    assert done["item"] == int(str(ask(run, "SELECT count(*) FROM item")[0][0]))
    assert "item" not in kept(run) or done["item"]
    copy_lane(run, large, 0)
    summary = finish_copy(run, large).summary
    with run.source.connect("test") as session:
        rows = int(str(session.execute("SELECT count(*) FROM item")[0][0])) + 3
    assert int(str(summary["rows"])) + int(str(summary["rows_in_quarantine"])) == rows
    assert differences(run) == (rows, 0, 0)


@pytest.fixture(params=WAYS, ids="-".join)
def online(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """A run with quarantine whose source is captured, copied and caught up."""
    run = with_values(filled(make_run, request, request.param, online=True), QUARANTINE)
    create_tables(run)
    start_capture(run, QUICK)
    try:
        copy_all(run, options())
        replicate(run, QUICK, until=Until.COPY_END)
        yield run
    finally:
        run.source.change_log.stop(run.log_name)
        run.target.change_log.stop(run.log_name)


def settled(run: MigrationRun) -> None:
    replicate(run, QUICK, until=Until.CAUGHT_UP)


def test_changes_go_to_quarantine_and_come_back(online: MigrationRun) -> None:
    run, engine = online, online.source.engine.traits.engine
    good, bad = GOOD[engine], BAD[engine][0][3]

    def keys() -> list[str]:
        return sorted(row.key[0] for row in kept(run).get("item", []))

    def there(*ids: int) -> int:
        return int(str(ask(run, f"SELECT count(*) FROM item WHERE id IN ({', '.join(map(str, ids))})")[0][0]))

    before = keys()
    assert before == ["2399", "7", "800", "801"]
    # A bad version of a row that is there: the older one goes. A bad insert among good ones.
    lax(
        run,
        f"UPDATE item SET d = {bad} WHERE id = 10",
        f"INSERT INTO item VALUES (5001, {good[0]}, {good[1]}, {good[2]}), (5002, {bad}, {good[1]}, {good[2]})",
    )
    settled(run)
    assert keys() == sorted([*before, "10", "5002"])
    assert (there(10, 5002), there(5001)) == (0, 1)
    assert {row.origin for row in kept(run)["item"]} == {"copy", "replicate"}
    # Changed again, still bad; under another key; deleted.
    lax(
        run,
        "UPDATE item SET note = NULL WHERE id = 10",
        "UPDATE item SET id = 5010 WHERE id = 5002",
        "DELETE FROM item WHERE id = 7",
    )
    settled(run)
    assert keys() == ["10", "2399", "5010", "800", "801"]
    # Mended, from copy and from replication.
    lax(
        run,
        f"UPDATE item SET d = {good[0]} WHERE id IN (10, 2399, 5010)",
        f"UPDATE item SET note = {good[1]} WHERE id = 800",
    )
    settled(run)
    assert keys() == ["801"]
    assert there(10, 2399, 5010, 800) == 4
    with BackgroundApplier(run, QUICK, Direction.FORWARD):
        report = validate(run, ValidateOptions.model_validate({"settle": "PT10S"}))
    assert (report.summary["rows_differing"], report.summary["rows_in_quarantine"]) == (0, 2)
    lax(run, "TRUNCATE TABLE item")
    settled(run)
    assert keys() == []
    assert there(1, 801) == 0


def test_mapped_changes(request: pytest.FixtureRequest, make_run: MakeRun) -> None:
    for way in WAYS[::2]:
        run = filled(make_run, request, way, online=True)
        engine = run.source.engine.traits.engine
        run = with_values(run, dict(MAPPED[engine]))
        create_tables(run)
        start_capture(run, QUICK)
        try:
            lax(
                run,
                *(f"UPDATE item SET {column} = {value} WHERE id = {key + 1}" for key, column, _, value in BAD[engine]),
            )
            copy_all(run, options())
            lax(
                run,
                *(f"UPDATE item SET {column} = {value} WHERE id = {key - 1}" for key, column, _, value in BAD[engine]),
            )
            settled(run)
            with BackgroundApplier(run, QUICK, Direction.FORWARD):
                assert differences(run) == (ROWS + 3, 0, 0)
            assert kept(run) == {}
        finally:
            run.source.change_log.stop(run.log_name)


def test_a_refused_change_is_named(online: MigrationRun) -> None:
    run = replace(online, mapping=Mapping())
    lax(run, f"UPDATE item SET d = {BAD[run.source.engine.traits.engine][0][3]} WHERE id = 10")
    with pytest.raises(ValueRefused, match=r"id = 10 \((zero_date|special_date)\)"):
        settled(run)
    settled(with_values(run, QUARANTINE))
    assert ask(run, "SELECT count(*) FROM item WHERE id = 10") == [(0,)]
    with suppress(Interrupted):
        assert differences(run)[1] == 0

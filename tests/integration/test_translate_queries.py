"""Queries on two real servers: right translations are proven, wrong ones never are.

The corpora lie in tests/golden/queries; each statement says which verdict it has to get.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from database_migration.errors import SpecRefused
from database_migration.model.report import Report, Severity, Verdict
from database_migration.model.table_selection import TableSelection
from database_migration.steps.dual_read import DualReadOptions, dual_read
from database_migration.steps.run import MigrationRun
from database_migration.steps.translate_queries import TranslateQueriesOptions, translate_queries
from database_migration.steps.translate_queries.corpus import read_corpus
from fixtures.servers import PrivateServer
from fixtures.whole_migration import copy_offline

GOLDEN = Path(__file__).parents[1] / "golden" / "queries"
EXPECT = re.compile(r"^-- expect: (\w+)$", re.MULTILINE)
NO_STOP = {"fail_on": ()}


def items(report: Report) -> list[dict]:
    queries = report.data["queries"]
    assert isinstance(queries, list)
    return queries


def verdicts(report: Report) -> dict[str, str]:
    return {item["name"]: item["verdict"] for item in items(report)}


def expected(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8")
    parts = [part.partition("\n") for part in text.split("-- name: ")[1:]]
    return {name.strip(): found[1] if (found := EXPECT.search(body)) else "" for name, _, body in parts}


def assert_verdicts(report: Report, path: Path) -> None:
    found = verdicts(report)
    if os.environ.get("WRITE_GOLDEN"):
        text = EXPECT.sub("", path.read_text(encoding="utf-8"))
        for name, verdict in found.items():
            text = re.sub(
                rf"^-- name: {re.escape(name)}\n+", f"-- name: {name}\n-- expect: {verdict}\n", text, flags=re.M
            )
        path.write_text(text, encoding="utf-8")
    reasons = {item["name"]: f"{item['reason']}\n{item['target_sql']}" for item in items(report)}
    wrong = {
        name: f"{found[name]}, not {verdict}: {reasons[name]}"
        for name, verdict in expected(path).items()
        if found[name] != verdict
    }
    assert not wrong


def execute(run: MigrationRun, side: str, *statements: str) -> None:
    database = run.source if side == "source" else run.target
    with database.connect("test") as session:
        for statement in statements:
            session.execute(statement)


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def camel_to_snake(run: MigrationRun) -> MigrationRun:
    """The run with Chinook's MySQL names arriving as its PostgreSQL names."""
    tables = run.source.read_schema().tables
    return replace(
        run,
        declared=TableSelection(
            renames={table.name: snake(table.name) for table in tables},
            column_renames={table.name: {c.name: snake(c.name) for c in table.columns} for table in tables},
        ),
    )


def test_sakila_from_plan_to_dual_read(sakila_run: MigrationRun) -> None:
    options = TranslateQueriesOptions(queries=GOLDEN / "sakila.sql", **NO_STOP)
    sakila_run.open()
    planned = translate_queries(sakila_run, options)
    assert set(verdicts(planned).values()) == {"TRANSLATED", "RISK", "MANUAL", "PROVEN", "PLANS"}
    of_no_table = {"recursive", "unix", "now"}
    assert {name for name, verdict in verdicts(planned).items() if verdict in {"PROVEN", "PLANS"}} == of_no_table

    copy_offline(sakila_run)
    report = translate_queries(sakila_run, options)
    assert_verdicts(report, GOLDEN / "sakila.sql")
    assert report.verdict is Verdict.WARNED

    sakila_run.archive.file(report)
    differing = {name for name, verdict in verdicts(report).items() if verdict == "RISK"}
    read = dual_read(replace(sakila_run, online=False), DualReadOptions(repeat=2, waive=dict.fromkeys(differing, "ok")))
    assert read.verdict is Verdict.WARNED
    assert read.plots[0].kind == "bar"
    proven = [item for item in items(read) if item["verdict"] == "PROVEN"]
    assert len(proven) > 60
    assert all(len(item["source_ms"]) == len(item["target_ms"]) == 2 for item in proven)


def test_chinook_under_new_names_against_its_own_postgres_edition(
    make_run, mariadb: PrivateServer, postgres: PrivateServer, chinook_mysql_sql: Path, chinook_postgres_sql: Path
) -> None:
    run = make_run(mariadb, postgres, chinook_mysql_sql, target_sql=chinook_postgres_sql, opened=True)
    run = camel_to_snake(run)
    report = translate_queries(run, TranslateQueriesOptions(queries=GOLDEN / "chinook.sql", **NO_STOP))
    assert_verdicts(report, GOLDEN / "chinook.sql")


def test_chinook_back_to_mariadb(chinook_back_run: MigrationRun) -> None:
    copy_offline(chinook_back_run)
    options = TranslateQueriesOptions(queries=GOLDEN / "chinook_from_postgres.sql", **NO_STOP)
    assert_verdicts(translate_queries(chinook_back_run, options), GOLDEN / "chinook_from_postgres.sql")


def corpus(folder: Path, queries: Iterable[tuple[str, str]]) -> Path:
    path = folder / "queries.sql"
    path.write_text("\n".join(f"-- name: {name}\n{sql};" for name, sql in queries), encoding="utf-8")
    return path


TRAP_TABLES = """
CREATE TABLE t (id int PRIMARY KEY, word varchar(20), n int, flag tinyint(1), d datetime, kind enum('low','high'),
FULLTEXT KEY (word));
INSERT INTO t VALUES (1,'Ann',7,1,'2024-01-31 10:00:00','high'),(2,'ann',2,0,NULL,'low'),(3,'Été',NULL,1,
'2024-03-01','low'),(4,'ete ',-7,NULL,'2023-12-31 23:59:59','high');
"""
TRAPS = {
    "case": "SELECT id FROM t WHERE word = 'ANN'",
    "accent": "SELECT id FROM t WHERE word = 'ete'",
    "grouped_case": "SELECT COUNT(*) FROM t GROUP BY word",
    "distinct_case": "SELECT COUNT(DISTINCT word) FROM t",
    "joined_case": "SELECT a.id, b.id FROM t a JOIN t b ON a.word = b.word",
    "arbitrary_row": "SELECT flag, word FROM t GROUP BY flag",
    "unordered_limit": "SELECT id FROM t LIMIT 2",
    "unordered_inner_limit": "SELECT COUNT(*) FROM (SELECT id FROM t LIMIT 2) x",
    "unordered_list": "SELECT GROUP_CONCAT(word) FROM t",
    "no_rows": "SELECT id FROM t WHERE n = 99",
    "clock": "SELECT NOW(6)",
    "placeholder": "SELECT id FROM t WHERE id = ?",
    "change": "UPDATE t SET n = 0",
    "text_as_number": "SELECT id FROM t WHERE word = 0",
    "any_value": "SELECT ANY_VALUE(word) FROM t",
    "fulltext": "SELECT id FROM t WHERE MATCH(word) AGAINST('ann')",
    "broken": "SELECT FROM WHERE",
    "missing_table": "SELECT * FROM nowhere",
    "two": "SELECT 1; SELECT 2",
}
RIGHT = {
    "negative_modulo": "SELECT n % 3, n DIV 3, -7 % 3, n / 2 FROM t",
    "nulls_first": "SELECT n FROM t ORDER BY n",
    "enum_order": "SELECT id, kind FROM t ORDER BY kind, id",
    "like": "SELECT id FROM t WHERE word LIKE 'AN%' ORDER BY id",
    "truth": "SELECT id FROM t WHERE flag AND n",
    "null_truth": "SELECT COUNT(*) FROM t WHERE NOT flag OR NOT n",
    "greatest": "SELECT GREATEST(n, 3), LEAST(n, flag) FROM t",
    "octets": "SELECT LENGTH(word), CHAR_LENGTH(word) FROM t",
    "concat_null": "SELECT CONCAT(word, n) FROM t",
    "month_end": "SELECT d + INTERVAL 1 MONTH, LAST_DAY(d), DATE(d) + INTERVAL 1 DAY FROM t",
    "weeks": "SELECT WEEK(d), WEEK(d, 1), WEEK(d, 3), YEARWEEK(d, 3), DAYOFWEEK(d), WEEKDAY(d) FROM t",
    "sum_of_condition": "SELECT SUM(n > 2), SUM(flag), AVG(n), SUM(n) / COUNT(*) FROM t",
    "substring_from_end": "SELECT SUBSTRING(word, -2), LEFT(word, 0), RIGHT(word, 9) FROM t",
    "round_half": "SELECT ROUND(2.5), ROUND(-2.5), ROUND(0.125, 2), TRUNCATE(-1.999, 1) FROM t",
    "case_mixed": "SELECT CASE WHEN n > 2 THEN n ELSE 'few' END, IFNULL(n, 'none') FROM t",
    "coalesce_truth": "SELECT COALESCE(flag, 0), IF(flag, n, 0) FROM t",
    "find_in_set": "SELECT FIND_IN_SET('b', 'a,b,c'), FIND_IN_SET('x', 'a'), FIND_IN_SET(NULL, 'a') FROM t",
    "string_escapes": r"SELECT 'it''s', 'a\\b', 'c\'d', 'tab\there', LENGTH('\\n') FROM t",
    "left_to_right_alias": "SELECT n * 2 AS twice FROM t HAVING twice > 3 ORDER BY twice + 1 DESC",
    "bits_in_order": "SELECT 1 | 2 & 3, 6 ^ 3, 1 << 2 + 1 FROM t",
    "date_diff": "SELECT DATEDIFF(d, '2023-12-31'), TIMESTAMPDIFF(MONTH, '2023-12-31', d) FROM t",
}


@pytest.mark.parametrize("source", ["mariadb", "mysql"])
def test_what_differs_is_never_proven(
    make_run, source: str, postgres: PrivateServer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    run = make_run(request.getfixturevalue(source), postgres, TRAP_TABLES, opened=True)
    copy_offline(run)
    path = corpus(tmp_path, [*TRAPS.items(), *RIGHT.items()])
    report = translate_queries(run, TranslateQueriesOptions(queries=path, **NO_STOP))
    found = verdicts(report)
    reasons = {item["name"]: item["reason"] for item in items(report)}
    assert {name: reasons[name] for name in TRAPS if found[name] == "PROVEN"} == {}
    assert {name: reasons[name] for name in RIGHT if found[name] != "PROVEN"} == {}
    for name in ("case", "accent", "grouped_case", "distinct_case", "joined_case", "arbitrary_row", "unordered_limit"):
        assert found[name] == "RISK", (name, reasons[name])
    for name in ("no_rows", "clock", "change"):
        assert found[name] == "PLANS", (name, reasons[name])
    for name in ("fulltext", "broken", "missing_table", "two"):
        assert found[name] == "MANUAL", (name, reasons[name])
    assert found["placeholder"] == "TRANSLATED"


def test_manual_queries_stop_the_run_until_waived_or_written_by_hand(
    make_run, mariadb: PrivateServer, postgres: PrivateServer, tmp_path: Path
) -> None:
    run = make_run(mariadb, postgres, TRAP_TABLES, opened=True)
    copy_offline(run)
    queries = [
        ("ranked", "SELECT id FROM t WHERE MATCH(word) AGAINST('ann') ORDER BY id"),
        ("fine", "SELECT id FROM t"),
    ]
    path = corpus(tmp_path, queries)
    stopped = translate_queries(run, TranslateQueriesOptions(queries=path))
    assert stopped.verdict is Verdict.FAILED
    assert [(finding.subject, finding.severity) for finding in stopped.blockers] == [("ranked", Severity.BLOCKER)]
    assert "to_tsvector" in stopped.blockers[0].mend

    waived = translate_queries(run, TranslateQueriesOptions(queries=path, waive={"ranked": "search moves to Solr"}))
    assert waived.verdict is not Verdict.FAILED
    assert any("Solr" in finding.message for finding in waived.findings)

    by_hand = tmp_path / "by_hand.sql"
    by_hand.write_text("-- name: ranked\nSELECT id FROM t WHERE to_tsvector(word) @@ to_tsquery('ann') ORDER BY id;")
    written = translate_queries(run, TranslateQueriesOptions(queries=path, translated=by_hand))
    assert written.verdict is not Verdict.FAILED
    assert verdicts(written)["ranked"] == "PROVEN"
    assert "to_tsvector" in next(
        script.text for script in written.scripts if script.filename == "translated_queries.sql"
    )

    by_hand.write_text("-- name: rankd\nSELECT 1;")
    with pytest.raises(SpecRefused, match="No query is called rankd"):
        translate_queries(run, TranslateQueriesOptions(queries=path, translated=by_hand))


def test_dual_read_finds_what_one_side_lost(
    make_run, mariadb: PrivateServer, postgres: PrivateServer, tmp_path: Path
) -> None:
    run = make_run(mariadb, postgres, TRAP_TABLES, opened=True, online=False)
    copy_offline(run)
    path = corpus(tmp_path, [("all", "SELECT id, n FROM t ORDER BY id"), ("other", "SELECT id FROM t")])
    assert dual_read(run, DualReadOptions(queries=path)).verdict is Verdict.PASSED

    execute(run, "target", "UPDATE t SET n = 8 WHERE id = 1")
    report = dual_read(run, DualReadOptions(queries=path))
    assert report.verdict is Verdict.FAILED
    assert [(finding.code, finding.subject) for finding in report.blockers] == [("result_differs", "all")]
    assert "column n: 7 on the source, 8 on the target" in report.blockers[0].message
    assert dual_read(run, DualReadOptions(queries=path, waive={"all": "known"})).verdict is not Verdict.FAILED


def test_while_replication_is_behind_a_difference_is_given_time(
    make_run, mariadb: PrivateServer, postgres: PrivateServer, tmp_path: Path
) -> None:
    import threading

    run = make_run(mariadb, postgres, TRAP_TABLES, opened=True)
    copy_offline(run)
    execute(run, "source", "UPDATE t SET n = 70 WHERE id = 1")
    path = corpus(tmp_path, [("all", "SELECT id, n FROM t ORDER BY id")])
    late = threading.Timer(1.0, execute, (run, "target", "UPDATE t SET n = 70 WHERE id = 1"))
    late.start()
    try:
        report = dual_read(run, DualReadOptions(queries=path))
    finally:
        late.join()
    assert report.verdict is Verdict.PASSED

    execute(run, "source", "UPDATE t SET n = 71 WHERE id = 1")
    lost = dual_read(run, DualReadOptions(queries=path, settle="PT1S"))
    assert lost.verdict is Verdict.FAILED


def test_without_queries_the_reports_say_so(shop_run: MigrationRun) -> None:
    shop_run.open()
    for report in (
        translate_queries(shop_run, TranslateQueriesOptions()),
        dual_read(shop_run, DualReadOptions()),
    ):
        assert report.verdict is Verdict.PASSED
        assert report.findings[0].code == "no_queries"


def test_the_shop_s_queries_are_all_translated(shop_run: MigrationRun) -> None:
    shop_run.open()
    path = Path(__file__).parents[2] / "include" / "queries" / "shop"
    names = {query.name for query in read_corpus(path)}
    report = translate_queries(shop_run, TranslateQueriesOptions(queries=path))
    assert report.verdict is not Verdict.FAILED
    assert verdicts(report) == dict.fromkeys(names, "TRANSLATED")

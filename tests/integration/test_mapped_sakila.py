"""Sakila with other rows and columns than it has: every step up to validation, and what arrived, looked at by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from database_migration.hooks import selection_of
from database_migration.steps.run import MigrationRun
from database_migration.steps.translate_queries import TranslateQueriesOptions, translate_queries
from fixtures.whole_migration import copy_offline

SPEC = {
    "payment": {"where": "amount >= 5", "add": {"net": {"derive": "CAST(amount / 1.2 AS decimal(8,3))"}}},
    "staff": {"columns": {"picture": {"drop": True}, "password": {"mask": "hash"}}},
    "customer": {"columns": {"email": {"mask": "email"}, "last_name": {"mask": "name"}}},
    "film": {"columns": {"rating": {"map": {"NC-17": "18", "R": "17"}, "otherwise": "keep"}}},
    "city": {
        "columns": {
            "country_id": {"rename": "country", "lookup": {"table": "country", "key": "country_id", "value": "country"}}
        }
    },
}


def test_sakila_arrives_as_the_spec_maps_it(sakila_run: MigrationRun, tmp_path: Path) -> None:
    run = replace(
        sakila_run, declared=selection_of(SPEC), online=False, source=replace(sakila_run.source, secret="sakila's")
    )
    with run.source.connect("test") as session:
        many = session.execute("SELECT count(*), sum(amount) FROM payment WHERE amount >= 5")
        rated = dict(session.execute("SELECT CAST(rating AS CHAR), count(*) FROM film GROUP BY rating"))
        lies = session.execute(
            "SELECT city_id, country FROM city JOIN country USING (country_id) ORDER BY city_id LIMIT 5"
        )
    reports = copy_offline(run)
    assert reports["validate"].summary["rows_differing"] == 0
    with run.target.connect("test") as session:
        assert session.execute("SELECT count(*), sum(amount) FROM payment") == many
        assert session.execute("SELECT count(*) FROM payment WHERE net <> round(amount / 1.2, 3)") == [(0,)]
        found = dict(session.execute("SELECT rating, count(*) FROM film GROUP BY rating"))
        assert found == {{"NC-17": "18", "R": "17"}.get(str(word), word): count for word, count in rated.items()}
        assert session.execute("SELECT city_id, country FROM city ORDER BY city_id LIMIT 5") == lies
        ((emails, real),) = session.execute(
            "SELECT count(DISTINCT email), count(*) FILTER (WHERE email LIKE '%sakila%') FROM customer"
        )
        assert (emails, real) == (599, 0)
    assert "picture" not in {column.name for column in run.target.read_schema().table("staff").columns}
    (tmp_path / "staff.sql").write_text("-- name: faces\nSELECT picture FROM staff;\n")
    said = translate_queries(run, TranslateQueriesOptions(queries=tmp_path)).findings
    assert [one.subject for one in said if one.code == "query_uses_mapped"] == ["faces"]

"""Partitions, sequences, types and deferral arrive on the target; what has no place there is named."""

from __future__ import annotations

from database_migration.model.migration_state import Side
from database_migration.model.report import Report
from database_migration.model.schema import Schema
from database_migration.steps.apply_schema import ApplySchemaOptions, Stage, apply_schema
from database_migration.steps.chunked_copy import advance_sequences
from database_migration.steps.plan import PlanOptions, plan
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import SchemaCompareOptions, schema_compare
from fixtures.servers import PrivateServer

POSTGRES = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN price AS numeric(8,2) CHECK (VALUE > 0);
CREATE SEQUENCE ticket INCREMENT 5 START 100 MAXVALUE 500 CYCLE;
SELECT nextval('ticket');
CREATE TABLE thing (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, feeling mood, moods mood[], cost price, code int,
  number bigint DEFAULT nextval('ticket'),
  CONSTRAINT once UNIQUE (code) DEFERRABLE INITIALLY DEFERRED
);
ALTER TABLE thing ADD CONSTRAINT old CHECK (code > 0) NOT VALID;
CREATE INDEX sorted ON thing (code DESC NULLS LAST);
CREATE TABLE event (id int, day date NOT NULL, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE event_old PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
CREATE TABLE event_new PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2030-01-01');
CREATE TABLE event_rest PARTITION OF event DEFAULT;
CREATE TABLE place (id int PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE place_0 PARTITION OF place FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE place_1 PARTITION OF place FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE kind (id int, word varchar(9), PRIMARY KEY (id, word)) PARTITION BY LIST (word);
CREATE TABLE kind_a PARTITION OF kind FOR VALUES IN ('a', 'it''s');
CREATE MATERIALIZED VIEW stale AS SELECT count(*) AS n FROM thing;
CREATE UNIQUE INDEX stale_n ON stale (n);
INSERT INTO event VALUES (1, '2019-05-05'), (2, '2025-05-05'), (3, '2040-01-01');
"""
MARIADB = """
CREATE SEQUENCE ticket START WITH 7 INCREMENT BY 2 MAXVALUE 99 CYCLE;
CREATE TABLE event (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE COLUMNS (day)
  (PARTITION old VALUES LESS THAN ('2020-01-01'), PARTITION rest VALUES LESS THAN (MAXVALUE));
CREATE TABLE visit (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (YEAR(day))
  (PARTITION old VALUES LESS THAN (2020), PARTITION rest VALUES LESS THAN MAXVALUE);
CREATE TABLE log (id int, at date) PARTITION BY RANGE (TO_DAYS(at)) (PARTITION old VALUES LESS THAN (737791));
CREATE TABLE place (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3;
CREATE TABLE kind (id int, word int, PRIMARY KEY (id, word)) PARTITION BY LIST (word)
  (PARTITION few VALUES IN (1, 2), PARTITION many VALUES IN (-5));
CREATE TABLE history (id int PRIMARY KEY) WITH SYSTEM VERSIONING;
"""
ENDS = "INSERT INTO {} VALUES (1, '2019-05-05'), (2, '2025-05-05')"


def applied(run: MigrationRun) -> Report:
    """The run's schema on the target; the comparison that follows."""
    preflight(run, PreflightOptions())
    plan(run, PlanOptions(probe_rows=0))
    apply_schema(run, ApplySchemaOptions(), Stage.TABLES)
    apply_schema(run, ApplySchemaOptions(), Stage.KEYS)
    return schema_compare(run, SchemaCompareOptions())


def codes(report: Report) -> set[tuple[str, str]]:
    return {(finding.code, finding.subject) for finding in report.findings}


def divided(schema: Schema) -> dict[str, tuple[str, ...]]:
    return {table.name: tuple(part.name for part in table.partitions) for table in schema.tables if table.partitions}


def test_between_postgres_servers_all_is_carried(make_run, postgres: PrivateServer) -> None:
    run = make_run(postgres, postgres, POSTGRES, online=False)
    report = applied(run)
    assert report.data == {"differences": [], "to_create": []}
    source, target = run.source.read_schema(), run.target.read_schema()
    assert target.types == source.types
    assert target.sequences == source.sequences
    assert divided(target) == divided(source)
    assert [view.indexes for view in target.views] == [view.indexes for view in source.views]
    thing = target.table("thing")
    assert thing.column("cost").domain == "price"
    assert thing.column("id").identity_always
    (once, _) = thing.indexes
    assert (once.constraint, once.deferrable, once.initially_deferred) == (True, True, True)
    assert thing.checks == source.table("thing").checks
    assert ("view_to_refresh", "stale") in codes(report)


def test_from_postgres_to_mariadb(make_run, postgres: PrivateServer, mariadb: PrivateServer) -> None:
    run = make_run(postgres, mariadb, POSTGRES, online=False)
    report = applied(run)
    assert report.data == {"differences": [], "to_create": []}
    target = run.target.read_schema()
    assert divided(target) == {
        "event": ("event_old", "event_new", "event_rest"),
        "kind": ("kind_a",),
        "place": ("place_0", "place_1"),
    }
    assert [(one.name, one.increment, one.maximum, one.cycle) for one in target.sequences] == [("ticket", 5, 500, True)]
    assert any("`cost` > 0" in check.expression for check in target.table("thing").checks)
    assert codes(report) >= {
        ("domain_inlined", "price"),
        ("type_left_out", "mood"),
        ("not_deferrable", "thing.once"),
        ("nulls_order_lost", "thing.sorted"),
        ("not_valid", "thing.old"),
        ("partitions_translated", "event"),
    }


def test_from_mariadb_to_postgres(make_run, postgres: PrivateServer, mariadb: PrivateServer) -> None:
    run = make_run(mariadb, postgres, MARIADB, online=False)
    report = applied(run)
    assert report.data == {"differences": [], "to_create": []}
    target = run.target.read_schema()
    assert divided(target) == {
        "event": ("event_old", "event_rest"),
        "visit": ("visit_old", "visit_rest"),
        "log": ("log_null", "log_old"),
        "place": ("place_p0", "place_p1", "place_p2"),
        "kind": ("kind_few", "kind_many"),
    }
    with run.target.connect("test") as session:
        for table in ("event", "visit"):
            session.execute(ENDS.format(table))
            assert session.execute(f"SELECT count(*) FROM {table}_old") == [(1,)]
        session.execute("INSERT INTO log VALUES (1, NULL), (2, '2019-12-31')")
        assert session.execute("SELECT count(*) FROM log_old") == [(1,)]
    assert ("history_lost", "history") in codes(report)


def test_between_the_flavours_sequences_need_mariadb(make_run, mysql: PrivateServer, mariadb: PrivateServer) -> None:
    run = make_run(mariadb, mysql, MARIADB, online=False)
    report = applied(run)
    assert report.data == {"differences": [], "to_create": []}
    assert ("sequence_left_out", "ticket") in codes(report)
    assert set(divided(run.target.read_schema())) == {"event", "visit", "log", "place", "kind"}


def test_sequences_go_on_where_the_other_side_stopped(
    make_run, postgres: PrivateServer, mariadb: PrivateServer
) -> None:
    run = make_run(mariadb, postgres, "CREATE SEQUENCE ticket; CREATE TABLE t (id int PRIMARY KEY);", online=False)
    applied(run)
    with run.source.connect("test") as source, run.target.connect("test") as target:
        drawn = [source.execute("SELECT NEXTVAL(ticket)")[0][0] for _ in range(3)]
        assert drawn == [1, 2, 3]
        assert advance_sequences(run, Side.TARGET) == 1
        assert int(str(target.execute("SELECT nextval('ticket')")[0][0])) > 3
        target.execute("SELECT setval('ticket', 5000)")
        assert advance_sequences(run, Side.SOURCE) == 1
        assert source.execute("SELECT NEXTVAL(ticket)") == [(5001,)]

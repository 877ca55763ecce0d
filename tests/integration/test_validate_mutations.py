"""Random tables of nasty values, copied every way: equal when copied, and what is changed then is all that is found.

A few of them run in the suite; ``MUTATIONS=200 pytest tests/integration/test_validate_mutations.py`` runs more.
"""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from database_migration.model.change import Change, Operation, Value
from database_migration.model.column_type import Form
from database_migration.model.report import Report
from database_migration.model.table_selection import ColumnPair, TablePair
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.validate import ValidateOptions, validate
from integration.conftest import MakeRun
from integration.live import copy_all, create_tables

VECTORS = json.loads((Path(__file__).parents[1] / "golden" / "codec_vectors.json").read_text())["values"]
TYPES = sorted({vector["type"] for vector in VECTORS} - {"uuid16"})
FORMS = {vector["type"]: Form(vector["form"]) for vector in VECTORS}
SPELLED = {vector["type"]: {"mysql": vector["mysql"], "postgres": vector["postgres"]} for vector in VECTORS}
VALUES: dict[str, list[str | None]] = {
    name: list(dict.fromkeys([*(vector["transfer"] for vector in VECTORS if vector["type"] == name), None]))
    for name in TYPES
}
KEYS = ("int", "text", "uuid")
"""Numbers, texts in no order that both sides have, octets in disguise."""
PROFILE = settings(
    max_examples=int(os.environ.get("MUTATIONS", "2")),
    deadline=None,
    derandomize="MUTATIONS" not in os.environ,
    phases=(Phase.generate,),  # making an example smaller would take minutes on real servers
    suppress_health_check=list(HealthCheck),
    database=None,
)
WAYS = [("mariadb", "postgres"), ("postgres", "mysql"), ("mysql", "mariadb"), ("postgres", "postgres")]

Row = dict[str, Value]


@st.composite
def tables(draw: st.DrawFn, types: list[str]) -> tuple[str, dict[str, str], list[Row]]:
    """(type of the key's second column, types by column, rows as transfer texts)"""
    names = draw(st.lists(st.sampled_from(types), min_size=3, max_size=9))
    key = draw(st.sampled_from(KEYS))
    by_column = {f"c{number}": name for number, name in enumerate(names)}
    rows: list[Row] = []
    for number in range(draw(st.integers(4, 12))):
        row: Row = {"id": str(number), "k": key_value(key, number)}
        row |= {column: draw(st.sampled_from(VALUES[name])) for column, name in by_column.items()}
        rows.append(row)
    return key, by_column, rows


def key_value(name: str, number: int) -> str:
    return {"int": str(number), "text": f"Key {'x' * number}é", "uuid": f"0123abcd-4567-89ef-0123-{number:012x}"}[name]


def mutated(name: str, value: Value) -> Value:
    """The least change of a value that its type can hold."""
    form = FORMS[name]
    if not isinstance(value, str):
        return next(choice for choice in VALUES[name] if choice is not None)
    if form is Form.TEXT:
        return f"{value} " if len(value) < 180 else None  # a trailing blank
    if form is Form.BINARY and value:
        return f"{value[:-1]}{int(value[-1], 16) ^ 1:x}"  # one bit
    if form is Form.BIT:
        return value[:-1] + str(1 - int(value[-1]))
    if name == "double" and 1 < abs(float(value)) < 1e6:
        (octets,) = struct.unpack(">q", struct.pack(">d", float(value)))
        return repr(struct.unpack(">d", struct.pack(">q", octets ^ 1))[0])
    return None  # one NULL


def write(database: Database, pair: TablePair, changes: list[Change]) -> None:
    with database.connect("writer") as session:
        database.engine.writer.prepare(session, "vandal")
        with session.transaction():
            database.engine.writer.apply(session, database.schema, {pair.source.name: pair}, changes)


def create(engine: str, key: str, types: dict[str, str]) -> str:
    text = "varchar(100) CHARACTER SET utf8mb4" if engine == "mysql" else "varchar(100)"
    spelled = text if key == "text" else SPELLED[key][engine]
    columns = "".join(f", {column} {SPELLED[name][engine]}" for column, name in types.items())
    return f"CREATE TABLE v (id int NOT NULL, k {spelled} NOT NULL{columns}, PRIMARY KEY (k, id))"


def filled(run: MigrationRun, key: str, types: dict[str, str], rows: list[Row]) -> None:
    """The source's table with its rows, written by the engine's own writer, and all of it copied."""
    with run.source.connect("fill") as session:
        session.execute(create(run.source.engine.traits.engine, key, types))
    table = run.source.read_schema().table("v")
    forms = {"id": Form.INTEGER, "k": FORMS[key]} | {column: FORMS[name] for column, name in types.items()}
    columns = tuple(ColumnPair(column, column, forms[column.name]) for column in table.columns)
    keys = tuple(column for name in ("k", "id") for column in columns if column.source.name == name)
    pair = TablePair(table, table, columns, keys, keys[0])
    write(run.source, pair, [Change(Operation.INSERT, "v", after=row) for row in rows])
    create_tables(run)
    copy_all(run)


def found(report: Report) -> set[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    told = report.data["tables"]
    assert isinstance(told, dict)
    return {(one["kind"], tuple(one["key"]), tuple(one["columns"])) for one in told["v"]["differences"]}


def look(run: MigrationRun) -> Report:
    report = validate(run, ValidateOptions.model_validate({"chunk_rows": 100, "mask": []}))
    assert not [finding for finding in report.findings if finding.code == "digests_only"], report.findings
    return report


@pytest.mark.parametrize("way", WAYS, ids="-".join)
@given(data=st.data())
@PROFILE
def test_what_is_changed_is_found_and_nothing_else(
    request: pytest.FixtureRequest,
    make_run: MakeRun,
    way: tuple[str, str],
    data: st.DataObject,
) -> None:
    # An interval arrives on MySQL as its own text, not as the one that was written here.
    key, types, rows = data.draw(tables([name for name in TYPES if name != "time" or way[0] != "postgres"]))
    source, target = (request.getfixturevalue(name) for name in way)
    run = make_run(source, target, online=False)
    filled(run, key, types, rows)
    (pair,) = run.pairs()
    report = look(run)
    assert (report.summary["rows_compared"], report.summary["rows_differing"]) == (len(rows), 0), report.findings
    assert not [one for one in report.findings if one.code == "figures_differ"], report.findings

    missing, changed, *rest = data.draw(st.permutations(range(len(rows))))
    column = data.draw(st.sampled_from(sorted(types)))
    note(f"{way} {key} {types} {column}")
    after = rows[changed] | {column: mutated(types[column], rows[changed][column])}
    extra = rows[rest[0]] | {"id": "900", "k": key_value(key, 900 if key != "text" else 40)}
    names = [one.source.name for one in pair.row_key]
    write(
        run.target,
        pair,
        [
            Change(Operation.DELETE, "v", before={name: rows[missing][name] for name in names}),
            Change(Operation.INSERT, "v", after=after),
            Change(Operation.INSERT, "v", after=extra),
        ],
    )

    def key_of(row: Row) -> tuple[str, ...]:
        return tuple(str(row[name]) for name in names)

    expected = {
        ("missing", key_of(rows[missing]), ()),
        ("extra", key_of(extra), ()),
        ("changed", key_of(after), (column,)),
    }
    assert found(look(run)) == expected
    repaired = validate(run, ValidateOptions.model_validate({"repair": True}))
    assert (repaired.summary["rows_differing"], repaired.summary["rows_repaired"]) == (0, 3), repaired.findings

"""One way between two real servers that every case travels: held, copied, followed through the log, and back.

All cases of a way go together, each in a table of its own, so that the logs are read once; what went wrong is
kept with the case that it went wrong with.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryFile

from pyarrow.parquet import ParquetFile

from contract.type_mapping.cases import POSTGRES_PRELUDE, Case
from database_migration.engines.protocol import Endpoint, Engine, Session
from database_migration.errors import MigrationError
from database_migration.model.bulk_format import BinaryFormat
from database_migration.model.change import Change
from database_migration.model.column_type import Form, form_between
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.key_range import KeyRange
from database_migration.model.log_position import LogPosition
from database_migration.model.mapping import Mapping as SpecMapping
from database_migration.model.report import Finding
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn, TablePair, TableSelection, pair_tables
from database_migration.steps.chunked_copy.rate import Rate
from database_migration.steps.chunked_copy.staging.column_storage import TableStorage
from database_migration.steps.chunked_copy.staging.load_chunk import read_rows
from database_migration.steps.chunked_copy.staging.unload_chunk import write_rows
from database_migration.steps.run import Database
from database_migration.steps.validate.canonical import canonical
from fixtures.servers import Database as ServerDatabase

LOG = "type_mapping"
ALL = KeyRange.everything()
_LOGGED, _BACK, _WRITTEN = 100, 1000, 5000
"""Added to the numbers of rows that come by the log, go back, and are written on the target."""


@dataclass
class Outcome:
    """What became of a case: stages with what went wrong in them ('' where nothing did)."""

    target: str = ""
    """The target's type as its catalog spells it."""
    findings: list[Finding] = field(default_factory=list)
    stages: dict[str, str] = field(default_factory=dict)


@dataclass
class Side:
    """A database of the journey."""

    engine: Engine
    endpoint: Endpoint
    session: Session

    def names(self, table: str) -> str:
        return self.engine.ddl.quote(self.endpoint.schema, table)


def side_of(database: ServerDatabase) -> Side:
    """An open side on an empty database."""
    engine: Engine = importlib.import_module(f"database_migration.engines.{database.engine}").ENGINE
    schema = database.database if database.engine == "mysql" else "public"
    endpoint = Endpoint(
        database.engine, database.host, database.port, database.user, database.password, database.database, schema
    )
    return Side(engine, endpoint, engine.connect(endpoint, purpose="type mapping"))


class Journey:
    """The cases' way from one side to the other and back."""

    def __init__(self, source: Side, target: Side, cases: Mapping[str, Case]) -> None:
        self.source, self.target = source, target
        self.cases = cases
        self.outcomes = {table: Outcome() for table in cases}
        self.pairs: dict[str, TablePair] = {}

    def run(self) -> dict[str, Outcome]:
        """Every stage for every case."""
        self._create()
        self._copy()
        self._follow("log", self.source, self.target, self._change_source, reverse=False)
        self._follow("back", self.target, self.source, self._change_target, reverse=True)
        for table in self._logged():
            with self._stage(table, "same"):
                self._came_back(table)
        return self.outcomes

    @contextmanager
    def _stage(self, table: str, stage: str) -> Iterator[None]:
        stages = self.outcomes[table].stages
        stages.setdefault(stage, "")
        try:
            yield
        except (MigrationError, AssertionError, ValueError, KeyError) as error:
            stages[stage] = stages[stage] or f"{type(error).__name__}: {error}"

    def _create(self) -> None:
        if self.source.endpoint.engine == "postgres":
            self.source.session.execute(POSTGRES_PRELUDE)
        for table, case in self.cases.items():
            with self._stage(table, "source"):
                name = self.source.names(table)
                self.source.session.execute(f"CREATE TABLE {name} (id int PRIMARY KEY, c {case.source})")
                self._insert(self.source, table, ("NULL", *case.values), 1)
        schema = self.source.engine.catalog.read(self.source.session, self.source.endpoint.schema)
        for table, case in self.cases.items():
            with self._stage(table, "create"):
                self._hold(schema.table(table), case)
        self.pairs = {pair.source.name: pair for pair in self._paired()}
        for table, pair in self.pairs.items():
            self.outcomes[table].target = pair.target.column("c").type.native

    def _hold(self, table: Table, case: Case) -> None:
        dialect = self.source.endpoint.engine
        way = "mysql_to_postgres" if dialect == "mysql" else "postgres_to_mysql"
        mapping = SpecMapping.model_validate({"types": {way: dict([case.policy] if case.policy else [])}})
        policy = HoldPolicy(mapping, casts={"c": case.cast} if case.cast else {})
        ddl, schema = self.target.engine.ddl, self.target.endpoint.schema
        held, findings = ddl.hold(table, dialect=dialect, policy=policy)
        self.outcomes[table.name].findings = findings
        for statement in (ddl.create_table(schema, held), *ddl.add_checks(schema, held)):
            self.target.session.execute(statement.sql)
        read = self.target.engine.catalog.read(self.target.session, schema).table(table.name)
        assert read.checks == held.checks, f"{held.checks} are reported as {read.checks}"
        assert read == held

    def _paired(self) -> Sequence[TablePair]:
        source = self.source.engine.catalog.read(self.source.session, self.source.endpoint.schema)
        target = self.target.engine.catalog.read(self.target.session, self.target.endpoint.schema)
        found = []
        for table in source.tables:
            with self._stage(table.name, "pair"):
                found += pair_tables(TableSelection(include=(table.name,)), source, target)
        return found

    def _logged(self) -> dict[str, TablePair]:
        return {table: pair for table, pair in self.pairs.items() if self.cases[table].logged}

    def _copy(self) -> None:
        for table, pair in self.pairs.items():
            rows = self.target.engine.rows
            form = rows.binary_format(pair.target, pair.target_columns)
            pays_from = form and self.source.engine.rows.binary_pays_from(pair.source, pair.source_columns, form)
            if form is not None and pays_from is not None:
                with self._stage(table, "copy in binary"):
                    self._load(pair, form)
                self.target.session.execute(f"DELETE FROM {self.target.names(table)}")
            with self._stage(table, "copy through a store"):
                self._load_staged(pair)
            self.target.session.execute(f"DELETE FROM {self.target.names(table)}")
            with self._stage(table, "copy"):
                self._load(pair, None)

    def _load(self, pair: TablePair, binary: BinaryFormat | None) -> None:
        blocks = self.source.engine.rows.read_bulk(
            self.source.session, self.source.endpoint.schema, pair.source, pair.source_columns, ALL,
            binary or self.target.engine.traits.bulk_format,
        )  # fmt: skip
        with self.target.session.transaction():
            loaded = self.target.engine.rows.load_bulk(
                self.target.session, self.target.endpoint.schema, pair.target, pair.target_columns, blocks, binary
            )
        assert loaded == len(self.cases[pair.source.name].values) + 1
        self._compare(pair)

    def _load_staged(self, pair: TablePair) -> None:
        """As lanes of staging do it: a Parquet file between the two."""
        storage = TableStorage.of(pair)
        with TemporaryFile() as file:
            source = Database(self.source.engine, self.source.endpoint)
            write_rows(file, source, self.source.session, storage, ALL, "zstd", Rate())
            file.seek(0)
            with self.target.session.transaction():
                loaded = self.target.engine.rows.load_bulk(
                    self.target.session,
                    self.target.endpoint.schema,
                    pair.target,
                    pair.target_columns,
                    read_rows(ParquetFile(file), self.target.engine.traits.bulk_format, pair.target_columns),
                )
        assert loaded == len(self.cases[pair.source.name].values) + 1
        self._compare(pair)

    def _insert(self, side: Side, table: str, values: Sequence[str], first: int) -> None:
        for number, value in enumerate(values, first):
            side.session.execute(f"INSERT INTO {side.names(table)} (id, c) VALUES ({number}, {value})")

    def _change_source(self, table: str) -> None:
        name, execute = self.source.names(table), self.source.session.execute
        execute(f"INSERT INTO {name} SELECT id + {_LOGGED}, c FROM {name}")
        execute(f"UPDATE {name} SET c = NULL WHERE id = 2")
        execute(f"UPDATE {name} SET c = {self.cases[table].values[-1]} WHERE id = 1")
        execute(f"DELETE FROM {name} WHERE id = 3")

    def _change_target(self, table: str) -> None:
        name, execute = self.target.names(table), self.target.session.execute
        execute(f"INSERT INTO {name} SELECT id + {_BACK}, c FROM {name} WHERE id > {_LOGGED}")
        self._insert(self.target, table, self.cases[table].written, _WRITTEN)

    def _follow(self, stage: str, source: Side, target: Side, change: object, *, reverse: bool) -> None:
        log = source.engine.change_log(source.endpoint)
        after = log.start(LOG, source.endpoint.schema, list(self._logged()))
        for table in self._logged():
            with self._stage(table, f"{stage}: write"):
                change(table)  # type: ignore[operator]
        pairs = {table: pair.reversed if reverse else pair for table, pair in self._logged().items()}
        try:
            changes = self._read(source, pairs, after)
        except MigrationError as error:
            for table in pairs:
                self.outcomes[table].stages[stage] = f"the log cannot be read: {error}"
            return
        finally:
            log.stop(LOG)
        with closing(target.engine.connect(target.endpoint, purpose="applier")) as applier:
            target.engine.writer.prepare(applier, LOG)
            for table, pair in pairs.items():
                with self._stage(table, stage):
                    mine = [one for one in changes if one.table == table]
                    assert mine, "no change of the table is in the log"
                    with applier.transaction():
                        target.engine.writer.apply(applier, target.endpoint.schema, {table: pair}, mine)
                    self._compare(self.pairs[table])

    def _read(self, source: Side, pairs: Mapping[str, TablePair], after: LogPosition) -> list[Change]:
        log = source.engine.change_log(source.endpoint)
        end = log.end()
        tables = {table: pair.source_columns for table, pair in pairs.items()}
        found: list[Change] = []
        with closing(log.read(LOG, tables, source.endpoint.schema, after, idle_seconds=0.5)) as stream:
            for transaction in stream:
                found += transaction.changes
                if transaction.position >= end:
                    return found
        raise AssertionError("the log ended by itself")

    def _texts(self, side: Side, table: Table, columns: Sequence[FormedColumn]) -> dict[str, str | None]:
        rows = side.engine.rows.fetch(side.session, side.endpoint.schema, table, columns, ALL)
        return {str(number): canonical(columns[1].form, text) for number, text in rows}

    def _compare(self, pair: TablePair) -> None:
        """Both sides by the servers' checksums, and by texts, which tell where they differ."""
        one = self._texts(self.source, pair.source, pair.source_columns)
        other = self._texts(self.target, pair.target, pair.target_columns)
        differing = {number: (one.get(number), other.get(number)) for number in one | other}
        differing = {number: texts for number, texts in differing.items() if texts[0] != texts[1]}
        assert not differing, f"differing: {str(differing)[:600]}"
        checksums = [
            side.engine.rows.checksum(side.session, side.endpoint.schema, table, columns, ALL)
            for side, table, columns in (
                (self.source, pair.source, pair.source_columns),
                (self.target, pair.target, pair.target_columns),
            )
        ]
        assert checksums[0] == checksums[1], "the checksums differ, the texts do not"

    def _came_back(self, table: str) -> None:
        """What was copied to the target and back by two logs is, on the source, what it was."""
        source = self.pairs[table].source
        columns = [FormedColumn(column, form_between(column.type, column.type)) for column in source.columns]
        found = self._texts(self.source, source, columns)
        for number in range(1 + _LOGGED, 2 + _LOGGED + len(self.cases[table].values)):
            gone, back = found[str(number)], found[str(number + _BACK)]
            if self.pairs[table].columns[1].form is Form.JSON:  # same meaning: jsonb keeps no spelling
                gone, back = canonical(Form.JSON, gone), canonical(Form.JSON, back)
            assert gone == back, f"{gone!r} came back as {back!r}"


__all__ = ["Journey", "Outcome", "Side", "side_of"]

"""What becomes of each type, as tables of Markdown, from what the engines really hold: for schema_compare's manual.

``python tests/architecture/type_tables.py`` writes the tables anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from architecture.options_tables import manual_of
from database_migration.engines.mysql import ENGINE as MYSQL
from database_migration.engines.mysql.column_types import parse_type as parse_mysql
from database_migration.engines.postgres import ENGINE as POSTGRES
from database_migration.engines.postgres.column_types import parse_type as parse_postgres
from database_migration.engines.protocol import Ddl
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.mapping import Mapping, TypeMapping
from database_migration.model.schema import Column, Table

BEGIN = "<!-- types: written by tests/architecture/type_tables.py -->"
END = "<!-- /types -->"
PAGE = manual_of("schema_compare")

MYSQL_TYPES = (
    "tinyint(1)", "tinyint", "smallint", "mediumint", "int", "bigint", "tinyint unsigned", "smallint unsigned",
    "mediumint unsigned", "int unsigned", "bigint unsigned", "decimal(10,2)", "float", "double", "bit(1)", "bit(8)",
    "date", "datetime(3)", "timestamp(3)", "time(3)", "year", "char(5)", "varchar(40)", "tinytext", "text",
    "mediumtext", "longtext", "enum('a','b')", "set('a','b')", "json", "binary(16)", "binary(8)",
    "varbinary(40)", "blob", "longblob", "uuid", "inet6", "point",
)  # fmt: skip
POSTGRES_TYPES = (
    "boolean", "smallint", "integer", "bigint", "numeric(10,2)", "numeric", "real", "double precision", "money", "date",
    "timestamp(3)", "timestamptz", "time", "timetz", "interval", "bit(8)", "bit(100)", "bit varying(9)", "char(5)",
    "varchar(40)", "text", "citext", "bytea", "uuid", "json", "jsonb", "xml", "integer[]", "int4range",
    "int4multirange", "inet", "cidr", "macaddr", "macaddr8", "hstore", "tsvector", "tsquery", "point", "oid",
)  # fmt: skip


def type_tables() -> str:
    """Both ways, one table each."""
    postgres = [(spelled, _required(parse_postgres(spelled), spelled)) for spelled in POSTGRES_TYPES]
    postgres.append(("an enum", ColumnType(Kind.ENUM, values=("a", "b"), native="state")))
    mysql = [(spelled, _required(parse_mysql(spelled), spelled)) for spelled in MYSQL_TYPES]
    return "\n\n".join(
        [
            "**From MySQL and MariaDB to PostgreSQL** (`mapping.types.mysql_to_postgres`):",
            _table(mysql, POSTGRES.ddl, "mysql", "mysql_to_postgres"),
            "**From PostgreSQL to MySQL and MariaDB** (`mapping.types.postgres_to_mysql`):",
            _table(postgres, MYSQL.ddl, "postgres", "postgres_to_mysql"),
        ]
    )


def _required(type_: ColumnType | None, spelled: str) -> ColumnType:
    assert type_ is not None, spelled
    return type_


def _table(types: Iterable[tuple[str, ColumnType]], ddl: Ddl, dialect: str, way: str) -> str:
    lines = ["| type | becomes | may be chosen |", "|---|---|---|"]
    for spelled, type_ in types:
        held = _held(ddl, dialect, type_, {})
        others = (f"`{key}: {value}` → {other}" for key, value, other in _choices(ddl, dialect, type_, way, held))
        lines.append(f"| {spelled} | {held} | {'; '.join(others)} |")
    return "\n".join(lines)


def _choices(ddl: Ddl, dialect: str, type_: ColumnType, way: str, held: str) -> Iterator[tuple[str, str, str]]:
    """Settings that change what a type becomes."""
    if type_.native == "tinyint(1)":
        yield "tinyint_1", "integer", _held(ddl, dialect, type_, {}, booleans=frozenset())
        return
    schema: dict[str, Any] = TypeMapping.model_fields[way].annotation.model_json_schema()  # type: ignore[union-attr]
    for key, field in schema["properties"].items():
        for value in schema["$defs"][field["$ref"].rpartition("/")[2]]["enum"]:
            other = _held(ddl, dialect, type_, {"types": {way: {key: value}}})
            if other != held:
                yield key, value, other


def _held(
    ddl: Ddl, dialect: str, type_: ColumnType, said: dict[str, Any], booleans: frozenset[str] = frozenset({"c"})
) -> str:
    """The target's type with what checks it; ``booleans`` as preflight would count them."""
    table = Table("t", (Column("id", ColumnType(Kind.INTEGER, bits=32), nullable=False), Column("c", type_)), ("id",))
    counted = booleans if type_.native == "tinyint(1)" else frozenset()
    policy = HoldPolicy(Mapping.model_validate(said), counted)
    held, _ = ddl.hold(table, dialect=dialect, policy=policy)
    spelled = re.sub(r"^t_c_enum$", "an enum of its own", held.columns[1].type.native)
    if counted:
        return f"{spelled} where it holds only 0, 1 and NULL, else {_held(ddl, dialect, type_, said, frozenset())}"
    if held.foreign_keys:
        return f"{spelled} with a foreign key to a table of its labels"
    return f"{spelled} with a check" if held.checks else spelled


def between_marks(text: str) -> str:
    """What the page holds between the two marks."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def written(text: str) -> str:
    """The page with its tables replaced."""
    pattern = f"{re.escape(BEGIN)}.*?{re.escape(END)}"
    return re.sub(pattern, lambda _: f"{BEGIN}\n\n{type_tables()}\n\n{END}", text, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

"""The tables of the golden translations, as MySQL's and PostgreSQL's catalogs report them."""

from __future__ import annotations

from dataclasses import replace

from database_migration.engines.mysql.ddl import MySQLDdl
from database_migration.engines.postgres.ddl import PostgresDdl
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.schema import Column, Index, IndexPart, Schema, Table
from database_migration.model.table_selection import TableSelection

CI, BIN = "utf8mb4_general_ci", "utf8mb4_bin"
SELECTION = TableSelection(
    exclude=("cache_*",), renames={"orders": "sales_order"}, column_renames={"orders": {"total": "amount"}}
)


def integer(name: str, bits: int = 32, *, nullable: bool = False, identity: bool = False) -> Column:
    return Column(name, ColumnType(Kind.INTEGER, bits=bits), nullable, identity=identity)


def truth(name: str, *, nullable: bool = False) -> Column:
    return Column(name, ColumnType(Kind.INTEGER, bits=8, length=1), nullable)


def decimal(name: str, precision: int, scale: int) -> Column:
    return Column(name, ColumnType(Kind.DECIMAL, precision=precision, scale=scale), nullable=False)


def words(name: str, length: int = 100, *, nullable: bool = True, collation: str = CI) -> Column:
    return Column(name, ColumnType(Kind.VARCHAR, length=length), nullable, charset="utf8mb4", collation=collation)


def moment(name: str, kind: Kind, *, nullable: bool = True, fraction: int | None = 0) -> Column:
    return Column(name, ColumnType(kind, fraction=fraction), nullable)


CUSTOMER = Table(
    "customer",
    (
        integer("id", identity=True),
        words("email", nullable=False),
        words("name"),
        words("code", 20, nullable=False, collation=BIN),
        words("note", 1000),
        integer("visits", nullable=False),
        decimal("credit", 12, 2),
        Column("ratio", ColumnType(Kind.DOUBLE)),
        truth("is_active"),
        truth("accepts_mail", nullable=True),
        Column("flags", ColumnType(Kind.BIT, bits=8), nullable=False),
        moment("born_on", Kind.DATE, fraction=None),
        moment("created_at", Kind.DATETIME, nullable=False),
        moment("seen_at", Kind.TIMESTAMP),
        Column("preferences", ColumnType(Kind.JSON)),
    ),
    primary_key=("id",),
    indexes=(Index("customer_email", (IndexPart("email"),), unique=True),),
)
ORDERS = Table(
    "orders",
    (
        integer("id", 64, identity=True),
        integer("customer_id"),
        Column(
            "state",
            ColumnType(Kind.ENUM, values=("new", "paid", "shipped", "cancelled")),
            nullable=False,
            charset="utf8mb4",
            collation=CI,
        ),
        Column("tags", ColumnType(Kind.SET, values=("gift", "fragile")), charset="utf8mb4", collation=CI),
        decimal("total", 14, 2),
        truth("is_gift"),
        words("greeting", 500),
        moment("placed_at", Kind.DATETIME, nullable=False, fraction=6),
    ),
    primary_key=("id",),
)
ORDER_LINE = Table(
    "order_line",
    (integer("order_id", 64), integer("line", 8), integer("quantity", 16)),
    primary_key=("order_id", "line"),
)
CACHE = Table("cache_page", (integer("id"),), primary_key=("id",))
BOOLEANS = {"customer": {"is_active", "accepts_mail"}, "orders": {"is_gift"}}


def mysql_schema() -> Schema:
    """The shop on MySQL."""
    return Schema("shop", (CUSTOMER, ORDERS, ORDER_LINE, CACHE), engine="mysql")


def postgres_schema(name: str = "public") -> Schema:
    """The same tables as PostgreSQL holds them, under the source's names."""
    held = [
        PostgresDdl().hold(table, dialect="mysql", policy=HoldPolicy(booleans=frozenset(BOOLEANS.get(table.name, ()))))[
            0
        ]
        for table in (CUSTOMER, ORDERS, ORDER_LINE)
    ]
    return Schema(name, tuple(held), engine="postgres")


def renamed(schema: Schema) -> Schema:
    """The schema under the target's names."""
    tables = [
        replace(
            table,
            name=SELECTION.target_name(table.name),
            columns=tuple(
                replace(column, name=SELECTION.target_column(table.name, column.name)) for column in table.columns
            ),
        )
        for table in schema.tables
    ]
    return replace(schema, tables=tuple(tables))


def mysql_target() -> Schema:
    """PostgreSQL's tables as MySQL holds them, under the target's names."""
    held = [MySQLDdl().hold(table, dialect="postgres")[0] for table in postgres_schema().tables]
    return renamed(Schema("shop", tuple(held), engine="mysql"))

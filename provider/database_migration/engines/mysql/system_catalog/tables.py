"""Rows of the catalog queries as tables with their columns, indexes, keys and partitions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set

from database_migration.engines.mysql.column_types import column_type
from database_migration.engines.mysql.defaults import read_default
from database_migration.engines.mysql.expression_texts import unescape
from database_migration.engines.protocol import Row
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.schema import (
    Check,
    Column,
    ForeignKey,
    Index,
    IndexMethod,
    IndexPart,
    Partition,
    Remark,
    Table,
)

_METHODS = {
    "BTREE": IndexMethod.BTREE,
    "HASH": IndexMethod.HASH,
    "FULLTEXT": IndexMethod.FULLTEXT,
    "SPATIAL": IndexMethod.SPATIAL,
    "RTREE": IndexMethod.SPATIAL,
}
JSON_CHECK = re.compile(r"json_valid\(`(?P<column>(?:[^`]|``)+)`\)", re.IGNORECASE)


def text(value: object) -> str:
    """A catalog value as text; information_schema sends some of them as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)


def number(value: object) -> int | None:
    """A catalog value as a number."""
    return None if value is None else int(str(value))


def grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by their first column, which is left out."""
    by_name: dict[str, list[Row]] = defaultdict(list)
    for name, *rest in rows:
        by_name[text(name)].append(tuple(rest))
    return by_name


def table(
    name: str,
    facts: list[object],
    *,
    columns: tuple[Column, ...],
    index_rows: list[Row],
    foreign_keys: tuple[ForeignKey, ...],
    checks: tuple[Check, ...],
    partition_rows: list[Row],
    parsers: Mapping[str, str],
) -> Table:
    """A row of tables.sql without its name, with its parts."""
    kind, storage, comment, next_identity, rows, octets, options = facts
    divided = divided_by(partition_rows)
    by_index = grouped(index_rows)
    primary = by_index.pop("PRIMARY", [])
    return Table(
        name=name,
        columns=columns,
        primary_key=tuple(text(row[1]) for row in primary),
        primary_key_name="PRIMARY" if primary else "",
        indexes=tuple(_index(index, by_index[index], parsers.get(index, "")) for index in sorted(by_index)),
        foreign_keys=foreign_keys,
        checks=checks,
        comment=text(comment),
        next_identity=number(next_identity) if any(column.identity for column in columns) else None,
        estimated_rows=number(rows) or 0,
        estimated_bytes=number(octets) or 0,
        storage=text(storage or ""),
        partitioned_by=divided[0],
        partitions=divided[1],
        remarks=tuple(_remarks(text(kind), text(options), columns)),
    )


def column(row: Row, documents: Set[str], *, is_mariadb: bool) -> Column:
    """A row of columns.sql without the table; ``documents`` are the columns that a check tells to hold JSON."""
    (name, data_type, spelled, nullable, default, extra, length, precision, scale, fraction, charset, collation) = row[
        :12
    ]
    generation, comment = row[12:14]
    kind = column_type(
        text(data_type),
        text(spelled),
        length=number(length),
        precision=number(precision),
        scale=number(scale),
        fraction=number(fraction),
    )
    if kind.kind is Kind.TEXT and text(name) in documents:
        kind = ColumnType(Kind.JSON, native="json", verbatim=True)
    has_charset = charset is not None and kind.kind is not Kind.JSON
    more = text(extra)
    generated = text(generation) if "GENERATED" in more and "DEFAULT_GENERATED" not in more else None
    if generated is not None and not is_mariadb:
        generated = unescape(generated)
    return Column(
        name=text(name),
        type=kind,
        nullable=nullable == "YES",
        default=None
        if generated is not None
        else read_default(None if default is None else text(default), more, kind, is_mariadb=is_mariadb),
        identity="auto_increment" in more.lower(),
        generated=None if generated is None else _tidy(generated),
        generated_stored="VIRTUAL" not in more,
        on_update_now="on update" in more.lower(),
        charset=text(charset) if has_charset else None,
        collation=text(collation) if has_charset else None,
        invisible="INVISIBLE" in more,
        comment=text(comment),
    )


def _index(name: str, rows: list[Row], parser: str) -> Index:
    method = _METHODS.get(text(rows[0][4]), IndexMethod.OTHER)
    parts = []
    for _, column, collation, prefix, _, _, expression, _ in rows:
        parts.append(
            IndexPart(
                column=None if column is None else text(column),
                expression=None if expression is None else _tidy(unescape(text(expression))),
                descending=collation == "D",
                prefix=None if method is IndexMethod.SPATIAL else number(prefix),
            )
        )
    return Index(
        name,
        tuple(parts),
        unique=rows[0][0] == 0,
        method=method,
        comment=text(rows[0][5]),
        invisible=bool(rows[0][7]),
        parser=parser,
    )


def foreign_keys(rows: list[Row]) -> tuple[ForeignKey, ...]:
    """Rows of foreign_keys.sql without the table."""
    keys = []
    for name, parts in grouped(rows).items():
        _, _, parent, _, on_delete, on_update = parts[0]
        keys.append(
            ForeignKey(
                name=name,
                columns=tuple(text(part[0]) for part in parts),
                parent_table=text(parent),
                parent_columns=tuple(text(part[3]) for part in parts),
                on_delete=_action(on_delete),
                on_update=_action(on_update),
            )
        )
    return tuple(sorted(keys, key=lambda key: key.name))


def _action(rule: object) -> str:
    # InnoDB checks at once either way: the two words mean the same here, and the flavours default differently.
    return "NO ACTION" if rule == "RESTRICT" else text(rule)


def checks(rows: Iterable[Row], *, is_mariadb: bool) -> tuple[tuple[Check, ...], set[str]]:
    """A table's checks, and the columns that only a check tells to hold JSON (MariaDB's)."""
    clauses = sorted(
        (text(name), text(clause) if is_mariadb else unescape(text(clause)), bool(enforced))
        for name, clause, enforced in rows
    )
    documents = {
        found["column"].replace("``", "`") for _, clause, _ in clauses if (found := JSON_CHECK.fullmatch(clause))
    }
    return (
        tuple(
            Check(name, _tidy(clause), enforced=enforced)
            for name, clause, enforced in clauses
            if JSON_CHECK.fullmatch(clause) is None
        ),
        documents,
    )


def divided_by(rows: list[Row]) -> tuple[str, tuple[Partition, ...]]:
    """How a table is divided, and into what; rows of partitions.sql without the table.

    Parts of parts have no bound: they are as many of each partition.
    """
    if not rows or rows[0][2] == "SYSTEM_TIME":
        return "", ()
    _, part, method, expression, part_method, part_expression, _ = rows[0]
    words = f"{text(method)} ({text(expression or '')})"
    if part is not None:
        first = text(rows[0][0])
        parts = sum(text(row[0]) == first for row in rows)
        words += f" SUBPARTITION BY {text(part_method)} ({text(part_expression or '')}) SUBPARTITIONS {parts}"
    bounds = {text(row[0]): _bound(text(method), row[6]) for row in rows}
    return words, tuple(Partition(name, bound) for name, bound in bounds.items())


def _bound(method: str, description: object) -> str:
    if description is None:
        return ""
    values = text(description)
    if method.startswith("LIST"):
        return "DEFAULT" if values == "DEFAULT" else f"VALUES IN ({values})"
    return "VALUES LESS THAN MAXVALUE" if values == "MAXVALUE" and method == "RANGE" else f"VALUES LESS THAN ({values})"


def _remarks(kind: str, options: str, columns: Iterable[Column]) -> Iterator[Remark]:
    if kind == "SYSTEM VERSIONED":
        message = "The table is system-versioned: its present rows are moved, its history is not."
        yield Remark("history_lost", message, "keep the source for as long as its history is asked for.")
    more = " ".join(word for word in options.split() if word.lower() != "partitioned")
    if more:
        yield Remark("storage_options_lost", f"Storage options stay behind: {more}.", harmless=True)
    packed = [column.name for column in columns if "COMPRESSED" in column.type.native]
    if packed:
        yield Remark(
            "compression_lost",
            f"Columns are stored compressed here and plainly there: {', '.join(packed)}.",
            harmless=True,
        )


def _tidy(expression: str) -> str:
    # Loaded when asked for: most copy lanes need no parser, which is a tenth of their memory.
    from database_migration.engines.mysql.expressions import tidy

    return tidy(expression)


__all__ = ["checks", "column", "divided_by", "foreign_keys", "grouped", "number", "table", "text"]

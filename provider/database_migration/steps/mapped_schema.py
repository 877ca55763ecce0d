"""The source's schema as the spec maps it: what every step takes for the source's.

A mapped table has the columns that arrive, each with the type that the source's server gives to its values, and says
how they are made (``Column.derived``) and which rows take part (``Table.where``). Whoever reads rows through an engine
reads them mapped, be it for the copy, a checksum or a single row; ``Table.physical`` is what lies behind. Indexes,
checks and foreign keys that speak of what is dropped or made anew are left out, and said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from database_migration.engines.protocol import RowMapping, Session
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.mapping.tables import AddedColumn, ColumnMapping, OtherValue, TableMapping, scalar_text
from database_migration.model.schema import Column, Default, Derivation, ForeignKey, Index, Remark, Schema, Table

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_CONSTANT_LENGTH = 255
"""Characters of a column for a constant text: the application may write others later."""

Mappings = Mapping[str, TableMapping]


def mapped_schema(mapping: RowMapping, session: Session, schema: Schema, mappings: Mappings) -> Schema:
    """The schema with its mapped tables; ``session`` is on the server that has it.

    :raises Refused: the server takes one of the spec's expressions for none.
    """
    tables = []
    for table in schema.tables:
        said = mappings.get(table.name)
        mapped = table if said is None or not said.changes_rows else _mapped(mapping, session, schema.name, table, said)
        tables.append(_with_possible_foreign_keys(mapped, mappings))
    return replace(schema, tables=tuple(tables))


def mentions(sql: str | None, names: set[str]) -> bool:
    """Whether an expression may speak of one of these columns: it says the name somewhere."""
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql or "", re.IGNORECASE) for name in names)


def changed_by(table: TableMapping | None) -> set[str]:
    """The columns of a table that do not arrive, or with other values."""
    return set() if table is None else {name for name, _ in table.changed_columns()}


def _mapped(mapping: RowMapping, session: Session, schema: str, table: Table, said: TableMapping) -> Table:
    names = _Names(frozenset(column.name for column in table.columns))
    made = {
        name: mapping.value(schema, table.column(name), one) for name, one in said.columns.items() if one.changes_values
    }
    added = {
        name: one.derive if one.derive is not None else mapping.constant(one.constant) for name, one in said.add.items()
    }
    filtered = replace(table, where=said.where or "")
    typed = {column.name: column for column in mapping.typed(session, schema, filtered, {**made, **added})}
    columns = []
    for column in table.columns:
        one = said.columns.get(column.name)
        if one is not None and one.drop:
            continue
        if one is None or not one.changes_values:
            columns.append(column)
        elif one.mask is not None:
            columns.append(_masked(column, one, made[column.name]))
        else:
            columns.append(_remade(column, one, typed[column.name], made[column.name]))
    columns += [_added(typed[name], said.add[name], sql, names.in_sql(sql)) for name, sql in added.items()]
    kept = replace(filtered, columns=tuple(columns), physical=table)
    return _without_what_speaks_of(kept, changed_by(said), {name for name, one in said.columns.items() if one.drop})


@dataclass(frozen=True, slots=True)
class _Names:
    every: frozenset[str]

    def in_sql(self, sql: str) -> frozenset[str]:
        return frozenset(name for name in self.every if mentions(sql, {name}))


def _masked(column: Column, said: ColumnMapping, sql: str) -> Column:
    made = Derivation(sql, insert_only=True, uses=frozenset({column.name}))
    return replace(column, nullable=column.nullable or said.mask == "null", derived=made)


def _remade(column: Column, said: ColumnMapping, typed: Column, sql: str) -> Column:
    keeps_type = (
        said.map is not None
        and {column.type.kind, typed.type.kind} <= _TEXTS
        and (column.type.length is None or (typed.type.length or 0) <= column.type.length)
    )
    collation = column if {column.type.kind, typed.type.kind} <= _TEXTS else typed
    keys = frozenset(said.map or ())
    return Column(
        column.name,
        column.type if keeps_type else typed.type,
        nullable=column.nullable or _may_be_null(said),
        default=_mapped_default(column, said),
        charset=collation.charset,
        collation=collation.collation,
        folding_locale=collation.folding_locale,
        invisible=column.invisible,
        comment=column.comment,
        derived=Derivation(
            sql,
            back=said.inverse,
            keeps_others=said.otherwise == "keep",
            taken=keys - frozenset(said.inverse or ()),
            uses=frozenset({column.name}),
        ),
    )


def _may_be_null(said: ColumnMapping) -> bool:
    other = said.otherwise == "null" or (isinstance(said.otherwise, OtherValue) and said.otherwise.to is None)
    return other or None in (said.map or {}).values()


def _mapped_default(column: Column, said: ColumnMapping) -> Default | None:
    default = column.default
    if default is None or default.is_expression or said.map is None:
        return None
    value = said.map.get(default.text)
    if value is None:
        return default if said.otherwise == "keep" and default.text not in said.map else None
    return Default(scalar_text(value))


def _added(typed: Column, said: AddedColumn, sql: str, uses: frozenset[str]) -> Column:
    if said.derive is not None:
        return replace(typed, nullable=True, default=None, derived=Derivation(sql, uses=uses))
    type_ = typed.type
    if isinstance(said.constant, str):
        length = max(_CONSTANT_LENGTH, len(said.constant))
        type_ = ColumnType(Kind.VARCHAR, length=length, native=f"varchar({length})")
    default = None if said.constant is None else Default(scalar_text(said.constant))
    return replace(
        typed, type=type_, nullable=said.constant is None, default=default, derived=Derivation(sql, uses=frozenset())
    )


def _without_what_speaks_of(table: Table, changed: set[str], dropped: set[str]) -> Table:
    indexes, checks, remarks = [], [], list(table.remarks)
    for index in table.indexes:
        if _is_lost(index, changed, dropped):
            remarks.append(_left_out("index", index.name))
        else:
            indexes.append(index)
    for check in table.checks:
        if mentions(check.expression, changed):
            remarks.append(_left_out("check", check.name))
        else:
            checks.append(check)
    return replace(table, indexes=tuple(indexes), checks=tuple(checks), remarks=tuple(remarks))


def _is_lost(index: Index, changed: set[str], dropped: set[str]) -> bool:
    expressions = [index.predicate, *(part.expression for part in index.parts)]
    return bool(dropped & {*index.columns, *index.include}) or any(mentions(sql, changed) for sql in expressions)


def _with_possible_foreign_keys(table: Table, mappings: Mappings) -> Table:
    kept, remarks = [], list(table.remarks)
    for key in table.foreign_keys:
        if _still_refers(table, key, mappings):
            kept.append(key)
        else:
            remarks.append(_left_out("foreign key", key.name))
    return (
        table
        if len(kept) == len(table.foreign_keys)
        else replace(table, foreign_keys=tuple(kept), remarks=tuple(remarks))
    )


def _still_refers(table: Table, key: ForeignKey, mappings: Mappings) -> bool:
    """Whether both ends are as they were, or are masked alike."""
    return all(here == there for here, there in _ends(table, key, mappings))


def _ends(table: Table, key: ForeignKey, mappings: Mappings) -> Iterator[tuple[object, object]]:
    for name, parent in zip(key.columns, key.parent_columns, strict=True):
        here = _column(mappings, table.name, name)
        there = _column(mappings, key.parent_table, parent)
        if here is None and there is None:
            continue
        masks = (None if here is None else here.mask), (None if there is None else there.mask)
        yield masks if masks[0] == "hash" else (False, True)


def _column(mappings: Mappings, table: str, column: str) -> ColumnMapping | None:
    said = mappings[table].columns.get(column) if table in mappings else None
    return said if said is not None and (said.drop or said.changes_values) else None


def _left_out(what: str, name: str) -> Remark:
    return Remark(
        "mapping_left_out",
        f"The {what} {name} is left out: it speaks of a column that the spec drops or gives other values.",
        "create what should stand in its place with a script (steps.apply_schema.scripts), or accept it.",
    )


__all__ = ["Mappings", "changed_by", "mapped_schema", "mentions"]

"""Which tables of the source take part, and under which names they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import takewhile

from database_migration.model.column_type import Form, Kind, form_between
from database_migration.model.key_range import ChunkKey, Cut, KeyPart
from database_migration.model.mapping.tables import TableMapping
from database_migration.model.schema import Column, Derivation, Schema, Table
from database_migration.model.unfit_value import Doubt, Substitute


@dataclass(frozen=True, slots=True)
class TableSelection:
    """Patterns (``*`` and ``?``) over source table names, and renames."""

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    """Source table → target table."""
    column_renames: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Source table → {source column → target column}."""
    mappings: Mapping[str, TableMapping] = field(default_factory=dict)
    """Source table → what becomes of its rows and columns, where that is more than names."""
    left_out: frozenset[str] = frozenset()
    """Source tables that were taken out of the run on its way."""

    def selects(self, table: str) -> bool:
        """Whether a source table takes part."""
        return (
            table not in self.left_out
            and any(fnmatchcase(table, pattern) for pattern in self.include)
            and not any(fnmatchcase(table, pattern) for pattern in self.exclude)
        )

    def target_name(self, table: str) -> str:
        """The name under which a source table arrives."""
        return self.renames.get(table, table)

    def target_column(self, table: str, column: str) -> str:
        """The name under which a source table's column arrives."""
        return self.column_renames.get(table, {}).get(column, column)

    def of(self, schema: Schema) -> tuple[Table, ...]:
        """The selected tables of a source schema, by name."""
        return tuple(table for table in schema.tables if self.selects(table.name))


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """A source column and the target column that receives it, with the form in which values cross."""

    source: Column
    target: Column
    form: Form
    doubts: tuple[Doubt, ...] = ()
    """Kinds of values that the source column may hold and the target column cannot."""
    substitutes: tuple[Substitute, ...] = ()
    """What stands for those that the spec maps."""
    insert_only: bool = False
    """The target's column takes the value with a new row only, and keeps its own in one that is there."""
    read_as: Form | None = None
    """The form in which the source's values are read, where that is another: they are turned back before they cross."""
    undone: Derivation | None = None
    """What the values that are read came by, and are to be turned back from (reverse replication)."""

    @property
    def on_source(self) -> FormedColumn:
        """What the source's engine has to know."""
        return FormedColumn(self.source, self.read_as or self.form, self.substitutes)

    @property
    def on_target(self) -> FormedColumn:
        """What the target's engine has to know."""
        return FormedColumn(self.target, self.form)


@dataclass(frozen=True, slots=True)
class FormedColumn:
    """One side's column together with the form in which its values cross."""

    column: Column
    form: Form
    substitutes: tuple[Substitute, ...] = ()
    """What stands for values that the other side cannot hold, wherever the column's values are read."""

    @property
    def name(self) -> str:
        """The column's name on its side."""
        return self.column.name

    @property
    def nullable(self) -> bool:
        """Whether a value that is read may be NULL, by itself or in the place of another."""
        return self.column.nullable or any(one.may_be_null for one in self.substitutes)


@dataclass(frozen=True, slots=True)
class TablePair:
    """A source table, the target table that receives it, and their columns side by side."""

    source: Table
    target: Table
    columns: tuple[ColumnPair, ...]
    row_key: tuple[ColumnPair, ...]
    """Empty where the table has no key."""
    chunk_key: ColumnPair | None
    """The leading column that the table is cut along; None where it has no key."""
    chunk_cut: Cut = Cut.ORDER
    chunk_width: int = 1
    """How many of the row key's columns take part in the cut."""

    @property
    def source_columns(self) -> tuple[FormedColumn, ...]:
        """The copied columns as the source's engine sees them."""
        return tuple(pair.on_source for pair in self.columns)

    @property
    def target_columns(self) -> tuple[FormedColumn, ...]:
        """The same columns, in the same order, as the target's engine sees them."""
        return tuple(pair.on_target for pair in self.columns)

    @property
    def source_key(self) -> ChunkKey | None:
        """The chunk key by its source names."""
        return self._chunk_key([KeyPart(pair.source.name, pair.form) for pair in self.row_key])

    @property
    def target_key(self) -> ChunkKey | None:
        """The chunk key by its target names."""
        return self._chunk_key([KeyPart(pair.target.name, pair.form) for pair in self.row_key])

    def _chunk_key(self, parts: list[KeyPart]) -> ChunkKey | None:
        taken = self.row_key[: self.chunk_width]
        # Where another value stands in a key's place, the two sides would find a row in different ranges.
        if self.chunk_key is None or any(pair.substitutes for pair in taken):
            return None
        return ChunkKey(parts[0].column, parts[0].form, tuple(parts[1 : self.chunk_width]), self.chunk_cut)

    @property
    def reversed(self) -> TablePair:
        """The same pair seen from the target: what reverse replication applies.

        Columns that the spec maps take part as far as the way back is known; the source's rows that do not take part
        are rows of its table as well.
        """
        return TablePair(
            self.target,
            self.source.as_stored,
            tuple(self._back(pair) for pair in self.columns if is_written_back(pair.source)),
            tuple(self._back(pair) for pair in self.row_key),
            None if self.chunk_key is None else self._back(self.chunk_key),
            self.chunk_cut,
            self.chunk_width,
        )

    def _back(self, pair: ColumnPair) -> ColumnPair:
        derived = pair.source.derived
        if derived is None:
            return ColumnPair(pair.target, pair.source, pair.form)
        column = self.source.as_stored.column(pair.source.name)
        if derived.insert_only:
            return ColumnPair(pair.target, column, pair.form, insert_only=True)
        # What comes back is the text of the source's own value.
        own = form_between(column.type, column.type)
        return ColumnPair(pair.target, column, own, read_as=pair.form, undone=derived)

    @property
    def written_back(self) -> TablePair:
        """The pair without the columns that differ once the target's changes are applied to the source."""
        kept = tuple(pair for pair in self.columns if is_comparable(pair.source))
        return self if len(kept) == len(self.columns) else replace(self, columns=kept)

    @property
    def of_all_rows(self) -> TablePair:
        """The pair with the source's rows that do not take part, too: one that was written back may be among them."""
        return replace(self, source=replace(self.source, where="")) if self.source.where else self


_ORDERED = frozenset(
    {Form.INTEGER, Form.DECIMAL, Form.YEAR, Form.DATE, Form.DATETIME, Form.TIMESTAMP, Form.BINARY, Form.UUID}
)
_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_UNICODE = ("utf8mb4", "utf8mb3", "ascii", None)
_BY_OCTETS = frozenset({"C", "POSIX", "ucs_basic", "C.utf8", "C.UTF-8", "pg_c_utf8"})


def _is_ordered(pair: ColumnPair) -> bool:
    """Whether rows can be cut by the column's values so that both sides agree and the source's index serves."""
    column = pair.source
    if pair.form is not Form.TEXT:
        return pair.form in _ORDERED
    if column.type.kind not in _TEXTS or pair.target.type.kind not in _TEXTS or column.type.native == "citext":
        return False
    collation = column.collation or ""
    return collation in _BY_OCTETS or (collation.endswith("_bin") and column.charset in _UNICODE)


def is_written_back(column: Column) -> bool:
    """Whether the target's values of a column find their way to the source."""
    derived = column.derived
    return derived is None or derived.back is not None or derived.insert_only


def is_comparable(column: Column) -> bool:
    """Whether a column holds the same on both sides once the target's changes are applied to the source."""
    return column.derived is None or column.derived.back is not None


def pair_tables(selection: TableSelection, source: Schema, target: Schema) -> tuple[TablePair, ...]:
    """Every selected source table that exists on the target, paired column by column.

    A copied source column without a partner on the target raises KeyError: schema_compare reports such
    differences before anything is paired.
    """
    return tuple(
        _pair(selection, table, target.table(selection.target_name(table.name)))
        for table in selection.of(source)
        if target.has_table(selection.target_name(table.name))
    )


def _pair(selection: TableSelection, source: Table, target: Table) -> TablePair:
    columns = []
    for column in source.copied_columns:
        partner = target.column(selection.target_column(source.name, column.name))
        columns.append(ColumnPair(column, partner, form_between(column.type, partner.type)))
    by_name = {pair.source.name: pair for pair in columns}
    key_names = source.row_key
    row_key = tuple(by_name[name] for name in key_names) if all(n in by_name for n in key_names) else ()
    ordered = tuple(takewhile(_is_ordered, row_key))
    cut, width = (Cut.ORDER, len(ordered)) if ordered else (Cut.HASH, len(row_key))
    leading = row_key[0] if row_key and all(pair.form is not Form.JSON for pair in row_key) else None
    return TablePair(source, target, tuple(columns), row_key, leading, cut, width)


__all__ = [
    "ColumnPair",
    "FormedColumn",
    "TablePair",
    "TableSelection",
    "is_comparable",
    "is_written_back",
    "pair_tables",
]

"""Columns, keys and constraints spelled in neutral words, completely: equal objects and only those spell alike."""

from __future__ import annotations

from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.schema import Check, Column, Default, ForeignKey, Index, IndexMethod, IndexPart


def spell_type(type_: ColumnType) -> str:
    """``integer 32 unsigned``, ``varchar(40)``, ``decimal(10,2)``, ``enum('a','b')``."""
    words: list[str] = [type_.kind.value]
    if type_.bits is not None:
        words.append(str(type_.bits))
    numbers = [str(n) for n in (type_.length, type_.precision, type_.scale, type_.fraction) if n is not None]
    if numbers:
        words[-1] += f"({','.join(numbers)})"
    if type_.values:
        labels = ",".join("'" + value.replace("'", "''") + "'" for value in type_.values)
        words[-1] += f"({labels})"
    if type_.unsigned:
        words.append("unsigned")
    if type_.kind in (Kind.OTHER, Kind.SPATIAL) and type_.native:
        words.append(type_.native)
    return " ".join(words)


def spell_default(default: Default | None) -> str:
    """A constant in quotes, an expression as it stands, ``none`` for no default."""
    if default is None:
        return "none"
    return default.text if default.is_expression else f"'{default.text}'"


def spell_identity(column: Column) -> str:
    """``identity``, ``identity always``, ``no identity``."""
    if not column.identity:
        return "no identity"
    return "identity always" if column.identity_always else "identity"


def spell_column(column: Column) -> str:
    """All that a change of a column could change, its name and comment left out."""
    words = [spell_type(column.type), "null" if column.nullable else "not null"]
    if column.default is not None:
        words.append(f"default {spell_default(column.default)}")
    if column.identity:
        words.append(spell_identity(column))
    if column.generated is not None:
        words.append(f"generated as ({column.generated}) {'stored' if column.generated_stored else 'virtual'}")
    if column.domain:
        words.append(f"of the domain {column.domain}")
    if column.on_update_now:
        words.append("on update now")
    if column.collation:
        words.append(f"collate {column.collation}")
    return " ".join(words)


def spell_part(part: IndexPart) -> str:
    """A column with its prefix, or an expression, and its direction."""
    text = part.column if part.column is not None else f"({part.expression})"
    if part.prefix is not None:
        text += f"[{part.prefix}]"
    words = [text, part.operator_class, f"collate {part.collation}" if part.collation else ""]
    words.append("desc" if part.descending else "")
    if part.nulls_first is not None:
        words.append("nulls first" if part.nulls_first else "nulls last")
    return " ".join(filter(None, words))


def spell_index(index: Index) -> str:
    """All that an index is but its name and comment."""
    words = ["unique"] if index.unique else []
    if index.method is not IndexMethod.BTREE:
        words.append(index.method.value)
    words.append(f"({', '.join(spell_part(part) for part in index.parts)})")
    if index.include:
        words.append(f"include ({', '.join(index.include)})")
    if index.predicate is not None:
        words.append(f"where {index.predicate}")
    if index.unique and not index.nulls_distinct:
        words.append("nulls not distinct")
    if index.parser:
        words.append(f"parser {index.parser}")
    if index.constraint:
        words.append("constraint")
    if index.deferrable:
        words.append("initially deferred" if index.initially_deferred else "deferrable")
    if index.invisible:
        words.append("invisible")
    return " ".join(words)


def spell_foreign_key(key: ForeignKey) -> str:
    """All that a foreign key is but its name."""
    words = [
        f"({', '.join(key.columns)}) references {key.parent_table} ({', '.join(key.parent_columns)})",
        f"on delete {key.on_delete.lower()} on update {key.on_update.lower()}",
    ]
    if key.match_full:
        words.append("match full")
    if key.deferrable:
        words.append("initially deferred" if key.initially_deferred else "deferrable")
    return " ".join(words)


def spell_check(check: Check) -> str:
    """The expression."""
    return check.expression


__all__ = [
    "spell_check",
    "spell_column",
    "spell_default",
    "spell_foreign_key",
    "spell_identity",
    "spell_index",
    "spell_part",
    "spell_type",
]

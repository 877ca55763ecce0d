"""Rows of the catalog queries as views, stored code, sequences, types, and what is only listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Rows
from typing import Any

from database_migration.engines.postgres.hold.on_update_now import made_by_us
from database_migration.engines.postgres.names import quote
from database_migration.engines.postgres.system_catalog.tables import index
from database_migration.engines.protocol import Session
from database_migration.model.schema import CodeKind, HiddenPart, OtherObject, Sequence, StoredCode, UserType, View

CatalogRow = tuple[Any, ...]


def views(rows: Iterable[CatalogRow], indexes: Mapping[int, list[CatalogRow]]) -> tuple[View, ...]:
    """Rows of views.sql with the indexes of materialised ones; a view that is gone has no definition any more."""
    return tuple(
        View(
            name,
            definition.strip().removesuffix(";"),
            tuple(columns),
            materialized,
            tuple(depends_on),
            tuple(index(row, {}) for row in indexes.get(oid, ())),
            check_option,
        )
        for name, definition, materialized, columns, depends_on, oid, check_option in rows
        if definition is not None
    )


def code(triggers: Iterable[CatalogRow], routines: Iterable[CatalogRow]) -> Iterable[StoredCode]:
    """Rows of triggers.sql and routines.sql, without what apply_schema makes by itself."""
    ours = {row[3] for row in triggers if made_by_us(row) is not None}
    for row in triggers:
        if made_by_us(row) is None and row[2] is not None:
            yield StoredCode(CodeKind.TRIGGER, row[1], row[2], table=row[0])
    for name, is_procedure, definition, signature in routines:
        if name not in ours and definition is not None:
            kind = CodeKind.PROCEDURE if is_procedure else CodeKind.FUNCTION
            yield StoredCode(kind, name, definition, signature=signature)


def free_sequences(rows: Iterable[CatalogRow]) -> tuple[Sequence, ...]:
    """Rows of sequences.sql that no column owns."""
    return tuple(
        Sequence(name, following, increment, least, greatest, cycle)
        for name, following, increment, owner, _, least, greatest, cycle, _ in rows
        if owner is None
    )


def user_types(rows: Iterable[CatalogRow]) -> tuple[UserType, ...]:
    """Rows of types.sql."""
    return tuple(
        UserType(name, tuple(labels), base, not_null, default, tuple(zip(names, expressions, strict=True)))
        for name, labels, base, not_null, default, names, expressions in rows
    )


_MEND = {
    "extension": "CREATE EXTENSION on the target, if it is PostgreSQL; its types and functions are listed where used.",
    "grant": "GRANT the same to the role of that name on the target.",
    "foreign table": "create server and foreign table on the target, or copy its rows by other means.",
}


def others(rows: Iterable[CatalogRow]) -> tuple[OtherObject, ...]:
    """Rows of others.sql."""
    return tuple(
        OtherObject(kind, name, detail or "", _MEND.get(kind, f"create the {kind} on the target by hand, if wanted."))
        for kind, name, detail in rows
    )


def hidden(session: Session, schema: str, sequences: Rows[CatalogRow]) -> tuple[HiddenPart, ...]:
    """PostgreSQL's catalog is open to everybody; what is hidden is where sequences stand."""
    unread = [row[0] for row in sequences if not row[8]]
    if not unread:
        return ()
    user = quote(str(session.execute("SELECT current_user::text")[0][0]))
    return tuple(
        HiddenPart(
            f"sequence {name}",
            f"Where the sequence {name} stands cannot be read; it counts as unused.",
            f"GRANT SELECT ON SEQUENCE {quote(schema, name)} TO {user};",
        )
        for name in unread
    )


__all__ = ["code", "free_sequences", "hidden", "others", "user_types", "views"]

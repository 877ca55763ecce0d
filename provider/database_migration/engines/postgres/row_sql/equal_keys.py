"""Keys that a unique key of this server would take for one, found by its own collations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from database_migration.engines.postgres.connection import connection_of, query
from database_migration.engines.postgres.names import literal, quote
from database_migration.engines.postgres.server_errors import translated
from database_migration.engines.protocol import EqualKeys, KeyPart, Session
from database_migration.model.text_comparison import CITEXT, is_text


def equal_keys(
    session: Session, parts: Sequence[KeyPart], keys: Iterable[tuple[str, ...]], *, examples: int
) -> EqualKeys:
    """See ``protocol.Inspection.equal_keys``; all of it is rolled back."""
    names = [f"k{place}" for place in range(len(parts))]
    columns = ", ".join(f"{name} {_type(part)}" for name, part in zip(names, parts, strict=True))
    locales = {part.column.folding_locale for part in parts if part.column.folding_locale is not None}
    groups = ", ".join(_grouped(name, part) for name, part in zip(names, parts, strict=True))
    whole = "concat_ws('/', " + ", ".join(f'{name}::text COLLATE "C"' for name in names) + ")"
    connection = connection_of(session)
    with translated(), connection.transaction(force_rollback=True), connection.cursor() as cursor:
        for locale in locales:
            cursor.execute(
                query(
                    f"CREATE COLLATION pg_temp.{quote(locale)} (provider = icu, locale = {literal(locale)},"
                    " deterministic = false)"
                )
            )
        cursor.execute(query(f"CREATE TEMPORARY TABLE equal_keys ({columns})"))
        with cursor.copy(query("COPY equal_keys FROM STDIN")) as copy:
            for key in keys:
                copy.write_row(key)
        found = f"SELECT array_agg({whole} ORDER BY {whole}) AS texts FROM equal_keys GROUP BY {groups}"
        cursor.execute(
            query(
                f"SELECT count(*) OVER (), texts[1:3] FROM ({found} HAVING count(*) > 1) AS g"
                f" ORDER BY texts LIMIT {int(examples)}"
            )
        )
        rows = cursor.fetchall()
    return EqualKeys(int(rows[0][0]) if rows else 0, tuple(tuple(texts) for _, texts in rows))


def _type(part: KeyPart) -> str:
    column = part.column
    if not is_text(column):
        return 'text COLLATE "C"'
    if column.type.native == CITEXT:
        return CITEXT
    if column.folding_locale is not None:
        return f"text COLLATE pg_temp.{quote(column.folding_locale)}"
    return f"text COLLATE {quote(column.collation)}" if column.collation else "text"


def _grouped(name: str, part: KeyPart) -> str:
    if part.part.expression is None:
        return name
    return part.part.expression.replace(quote(part.column.name), name)


__all__ = ["equal_keys"]

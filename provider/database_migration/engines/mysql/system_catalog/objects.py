"""Rows of the catalog queries as views, stored code and sequences, and what is only listed."""

from __future__ import annotations

from collections.abc import Iterator

from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.names import is_own
from database_migration.engines.mysql.statements import statement
from database_migration.engines.mysql.system_catalog.tables import text
from database_migration.engines.protocol import Row
from database_migration.errors import Refused
from database_migration.model.schema import CodeKind, OtherObject, Sequence, StoredCode, View

_BIGGEST = 9223372036854775806


def views(session: MySQLSession, schema: str, columns: dict[str, list[Row]]) -> tuple[View, ...]:
    """Rows of views.sql; a view that the account may not look into has no definition."""
    prefix = quote(schema) + "."
    found = []
    for name, definition, check_option in session.execute(statement("views"), (schema,)):
        query = text(definition or "").replace(prefix, "")
        names = tuple(text(row[0]) for row in columns[text(name)])
        option = "" if check_option == "NONE" else text(check_option)
        found.append(View(text(name), query, columns=names, depends_on=_tables_of(query), check_option=option))
    return tuple(found)


def _tables_of(query: str) -> tuple[str, ...]:
    # Loaded when asked for: most copy lanes need no parser, which is a tenth of their memory.
    from database_migration.engines.mysql.expressions import tables_of

    return tables_of(query)


def triggers(session: MySQLSession, schema: str) -> list[StoredCode]:
    """Rows of triggers.sql as the statements that made them, without ours."""
    found = []
    for name, table, timing, event, body in session.execute(statement("triggers"), (schema,)):
        if not is_own(text(name)):
            head = f"CREATE TRIGGER {quote(text(name))} {text(timing)} {text(event)} ON {quote(text(table))}"
            found.append(
                StoredCode(CodeKind.TRIGGER, text(name), f"{head} FOR EACH ROW {text(body)}", table=text(table))
            )
    return found


def routines(session: MySQLSession, schema: str) -> list[StoredCode]:
    """Rows of routines.sql; a routine that the account may not look into has no definition."""
    found = []
    for kind, name, body, returned, parameters in session.execute(statement("routines"), (schema,)):
        signature = f"{text(name)}({text(parameters or '')})" + (f" RETURNS {text(returned)}" if returned else "")
        found.append(StoredCode(CodeKind(text(kind).lower()), text(name), text(body or ""), signature=signature))
    return found


def events(session: MySQLSession, schema: str) -> list[StoredCode]:
    """Rows of events.sql, the schedule as signature."""
    return [
        StoredCode(CodeKind.EVENT, text(name), text(body), signature=text(schedule or ""))
        for name, body, schedule in session.execute(statement("events"), (schema,))
    ]


def sequence(session: MySQLSession, schema: str, name: str) -> Sequence | None:
    """Where a sequence stands; None when it is gone by now, or may not be read."""
    try:
        rows = session.execute(
            "SELECT next_not_cached_value, increment, minimum_value, maximum_value, cycle_option"
            f" FROM {quote(schema, name)}"
        )
    except Refused:
        return None
    following, increment, least, greatest, cycle = (int(str(value)) for value in rows[0])
    rises = increment >= 0
    return Sequence(
        name,
        following,
        increment,
        minimum=None if least == (1 if rises else -_BIGGEST - 1) else least,
        maximum=None if greatest == (_BIGGEST if rises else -1) else greatest,
        cycle=bool(cycle),
    )


def others(session: MySQLSession, schema: str) -> Iterator[OtherObject]:
    """What is listed and not carried."""
    for grantee, privileges, objects in session.execute(statement("grants"), (schema, schema)):
        detail = f"{text(privileges)} on {objects} tables or the whole schema"
        yield OtherObject("grant", text(grantee), detail, "give the account of that name on the target the same.")


__all__ = ["events", "others", "routines", "sequence", "triggers", "views"]

"""What MySQL does not show to an account: its catalog leaves out silently what the account has no privilege on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.preflight.privileges import held_privileges
from database_migration.model.schema import CodeKind, HiddenPart, StoredCode, View

_NEEDED = (
    ("SELECT", "tables and columns", "tables or columns that it was granted nothing on do not appear at all"),
    ("TRIGGER", "triggers", "triggers do not appear"),
    ("EVENT", "events", "events do not appear"),
)
_ROUTINES = frozenset({"EXECUTE", "ALTER ROUTINE", "CREATE ROUTINE", "SHOW_ROUTINE", "SHOW CREATE ROUTINE"})


def hidden_parts(
    session: MySQLSession, schema: str, views: Iterable[View], code: Iterable[StoredCode], unread: Sequence[str]
) -> Iterator[HiddenPart]:
    """What the account cannot see of a schema, each with the grant that shows it; ``unread`` are sequences."""
    user, _, host = str(session.execute("SELECT CURRENT_USER()")[0][0]).rpartition("@")
    account = f"'{user}'@'{host}'"
    scope = f"{quote(schema)}.*"
    held = held_privileges(session, scope)
    for privilege, what, consequence in _NEEDED:
        if privilege not in held:
            yield HiddenPart(
                f"{what} of {schema}",
                f"The account lacks {privilege} on the schema: {consequence}.",
                f"GRANT {privilege} ON {scope} TO {account};",
            )
    if not held & _ROUTINES:
        yield HiddenPart(
            f"routines of {schema}",
            "The account lacks EXECUTE on the schema: functions and procedures do not appear.",
            f"GRANT EXECUTE ON {scope} TO {account};",
        )
    blind = sorted(view.name for view in views if not view.definition)
    if blind:
        yield HiddenPart(
            f"queries of {', '.join(blind)}",
            "The account lacks SHOW VIEW: the views appear without the queries behind them.",
            f"GRANT SHOW VIEW ON {scope} TO {account};",
        )
    routines = (CodeKind.FUNCTION, CodeKind.PROCEDURE)
    blind = sorted(one.name for one in code if one.kind in routines and not one.definition)
    if blind:
        yield HiddenPart(
            f"bodies of {', '.join(blind)}",
            "The routines appear without their bodies, which only their definers are shown.",
            f"GRANT {_shows_bodies(session)} TO {account};",
        )
    for name in unread:
        yield HiddenPart(
            f"sequence {name}",
            "The sequence cannot be read, so that it is not carried.",
            f"GRANT SELECT ON {quote(schema, name)} TO {account};",
        )


def _shows_bodies(session: MySQLSession) -> str:
    return "SELECT ON mysql.proc" if session.is_mariadb else "SHOW_ROUTINE ON *.*"


__all__ = ["hidden_parts"]

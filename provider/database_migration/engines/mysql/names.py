"""Names of what this engine puts into a database, and how names of others are made to fit."""

from __future__ import annotations

from database_migration.model.target_names import NameRules, ending_of, in_basic_plane

MAX_NAME = 64
"""Characters."""
OWN_PREFIX = "database_migration_"
"""Every trigger of ours begins so."""
OWN_DATABASE = "database_migration"
"""Where the ledger and the marker row live; never captured."""


MARKER_TABLE = "applied_marker"


def is_own(name: str) -> bool:
    """Whether an object is ours by its name."""
    return name.startswith(OWN_PREFIX)


def name_rules(*, lowers_tables: bool) -> NameRules:
    """What a server takes for a name (manual, section 9.2).

    Tables that differ by case only are taken for one even where this server tells them apart: another of the kind, to
    which a dump of it goes, need not.
    """
    return NameRules(
        limit=MAX_NAME,
        in_octets=False,
        folds_tables=True,
        lowers_tables=lowers_tables,
        folds_columns=True,
        basic_plane=True,
    )


def fitted(name: str) -> str:
    """The name itself where it can be one here, else what is left of it with a hash of the whole."""
    held = in_basic_plane(name)
    if held == name and len(name) <= MAX_NAME:
        return name
    return name_rules(lowers_tables=False).shortened(held, ending_of(name))


def schema_wide(table: str, name: str) -> str:
    """A constraint's name that no other table of the schema uses: it begins with its table's."""
    return fitted(name if name.startswith(table) else f"{table}_{name}")


def fence_name(table: str, event: str) -> str:
    """The name of the fence's trigger on a table; ``event`` is INSERT, UPDATE or DELETE."""
    return fitted(f"{OWN_PREFIX}fence_{event[0].lower()}_{table}")


__all__ = [
    "MARKER_TABLE",
    "MAX_NAME",
    "OWN_DATABASE",
    "OWN_PREFIX",
    "fence_name",
    "fitted",
    "is_own",
    "name_rules",
    "schema_wide",
]

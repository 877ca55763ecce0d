"""Names of what this engine puts into a database, and how names of others are made to fit."""

from __future__ import annotations

import hashlib

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


def fitted(name: str) -> str:
    """The name itself, or its beginning with a hash of the whole, so that two long names stay apart."""
    if len(name) <= MAX_NAME:
        return name
    return f"{name[: MAX_NAME - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def schema_wide(table: str, name: str) -> str:
    """A constraint's name that no other table of the schema uses: it begins with its table's."""
    return fitted(name if name.startswith(table) else f"{table}_{name}")


def fence_name(table: str, event: str) -> str:
    """The name of the fence's trigger on a table; ``event`` is INSERT, UPDATE or DELETE."""
    return fitted(f"{OWN_PREFIX}fence_{event[0].lower()}_{table}")


__all__ = ["MARKER_TABLE", "MAX_NAME", "OWN_DATABASE", "OWN_PREFIX", "fence_name", "fitted", "is_own", "schema_wide"]

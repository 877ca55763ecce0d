"""Names as PostgreSQL takes them: quoted, at most 63 octets, and the names of the objects that we make."""

from __future__ import annotations

import hashlib
import re

from database_migration.model.target_names import NameRules

MAX_NAME_OCTETS = 63


def quote(*names: str) -> str:
    """A dotted name whose parts are quoted."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(text: str) -> str:
    """A string constant; sessions run with standard_conforming_strings, where a backslash is itself."""
    return "'" + text.replace("'", "''") + "'"


def shortened(name: str) -> str:
    """The name itself where it fits, else its beginning and a hash: PostgreSQL would cut it silently."""
    octets = name.encode()
    if len(octets) <= MAX_NAME_OCTETS:
        return name
    suffix = "_" + hashlib.md5(octets, usedforsecurity=False).hexdigest()[:8]
    return octets[: MAX_NAME_OCTETS - len(suffix)].decode(errors="ignore") + suffix


RULES = NameRules(limit=MAX_NAME_OCTETS, in_octets=True)
"""PostgreSQL tells every two names apart."""


def slot_name(migration: str, database: str) -> str:
    """The name of a migration's replication slot in a database.

    Slots are the whole server's, so that of the target is another one where both databases are on one server.
    """
    return object_name(f"{migration}_{database}")


def object_name(migration: str) -> str:
    """The name of a migration's publication.

    Slot names take lower-case letters, digits and underscores only; a name that had to be changed gets a
    hash, so that ``Shop`` and ``shop`` do not share a slot.
    """
    plain = re.sub(r"[^a-z0-9_]", "_", migration.lower())
    if plain != migration:
        plain += "_" + hashlib.md5(migration.encode(), usedforsecurity=False).hexdigest()[:8]
    return shortened(f"database_migration_{plain}")


__all__ = ["MAX_NAME_OCTETS", "RULES", "literal", "object_name", "quote", "shortened", "slot_name"]

"""What MySQL and MariaDB hold of a schema's types and sequences."""

from __future__ import annotations

from dataclasses import replace

from database_migration.engines.mysql.names import fitted
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Schema, Sequence, UserType


def hold_objects(
    source: Schema, *, is_mariadb: bool
) -> tuple[tuple[UserType, ...], tuple[Sequence, ...], list[Finding]]:
    """No type, and sequences where the server has them."""
    findings = [
        Finding(
            Severity.NOTE,
            "domain_inlined" if type_.is_domain else "type_left_out",
            type_.name,
            "Its checks become checks of the tables that use it."
            if type_.is_domain
            else "Columns of this enum carry its labels themselves.",
        )
        for type_ in source.types
    ]
    if is_mariadb:
        return (), tuple(replace(one, name=fitted(one.name)) for one in source.sequences), findings
    findings += [
        Finding(
            Severity.WARNING,
            "sequence_left_out",
            sequence.name,
            f"MySQL has no sequences; the next value is {sequence.next_value}.",
            "draw the numbers from a table of one AUTO_INCREMENT column, or migrate to MariaDB.",
        )
        for sequence in source.sequences
    ]
    return (), (), findings


__all__ = ["hold_objects"]

"""The ``mapping`` part of a spec as a value."""

from __future__ import annotations

from collections.abc import Mapping as Keys
from typing import Any

from pydantic import ValidationError

from database_migration.errors import SpecRefused
from database_migration.model.mapping import Mapping


def mapping_of(said: Keys[str, Any] | None) -> Mapping:
    """The declaration, with every default.

    :raises SpecRefused: an unknown key or a value of another type.
    """
    try:
        return Mapping.model_validate(dict(said or {}))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SpecRefused(
            f"{first['msg']}: {first.get('input')!r}.",
            mend="python -m migration_dag_factory schema prints every key that a mapping may have.",
            subject=f"mapping.{where}" if where else "mapping",
        ) from error


__all__ = ["mapping_of"]

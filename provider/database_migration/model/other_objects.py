"""What a schema holds beside tables and views."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class CodeKind(StrEnum):
    """Kinds of stored code."""

    TRIGGER = "trigger"
    FUNCTION = "function"
    PROCEDURE = "procedure"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class StoredCode:
    """A trigger, routine or event: listed, carried by hand, never translated silently."""

    kind: CodeKind
    name: str
    definition: str
    table: str | None = None
    """The table that a trigger belongs to."""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A free-standing sequence (not one that backs an identity column)."""

    name: str
    next_value: int = field(compare=False)
    increment: int = 1
    minimum: int | None = None
    maximum: int | None = None
    """None on either side: the bound that the engine sets by itself."""
    cycle: bool = False


@dataclass(frozen=True, slots=True)
class UserType:
    """An enum or domain that the schema declares."""

    name: str
    labels: tuple[str, ...] = ()
    """Of an enum, in order."""
    base: str = ""
    """What a domain is over, in the engine's words."""
    not_null: bool = False
    default: str = ""
    checks: tuple[tuple[str, str], ...] = ()
    """Of a domain: name and expression, in which VALUE stands for the value."""

    @property
    def is_domain(self) -> bool:
        """Whether it is a domain rather than an enum."""
        return bool(self.base)


@dataclass(frozen=True, slots=True)
class OtherObject:
    """Something of the schema that is listed and not carried: a foreign table, a policy, a grant, an extension …"""

    kind: str
    """In words, singular: ``foreign table``."""
    name: str
    detail: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class HiddenPart:
    """Something that the account is not shown, with the statement that shows it."""

    name: str
    """``triggers of shop``, ``sequence ticket``."""
    message: str
    grant: str


__all__ = ["CodeKind", "HiddenPart", "OtherObject", "Sequence", "StoredCode", "UserType"]

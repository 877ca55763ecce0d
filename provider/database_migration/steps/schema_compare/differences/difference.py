"""A difference between the schema that is expected and the one that is there, as data.

Each aspect has a module with its own kind of difference; what they share is here. Printing is the
report's business.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, Generic, Protocol, Self, TypeVar

from database_migration.model.report import Severity

Subject = TypeVar("Subject")


class Weight(StrEnum):
    """What a difference can do, the worst first."""

    DATA_LOSS = "data loss"
    """A value of the source has no place in the target, or the target refuses a row."""
    BEHAVIOUR = "behaviour"
    """Data fit, but a query or a write may act differently."""
    COSMETIC = "cosmetic"

    @property
    def severity(self) -> Severity:
        """How much a finding about it weighs."""
        return _SEVERITIES[self]


_SEVERITIES = {
    Weight.DATA_LOSS: Severity.BLOCKER,
    Weight.BEHAVIOUR: Severity.WARNING,
    Weight.COSMETIC: Severity.NOTE,
}


class Presence(StrEnum):
    """Which side has the object."""

    MISSING = "missing"
    """It is expected and not there."""
    EXTRA = "extra"
    """It is there and not expected."""
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Difference(ABC, Generic[Subject]):
    """One object, as expected and as it is; None on the side that does not have it."""

    expected: Subject | None
    actual: Subject | None
    table: str = ""
    attribute: str = ""
    """What differs of an object that both sides have."""

    aspect: ClassVar[str]

    @property
    @abstractmethod
    def subject(self) -> str:
        """The object's name: ``orders``, ``orders.total``."""

    @property
    @abstractmethod
    def weight(self) -> Weight:
        """What the difference can do, seen from what is expected."""

    @abstractmethod
    def spell(self, side: Subject) -> str:
        """What of the object is compared, as text that a reader can compare too."""

    @property
    def presence(self) -> Presence:
        """Which side has the object."""
        if self.actual is None:
            return Presence.MISSING
        return Presence.EXTRA if self.expected is None else Presence.DIFFERENT

    @property
    def code(self) -> str:
        """``column_missing``, ``column_type``, ``index_extra`` …: a stable word for waivers."""
        return f"{self.aspect}_{self.attribute or self.presence}"

    @property
    def expected_text(self) -> str:
        """The expected side, spelled; empty where there is none."""
        return "" if self.expected is None else self.spell(self.expected)

    @property
    def actual_text(self) -> str:
        """The side that is there, spelled; empty where there is none."""
        return "" if self.actual is None else self.spell(self.actual)

    @property
    def message(self) -> str:
        """The difference as a sentence."""
        what = self.aspect.replace("_", " ")
        if self.presence is Presence.MISSING:
            return f"The {what} is missing on the target; expected: {self.expected_text}."
        if self.presence is Presence.EXTRA:
            return f"The target has a {what} that is not expected: {self.actual_text}."
        attribute = self.attribute.replace("_", " ") or "definition"
        return f"The {what}'s {attribute} is {self.actual_text}, expected is {self.expected_text}."

    def reverse(self) -> Self:
        """The same difference seen from the other side."""
        return replace(self, expected=self.actual, actual=self.expected)


class Named(Protocol):
    """What has a name that no other of its kind in the schema has."""

    @property
    def name(self) -> str:
        """The name, unquoted."""
        ...


NamedSubject = TypeVar("NamedSubject", bound=Named)


class NamedDifference(Difference[NamedSubject]):
    """A difference of an object that stands in the schema under a name of its own: a table, a view, a type."""

    __slots__ = ()

    @property
    def subject(self) -> str:
        """``orders``."""
        side = self.expected or self.actual
        return side.name if side else ""


__all__ = ["Difference", "NamedDifference", "Presence", "Weight"]

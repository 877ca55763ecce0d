"""What a cutover may ask of whatever leads the application to one of the two databases.

A way of switching is one module with one class of this shape and its options. Every method may be called
again after a crash and then finds its work done. Moves raise ``Refused`` for what a person has to change
first and ``Interrupted`` for what the next try may achieve; they never leave writes held after an error
of their own.
"""

from __future__ import annotations

from typing import Protocol

from database_migration.model.migration_state import Side


class Traffic(Protocol):
    """One switch, and what it is able to do."""

    @property
    def holds_writes(self) -> bool:
        """Whether ``hold`` makes writers wait, so that they see a pause and no error."""
        ...

    @property
    def ramps_reads(self) -> bool:
        """Whether ``ramp_reads`` can lead a share of the reads to the target."""
        ...

    @property
    def crosses_engines(self) -> bool:
        """Whether source and target may speak different protocols; a proxy cannot bridge them."""
        ...

    def check(self) -> None:
        """Raise Refused when the switch is not in a state to do its part, without moving anything."""
        ...

    def serving(self) -> Side | None:
        """The side that the switch leads to at this moment; None when the switch cannot know."""
        ...

    def hold(self, *, timeout: float) -> None:
        """Make new writes wait and return when none is under way, at most ``timeout`` seconds later.

        When that time is over writes flow again and Interrupted is raised. Does nothing where
        ``holds_writes`` is False.
        """
        ...

    def release(self) -> None:
        """Let writes through to the serving side; nothing happens when they flow already."""
        ...

    def switch(self, to: Side) -> None:
        """Lead writes and reads to a side; held ones stay held until ``release``."""
        ...

    def ramp_reads(self, percent: int) -> None:
        """Lead this share of the reads to the target; 0 takes them all back."""
        ...

    def describe(self) -> str:
        """What is switched, for reports; no secrets."""
        ...


__all__ = ["Traffic"]

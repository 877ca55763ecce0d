"""Every error a migration raises on purpose.

    MigrationError
    ├── Refused                 no retry helps: a person has to change something first
    │   ├── SpecRefused         the spec or an operator's arguments
    │   ├── ConnectionRefused   the connection is missing, or its credentials are wrong
    │   ├── PreflightRefused    findings that stop the run before anything is touched
    │   ├── TargetNotOurs       a target holds objects or rows that no run of ours wrote
    │   ├── EpochPassed         the run was rolled back, or another one is current
    │   ├── ValueRefused        the target cannot hold a value, or the log shows one that cannot be decoded
    │   ├── SourceChanged       the source's schema moved under the run
    │   ├── TargetChanged       the target's schema moved under the run
    │   ├── ValidationFailed    the two sides differ
    │   ├── PositionLost        the log no longer reaches back to where the run stands
    │   └── NotPossible         the move makes no sense in the present state
    ├── Interrupted             the next try resumes: a server went away, a lock is held, time ran out
    │   └── ValuesMissing       changes leave values out that the written side lacks; whoever applies reads them again
    └── Paused                  somebody paused the work; it goes on where it stands once it is resumed

Airflow sees ``Refused`` as ``AirflowFailException`` (no retry), ``Interrupted`` as an ordinary failure and ``Paused``
as a deferral.
"""

from __future__ import annotations


class MigrationError(Exception):
    """Carries what went wrong and what to do next; its text is built from the two."""

    def __init__(self, problem: str, *, mend: str, subject: str | None = None) -> None:
        self.problem = problem
        self.mend = mend
        self.subject = subject
        super().__init__(problem, mend, subject)

    def __str__(self) -> str:
        where = f"{self.subject}: " if self.subject else ""
        return f"{where}{self.problem} What to do: {self.mend}"


class Refused(MigrationError):
    """No retry helps until a person has changed something."""


class SpecRefused(Refused):
    """A migration spec, or an operator's arguments, say something that cannot be meant."""


class ConnectionRefused(Refused):
    """An Airflow connection is missing or its server rejects the login."""


class PreflightRefused(Refused):
    """Preflight found reasons not to start."""


class TargetNotOurs(Refused):
    """The target holds objects or rows that no run of this migration wrote."""


class EpochPassed(Refused):
    """The migration's epoch in the ledger is no longer this run's."""


class ValueRefused(Refused):
    """A value exists that the other side cannot hold exactly."""


class SourceChanged(Refused):
    """The source's schema is not the one that was planned for."""


class TargetChanged(Refused):
    """The target's schema is not the one that this migration made."""


class ValidationFailed(Refused):
    """The two sides differ where they have to be equal."""


class PositionLost(Refused):
    """The source's log no longer holds the position that the run stands at."""


class NotPossible(Refused):
    """The requested move does not fit the state that the migration is in."""


class Interrupted(MigrationError):
    """The work stopped half-way in a state from which the next try resumes."""


class ValuesMissing(Interrupted):
    """Changes leave values out that the written side does not have for sure; ``changes`` are those very objects."""

    def __init__(
        self, problem: str, *, mend: str, subject: str | None = None, changes: tuple[object, ...] = ()
    ) -> None:
        super().__init__(problem, mend=mend, subject=subject)
        self.changes = changes


class Paused(MigrationError):
    """Somebody paused ``activity``; nothing is open on either server, and the same call goes on once it is resumed."""

    def __init__(self, problem: str, *, mend: str, activity: str, subject: str | None = None) -> None:
        super().__init__(problem, mend=mend, subject=subject)
        self.activity = activity


__all__ = [
    "ConnectionRefused",
    "EpochPassed",
    "Interrupted",
    "MigrationError",
    "NotPossible",
    "Paused",
    "PositionLost",
    "PreflightRefused",
    "Refused",
    "SourceChanged",
    "SpecRefused",
    "TargetChanged",
    "TargetNotOurs",
    "ValidationFailed",
    "ValueRefused",
    "ValuesMissing",
]

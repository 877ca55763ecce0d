"""When applying ends."""

from __future__ import annotations

from enum import StrEnum


class Until(StrEnum):
    """What ``replicate`` works towards."""

    COPY_END = "copy_end"
    """The log's end at which the last chunk had been copied: from there the target is a state of the source."""
    CAUGHT_UP = "caught_up"
    """The target is at most ``max_lag`` behind."""
    STINT = "stint"
    """Time is up, or the ledger wants another direction."""


__all__ = ["Until"]

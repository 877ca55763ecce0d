"""A lane goes on after a lost connection, a few times in a row, before its task fails."""

from __future__ import annotations

import logging

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from database_migration.errors import Interrupted
from database_migration.steps.chunked_copy.options import ChunkedCopyOptions

log = logging.getLogger(__name__)


def mended(options: ChunkedCopyOptions) -> Retrying:
    """Calls again what was interrupted, at most ``reconnects`` times; then its error is raised."""
    return Retrying(
        retry=retry_if_exception_type(Interrupted),
        stop=stop_after_attempt(options.reconnects + 1),
        wait=wait_exponential(multiplier=0.5, max=10),
        before_sleep=_say_retry,
        reraise=True,
    )


def _say_retry(state: RetryCallState) -> None:
    log.warning("The lane was interrupted and goes on: %s", state.outcome.exception() if state.outcome else "")


__all__ = ["mended"]

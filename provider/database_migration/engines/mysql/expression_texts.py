"""What is known of an expression's text without parsing it; ``expressions`` parses."""

from __future__ import annotations

import re
from contextlib import suppress

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_WHOLE = re.compile(r"CURRENT_TIMESTAMP|NOW|LOCALTIMESTAMP|TRANSACTION_TIMESTAMP", re.IGNORECASE)


def unescape(text: str) -> str:
    """An expression as MySQL's information_schema has it: with quotes and backslashes escaped once more, and with
    octets of UTF-8 taken for letters of Latin-1 (`ü` comes as `Ã¼`, seen on 9.7)."""
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode()
    return _ESCAPED.sub(r"\1", text)


def is_now(text: str) -> bool:
    """Whether an expression is the current time, in any spelling."""
    return _WHOLE.fullmatch(text.split("(")[0].strip()) is not None


__all__ = ["is_now", "unescape"]

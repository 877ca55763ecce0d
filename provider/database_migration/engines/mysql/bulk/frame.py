"""The frame in which rows travel from the server, and its translation into a reader's bulk format.

The server does not escape: MariaDB's REPLACE takes quadratic time when its result is longer (46 s for one text of
3 MB with 60,000 newlines). It sends the values as they are, put together by octets that occur in no valid
UTF-8: 0xFE between fields, 0xFD for NULL. Whole blocks are then translated here, a few passes of C each. An
invalid text that holds such an octet itself is noticed, because their numbers are known beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.protocol import BulkFormat

FIELD, NULL, ROW = b"\xfe", b"\xfd", b"\xff"


class Frame:
    """Translates blocks of rows with ``width`` fields."""

    def __init__(self, form: BulkFormat, width: int) -> None:
        self._width = width
        self._null = form.null.encode()
        self._quote = (form.quote or "").encode()
        self._delimiter = form.delimiter.encode()
        pairs = form.escapes if form.quote is None else ((form.quote, form.quote * 2),)
        self._escapes = [(character.encode(), replacement.encode()) for character, replacement in pairs]
        self.prefix = self._unescaped(form.binary_prefix)
        """What the server puts before hex digits: the format's prefix once it is escaped here."""

    def _unescaped(self, prefix: str) -> str:
        text = prefix.encode()
        for character, replacement in reversed(self._escapes):
            text = text.replace(replacement, character)
        if self._escaped(text) != prefix.encode():
            raise ValueError(f"the prefix {prefix!r} is not escaped as its own format says")
        return text.decode()

    def _escaped(self, text: bytes) -> bytes:
        for character, replacement in self._escapes:
            text = text.replace(character, replacement)
        return text

    def block(self, rows: Sequence[bytes], nulls: int) -> bytes | None:
        """Rows in the reader's format; None when they hold octets that no valid text has."""
        text = ROW.join(rows)
        # An octet too many is what a text has; that one of them is missing cannot be. One pass, not one for each.
        framing = len(text) - len(text.translate(None, FIELD + NULL + ROW))
        if framing != len(rows) * self._width - 1 + nulls:
            return None
        text = self._escaped(text)
        q = self._quote
        text = q + text.replace(FIELD, q + self._delimiter + q).replace(ROW, q + b"\n" + q) + q + b"\n"
        return text.replace(q + NULL + q, self._null)


__all__ = ["FIELD", "NULL", "Frame"]

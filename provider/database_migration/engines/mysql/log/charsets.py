"""Decodes the log's texts as the server itself would.

Unicode charsets are decoded here. For all others the server is asked, because Python's codecs of the same
name map some octets differently (MySQL's latin1 is cp1252 with five C1 controls); the answers of
one-octet charsets make a table of 256 entries, those of the others are remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.errors import ValueRefused

Decode = Callable[[bytes], str]

_UNICODE = {
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
    "utf8": "utf-8",
    "ucs2": "utf-16-be",
    "utf16": "utf-16-be",
    "utf16le": "utf-16-le",
    "utf32": "utf-32-be",
}
_REMEMBERED = 100_000


class Charsets:
    """Decoders by charset, made when first needed."""

    def __init__(self, session: MySQLSession) -> None:
        self._session = session
        self._decoders: dict[str, Decode] = {}

    def decoder(self, charset: str) -> Decode:
        """A function from the log's octets to the characters."""
        if charset not in self._decoders:
            self._decoders[charset] = self._make(charset)
        return self._decoders[charset]

    def _make(self, charset: str) -> Decode:
        if charset in _UNICODE:
            return _unicode(charset)
        found = self._session.execute(
            "SELECT maxlen FROM information_schema.character_sets WHERE character_set_name = %s", (charset,)
        )
        if not found:
            raise ValueRefused(
                f"The charset {charset} is unknown to the server.", mend="convert the column to utf8mb4."
            )
        if found == [(1,)]:
            return self._table(charset)
        return lru_cache(_REMEMBERED)(lambda octets: self._ask(charset, [octets])[0])

    def _table(self, charset: str) -> Decode:
        characters = self._ask(charset, [bytes([octet]) for octet in range(256)])
        return lambda octets: "".join([characters[octet] for octet in octets])

    def _ask(self, charset: str, texts: list[bytes]) -> list[str]:
        # The charset's name comes out of the server's own catalog.
        parts = [f"HEX(CONVERT(CONVERT(x'{text.hex()}' USING {charset}) USING utf8mb4))" for text in texts]
        (row,) = self._session.execute(f"SELECT {', '.join(parts)}")
        return [bytes.fromhex(str(value or "")).decode() for value in row]


def _unicode(charset: str) -> Decode:
    codec = _UNICODE[charset]

    def decode(octets: bytes) -> str:
        try:
            # Octets that are no characters stay recognisable, for the other side to refuse.
            return octets.decode(codec, "surrogateescape" if codec == "utf-8" else "strict")
        except UnicodeDecodeError:
            raise ValueRefused(
                f"A text holds octets that are not {charset}.",
                mend="correct the row at the source; preflight finds such texts in the tables.",
            ) from None

    return decode


__all__ = ["Charsets", "Decode"]

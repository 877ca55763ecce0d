"""Values as the client compares them: equal here means equal, whatever text an engine chose."""

from __future__ import annotations

import json
import struct
from decimal import Decimal, InvalidOperation

from database_migration.model.column_type import Form

Canonical = str | None


def canonical(form: Form, text: str | None) -> Canonical:
    """One spelling for every spelling of a value; a text that cannot be read stands for itself."""
    if text is None:
        return None
    if form is Form.DECIMAL:
        return _decimal(text)
    if form is Form.DOUBLE:
        return _double(text)
    if form is Form.TIME:
        return _microseconds(text)
    if form is Form.JSON:
        return canonical_json(text)
    return text


def canonical_json(text: str) -> str:
    """A document with sorted keys and exact numbers; the last of equal keys counts."""
    try:
        document = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, InvalidOperation, RecursionError):
        return f"unreadable {text}"
    return _document(document)


def _document(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_document(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_document(item) for item in value) + "]"
    if isinstance(value, Decimal):
        return _number(value)
    return json.dumps(value)


def _decimal(text: str) -> str:
    try:
        return _number(Decimal(text))
    except InvalidOperation:
        return text


def _number(value: Decimal) -> str:
    if value == 0:
        return "0"
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return str(value)
    written = "".join(map(str, digits))
    bare = written.rstrip("0")
    return f"{'-' if sign else ''}{bare.lstrip('0')}e{exponent + len(written) - len(bare)}"


def _double(text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        return text
    return struct.pack(">d", 0.0 if value == 0 else value).hex()


def _microseconds(text: str) -> str:
    sign = -1 if text.startswith("-") else 1
    try:
        hours, minutes, rest = text.lstrip("-").split(":")
        seconds, _, fraction = rest.partition(".")
        whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
        return str(sign * (whole * 1_000_000 + int(fraction.ljust(6, "0")[:6] or 0)))
    except ValueError:
        return text


__all__ = ["Canonical", "canonical", "canonical_json"]

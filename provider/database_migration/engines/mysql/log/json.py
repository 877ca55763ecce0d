"""MySQL's binary JSON as JSON text, spelled as the server spells it.

Source: the format's description in MySQL's ``sql-common/json_binary.h``. The library's parser gives bytes for keys and
loses decimals and times; this one keeps every value. MariaDB logs documents as text and does not come here.
"""

from __future__ import annotations

import base64
import json
import struct
from decimal import Decimal

from database_migration.engines.mysql.log.values import decimal_text, packed_datetime, packed_time

_SMALL_OBJECT, _LARGE_OBJECT, _SMALL_ARRAY, _LARGE_ARRAY = 0, 1, 2, 3
_LITERAL, _INT16, _UINT16, _INT32, _UINT32, _INT64, _UINT64 = 4, 5, 6, 7, 8, 9, 10
_DOUBLE, _STRING, _OPAQUE = 11, 12, 15
_PLAIN_DIGITS = 15
_LITERALS = {0: "null", 1: "true", 2: "false"}
_NUMBERS = {_INT16: "<h", _UINT16: "<H", _INT32: "<i", _UINT32: "<I", _INT64: "<q", _UINT64: "<Q"}
_TYPE_DECIMAL, _TYPE_DATE, _TYPE_TIME, _TYPE_DATETIME, _TYPE_TIMESTAMP = 246, 10, 11, 12, 7


def json_text(document: bytes) -> str:
    """The text of a whole document as a JSON column holds it."""
    return _value(document[0], document, 1) if document else "null"


def _value(kind: int, data: bytes, at: int) -> str:
    if kind in (_SMALL_OBJECT, _LARGE_OBJECT, _SMALL_ARRAY, _LARGE_ARRAY):
        return _container(kind, data, at)
    if kind == _LITERAL:
        return _LITERALS[data[at]]
    if kind in _NUMBERS:
        return str(struct.unpack_from(_NUMBERS[kind], data, at)[0])
    if kind == _DOUBLE:
        return _double(struct.unpack_from("<d", data, at)[0])
    if kind == _STRING:
        length, start = _length(data, at)
        return json.dumps(data[start : start + length].decode(), ensure_ascii=False)
    if kind == _OPAQUE:
        length, start = _length(data, at + 1)
        return _opaque(data[at], data[start : start + length])
    raise ValueError(f"unknown JSON type {kind}")


def _double(number: float) -> str:
    """The shortest digits as the server lays them out (``my_gcvt`` in ``dtoa.cc``)."""
    sign, all_digits, exponent = Decimal(repr(number)).as_tuple()
    digits = "".join(map(str, all_digits)).lstrip("0").rstrip("0") or "0"
    point = len(all_digits) + int(exponent) if number else 1
    if point < -_PLAIN_DIGITS + 1 or (point > _PLAIN_DIGITS and len(digits) <= point):
        text = digits[0] + ("." + digits[1:] if digits[1:] else "") + f"e{point - 1}"
    elif point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = digits[:point].ljust(point, "0") + "." + (digits[point:] or "0")
    return "-" + text if sign else text


def _length(data: bytes, at: int) -> tuple[int, int]:
    """A length of seven bits an octet, and where it ends."""
    length = shift = 0
    while True:
        octet = data[at]
        length |= (octet & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if octet < 0x80:
            return length, at


def _container(kind: int, data: bytes, at: int) -> str:
    large = kind in (_LARGE_OBJECT, _LARGE_ARRAY)
    width, size = ("<I", 4) if large else ("<H", 2)
    is_object = kind in (_SMALL_OBJECT, _LARGE_OBJECT)
    (count,) = struct.unpack_from(width, data, at)
    keys_at = at + 2 * size
    values_at = keys_at + (count * (size + 2) if is_object else 0)
    inline = (_LITERAL, _INT16, _UINT16, _INT32, _UINT32) if large else (_LITERAL, _INT16, _UINT16)
    parts = []
    for number in range(count):
        entry = values_at + number * (size + 1)
        kind_of_value = data[entry]
        where = entry + 1 if kind_of_value in inline else at + struct.unpack_from(width, data, entry + 1)[0]
        text = _value(kind_of_value, data, where)
        if is_object:
            key_entry = keys_at + number * (size + 2)
            start = at + struct.unpack_from(width, data, key_entry)[0]
            (length,) = struct.unpack_from("<H", data, key_entry + size)
            text = json.dumps(data[start : start + length].decode(), ensure_ascii=False) + ": " + text
        parts.append(text)
    joined = ", ".join(parts)
    return f"{{{joined}}}" if is_object else f"[{joined}]"


def _opaque(kind: int, data: bytes) -> str:
    if kind == _TYPE_DECIMAL:
        precision, scale = data[0], data[1]
        return decimal_text(data[2:], precision, scale)
    if kind in (_TYPE_DATE, _TYPE_DATETIME, _TYPE_TIMESTAMP):
        text = packed_datetime(struct.unpack("<q", data)[0])
        return f'"{text[:10]}"' if kind == _TYPE_DATE else f'"{text}"'
    if kind == _TYPE_TIME:
        return f'"{packed_time(struct.unpack("<q", data)[0])}"'
    return json.dumps(f"base64:type{kind}:{base64.b64encode(data).decode()}")


__all__ = ["json_text"]

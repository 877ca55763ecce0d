"""Values that migrations lose: each list holds what its column type can legally contain at the edges.

Everything here fits both engines. What PostgreSQL can never hold (zero dates, NUL characters, invalid bytes) is for
the tests of preflight, not for a shop that must arrive whole.
"""

from __future__ import annotations

from datetime import date, datetime

TEXTS = [
    "",
    " ",
    "trailing blank ",
    "NULL",
    "\\N",
    "\\.",
    'it\'s "quoted" and `ticked`',
    "back\\slash \\n \\t \\\\",
    "tab\there",
    "line\nbreak\r\nand return\r",
    "vertical\vtab, form\ffeed, bell\a, delete\x7f",
    "comma, semicolon; {brace} %percent %s $1",
    "Ünïcödé Æsop ñandú ſtraße",
    "Привет, мир · 日本語 · עברית · العربية",
    "emoji 🎁👩‍👩‍👧‍👦🏳️‍🌈 and 𝔊𝔬𝔱𝔥𝔦𝔠",
    "e\u0301 is not é",
    "zero\u200bwidth, no-break\u00a0space, \ufeffBOM",
    "\x01control\x1f",
    "<script>alert('x')</script> &amp; --comment /* */",
    "x" * 3000,
]

#: All of windows-1252, which is what MySQL calls latin1.
LATIN1_TEXTS = [
    "",
    "plain",
    "Café Crème, Zürich",
    "naïve façade – 5 € • “quoted” …",
    "Ÿ ÿ ß Ø Å ½ ¿",
    "back\\slash and 'quote'",
    "two\nlines",
]

DOUBLES = [
    0.0,
    -0.0,
    0.1,
    1 / 3,
    -2.5e-308,
    5e-324,
    1.7976931348623157e308,
    -1.7976931348623157e308,
    123456789.12345679,
    1e22,
    9007199254740993.0,
]

#: Exact in 32 bits, and more digits than MySQL prints of them.
FLOATS = [0.0, -0.0, 0.5, 16777216.0, 8388609.0, 3.4028234663852886e38, 1.401298464324817e-45, 0.10000000149011612]

DATES = [date(1000, 1, 1), date(1582, 10, 15), date(1900, 2, 28), date(2000, 2, 29), date(9999, 12, 31)]

DATETIMES = [
    datetime(1000, 1, 1),
    datetime(1969, 12, 31, 23, 59, 59, 999999),
    datetime(2000, 2, 29, 12, 0, 0, 1),
    datetime(2024, 3, 31, 2, 30),  # does not exist on clocks in much of Europe
    datetime(9999, 12, 31, 23, 59, 59, 999999),
]

TIMESTAMPS = [
    datetime(1970, 1, 1, 0, 0, 1),
    datetime(2024, 10, 27, 1, 30, 0, 123456),  # twice on clocks in much of Europe
    datetime(2038, 1, 19, 3, 14, 7),
]

TIMES = ["00:00:00", "-00:00:01", "23:59:59", "24:00:00", "838:59:59", "-838:59:59", "100:00:00"]

YEARS = [1901, 1969, 2000, 2155]

UNSIGNED_64 = [0, 1, 2**31, 2**63 - 1, 2**63, 2**64 - 1]
UNSIGNED_32 = [0, 2**31 - 1, 2**31, 2**32 - 1]
UNSIGNED_24 = [0, 2**23, 2**24 - 1]

BINARY_16 = [
    bytes(16),
    b"\xff" * 16,
    b"padded" + bytes(10),  # MySQL's log drops trailing zeros of BINARY
    b"\x00" * 15 + b"\x01",
    b"'\\\"\n\t\x00\x1a,;%\x80\xfe\xc3\x28",
]

BLOBS = [b"", b"\x00", b"\x89PNG\r\n\x1a\n\x00\x00", bytes(range(256)), b"\\x00", b"\xc3\x28 not utf-8"]

JSON_TEXTS = [
    "{}",
    "[]",
    "null",
    "true",
    '"text"',
    "0",
    "-0.5",
    "12345678901234567890",
    '{"a": {"b": [1, 2, {"c": null}]}, "language": "fr"}',
    '{"emoji": "\\ud83c\\udf81", "escaped": "\\"\\\\\\/\\n\\t", "é": "ü"}',
    '{"z": 1, "a": 2, "  spaced  ": [ ] , "n": 1.50}',
]

"""Writes codec_vectors.json: values with their texts and digests, computed without any database.

Run ``python tests/golden/make_codec_vectors.py`` after a change of the codec; both engines' contract tests hold
their SQL to the file. ``mysql`` and ``postgres`` name a column type that holds the value exactly.
"""

from __future__ import annotations

import hashlib
import json
import struct
from decimal import Decimal
from pathlib import Path

FILE = Path(__file__).with_name("codec_vectors.json")

TYPES = {
    "boolean": ("tinyint(1)", "boolean"),
    "tinyint": ("tinyint", "smallint"),
    "int": ("int", "integer"),
    "bigint": ("bigint", "bigint"),
    "bigint_unsigned": ("bigint unsigned", "numeric(20,0)"),
    "decimal": ("decimal(65,30)", "numeric"),
    "decimal_short": ("decimal(10,2)", "numeric(10,2)"),
    "decimal_whole": ("decimal(30,0)", "numeric(30,0)"),
    "double": ("double", "double precision"),
    "float": ("float", "real"),
    "date": ("date", "date"),
    "datetime": ("datetime(6)", "timestamp(6)"),
    "timestamp": ("timestamp(6) null", "timestamptz(6)"),
    "time": ("time(6)", "interval"),
    "year": ("year", "smallint"),
    "bit8": ("bit(8)", "bit(8)"),
    "bit64": ("bit(64)", "bit(64)"),
    "text": ("longtext character set utf8mb4", "text"),
    "latin1": ("varchar(200) character set latin1", "text"),
    "binary": ("longblob", "bytea"),
    "binary16": ("binary(16)", "bytea"),
    "uuid": ("char(36)", "uuid"),
    "uuid16": ("binary(16)", "uuid"),
}

FORMS = {
    "tinyint": "integer",
    "int": "integer",
    "bigint": "integer",
    "bigint_unsigned": "decimal",
    "decimal_short": "decimal",
    "decimal_whole": "decimal",
    "float": "double",
    "bit8": "bit",
    "bit64": "bit",
    "latin1": "text",
    "binary16": "binary",
    "uuid16": "uuid",
}

VALUES: dict[str, list[str | None]] = {
    "boolean": [None, "0", "1"],
    "tinyint": ["0", "-128", "127"],
    "int": ["0", "-2147483648", "2147483647", None],
    "bigint": ["0", "-9223372036854775808", "9223372036854775807"],
    "bigint_unsigned": ["0", "18446744073709551615", "9223372036854775808"],
    "decimal": [
        "0.000000000000000000000000000000",
        "1.500000000000000000000000000000",
        "-0.000000000000000000000000000001",
        "99999999999999999999999999999999999.999999999999999999999999999999",
        "-99999999999999999999999999999999999.999999999999999999999999999999",
        "100.000000000000000000000000000000",
        None,
    ],
    "decimal_short": ["0.00", "10.00", "10.10", "-0.01", "-99999999.99", "99999999.90", "0.50"],
    "decimal_whole": ["0", "100", "-100", "999999999999999999999999999999"],
    "double": [
        "0",
        "1",
        "-1",
        "0.1",
        "0.30000000000000004",
        "1e308",
        "-1e308",
        "1.7976931348623157e308",
        "5e-324",
        "-5e-324",
        "2.2250738585072014e-308",
        "2.225073858507201e-308",
        "3.141592653589793",
        "1e23",
        "9007199254740993",
        "123456789012345680",
        "4.35",
        "1e-7",
        "1e15",
        "1e16",
        "1e17",
        "1e21",
        "1e22",
        "100000",
        "0.00001",
        "8.41",
        "2.5",
        "6.02214076e23",
        "1.1125369292536007e-308",
        "-2.2250738585072014e-308",
        "-1.2345678901234568e-300",
        None,
    ],
    "float": [
        "0",
        "16777216",
        "0.10000000149011612",
        "3.4028234663852886e38",
        "1.401298464324817e-45",
        "-1.5",
        "1.100000023841858",
        "-1.1754943508222875e-38",
        "123456.7890625",
        None,
    ],
    "date": ["2024-02-29", "1000-01-01", "9999-12-31", "1970-01-01", None],
    "datetime": [
        "2024-02-29 23:59:59.999999",
        "1000-01-01 00:00:00.000000",
        "9999-12-31 23:59:59.999999",
        "1970-01-01 00:00:00.000001",
        "2024-03-31 02:30:00.500000",
        None,
    ],
    "timestamp": ["1970-01-01 00:00:01.000000", "2038-01-19 03:14:07.999999", "2024-10-27 00:30:00.000001", None],
    "time": [
        "00:00:00.000000",
        "838:59:59.000000",
        "-838:59:59.000000",
        "-00:00:00.000001",
        "23:59:59.999999",
        "-100:00:00.100000",
        "99:59:59.999999",
        "837:59:59.999999",
        "-837:59:59.999999",
        None,
    ],
    "year": ["0", "1901", "2155", "2024", None],
    "bit8": ["00000000", "11111111", "00000101", "10000000", None],
    "bit64": ["0" * 64, "1" * 64, "1" + "0" * 63, "0" * 63 + "1"],
    "text": [
        "",
        " ",
        "a",
        "A",
        "N",
        "NULL",
        "\\N",
        "V1:a",
        "trailing  ",
        "é",
        "e\u0301",
        "Straße",
        "日本語",
        "😀👩‍👩‍👧",
        "tab\tnewline\ncarriage\rback\\slash",
        "quote\"single'comma,",
        '"',
        '""',
        "\\",
        "\\\\",
        "\\.",
        "\\n",
        "\v\f\b\x01\x1a\x7f",
        "%s %d %%",
        "\u2028\ufeff\ufffd\uffff",
        "\U0010ffff",
        "0",
        "x" * 70000,
        None,
    ],
    "latin1": ["", "é", "ÿ", "£ÄÖÜß", "a'b\"c\\d", None],
    "binary": ["", "00", "000000", "ff", "5c4e", "0a0d09225c27", "c328", "61" * 300, None],
    "binary16": ["00" * 16, "61" + "00" * 15, "ff" * 16, "00112233445566778899aabbccddee00", None],
    "uuid": [
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "0123abcd-4567-89ef-0123-456789abcdef",
        None,
    ],
    "uuid16": ["00000000-0000-0000-0000-000000000000", "0123abcd-4567-89ef-0123-456789abcdef", None],
}

ROWS: list[list[tuple[str, str | None]]] = [
    [("int", "1"), ("text", ""), ("text", None)],
    [("int", "1"), ("text", None), ("text", "")],
    [("text", "V1:a"), ("text", "N"), ("binary", "")],
    [("text", "ab"), ("text", "c")],
    [("text", "a"), ("text", "bc")],
    [("boolean", "1"), ("decimal_short", "10.00"), ("double", "0.1"), ("time", "-838:59:59.000000"), ("year", "2024")],
]


def canonical(form: str, transfer: str) -> str:
    """The canonical text of a transfer text, as ``Form`` says."""
    if form == "decimal":
        text = format(Decimal(transfer), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if form == "double":
        return struct.pack(">d", float(transfer)).hex() if float(transfer) else "0" * 16
    if form in ("datetime", "timestamp"):
        return transfer.rstrip("0").removesuffix(".") if not transfer.endswith(".000000") else transfer[:19]
    if form == "time":
        hours, minutes, seconds = transfer.lstrip("-").split(":")
        whole, fraction = seconds.split(".")
        total = ((int(hours) * 60 + int(minutes)) * 60 + int(whole)) * 1_000_000 + int(fraction)
        return str(-total if transfer.startswith("-") else total)
    return transfer


SIZED = ("text", "binary")
"""Forms whose texts may be empty or hold commas."""


def part(form: str, transfer: str | None) -> str:
    """One column's part of a row text."""
    text = "" if transfer is None else canonical(form, transfer)
    if form not in SIZED:
        return text
    return "," if transfer is None else f"{len(text.encode())},{text}"


def digest(row_text: str) -> int:
    """The first 60 bits of MD5."""
    return int(hashlib.md5(row_text.encode()).hexdigest()[:15], 16)


def vectors() -> dict[str, object]:
    """The whole content of the file."""
    values = []
    for name, transfers in VALUES.items():
        form = FORMS.get(name, name)
        for transfer in transfers:
            text = part(form, transfer)
            values.append(
                {
                    "type": name,
                    "form": form,
                    "mysql": TYPES[name][0],
                    "postgres": TYPES[name][1],
                    "transfer": transfer,
                    "canonical": None if transfer is None else canonical(form, transfer),
                    "row_text": text,
                    "digest": digest(text),
                }
            )
    rows = []
    for row in ROWS:
        text = ",".join(part(FORMS.get(name, name), transfer) for name, transfer in row)
        rows.append(
            {
                "columns": [
                    {"form": FORMS.get(name, name), "mysql": TYPES[name][0], "postgres": TYPES[name][1]}
                    for name, _ in row
                ],
                "transfer": [transfer for _, transfer in row],
                "row_text": text,
                "digest": digest(text),
            }
        )
    return {"values": values, "rows": rows}


def text() -> str:
    """The file's text."""
    return json.dumps(vectors(), indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())

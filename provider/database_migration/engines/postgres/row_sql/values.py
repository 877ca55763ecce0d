"""SQL that prints a column's value as transfer or canonical text, and values as the server takes them back.

Sessions are in UTC, ISO dates, hex bytea (``connection.SETTINGS``). Dates that no other engine has
(infinity, BC) are printed as PostgreSQL spells them, so that the other side refuses them: ``to_char``
would drop the era and turn infinity into NULL.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from functools import partial

from database_migration.engines.postgres.names import literal
from database_migration.engines.postgres.row_sql.array_text import (
    array_of_json,
    json_of_array,
    label_array,
    writes_plain_json,
)
from database_migration.errors import NotPossible, ValueRefused
from database_migration.model.column_type import ColumnType, Form, Kind
from database_migration.model.table_selection import FormedColumn

_TEXTS = (Kind.TEXT, Kind.VARCHAR, Kind.CHAR, Kind.ENUM, Kind.SET, Kind.OTHER, Kind.JSON)
_CLOCKS = (Kind.TIME, Kind.INTERVAL)
_MOMENT = "YYYY-MM-DD HH24:MI:SS.US"


def transfer_sql(formed: FormedColumn, expression: str, *, binary_prefix: str = "") -> str:
    """SQL of the transfer text of a column that ``expression`` names."""
    kind, form = formed.column.type.kind, formed.form
    if form is Form.BINARY:
        hexadecimal = f"encode({_octets(formed, expression)}, 'hex')"
        return f"{literal(binary_prefix)} || {hexadecimal}" if binary_prefix else hexadecimal
    if form is Form.BOOLEAN and kind is Kind.BOOLEAN:
        return f"CASE WHEN {expression} THEN '1' WHEN NOT {expression} THEN '0' END"
    if form is Form.DOUBLE and kind is not Kind.DOUBLE:
        return f"{expression}::float8::text"
    if form is Form.DOUBLE or (form is Form.DECIMAL and kind is Kind.DECIMAL):
        return f"{expression}::text"
    if form in (Form.DATETIME, Form.TIMESTAMP) and kind not in _TEXTS:
        return _moment(kind, expression)
    if form is Form.TIME and kind in _CLOCKS:
        return _clock(expression) if kind is Kind.TIME else _span(expression)
    if form is Form.UUID and kind is not Kind.UUID:
        if kind is Kind.BLOB:
            return f"encode({expression}, 'hex')::uuid::text"
        return f"lower({expression}::text)"
    if kind is Kind.ARRAY and form is not Form.TEXT:
        return _labels(expression) if form is Form.LABELS else _json_of_array(formed, expression)
    if form is Form.GEOMETRY and kind is Kind.SPATIAL:
        return f"lower({expression}::text)"  # hex of EWKB
    if form is Form.DECIMAL and kind is Kind.MONEY:
        return f"{expression}::numeric::text"
    if form is Form.INTEGER and kind is Kind.BIT:
        return f"{expression}::bigint::text"
    if form is Form.TIME and kind not in _TEXTS:
        raise NotPossible(
            "PostgreSQL's numbers are not read as times.",
            mend="give both sides a time or an interval.",
            subject=formed.name,
        )
    if kind is Kind.OTHER:
        # Not ::text, which writes an inet with its mask: the log shows what the type's output function writes.
        return f"CASE WHEN num_nonnulls({expression}) = 1 THEN concat({expression}) END"
    return f"{expression}::text"


def canonical_sql(formed: FormedColumn, expression: str) -> str:
    """SQL of a value that the server writes as the canonical text of a column, of whatever type that is cheapest."""
    kind, form = formed.column.type.kind, formed.form
    if form is Form.DECIMAL:
        return f"trim_scale({expression if kind is Kind.DECIMAL else f'{expression}::numeric'})"
    if form is Form.DOUBLE:
        number = expression if kind is Kind.DOUBLE else f"{expression}::float8"
        return f"CASE WHEN {expression} = 0 THEN '0000000000000000' ELSE encode(float8send({number}), 'hex') END"
    if form in (Form.DATETIME, Form.TIMESTAMP):
        return _written_moment(kind, expression)
    if form is Form.TIME and kind in _CLOCKS:
        return f"(extract(epoch FROM {expression}) * 1000000)::bigint"
    if form is Form.BOOLEAN and kind is Kind.INTEGER:
        return f"CASE WHEN {expression} = 0 THEN 0 WHEN {expression} <> 0 THEN 1 END"
    if form is Form.BOOLEAN and kind is Kind.BOOLEAN:
        return f"{expression}::int"
    if kind in _WRITTEN_AS_THEY_ARE.get(form, ()):
        return expression
    return transfer_sql(formed, expression)


_WRITTEN_AS_THEY_ARE = {
    Form.INTEGER: (Kind.INTEGER,),
    Form.YEAR: (Kind.INTEGER,),
    Form.DATE: (Kind.DATE,),
    Form.BIT: (Kind.BIT,),
    Form.UUID: (Kind.UUID,),
}


def _written_moment(kind: Kind, expression: str) -> str:
    """A moment as the server writes it: what MySQL does not have (infinity, BC) differs from all that it has."""
    if kind is Kind.DATETIME:
        return expression
    if kind is Kind.TIMESTAMP:
        return f"({expression} AT TIME ZONE 'UTC')"
    if kind is Kind.DATE:
        return f"{expression}::timestamp"
    text = f"{expression}::text"
    whole = f"CASE WHEN right({text}, 7) = '.000000' THEN left({text}, 19) ELSE rtrim({text}, '0') END"
    otherwise = f"'x' || encode(convert_to({text}, 'UTF8'), 'hex')"
    is_one = f"char_length({text}) = 26 AND substr({text}, 20, 1) = '.'"
    return f"CASE WHEN {is_one} THEN {whole} ELSE {otherwise} END"


def _octets(formed: FormedColumn, expression: str) -> str:
    if formed.column.type.kind is Kind.BLOB:
        return expression
    return f"convert_to({expression}::text, 'UTF8')"


def _moment(kind: Kind, expression: str) -> str:
    local = f"({expression} AT TIME ZONE 'UTC')" if kind is Kind.TIMESTAMP else f"{expression}::timestamp"
    return (
        f"CASE WHEN {local} >= '0001-01-01' AND {local} < 'infinity'"
        f" THEN to_char({local}, '{_MOMENT}') ELSE {local}::text END"
    )


def _labels(expression: str) -> str:
    quoted = """'"' || replace(replace(label, '\\', '\\\\'), '"', '\\"') || '"'"""
    ordered = f"string_agg({quoted}, ',' ORDER BY label COLLATE \"C\")"
    labels = f"(SELECT DISTINCT unnest({expression}) AS label) AS labels WHERE label IS NOT NULL"
    return f"'{{' || (SELECT coalesce({ordered}, '') FROM {labels}) || '}}' || left({expression}::text, 0)"


def _json_of_array(formed: FormedColumn, expression: str) -> str:
    plain = writes_plain_json(formed.column.type.native)
    return f"to_jsonb({expression if plain else f'{expression}::text[]'})::text"


def _clock(expression: str) -> str:
    micros = f"abs((extract(epoch FROM {expression}) * 1000000)::bigint)"
    return (
        f"CASE WHEN extract(epoch FROM {expression}) < 0 THEN '-' ELSE '' END"
        f" || to_char({micros} / 3600000000, 'FM999999999900') || ':'"
        f" || to_char({micros} / 60000000 % 60, 'FM00') || ':'"
        f" || to_char({micros} / 1000000 % 60, 'FM00') || '.'"
        f" || to_char({micros} % 1000000, 'FM000000')"
    )


def _span(expression: str) -> str:
    """An interval; one that counts months is shown as it is, as no number of hours is equal to it."""
    months = f"extract(year FROM {expression}) <> 0 OR extract(month FROM {expression}) <> 0"
    return f"CASE WHEN {months} THEN {expression}::text ELSE {_clock(expression)} END"


_OWN_TEXT = ((Form.JSON, Kind.ARRAY), (Form.INTEGER, Kind.BIT))
"""Pairings in which a value is written otherwise than its transfer text."""


def takes_transfer_text(formed: FormedColumn) -> bool:
    """Whether the column's own input function reads the transfer text (so that COPY can load it)."""
    kind = formed.column.type.kind
    if formed.form is Form.BINARY:
        return kind is Kind.BLOB
    if formed.form is Form.UUID:
        return kind is not Kind.BLOB
    return (formed.form, kind) not in _OWN_TEXT


def is_sent_as_it_is(formed: FormedColumn) -> bool:
    """Whether ``parameter`` changes nothing."""
    return formed.form is not Form.BINARY and takes_transfer_text(formed)


def parameter(formed: FormedColumn, value: str | None) -> str | None:
    """A transfer text as the server's input function of the column's type takes it.

    Parameters are sent without a type, so the server infers the column's.
    """
    if value is None:
        return None
    kind = formed.column.type.kind
    if formed.form is Form.BINARY:
        if kind is Kind.BLOB:
            return "\\x" + value
        try:
            return bytes.fromhex(value).decode()
        except ValueError:
            raise ValueRefused(
                f"{len(value) // 2} octets that are no UTF-8 cannot become text.",
                mend="make the column bytea.",
                subject=formed.name,
            ) from None
    if formed.form is Form.UUID and kind is Kind.BLOB:
        return "\\x" + value.replace("-", "")
    if formed.form is Form.INTEGER and kind is Kind.BIT:
        return f"{int(value):0{formed.column.type.bits}b}"
    if formed.form is Form.JSON and kind is Kind.ARRAY:
        try:
            return array_of_json(value)
        except ValueError as error:
            raise ValueRefused(
                f"The document is no array: {error}.", mend="correct the document.", subject=formed.name
            ) from None
    return value


_INTERVAL_PART = re.compile(r"([+-]?\d+) (year|mon|day)s?")
_CLOCK_PART = re.compile(r"([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d+))?$")


def decoded(formed: FormedColumn, text: str) -> str:
    """The transfer text of a value that the change log shows in PostgreSQL's own output form."""
    decode = decoder(formed)
    return text if decode is None else decode(text)


def decoder(formed: FormedColumn) -> Callable[[str], str] | None:
    """What ``decoded`` does with the values of one column; None where the two forms are the same."""
    kind, form = formed.column.type.kind, formed.form
    if kind is Kind.ARRAY and form is not Form.TEXT:
        return label_array if form is Form.LABELS else partial(json_of_array, native=formed.column.type.native)
    if kind is Kind.MONEY and form is Form.DECIMAL:
        return lambda text: text.replace("$", "").replace(",", "")
    if kind is Kind.BIT and form is Form.INTEGER:
        return lambda text: str(int(text, 2))
    if kind is Kind.SPATIAL:
        return str.lower
    if kind is Kind.BLOB:
        return _uuid_of_digits if form is Form.UUID else lambda text: text[2:]
    if form is Form.BINARY:
        return lambda text: text.encode().hex()
    if kind is Kind.BOOLEAN:
        return {"t": "1", "f": "0"}.__getitem__ if form is Form.BOOLEAN else None
    if kind is Kind.FLOAT and form is Form.DOUBLE:
        return _widened
    if form in (Form.DATETIME, Form.TIMESTAMP) and kind in (Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP):
        return partial(_decoded_moment, kind=kind)
    if form is Form.TIME and kind in _CLOCKS:
        return _decoded_clock
    if kind is Kind.CHAR:
        return lambda text: text.rstrip(" ")
    return str.lower if form is Form.UUID else None


def _uuid_of_digits(text: str) -> str:
    digits = text[2:]
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _widened(text: str) -> str:
    """The shortest decimal of a real's value as a double: 0.1 → 0.10000000149011612."""
    if text in ("NaN", "Infinity", "-Infinity"):
        return text
    wide: float = struct.unpack("f", struct.pack("f", float(text)))[0]
    return repr(wide).removesuffix(".0")


def _decoded_moment(text: str, kind: Kind) -> str:
    if text.endswith("infinity") or text.endswith(" BC"):
        return text
    if kind is Kind.DATE:
        return text + " 00:00:00.000000"
    text = text.removesuffix("+00")
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<6}"


def _decoded_clock(text: str) -> str:
    hours = 0
    for amount, unit in _INTERVAL_PART.findall(text):
        if unit != "day":
            return text  # months have no fixed length: shown as it is, for the other side to refuse
        hours += 24 * int(amount)
    micros = hours * 3_600_000_000
    clock = _CLOCK_PART.search(text)
    if clock:
        sign, hour, minute, second, fraction = clock.groups()
        part = (int(hour) * 3600 + int(minute) * 60 + int(second)) * 1_000_000
        part += int(f"{fraction or '0':0<6}")
        micros += -part if sign == "-" else part
    return clock_text(micros)


def clock_text(micros: int) -> str:
    """Microseconds as ``[-]HH:MM:SS.ffffff``, hours beyond 24 counted on."""
    sign = "-" if micros < 0 else ""
    seconds, fraction = divmod(abs(micros), 1_000_000)
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}"


def is_json(column: ColumnType) -> bool:
    """Whether a column's documents are compared after parsing only."""
    return column.kind is Kind.JSON


__all__ = [
    "canonical_sql",
    "clock_text",
    "decoded",
    "decoder",
    "is_json",
    "is_sent_as_it_is",
    "parameter",
    "takes_transfer_text",
    "transfer_sql",
]

"""SQL that turns a column into its transfer or canonical text, and a transfer text into a column's value.

``Form`` says what the texts are. All of them are made by the server, in sessions in UTC with utf8mb4. An
expression is NULL where the column is NULL, and *also* where the text outgrows max_allowed_packet. The callers tell
the two apart; nothing becomes NULL silently. A zero or partial date is shown as it is, so that other engines refuse it.
"""

from __future__ import annotations

from database_migration.engines.mysql.column_types import text_literal
from database_migration.engines.mysql.row_sql.labels import label_array
from database_migration.model.column_type import Form, Kind
from database_migration.model.table_selection import FormedColumn

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT, Kind.ENUM, Kind.SET})
_BYTES = frozenset({Kind.BINARY, Kind.VARBINARY, Kind.BLOB, Kind.SPATIAL})
_NUMBERS = frozenset({Kind.INTEGER, Kind.BOOLEAN, Kind.YEAR, Kind.BIT})
_CLOCKS = frozenset({Kind.DATETIME, Kind.TIMESTAMP, Kind.TIME})
_FRACTIONS = frozenset({Form.DATETIME, Form.TIMESTAMP, Form.TIME})
_DAYS = frozenset({Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP})

MAY_BE_LONG = frozenset({Kind.VARCHAR, Kind.TEXT, Kind.BLOB, Kind.VARBINARY, Kind.JSON, Kind.SPATIAL, Kind.OTHER})
"""Kinds whose text may outgrow max_allowed_packet."""


def transfer(formed: FormedColumn, c: str) -> str:
    """SQL of the transfer text of a column; ``c`` is its quoted name."""
    kind, form = formed.column.type.kind, formed.form
    if form in (Form.DATE, Form.DATETIME, Form.TIMESTAMP) and kind in _DAYS:
        pattern = "%Y-%m-%d" if form is Form.DATE else "%Y-%m-%d %H:%i:%s.%f"
        return f"DATE_FORMAT({c}, '{pattern}')"
    if form is Form.TIME and kind is Kind.TIME:
        return f"TIME_FORMAT({c}, '%H:%i:%s.%f')"
    if form is Form.TIME and kind is Kind.INTEGER:
        return _time_of_microseconds(c)
    if form is Form.DOUBLE and kind in (Kind.FLOAT, Kind.DOUBLE):
        return _shortest_double(formed, c)
    if form is Form.BIT and kind is Kind.BIT:
        return f"LPAD(BIN({c}+0), {formed.column.type.bits}, '0')"
    if form is Form.BINARY and kind in _BYTES:
        return f"LOWER(HEX({c}))"
    if form is Form.BINARY:
        return f"LOWER(HEX(CONVERT({c} USING utf8mb4)))"
    if form is Form.UUID:
        return _uuid(formed, c)
    if form is Form.LABELS and kind is Kind.SET:
        return _labels(formed, c)
    if form is Form.GEOMETRY and kind is Kind.SPATIAL:
        return _ewkb(c)
    if form is Form.TEXT and kind is Kind.DECIMAL:
        return f"CAST({c}+0 AS CHAR)"
    if kind in _NUMBERS:
        return f"CAST({c}+0 AS CHAR)"  # + 0 takes away ZEROFILL, and makes a number of BIT
    if kind in _TEXTS:
        return f"CONVERT({c} USING utf8mb4)"
    return f"CAST({c} AS CHAR CHARACTER SET utf8mb4)"


def octets(formed: FormedColumn, text: str) -> str:
    """A column's text as binary, so that texts of several collations can be put together."""
    return text if formed.column.type.kind in _NUMBERS | _DAYS else f"CONVERT({text} USING binary)"


def canonical(formed: FormedColumn, c: str) -> str:
    """SQL whose text is the canonical one of a column; JSON has none and must not be asked for."""
    kind, form = formed.column.type.kind, formed.form
    if form is Form.DECIMAL and kind is Kind.DECIMAL and formed.column.type.scale:
        return _without_zeros(f"{c}+0")
    if form is Form.DOUBLE:
        number = c if kind is Kind.DOUBLE else f"CAST({c} AS DOUBLE)"
        # A point's octets behind its header: REVERSE brings the most significant one to the front.
        bits = f"LOWER(HEX(REVERSE(SUBSTR(ST_AsBinary(POINT({number}, 0)), 6, 8))))"
        return f"CASE WHEN {number} = 0 THEN '0000000000000000' WHEN {c} IS NOT NULL THEN {bits} END"
    if form in (Form.DATETIME, Form.TIMESTAMP):
        return _moment(formed, c)
    if form is Form.DATE and kind is Kind.DATE:
        return c
    if form is Form.TIME and kind is Kind.TIME:
        # TIME_TO_SEC keeps fractions on MariaDB and drops them on MySQL.
        noon = "TIMESTAMP('2000-01-01')"
        return f"TIMESTAMPDIFF(MICROSECOND, {noon}, ADDTIME({noon}, {c}))"
    if form is not Form.TEXT and kind in _NUMBERS and form is not Form.BIT:
        return f"{c}+0"  # + 0 takes away ZEROFILL, and makes a number of BIT
    return transfer(formed, c)


def _without_zeros(text: str) -> str:
    return f"TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {text}))"


def _moment(formed: FormedColumn, c: str) -> str:
    """A moment as the server writes it, which is cheaper than any pattern."""
    kind = formed.column.type.kind
    if kind not in _DAYS:
        text = f"CONVERT({c} USING utf8mb4)"
        whole = f"IF(RIGHT({text}, 7) = '.000000', LEFT({text}, 19), TRIM(TRAILING '0' FROM {text}))"
        is_one = f"CHAR_LENGTH({text}) = 26 AND SUBSTR({text}, 20, 1) = '.'"
        return f"IF({is_one}, {whole}, CONCAT('x', LOWER(HEX({text}))))"
    if formed.substitutes:
        return _without_zeros(transfer(formed, c))  # another value may have more digits than the column
    if kind is Kind.DATE:
        return f"CONCAT({c}, ' 00:00:00')"
    return _without_zeros(c) if formed.column.type.fraction else c


def received(formed: FormedColumn, text: str) -> str:
    """SQL of the column's value out of its transfer text; ``text`` is a placeholder or a variable."""
    kind, form = formed.column.type.kind, formed.form
    if form is Form.BINARY and kind is Kind.BINARY:
        # A shorter value would be filled up with zeros; a longer one is refused by itself.
        width = formed.column.type.length or 0
        return f"UNHEX(IF(CHAR_LENGTH({text}) <> {2 * width}, REPEAT('00', {width + 1}), {text}))"
    if form is Form.BINARY and kind in _BYTES:
        return f"UNHEX({text})"
    if form is Form.BINARY:
        return f"CONVERT(UNHEX({text}) USING utf8mb4)"
    if form in _FRACTIONS and kind in _CLOCKS and (digits := 6 - (formed.column.type.fraction or 0)):
        # A longer fraction would be rounded without a word; what is no time is refused.
        return f"IF(RIGHT({text}, {digits}) <> '{'0' * digits}', 'fraction', {text})"
    if form is Form.BIT and kind is Kind.BIT:
        return f"CAST(CONV({text}, 2, 10) AS UNSIGNED)"
    if kind in (Kind.YEAR, Kind.BIT):
        return f"CAST({text} AS UNSIGNED)"  # as text, the year '0' would be 2000
    if form is Form.UUID and kind in (Kind.BINARY, Kind.VARBINARY):
        return f"UNHEX(REPLACE({text}, '-', ''))"
    if form is Form.TIME and kind is Kind.INTEGER:
        return _microseconds_of_time(text)
    if form is Form.LABELS and kind is Kind.SET:
        return _set_of_labels(text)
    if form is Form.GEOMETRY and kind is Kind.SPATIAL:
        return _geometry_of_ewkb(text)
    return text


def _shortest_double(formed: FormedColumn, c: str) -> str:
    """A number's shortest text that reads back exactly.

    The text of FLOAT has six digits only. And MySQL cuts the text of a computed double (not of a DOUBLE column) to
    22 characters, losing digits; inside a JSON array it does not.
    """
    if formed.column.type.kind is Kind.DOUBLE and formed.column.type.scale is None:
        return f"CAST({c} AS CHAR)"
    array = f"CAST(JSON_ARRAY(CAST({c} AS DOUBLE)) AS CHAR)"
    return f"CASE WHEN {c} IS NOT NULL THEN SUBSTR({array}, 2, CHAR_LENGTH({array}) - 2) END"


def _uuid(formed: FormedColumn, c: str) -> str:
    if formed.column.type.kind not in (Kind.BINARY, Kind.VARBINARY):
        return f"LOWER(CAST({c} AS CHAR CHARACTER SET utf8mb4))"
    cuts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    grouped = ", '-', ".join(f"SUBSTR(HEX({c}), {at}, {size})" for at, size in cuts)
    # Octets of another number go as they are, which the other side refuses.
    return f"LOWER(IF(LENGTH({c}) = 16, CONCAT({grouped}), HEX({c})))"


def _labels(formed: FormedColumn, c: str) -> str:
    present = ", ".join(
        f"IF(FIND_IN_SET({text_literal(label)}, {c}), {text_literal(label_array([label])[1:-1])}, NULL)"
        for label in sorted(formed.column.type.values)
    )
    return f"CASE WHEN {c} IS NOT NULL THEN CONCAT('{{', CONCAT_WS(',', {present}), '}}') END"


def _set_of_labels(text: str) -> str:
    """The labels between commas, which labels themselves never hold; two control characters stand in meanwhile."""
    inner = f"SUBSTR({text}, 2, CHAR_LENGTH({text}) - 2)"
    backslash, quote = text_literal("\\"), text_literal('"')
    kept = f"REPLACE(REPLACE({inner}, {text_literal(chr(92) * 2)}, '\x01'), {text_literal(chr(92) + chr(34))}, '\x02')"
    return f"REPLACE(REPLACE(REPLACE({kept}, {quote}, ''), '\x02', {quote}), '\x01', {backslash})"


def _ewkb(c: str) -> str:
    """PostGIS's EWKB out of MySQL's own octets, SRID and WKB: an SRID stands behind the type, which says so."""
    octets_of_it = f"LOWER(HEX({c}))"
    behind = f"CONCAT('01', SUBSTR({octets_of_it}, 11, 6), '20', LEFT({octets_of_it}, 8), SUBSTR({octets_of_it}, 19))"
    return f"IF(LEFT({octets_of_it}, 8) = '00000000', SUBSTR({octets_of_it}, 9), {behind})"


def _geometry_of_ewkb(text: str) -> str:
    in_front = f"CONCAT(SUBSTR({text}, 11, 8), '01', SUBSTR({text}, 3, 6), '00', SUBSTR({text}, 19))"
    return f"UNHEX(IF(SUBSTR({text}, 9, 2) = '20', {in_front}, CONCAT('00000000', {text})))"


def _time_of_microseconds(c: str) -> str:
    hours = f"ABS({c}) DIV 3600000000"
    rest = f"(ABS({c}) MOD 3600000000)"
    return (
        f"CONCAT(IF({c} < 0, '-', ''), IF({hours} < 10, '0', ''), {hours}, ':', "
        f"LPAD({rest} DIV 60000000, 2, '0'), ':', LPAD({rest} MOD 60000000 DIV 1000000, 2, '0'), '.', "
        f"LPAD({rest} MOD 1000000, 6, '0'))"
    )


def _microseconds_of_time(text: str) -> str:
    bare = f"TRIM(LEADING '-' FROM {text})"
    hours = f"CAST(SUBSTRING_INDEX({bare}, ':', 1) AS SIGNED)"
    minutes = f"CAST(SUBSTRING_INDEX(SUBSTRING_INDEX({bare}, ':', 2), ':', -1) AS SIGNED)"
    seconds = f"CAST(SUBSTRING_INDEX({bare}, ':', -1) AS DECIMAL(10,6))"
    return f"IF(LEFT({text}, 1) = '-', -1, 1) * CAST((({hours} * 60 + {minutes}) * 60 + {seconds}) * 1000000 AS SIGNED)"


__all__ = ["MAY_BE_LONG", "canonical", "octets", "received", "transfer"]

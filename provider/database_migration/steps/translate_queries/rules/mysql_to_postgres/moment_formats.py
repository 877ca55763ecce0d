"""DATE_FORMAT's and STR_TO_DATE's pictures as to_char's."""

from __future__ import annotations

from typing import Any

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import call, cast, string_of, text
from database_migration.steps.translate_queries.rules.mysql_to_postgres.coercions import as_moment, as_text
from database_migration.steps.translate_queries.translation import Weight

_PICTURES = {
    "Y": "YYYY",
    "y": "YY",
    "m": "MM",
    "c": "FMMM",
    "d": "DD",
    "e": "FMDD",
    "D": "FMDDth",
    "H": "HH24",
    "k": "FMHH24",
    "h": "HH12",
    "I": "HH12",
    "l": "FMHH12",
    "i": "MI",
    "s": "SS",
    "S": "SS",
    "f": "US",
    "p": "AM",
    "T": "HH24:MI:SS",
    "r": "HH12:MI:SS AM",
    "M": "FMMonth",
    "b": "Mon",
    "W": "FMDay",
    "a": "Dy",
    "j": "DDD",
    "x": "IYYY",
    "v": "IW",
}
_TIME_OF_DAY = frozenset("HkhIlisSfpTr")


def picture(form: str, r: Rewriting) -> str | None:
    """A format of MySQL as one of to_char; None, with a note, where a part has no counterpart."""
    parts, plain, place = [], "", 0
    while place < len(form):
        letter = form[place]
        if letter == "%" and place + 1 < len(form):
            place += 1
            code = form[place]
            if code in _PICTURES:
                parts.append(_quoted(plain) + _PICTURES[code])
                plain = ""
            elif code in "UuVwX":
                r.manual("date_format", f"%{code} in a date format.", mend="Use %x and %v (ISO weeks), or WEEKDAY().")
                return None
            else:
                plain += code
        else:
            plain += letter
        place += 1
    return "".join(parts) + _quoted(plain)


def _quoted(plain: str) -> str:
    """Letters and quotes would be read as pictures, so they stand in double quotes."""
    if not any(letter.isalnum() or letter in '"\\' for letter in plain):
        return plain
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _date_format(node: Any, r: Rewriting) -> Any:
    value, form = node.expressions[:2]
    constant = string_of(form)
    if constant is None or len(node.expressions) > 2:
        r.manual("date_format", "DATE_FORMAT() with a computed format or a locale.", mend="Format in the application.")
        return node
    shown = picture(constant, r)
    if shown is None:
        return node
    if r.kind(value) not in {Kind.TIME, Kind.INTERVAL}:
        value = as_moment(value, r)
    return r.made(call("TO_CHAR", value, text(shown)), node, Kind.TEXT)


def _named_day(form: str) -> Handler:
    def handler(node: Any, r: Rewriting) -> Any:
        return r.made(call("TO_CHAR", as_moment(node.expressions[0], r), text(form)), node, Kind.TEXT)

    return handler


def _string_to_date(node: Any, r: Rewriting) -> Any:
    value, form = node.expressions
    constant = string_of(form)
    shown = picture(constant, r) if constant is not None else None
    if shown is None or constant is None:
        r.manual("str_to_date", "STR_TO_DATE() with that format.", mend="Parse in the application.")
        return node
    r.note(
        Weight.CAUTION,
        "str_to_date",
        "MySQL makes NULL of a text that does not fit the format; PostgreSQL fails, or reads what it can.",
        mend="Check the texts first.",
    )
    codes = {constant[place + 1] for place in range(len(constant) - 1) if constant[place] == "%"}
    if codes & _TIME_OF_DAY:
        moment = cast(call("TO_TIMESTAMP", as_text(value, r), text(shown)), "TIMESTAMP")
        return r.made(moment, node, Kind.DATETIME)
    return r.made(call("TO_DATE", as_text(value, r), text(shown)), node, Kind.DATE)


FUNCTIONS: dict[str, Handler] = {
    "DATE_FORMAT": _date_format,
    "TIME_FORMAT": _date_format,
    "DAYNAME": _named_day("FMDay"),
    "MONTHNAME": _named_day("FMMonth"),
    "STR_TO_DATE": _string_to_date,
}

__all__ = ["FUNCTIONS", "picture"]

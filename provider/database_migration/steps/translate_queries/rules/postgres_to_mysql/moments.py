"""Dates and times: intervals unit by unit, differences by function, formats letter by letter."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.calls import function_name
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import call, cast, held, integer_of, number, string_of, text
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import MOMENTS

_PART = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_CLOCK = re.compile(r"\s*(\d+):(\d+)(?::(\d+))?\s*$")
_UNITS = {
    "microsecond": "MICROSECOND",
    "second": "SECOND",
    "sec": "SECOND",
    "minute": "MINUTE",
    "min": "MINUTE",
    "hour": "HOUR",
    "day": "DAY",
    "week": "WEEK",
    "mon": "MONTH",
    "month": "MONTH",
    "quarter": "QUARTER",
    "year": "YEAR",
}
_TRUNCATED = {
    "year": "%Y-01-01 00:00:00",
    "month": "%Y-%m-01 00:00:00",
    "day": "%Y-%m-%d 00:00:00",
    "hour": "%Y-%m-%d %H:00:00",
    "minute": "%Y-%m-%d %H:%i:00",
    "second": "%Y-%m-%d %H:%i:%s",
}
_PICTURES = (
    ("YYYY", "%Y"),
    ("IYYY", "%x"),
    ("HH24", "%H"),
    ("HH12", "%h"),
    ("FMMonth", "%M"),
    ("FMDay", "%W"),
    ("FMMM", "%c"),
    ("FMDD", "%e"),
    ("Mon", "%b"),
    ("DDD", "%j"),
    ("YY", "%y"),
    ("MM", "%m"),
    ("DD", "%d"),
    ("Dy", "%a"),
    ("IW", "%v"),
    ("HH", "%h"),
    ("MI", "%i"),
    ("SS", "%s"),
    ("US", "%f"),
    ("AM", "%p"),
    ("PM", "%p"),
)


def interval_parts(node: Any) -> list[tuple[str, str]] | None:
    """(amount, MySQL's unit) of an interval constant; None where a part is not understood."""
    constant = string_of(node.this) if node.this is not None else None
    if constant is None:
        return None
    unit = node.args.get("unit")
    if unit is not None:
        constant = f"{constant} {unit.name}"
    parts: list[tuple[str, str]] = []
    place = 0
    while place < len(constant.rstrip()):
        clock = _CLOCK.match(constant, place)
        if clock is not None:
            parts.extend(
                (amount, name)
                for amount, name in zip(clock.groups(), ("HOUR", "MINUTE", "SECOND"), strict=True)
                if amount is not None
            )
            return parts
        found = _PART.match(constant, place)
        name = _UNITS.get(found[2].lower().removesuffix("s")) if found is not None else None
        if found is None or name is None or ("." in found[1] and name != "SECOND"):
            return None
        parts.append((found[1].lstrip("+"), name))
        place = found.end()
    return parts


def _moved(moment: Any, interval: Any, r: Rewriting, node: Any, *, minus: bool) -> Any:
    times: Any = None
    if isinstance(interval, exp.Paren):
        interval = interval.this
    if isinstance(interval, exp.Mul):
        one, other = interval.this, interval.expression
        interval, times = (other, one) if isinstance(other, exp.Interval) else (one, other)
    parts = interval_parts(interval) if isinstance(interval, exp.Interval) else None
    if parts is None or (times is not None and len(parts) != 1):
        r.manual("interval", "An interval that is no plain constant.", mend="Use DATE_ADD with one unit.")
        return node
    if r.typing(moment).kind is Kind.DATE:  # PostgreSQL makes a timestamp of it
        moment = cast(moment, "DATETIME", "mysql")
    if string_of(moment) is not None:
        moment = cast(moment, "DATETIME(6)", "mysql")
    name = "DATE_SUB" if minus else "DATE_ADD"
    for amount, unit in parts:
        quantity = number(amount) if not amount.startswith("-") else exp.Neg(this=number(amount[1:]))
        if times is not None:
            quantity = exp.Paren(this=exp.Mul(this=held(times), expression=quantity)) if amount != "1" else held(times)
        moment = call(name, moment, exp.Interval(this=quantity, unit=exp.var(unit)))
    return r.made(moment, node, Kind.DATETIME)


def _is_span(node: Any) -> bool:
    inner = node.this if isinstance(node, exp.Paren) else node
    sides = (inner.this, inner.expression) if isinstance(inner, exp.Mul) else (inner,)
    return any(isinstance(side, exp.Interval) for side in sides)


def add(node: Any, r: Rewriting) -> Any:
    """``moment + interval`` and ``date + days``."""
    for moment, other in ((node.this, node.expression), (node.expression, node.this)):
        if _is_span(other):
            return _moved(moment, other, r, node, minus=False)
        if r.typing(moment).kind is Kind.DATE:
            days = exp.Interval(this=held(other), unit=exp.var("DAY"))
            return r.made(call("DATE_ADD", moment, days), node, Kind.DATE)
    return _no_interval(node, r)


def subtract(node: Any, r: Rewriting) -> Any:
    """``moment - interval``, ``date - days`` and ``date - date``."""
    left, right = node.this, node.expression
    if _is_span(right):
        return _moved(left, right, r, node, minus=True)
    if r.typing(left).kind is Kind.DATE:
        if r.typing(right).kind is Kind.DATE:
            return r.made(call("DATEDIFF", left, right), node, Kind.INTEGER)
        if r.typing(right).kind is Kind.INTEGER:
            days = exp.Interval(this=held(right), unit=exp.var("DAY"))
            return r.made(call("DATE_SUB", left, days), node, Kind.DATE)
    if r.typing(left).kind in MOMENTS and _epoch_of(node) is None:
        r.manual(
            "interval",
            "The difference of two moments is an interval, which MySQL does not have.",
            mend="Ask for the unit: EXTRACT(EPOCH FROM a - b), or TIMESTAMPDIFF(SECOND, b, a).",
        )
    return node


def _epoch_of(node: Any) -> Any:
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return parent if isinstance(parent, exp.Extract) and parent.name.upper() == "EPOCH" else None


def _no_interval(node: Any, r: Rewriting) -> Any:
    if {r.typing(node.this).kind, r.typing(node.expression).kind} & {Kind.INTERVAL}:
        r.manual("interval", "Arithmetic on an interval column.", mend="Store seconds.")
    return node


def _now(node: Any, r: Rewriting) -> Any:
    return r.made(call("NOW", number(6)), node, Kind.DATETIME)


def _extract(node: Any, r: Rewriting) -> Any:
    return _part(node.this.name, node.expression, node, r)


def _date_part(node: Any, r: Rewriting) -> Any:
    unit = string_of(node.expressions[0])
    return node if unit is None else _part(unit, node.expressions[1], node, r)


def _part(unit: str, moment: Any, node: Any, r: Rewriting) -> Any:
    unit = unit.upper()
    made: Any = None
    if unit in {"YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE"}:
        made = call(unit, moment)
    elif unit == "DOY":
        made = call("DAYOFYEAR", moment)
    elif unit == "DOW":
        made = exp.Paren(this=exp.Sub(this=call("DAYOFWEEK", moment), expression=number(1)))
    elif unit == "ISODOW":
        made = exp.Paren(this=exp.Add(this=call("WEEKDAY", moment), expression=number(1)))
    elif unit == "WEEK":
        made = call("WEEK", moment, number(3))
    elif unit == "ISOYEAR":
        made = exp.IntDiv(this=call("YEARWEEK", moment, number(3)), expression=number(100))
    elif unit == "SECOND":
        fraction = exp.Div(this=call("MICROSECOND", moment.copy()), expression=number(1000000), typed=False, safe=True)
        made = exp.Paren(this=exp.Add(this=call("SECOND", moment), expression=fraction))
    elif unit == "EPOCH":
        made = _epoch(moment, r)
    if made is None:
        r.manual("extract_unit", f"EXTRACT({unit} …).", mend="Use a part that MySQL has.")
        return node
    return r.made(made, node, Kind.INTEGER)


def _epoch(moment: Any, r: Rewriting) -> Any:
    inner = moment.unnest() if isinstance(moment, exp.Paren) else moment
    if isinstance(inner, exp.Sub):
        passed = call("TIMESTAMPDIFF", exp.column("MICROSECOND"), inner.expression, inner.this)
        return exp.Paren(this=exp.Div(this=passed, expression=number(1000000), typed=False, safe=True))
    if r.typing(inner).kind in MOMENTS:
        return call("UNIX_TIMESTAMP", inner)
    return None


def _truncate(node: Any, r: Rewriting) -> Any:
    unit, moment = string_of(node.expressions[0]), node.expressions[1]
    form = _TRUNCATED.get((unit or "").lower())
    if form is not None:
        return r.made(cast(call("DATE_FORMAT", moment, text(form)), "DATETIME", "mysql"), node, Kind.DATETIME)
    if (unit or "").lower() == "week":
        days = exp.Interval(this=call("WEEKDAY", moment.copy()), unit=exp.var("DAY"))
        monday = call("DATE_SUB", call("DATE", moment), days)
        return r.made(cast(monday, "DATETIME", "mysql"), node, Kind.DATETIME)
    r.manual("date_trunc", f"DATE_TRUNC to {unit or 'a computed unit'}.", mend="Use year, month, week, day or shorter.")
    return node


def _to_char(node: Any, r: Rewriting) -> Any:
    value, form = node.expressions
    constant = string_of(form)
    shown = _format(constant) if constant is not None and r.typing(value).kind in MOMENTS else None
    if shown is None:
        r.manual("to_char", "TO_CHAR() with that format or value.", mend="Format in the application.")
        return node
    return r.made(call("DATE_FORMAT", value, text(shown)), node, Kind.TEXT)


def _from_text(node: Any, r: Rewriting) -> Any:
    if len(node.expressions) == 1:
        return r.made(call("FROM_UNIXTIME", node.expressions[0]), node, Kind.DATETIME)
    constant = string_of(node.expressions[1])
    shown = _format(constant) if constant is not None else None
    if shown is None:
        r.manual("to_date", "TO_DATE() with that format.", mend="Parse in the application.")
        return node
    kind = Kind.DATE if function_name(node) == "TO_DATE" else Kind.DATETIME
    parsed = call("STR_TO_DATE", node.expressions[0], text(shown))
    return r.made(cast(parsed, "DATE", "mysql") if kind is Kind.DATE else parsed, node, kind)


def _format(picture: str) -> str | None:
    result, place = "", 0
    while place < len(picture):
        if picture[place] == '"':
            end = picture.find('"', place + 1)
            if end < 0:
                return None
            result += picture[place + 1 : end].replace("%", "%%")
            place = end + 1
            continue
        for word, code in _PICTURES:
            if picture.startswith(word, place):
                result += code
                place += len(word)
                break
        else:
            if picture[place].isalpha():
                return None
            result += picture[place].replace("%", "%%")
            place += 1
    return result


def _age(node: Any, r: Rewriting) -> Any:
    r.manual("age", "AGE() gives an interval.", mend="Use TIMESTAMPDIFF(MONTH, a, b) or TIMESTAMPDIFF(YEAR, a, b).")
    return node


def _make_date(node: Any, r: Rewriting) -> Any:
    r.note(Weight.INFO, "make_date", "MAKE_DATE is put together from its parts.")
    year, month, day = node.expressions
    if all(integer_of(part) is not None for part in (year, month, day)):
        written = f"{integer_of(year):04d}-{integer_of(month):02d}-{integer_of(day):02d}"
        return r.made(cast(text(written), "DATE", "mysql"), node, Kind.DATE)
    parts = call("CONCAT_WS", text("-"), year, month, day)
    return r.made(cast(parts, "DATE", "mysql"), node, Kind.DATE)


HANDLERS: dict[Any, Handler] = {
    exp.CurrentTimestamp: _now,
    exp.Localtimestamp: _now,
    exp.Extract: _extract,
}
FUNCTIONS: dict[str, Handler] = {
    **dict.fromkeys(("NOW", "STATEMENT_TIMESTAMP", "TRANSACTION_TIMESTAMP", "CLOCK_TIMESTAMP"), _now),
    "DATE_PART": _date_part,
    "DATE_TRUNC": _truncate,
    "TO_CHAR": _to_char,
    **dict.fromkeys(("TO_DATE", "TO_TIMESTAMP"), _from_text),
    "AGE": _age,
    "MAKE_DATE": _make_date,
}

__all__ = ["FUNCTIONS", "HANDLERS", "add", "subtract"]

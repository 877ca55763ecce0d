"""Dates and times: intervals, differences, parts."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import call, case, cast, held, integer_of, number, text
from database_migration.steps.translate_queries.rules.mysql_to_postgres.coercions import as_moment, as_number
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import MOMENTS, TEXTS

_DAY_UNITS = {
    "DAY": ("day", 1),
    "WEEK": ("week", 1),
    "MONTH": ("month", 1),
    "QUARTER": ("month", 3),
    "YEAR": ("year", 1),
}
_TIME_UNITS = {"HOUR": ("hour", 1), "MINUTE": ("minute", 1), "SECOND": ("second", 1), "MICROSECOND": ("microsecond", 1)}
_UNITS = _DAY_UNITS | _TIME_UNITS
_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400, "WEEK": 604_800}


def extract(part: str, moment: Any) -> Any:
    """``CAST(EXTRACT(part FROM moment) AS INT)``."""
    return cast(exp.Extract(this=exp.var(part), expression=moment), "INT")


def local_now(*, whole_seconds: bool = True) -> Any:
    """MySQL's NOW(): local time without a zone, cut to seconds."""
    now = exp.Localtimestamp()
    return call("DATE_TRUNC", text("second"), now) if whole_seconds else now


def add_interval(moment: Any, interval: Any, r: Rewriting, like: Any, *, minus: bool) -> Any:
    """``moment ± INTERVAL n unit``; of a date and whole days MySQL makes a date again."""
    unit_node = interval.args.get("unit")
    unit = unit_node.name.upper() if unit_node is not None else ""
    if unit not in _UNITS:
        r.manual(
            "compound_interval",
            f"An INTERVAL in {unit or 'no unit'}.",
            mend="Add its parts one by one (HOUR, then MINUTE).",
        )
        return like
    moment = as_moment(moment, r)
    kind = r.kind(moment)
    word, factor = _UNITS[unit]
    amount = _amount(interval.this, r)
    constant = integer_of(amount)
    operator = exp.Sub if minus else exp.Add
    if constant is not None:
        span = exp.Interval(this=text(f"{constant * factor} {word}"))
    else:
        times = exp.Mul(this=held(amount), expression=number(factor)) if factor != 1 else held(amount)
        span = exp.Paren(this=exp.Mul(this=times, expression=exp.Interval(this=text(f"1 {word}"))))
    moved = operator(this=held(moment), expression=span)
    if kind is Kind.DATE and unit in _DAY_UNITS:
        return r.made(cast(moved, "DATE"), like, Kind.DATE)
    return r.made(exp.Paren(this=moved), like, Kind.DATETIME if kind is Kind.DATE else kind)


def _amount(node: Any, r: Rewriting) -> Any:
    if isinstance(node, exp.Literal) and node.is_string:
        value = node.name.strip()
        if value.lstrip("-").isdigit():
            return exp.Neg(this=number(value[1:])) if value.startswith("-") else number(value)
    return as_number(node, r)


def _date_add(node: Any, r: Rewriting) -> Any:
    moment, interval = node.expressions
    if not isinstance(interval, exp.Interval):  # ADDDATE(d, 5)
        interval = exp.Interval(this=interval, unit=exp.var("DAY"))
    return add_interval(moment, interval, r, node, minus=node.name.upper() in {"DATE_SUB", "SUBDATE"})


def _timestamp_add(node: Any, r: Rewriting) -> Any:
    unit, amount, moment = node.expressions
    return add_interval(moment, exp.Interval(this=amount, unit=exp.var(unit.name)), r, node, minus=False)


def _now(node: Any, r: Rewriting) -> Any:
    fraction = integer_of(node.expressions[0]) if isinstance(node, exp.Anonymous) and node.expressions else 0
    return r.made(local_now(whole_seconds=not fraction), node, Kind.DATETIME)


def _sysdate(node: Any, r: Rewriting) -> Any:
    return r.made(call("DATE_TRUNC", text("second"), cast(call("CLOCK_TIMESTAMP"), "TIMESTAMP")), node, Kind.DATETIME)


def _today(node: Any, r: Rewriting) -> Any:
    return r.made(exp.CurrentDate(), node, Kind.DATE)


def _time_now(node: Any, r: Rewriting) -> Any:
    return r.made(cast(call("DATE_TRUNC", text("second"), exp.Localtimestamp()), "TIME"), node, Kind.TIME)


def _utc_now(node: Any, r: Rewriting) -> Any:
    zoned = exp.AtTimeZone(this=call("NOW"), zone=text("UTC"))
    return r.made(call("DATE_TRUNC", text("second"), zoned), node, Kind.DATETIME)


def _date(node: Any, r: Rewriting) -> Any:
    return r.made(cast(as_moment(node.expressions[0], r), "DATE"), node, Kind.DATE)


def _time(node: Any, r: Rewriting) -> Any:
    value = node.expressions[0]
    if r.kind(value) in {Kind.TIME, Kind.INTERVAL}:
        return value
    return r.made(cast(as_moment(value, r), "TIME"), node, Kind.TIME)


def _date_difference(node: Any, r: Rewriting) -> Any:
    later, earlier = (_as_date(part, r) for part in node.expressions)
    return r.made(exp.Paren(this=exp.Sub(this=later, expression=earlier)), node, Kind.INTEGER)


def _as_date(node: Any, r: Rewriting) -> Any:
    moment = as_moment(node, r)
    return moment if r.kind(moment) is Kind.DATE else cast(moment, "DATE")


def _as_timestamp(node: Any, r: Rewriting) -> Any:
    moment = as_moment(node, r)
    return moment if r.kind(moment) is Kind.DATETIME else cast(moment, "TIMESTAMP")


def _timestamp_difference(node: Any, r: Rewriting) -> Any:
    unit_node, earlier, later = node.expressions
    unit = unit_node.name.upper().removeprefix("SQL_TSI_")
    earlier, later = _as_timestamp(earlier, r), _as_timestamp(later, r)
    if unit in _SECONDS:
        passed = exp.Extract(this=exp.var("EPOCH"), expression=exp.Sub(this=held(later), expression=held(earlier)))
        whole = (
            passed
            if unit == "SECOND"
            else exp.Div(this=passed, expression=number(_SECONDS[unit]), typed=True, safe=False)
        )
        return r.made(cast(call("TRUNC", whole), "BIGINT"), node, Kind.INTEGER)
    if unit not in {"MONTH", "QUARTER", "YEAR"}:
        r.manual("timestampdiff", f"TIMESTAMPDIFF in {unit}.", mend="Use seconds.")
        return node
    age = call("AGE", later, earlier)
    months = exp.Add(
        this=exp.Mul(this=extract("YEAR", age), expression=number(12)), expression=extract("MONTH", age.copy())
    )
    divisor = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit]
    if divisor == 1:
        return r.made(exp.Paren(this=months), node, Kind.INTEGER)
    if divisor == 12:
        return r.made(extract("YEAR", age), node, Kind.INTEGER)
    whole = exp.Div(this=exp.Paren(this=months), expression=number(divisor), typed=True, safe=False)
    return r.made(exp.Paren(this=whole), node, Kind.INTEGER)


def _part(name: str) -> Handler:
    def handler(node: Any, r: Rewriting) -> Any:
        value = node.expressions[0]
        if r.kind(value) not in {Kind.TIME, Kind.INTERVAL}:
            value = as_moment(value, r)
        if name == "SECOND":  # EXTRACT gives the fraction too, and a cast would round it up
            part = exp.Extract(this=exp.var("SECOND"), expression=value)
            return r.made(cast(call("TRUNC", part), "INT"), node, Kind.INTEGER)
        return r.made(extract(name, value), node, Kind.INTEGER)

    return handler


def _shifted_part(name: str, shift: int) -> Handler:
    def handler(node: Any, r: Rewriting) -> Any:
        part = extract(name, as_moment(node.expressions[0], r))
        moved = (
            exp.Add(this=part, expression=number(shift)) if shift > 0 else exp.Sub(this=part, expression=number(-shift))
        )
        return r.made(exp.Paren(this=moved), node, Kind.INTEGER)

    return handler


def _week(node: Any, r: Rewriting) -> Any:
    mode = integer_of(node.expressions[1]) if len(node.expressions) > 1 else 0
    moment = as_moment(node.expressions[0], r)
    week = extract("WEEK", moment)
    if mode == 3:
        return r.made(week, node, Kind.INTEGER)
    if mode == 0:  # weeks begin on Sundays; the days before the first one are week 0
        days = exp.Sub(
            this=exp.Add(this=extract("DOY", moment), expression=number(6)),
            expression=extract("DOW", moment.copy()),
        )
        whole = exp.Div(this=exp.Paren(this=days), expression=number(7), typed=True, safe=False)
        return r.made(exp.Paren(this=whole), node, Kind.INTEGER)
    if mode == 1:  # ISO's weeks, counted within the calendar year
        year, iso_year = extract("YEAR", moment.copy()), extract("ISOYEAR", moment.copy())
        branches = [
            (exp.LT(this=iso_year, expression=year), number(0)),
            (exp.GT(this=iso_year.copy(), expression=year.copy()), number(53)),
        ]
        return r.made(case(branches, week), node, Kind.INTEGER)
    r.manual("week_mode", f"WEEK() in mode {mode}.", mend="Use mode 3 (ISO weeks), which both servers have.")
    return node


def _year_week(node: Any, r: Rewriting) -> Any:
    mode = integer_of(node.expressions[1]) if len(node.expressions) > 1 else 0
    if mode not in {1, 3}:
        r.manual("week_mode", "YEARWEEK() with weeks from Sunday.", mend="Use mode 3 (ISO weeks).")
        return node
    moment = as_moment(node.expressions[0], r)
    years = exp.Mul(this=extract("ISOYEAR", moment), expression=number(100))
    return r.made(exp.Paren(this=exp.Add(this=years, expression=extract("WEEK", moment.copy()))), node, Kind.INTEGER)


def _extract(node: Any, r: Rewriting) -> Any:
    unit = node.this.name.upper()
    value = node.expression
    if r.kind(value) not in {Kind.TIME, Kind.INTERVAL}:
        value = as_moment(value, r)
    if unit == "YEAR_MONTH":
        years = exp.Mul(this=extract("YEAR", value), expression=number(100))
        return r.made(
            exp.Paren(this=exp.Add(this=years, expression=extract("MONTH", value.copy()))), node, Kind.INTEGER
        )
    if unit not in {"YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"}:
        r.manual("extract_unit", f"EXTRACT({unit} …).", mend="Use YEAR, MONTH, DAY, HOUR, MINUTE or SECOND.")
        return node
    return _part(unit)(call(unit, value), r)


def _last_day(node: Any, r: Rewriting) -> Any:
    month = call("DATE_TRUNC", text("month"), as_moment(node.expressions[0], r))
    last = exp.Add(this=month, expression=exp.Interval(this=text("1 month - 1 day")))
    return r.made(cast(last, "DATE"), node, Kind.DATE)


def _unix_timestamp(node: Any, r: Rewriting) -> Any:
    if not node.expressions:
        value = call("FLOOR", exp.Extract(this=exp.var("EPOCH"), expression=call("NOW")))
        return r.made(cast(value, "BIGINT"), node, Kind.INTEGER)
    moment = as_moment(node.expressions[0], r)
    fraction = r.typing(node.expressions[0]).fraction
    zoned = moment if r.kind(moment) is Kind.TIMESTAMP else cast(moment, "TIMESTAMPTZ")
    seconds = exp.Extract(this=exp.var("EPOCH"), expression=zoned)
    if fraction:
        return r.made(seconds, node, Kind.DECIMAL)
    return r.made(cast(seconds, "BIGINT"), node, Kind.INTEGER)


def _from_unixtime(node: Any, r: Rewriting) -> Any:
    if len(node.expressions) > 1:
        r.manual("from_unixtime_format", "FROM_UNIXTIME() with a format.", mend="Use DATE_FORMAT(FROM_UNIXTIME(x), f).")
        return node
    seconds = as_number(node.expressions[0], r)
    return r.made(cast(call("TO_TIMESTAMP", seconds), "TIMESTAMP"), node, Kind.DATETIME)


def _to_days(node: Any, r: Rewriting) -> Any:
    day = _as_date(node.expressions[0], r)
    since = exp.Sub(this=day, expression=cast(text("0001-01-01"), "DATE"))
    return r.made(exp.Paren(this=exp.Add(this=since, expression=number(366))), node, Kind.INTEGER)


def _seconds_to_time(node: Any, r: Rewriting) -> Any:
    span = exp.Mul(this=held(as_number(node.expressions[0], r)), expression=exp.Interval(this=text("1 second")))
    return r.made(exp.Paren(this=span), node, Kind.INTERVAL)


def _time_to_seconds(node: Any, r: Rewriting) -> Any:
    value = node.expressions[0]
    if r.kind(value) in TEXTS:
        value = cast(value, "INTERVAL")
    elif r.kind(value) in MOMENTS:
        value = cast(value, "TIME")
    seconds = exp.Extract(this=exp.var("EPOCH"), expression=value)
    return r.made(cast(call("TRUNC", seconds), "BIGINT"), node, Kind.INTEGER)


def _timestamp(node: Any, r: Rewriting) -> Any:
    if len(node.expressions) > 1:
        r.manual("timestamp_of_two", "TIMESTAMP(date, time).", mend="Add the time as an INTERVAL.")
        return node
    return r.made(_as_timestamp(node.expressions[0], r), node, Kind.DATETIME)


def _convert_zone(node: Any, r: Rewriting) -> Any:
    moment, from_zone, to_zone = node.expressions
    zoned = exp.AtTimeZone(this=held(_as_timestamp(moment, r)), zone=from_zone)
    r.note(
        Weight.CAUTION,
        "time_zone",
        "MySQL gives NULL where its time-zone tables are empty, and '+02:00' has the other sign in PostgreSQL.",
        mend="Use names of zones (Europe/Paris) on both sides.",
    )
    return r.made(exp.Paren(this=exp.AtTimeZone(this=exp.Paren(this=zoned), zone=to_zone)), node, Kind.DATETIME)


def _make_date(node: Any, r: Rewriting) -> Any:
    year, day = (as_number(part, r) for part in node.expressions)
    first = call("MAKE_DATE", year, number(1), number(1))
    return r.made(
        exp.Paren(this=exp.Sub(this=exp.Add(this=first, expression=held(day)), expression=number(1))), node, Kind.DATE
    )


HANDLERS: dict[Any, Handler] = {
    exp.CurrentTimestamp: _now,
    exp.Localtimestamp: _now,
    exp.Localtime: _now,
    exp.CurrentDate: _today,
    exp.CurrentTime: _time_now,
    exp.Extract: _extract,
}
FUNCTIONS: dict[str, Handler] = {
    **dict.fromkeys(("NOW", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP"), _now),
    "SYSDATE": _sysdate,
    **dict.fromkeys(("CURDATE", "CURRENT_DATE"), _today),
    **dict.fromkeys(("CURTIME", "CURRENT_TIME"), _time_now),
    "UTC_TIMESTAMP": _utc_now,
    "DATE": _date,
    "TIME": _time,
    "TIMESTAMP": _timestamp,
    **dict.fromkeys(("DATE_ADD", "DATE_SUB", "ADDDATE", "SUBDATE"), _date_add),
    "TIMESTAMPADD": _timestamp_add,
    "DATEDIFF": _date_difference,
    "TIMESTAMPDIFF": _timestamp_difference,
    "YEAR": _part("YEAR"),
    "QUARTER": _part("QUARTER"),
    "MONTH": _part("MONTH"),
    **dict.fromkeys(("DAY", "DAYOFMONTH"), _part("DAY")),
    "HOUR": _part("HOUR"),
    "MINUTE": _part("MINUTE"),
    "SECOND": _part("SECOND"),
    "DAYOFYEAR": _part("DOY"),
    "WEEKOFYEAR": _part("WEEK"),
    "DAYOFWEEK": _shifted_part("DOW", 1),
    "WEEKDAY": _shifted_part("ISODOW", -1),
    "WEEK": _week,
    "YEARWEEK": _year_week,
    "LAST_DAY": _last_day,
    "UNIX_TIMESTAMP": _unix_timestamp,
    "FROM_UNIXTIME": _from_unixtime,
    "TO_DAYS": _to_days,
    "SEC_TO_TIME": _seconds_to_time,
    "TIME_TO_SEC": _time_to_seconds,
    "CONVERT_TZ": _convert_zone,
    "MAKEDATE": _make_date,
}

__all__ = ["FUNCTIONS", "HANDLERS", "add_interval"]

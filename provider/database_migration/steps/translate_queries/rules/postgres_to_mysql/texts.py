"""Functions of text, casts, documents and aggregates under MySQL's names."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import call, integer_of, number, string_of, text
from database_migration.steps.translate_queries.rules.postgres_to_mysql.numbers import as_text
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import TEXTS

_T = exp.DataType.Type


def _named(name: str, kind: Kind | None = None) -> Handler:
    def handler(node: Any, r: Rewriting) -> Any:
        return r.made(call(name, *node.expressions), node, kind)

    return handler


def _octets(node: Any, r: Rewriting) -> Any:
    return r.made(call("LENGTH", *node.expressions), node, Kind.INTEGER)


def _position(node: Any, r: Rewriting) -> Any:
    hay, needle = (node.this, node.args["substr"]) if isinstance(node, exp.StrPosition) else node.expressions
    exact = exp.Collate(this=needle, expression=exp.var("utf8mb4_bin")) if string_of(needle) is not None else needle
    return r.made(call("LOCATE", exact, hay), node, Kind.INTEGER)


def _concat(node: Any, r: Rewriting) -> Any:
    """PostgreSQL's CONCAT leaves NULLs out, MySQL's becomes NULL."""
    parts = [as_text(part, r) for part in node.expressions]
    return r.made(call("CONCAT_WS", text(""), *parts), node, Kind.TEXT)


def _concat_ws(node: Any, r: Rewriting) -> Any:
    node.set("expressions", [as_text(part, r) for part in node.expressions])
    return node


def _split_part(node: Any, r: Rewriting) -> Any:
    value, separator, place = node.expressions
    wanted = integer_of(place)
    if wanted is None or wanted < 1:
        r.manual("split_part", "SPLIT_PART() from the end, or of a computed place.", mend="Use SUBSTRING_INDEX().")
        return node
    upto = call("SUBSTRING_INDEX", value, separator, number(wanted))
    if wanted == 1:
        return r.made(upto, node, Kind.TEXT)
    r.note(
        Weight.CAUTION,
        "split_part",
        "Where a text has fewer parts, SPLIT_PART() gives '' and the translation the last part.",
    )
    return r.made(call("SUBSTRING_INDEX", upto, separator.copy(), exp.Neg(this=number(1))), node, Kind.TEXT)


def _pad(node: Any, r: Rewriting) -> Any:
    if len(node.expressions) == 2:
        node.append("expressions", text(" "))
    return node


def _trim(node: Any, r: Rewriting) -> Any:
    if len(node.expressions) > 1:
        r.manual("trim_letters", f"{node.name.upper()}() of several letters.", mend="Use REGEXP_REPLACE().")
        return node
    return r.made(
        call("TRIM" if node.name.upper() == "BTRIM" else node.name.upper(), *node.expressions), node, Kind.TEXT
    )


def _encode(node: Any, r: Rewriting) -> Any:
    form = string_of(node.expressions[1])
    if form == "hex":
        return r.made(call("LOWER", call("HEX", node.expressions[0])), node, Kind.TEXT)
    if form == "base64":
        return r.made(call("TO_BASE64", node.expressions[0]), node, Kind.TEXT)
    r.manual("encode", "ENCODE() in that form.", mend="Encode in the application.")
    return node


def _decode(node: Any, r: Rewriting) -> Any:
    if string_of(node.expressions[1]) == "hex":
        return r.made(call("UNHEX", node.expressions[0]), node, Kind.BLOB)
    r.manual("decode", "DECODE() of that form.", mend="Decode in the application.")
    return node


def _regexp_replace(node: Any, r: Rewriting) -> Any:
    flags = string_of(node.expressions[3]) if len(node.expressions) == 4 else ""
    pattern = string_of(node.expressions[1])
    if flags is None or "g" not in flags or pattern is None:
        r.manual("regexp_replace", "REGEXP_REPLACE() of the first match only, or computed.", mend="Write it anew.")
        return node
    flag = "(?i)" if "i" in flags else "(?-i)"
    made = call("REGEXP_REPLACE", node.expressions[0], text(flag + pattern), node.expressions[2])
    return r.made(made, node, Kind.TEXT)


def _cast(node: Any, r: Rewriting) -> Any:
    value, to = node.this, node.to
    kind = to.this
    digits = ", ".join(part.name for part in to.expressions)
    if kind in {_T.TEXT, _T.VARCHAR, _T.CHAR, _T.NAME, _T.UUID}:
        shown = as_text(value, r)
        return r.made(call("LEFT", shown, number(digits)) if digits else shown, node, Kind.TEXT)
    if kind is _T.BOOLEAN:
        constant = string_of(value)
        if constant is not None:
            truth = constant.strip().lower() in {"t", "true", "y", "yes", "on", "1"}
            return r.made(exp.Boolean(this=truth), node, Kind.INTEGER)
        if r.typing(value).kind is Kind.BOOLEAN:
            return value
        return r.made(exp.Paren(this=exp.NEQ(this=value, expression=number(0))), node, Kind.INTEGER)
    simple = {
        **dict.fromkeys((_T.INT, _T.BIGINT, _T.SMALLINT), ("SIGNED", Kind.INTEGER)),
        **dict.fromkeys((_T.DOUBLE, _T.FLOAT), ("DOUBLE", Kind.DOUBLE)),
        _T.DECIMAL: (f"DECIMAL({digits})" if digits else "DECIMAL(38, 16)", Kind.DECIMAL),
        _T.DATE: ("DATE", Kind.DATE),
        **dict.fromkeys((_T.TIMESTAMP, _T.TIMESTAMPTZ), (f"DATETIME({digits or 6})", Kind.DATETIME)),
        _T.TIME: ("TIME(6)", Kind.TIME),
        **dict.fromkeys((_T.JSON, _T.JSONB), ("JSON", Kind.JSON)),
    }.get(kind)
    if simple is None:
        r.manual("cast", f"A cast to {to.sql(dialect='postgres')}.", mend="Cast to a type that both servers have.")
        return node
    if kind in {_T.JSON, _T.JSONB}:
        return r.made(value, node, Kind.JSON)
    if r.typing(value).kind is Kind.BOOLEAN and kind in {_T.INT, _T.BIGINT, _T.SMALLINT}:
        return value
    if r.typing(value).kind in TEXTS and string_of(value) is None:
        r.note(Weight.CAUTION, "cast_text", "A text that does not fit fails on PostgreSQL and is cut or NULL on MySQL.")
    type_ = exp.DataType(this=_T.USERDEFINED, kind=simple[0])
    return r.made(exp.Cast(this=value, to=type_), node, simple[1])


def _path(node: Any) -> str | None:
    """A MySQL path out of a parsed one, or of ``'{a,0}'``."""
    if isinstance(node, exp.JSONPath):
        steps = ""
        for part in node.expressions[1:]:
            if isinstance(part, exp.JSONPathKey) and isinstance(part.this, str):
                steps += f'."{part.this}"'
            elif isinstance(part, exp.JSONPathSubscript) and isinstance(part.this, int):
                steps += f"[{part.this}]"
            else:
                return None
        return f"${steps}"
    constant = string_of(node)
    if constant is None or not constant.startswith("{"):
        return None
    keys = [key.strip() for key in constant.strip("{}").split(",")]
    return "$" + "".join(f"[{key}]" if key.isdigit() else f'."{key}"' for key in keys)


def _extract(node: Any, r: Rewriting) -> Any:
    path = _path(node.expression)
    if path is None:
        r.manual("json_path", "A computed JSON path.", mend="Use JSON_EXTRACT with a path.")
        return node
    found = call("JSON_EXTRACT", node.this, text(path))
    if isinstance(node, exp.JSONExtractScalar | exp.JSONBExtractScalar):
        r.note(Weight.CAUTION, "json_null", "JSON's null comes out as NULL on PostgreSQL and as 'null' on MySQL.")
        return r.made(call("JSON_UNQUOTE", found), node, Kind.TEXT)
    return r.made(found, node, Kind.JSON)


def _filter(node: Any, r: Rewriting) -> Any:
    """``agg(x) FILTER (WHERE c)``: other rows count as NULL, which aggregates leave out."""
    aggregate, condition = node.this, node.expression.this
    if isinstance(aggregate, exp.GroupConcat):
        r.manual("filter", "FILTER on STRING_AGG.", mend="Put CASE around what is joined.")
        return node
    argument = aggregate.expressions[0]
    inner = argument.expressions[0] if isinstance(argument, exp.Distinct) else argument
    value = number(1) if isinstance(inner, exp.Star) else inner
    chosen = exp.Case(ifs=[exp.If(this=condition, true=value)])
    aggregate.set("expressions", [exp.Distinct(expressions=[chosen]) if isinstance(argument, exp.Distinct) else chosen])
    return r.made(aggregate, node)


def _count(node: Any, r: Rewriting) -> Any:
    """COUNT(DISTINCT (a, b)) counts rows with a NULL too on PostgreSQL."""
    argument = node.expressions[0]
    if isinstance(argument, exp.Distinct) and isinstance(argument.expressions[0], exp.Tuple | exp.Paren):
        r.note(Weight.RISK, "count_distinct_row", "COUNT(DISTINCT (a, b)) leaves out rows with a NULL on MySQL.")
        argument.set("expressions", list(argument.expressions[0].expressions) or argument.expressions)
    return node


def _group_concat(node: Any, r: Rewriting) -> Any:
    inner = node.this
    if not isinstance(inner, exp.Order):
        r.note(
            Weight.RISK,
            "unordered_concatenation",
            "STRING_AGG without ORDER BY joins the values in an order that nobody promises.",
            mend="Add ORDER BY inside it, on both sides.",
        )
    r.note(
        Weight.CAUTION,
        "group_concat_length",
        "GROUP_CONCAT cuts its result at group_concat_max_len (1024 on MySQL) with only a warning.",
        mend="SET group_concat_max_len in the application's sessions.",
    )
    return node


def _without_counterpart(node: Any, r: Rewriting) -> Any:
    r.manual("no_counterpart", f"{node.name.upper()}() has no counterpart on MySQL.", mend="Write the query anew.")
    return node


HANDLERS: dict[Any, Handler] = {
    exp.Cast: _cast,
    exp.StrPosition: _position,
    exp.Filter: _filter,
    exp.GroupConcat: _group_concat,
    **dict.fromkeys((exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar), _extract),
}
FUNCTIONS: dict[str, Handler] = {
    **dict.fromkeys(("LENGTH", "CHAR_LENGTH", "CHARACTER_LENGTH"), _named("CHAR_LENGTH", Kind.INTEGER)),
    "OCTET_LENGTH": _octets,
    "STRPOS": _position,
    "CONCAT": _concat,
    "CONCAT_WS": _concat_ws,
    "SPLIT_PART": _split_part,
    **dict.fromkeys(("LPAD", "RPAD"), _pad),
    **dict.fromkeys(("BTRIM", "LTRIM", "RTRIM"), _trim),
    "ENCODE": _encode,
    "DECODE": _decode,
    "REGEXP_REPLACE": _regexp_replace,
    "CHR": _named("CHAR", Kind.TEXT),
    "GEN_RANDOM_UUID": _named("UUID", Kind.TEXT),
    "COUNT": _count,
    **dict.fromkeys(("BOOL_AND", "EVERY"), _named("MIN", Kind.INTEGER)),
    "BOOL_OR": _named("MAX", Kind.INTEGER),
    "STDDEV": _named("STDDEV_SAMP", Kind.DOUBLE),
    "VARIANCE": _named("VAR_SAMP", Kind.DOUBLE),
    **dict.fromkeys(("JSON_BUILD_OBJECT", "JSONB_BUILD_OBJECT"), _named("JSON_OBJECT", Kind.JSON)),
    **dict.fromkeys(("JSON_BUILD_ARRAY", "JSONB_BUILD_ARRAY"), _named("JSON_ARRAY", Kind.JSON)),
    **dict.fromkeys(("JSON_AGG", "JSONB_AGG"), _named("JSON_ARRAYAGG", Kind.JSON)),
    "LASTVAL": _named("LAST_INSERT_ID", Kind.INTEGER),
    **dict.fromkeys(
        (
            "ARRAY_AGG",
            "ARRAY_LENGTH",
            "CARDINALITY",
            "CURRENT_SETTING",
            "CURRVAL",
            "FORMAT",
            "GENERATE_SERIES",
            "INITCAP",
            "NEXTVAL",
            "PERCENTILE_CONT",
            "PERCENTILE_DISC",
            "REGEXP_MATCHES",
            "ROW_TO_JSON",
            "STRING_TO_ARRAY",
            "TO_TSQUERY",
            "TO_TSVECTOR",
            "TRANSLATE",
            "UNNEST",
        ),
        _without_counterpart,
    ),
}

__all__ = ["FUNCTIONS", "HANDLERS"]

"""CAST, CONVERT, COLLATE and the prefixes of constants."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import call, cast, held, text
from database_migration.steps.translate_queries.rules.mysql_to_postgres.coercions import as_moment, as_number, as_text
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import BYTES, INEXACT, TEXTS

_T = exp.DataType.Type
_TEXT_TYPES = {_T.CHAR, _T.NCHAR, _T.VARCHAR, _T.TEXT, _T.CHARACTER_SET}


def _cast(node: Any, r: Rewriting) -> Any:
    value, to = node.this, node.to
    kind = to.this
    if kind in _TEXT_TYPES:
        shown = as_text(value, r)
        if r.kind(value) in BYTES:
            shown = call("CONVERT_FROM", value, text("UTF8"))
        length = to.expressions[0].name if to.expressions and kind is not _T.CHARACTER_SET else None
        if length is not None:
            return r.made(call("LEFT", shown, exp.Literal.number(length)), node, Kind.TEXT)
        return r.made(shown, node, Kind.TEXT)
    if kind in {_T.BIGINT, _T.INT, _T.UBIGINT, _T.UINT}:
        return _to_integer(node, value, unsigned=kind in {_T.UBIGINT, _T.UINT}, r=r)
    if kind is _T.DECIMAL:
        digits = [part.name for part in to.expressions] or ["10"]
        return r.made(cast(as_number(value, r), f"DECIMAL({', '.join(digits)})"), node, Kind.DECIMAL)
    if kind in {_T.DOUBLE, _T.FLOAT}:
        return r.made(cast(as_number(value, r), "DOUBLE PRECISION"), node, Kind.DOUBLE)
    if kind is _T.DATE:
        if r.kind(as_moment(value, r)) is Kind.DATE:
            return as_moment(value, r)
        return r.made(cast(as_moment(value, r), "DATE"), node, Kind.DATE)
    if kind in {_T.DATETIME, _T.TIMESTAMP, _T.TIMESTAMPTZ}:
        return r.made(cast(as_moment(value, r), "TIMESTAMP(0)"), node, Kind.DATETIME)
    if kind is _T.TIME:
        return r.made(cast(value, "INTERVAL" if r.kind(value) in TEXTS else "TIME"), node, Kind.TIME)
    if kind is _T.JSON:
        return r.made(cast(value, "JSONB"), node, Kind.JSON)
    if kind in {_T.BINARY, _T.VARBINARY}:
        return _to_binary(node, value, r)
    r.manual("cast", f"CAST to {to.sql(dialect='mysql')}.", mend="Cast to a type that both servers have.")
    return node


def _to_integer(node: Any, value: Any, *, unsigned: bool, r: Rewriting) -> Any:
    if unsigned:
        r.note(
            Weight.CAUTION,
            "cast_unsigned",
            "CAST … AS UNSIGNED turns negative numbers into large ones on MySQL; they stay negative on PostgreSQL.",
        )
    if r.kind(value) in TEXTS:
        return r.made(cast(call("TRUNC", as_number(value, r)), "BIGINT"), node, Kind.INTEGER)
    number_ = as_number(value, r)
    if r.kind(number_) in INEXACT:
        number_ = call("ROUND", number_)
    return r.made(cast(number_, "BIGINT"), node, Kind.INTEGER)


def _to_binary(node: Any, value: Any, r: Rewriting) -> Any:
    """``BINARY a = b`` asks for a comparison letter by letter, which is PostgreSQL's own; '' COLLATE "C" says so."""
    compared = isinstance(node.parent, exp.Predicate | exp.Ordered)
    if compared and r.kind(value) in TEXTS:
        collation = exp.to_identifier("C", quoted=True)
        return r.made(exp.Collate(this=held(as_text(value, r)), expression=collation), node, Kind.TEXT)
    if r.kind(value) in BYTES:
        return value
    return r.made(call("CONVERT_TO", as_text(value, r), text("UTF8")), node, Kind.BLOB)


def _collate(node: Any, r: Rewriting) -> Any:
    name = node.expression.name.lower()
    if name == "binary" or name.endswith("_bin") or "_as_cs" in name:
        collation = exp.to_identifier("C", quoted=True)
        return r.made(exp.Collate(this=held(node.this), expression=collation), node, Kind.TEXT)
    return node.this  # whether it folds was looked at by ``letters`` before this


def _introducer(node: Any, r: Rewriting) -> Any:
    return node.expression


def _national(node: Any, r: Rewriting) -> Any:
    return r.made(text(node.name), node, Kind.TEXT)


def _hex_string(node: Any, r: Rewriting) -> Any:
    digits = node.name if len(node.name) % 2 == 0 else f"0{node.name}"
    return r.made(cast(text(f"\\x{digits}"), "BYTEA"), node, Kind.BLOB)


HANDLERS: dict[Any, Handler] = {
    exp.Cast: _cast,
    exp.Collate: _collate,
    exp.Introducer: _introducer,
    exp.National: _national,
    exp.HexString: _hex_string,
}

__all__ = ["HANDLERS"]

"""Functions of text: octets and characters, positions that fold case, NULLs that spread."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import (
    call,
    case,
    cast,
    held,
    integer_of,
    is_not_null,
    number,
    string_of,
    text,
)
from database_migration.steps.translate_queries.rules.mysql_to_postgres.coercions import as_number, as_text
from database_migration.steps.translate_queries.rules.mysql_to_postgres.letters import folds, note_case
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import BYTES


def joined(parts: list[Any]) -> Any:
    """``a || b``: NULL when one part is, as in MySQL."""
    result = parts[0]
    for part in parts[1:]:
        result = exp.DPipe(this=result, expression=held(part) if isinstance(part, exp.Binary) else part, safe=False)
    return result


def _concat(node: Any, r: Rewriting) -> Any:
    parts = [as_text(part, r) for part in node.expressions]
    return r.made(exp.Paren(this=joined(parts)) if len(parts) > 1 else parts[0], node, Kind.TEXT)


def _texts(node: Any, r: Rewriting) -> Any:
    """Every argument a text, the name as it is."""
    node.set("expressions", [as_text(part, r) for part in node.expressions])
    return node


def _first_text(node: Any, r: Rewriting) -> Any:
    node.set("expressions", [as_text(node.expressions[0], r), *node.expressions[1:]])
    return node


def _named(name: str) -> Handler:
    def handler(node: Any, r: Rewriting) -> Any:
        return r.made(call(name, *(as_text(part, r) for part in node.expressions)), node, Kind.TEXT)

    return handler


def _octets(node: Any, r: Rewriting) -> Any:
    value = node.expressions[0]
    return r.made(call("OCTET_LENGTH", value if r.kind(value) in BYTES else as_text(value, r)), node, Kind.INTEGER)


def _characters(node: Any, r: Rewriting) -> Any:
    value = node.expressions[0]
    name = "OCTET_LENGTH" if r.kind(value) in BYTES else "CHAR_LENGTH"
    return r.made(call(name, value if r.kind(value) in BYTES else as_text(value, r)), node, Kind.INTEGER)


def _substring(node: Any, r: Rewriting) -> Any:
    """MySQL counts a negative start from the end, and finds nothing at zero."""
    if isinstance(node, exp.Substring):
        value, start, length = node.this, node.args.get("start"), node.args.get("length")
    else:
        value, start, length = (*node.expressions, None)[:3]
    value = as_text(value, r)
    begin = integer_of(start)
    if begin == 0:
        return r.made(text(""), node, Kind.TEXT)
    if begin is not None and begin < 0:
        if length is not None:
            r.note(
                Weight.CAUTION,
                "substring_from_end",
                "SUBSTRING from beyond the start of a short text: '' on MySQL, its first letters on PostgreSQL.",
            )
            return r.made(call("LEFT", call("RIGHT", value, number(-begin)), length), node, Kind.TEXT)
        return r.made(call("RIGHT", value, number(-begin)), node, Kind.TEXT)
    if begin is None:
        r.note(
            Weight.CAUTION,
            "substring_start",
            "SUBSTRING from a computed place: zero and negative places mean something else on PostgreSQL.",
        )
    arguments = [value, start] if length is None else [value, start, length]
    return r.made(call("SUBSTRING", *arguments), node, Kind.TEXT)


def _edge(node: Any, r: Rewriting) -> Any:
    """LEFT and RIGHT: a negative length is '' in MySQL and 'all but' in PostgreSQL."""
    value, length = node.expressions
    if integer_of(length) is None:
        length = call("GREATEST", as_number(length, r), number(0))
    return r.made(call(node.name.upper(), as_text(value, r), length), node, Kind.TEXT)


def _position(needle: Any, hay: Any, r: Rewriting, like: Any) -> Any:
    fold = folds(hay, r)
    needle, hay = as_text(needle, r), as_text(hay, r)
    if fold:
        constant = string_of(needle)
        needle = text(constant.lower()) if constant is not None else call("LOWER", needle)
        hay = call("LOWER", hay)
    return r.made(call("STRPOS", hay, needle), like, Kind.INTEGER)


def _locate(node: Any, r: Rewriting) -> Any:
    if len(node.expressions) > 2:
        r.manual("locate_from", "LOCATE() from a place on.", mend="Search in SUBSTRING() and add the place.")
        return node
    return _position(node.expressions[0], node.expressions[1], r, node)


def _instr(node: Any, r: Rewriting) -> Any:
    return _position(node.expressions[1], node.expressions[0], r, node)


def _str_position(node: Any, r: Rewriting) -> Any:
    return _position(node.args["substr"], node.this, r, node)


def _substring_index(node: Any, r: Rewriting) -> Any:
    value, separator, count = node.expressions
    value, times = as_text(value, r), integer_of(count)
    if times is None:
        r.manual("substring_index", "SUBSTRING_INDEX() with a computed count.", mend="Split in the application.")
        return node
    if times in {1, -1}:
        return r.made(call("SPLIT_PART", value, separator, number(times) if times > 0 else count), node, Kind.TEXT)
    pieces = call("STRING_TO_ARRAY", value, separator)
    if times < 0:
        length = call("CARDINALITY", pieces.copy())
        lowest = exp.Sub(this=length, expression=number(-times - 1))
        cut = exp.Slice(this=call("GREATEST", lowest, number(1)), expression=None)
    else:
        cut = exp.Slice(this=number(1), expression=number(times))
    return r.made(
        call("ARRAY_TO_STRING", exp.Bracket(this=exp.Paren(this=pieces), expressions=[cut]), separator.copy()),
        node,
        Kind.TEXT,
    )


def _find_in_set(node: Any, r: Rewriting) -> Any:
    wanted, among = (as_text(part, r) for part in node.expressions)
    note_case((wanted, among), r)
    place = call("ARRAY_POSITION", call("STRING_TO_ARRAY", among, text(",")), wanted)
    found = call("COALESCE", place, number(0))
    condition = None
    for part in (wanted, among):
        if string_of(part) is None:
            known = is_not_null(part.copy())
            condition = known if condition is None else exp.And(this=condition, expression=known)
    return r.made(found if condition is None else case([(condition, found)]), node, Kind.INTEGER)


def _field(node: Any, r: Rewriting) -> Any:
    value, *words = node.expressions
    note_case((value, *words), r)
    branches = [exp.If(this=word, true=number(place)) for place, word in enumerate(words, 1)]
    return r.made(exp.Case(this=value, ifs=branches, default=number(0)), node, Kind.INTEGER)


def _elt(node: Any, r: Rewriting) -> Any:
    place, *words = node.expressions
    branches = [exp.If(this=number(number_), true=as_text(word, r)) for number_, word in enumerate(words, 1)]
    return r.made(exp.Case(this=place, ifs=branches), node, Kind.TEXT)


def _compare(node: Any, r: Rewriting) -> Any:
    one, other = (as_text(part, r) for part in node.expressions)
    note_case((one, other), r)
    branches = [
        (exp.LT(this=held(one), expression=held(other)), number("-1")),
        (exp.GT(this=held(one.copy()), expression=held(other.copy())), number(1)),
        (exp.EQ(this=held(one.copy()), expression=held(other.copy())), number(0)),
    ]
    return r.made(case(branches), node, Kind.INTEGER)


def _hex(node: Any, r: Rewriting) -> Any:
    value = node.expressions[0]
    if r.kind(value) is Kind.INTEGER:
        return r.made(call("UPPER", call("TO_HEX", value)), node, Kind.TEXT)
    octets = value if r.kind(value) in BYTES else call("CONVERT_TO", as_text(value, r), text("UTF8"))
    return r.made(call("UPPER", call("ENCODE", octets, text("hex"))), node, Kind.TEXT)


def _unhex(node: Any, r: Rewriting) -> Any:
    return r.made(call("DECODE", as_text(node.expressions[0], r), text("hex")), node, Kind.BLOB)


def _sha2(node: Any, r: Rewriting) -> Any:
    bits = {0: 256, 224: 224, 256: 256, 384: 384, 512: 512}.get(integer_of(node.expressions[1]) or -1)
    if bits is None:
        r.manual("sha2", "SHA2() of that length.", mend="Hash in the application.")
        return node
    octets = call("CONVERT_TO", as_text(node.expressions[0], r), text("UTF8"))
    return r.made(call("ENCODE", call(f"SHA{bits}", octets), text("hex")), node, Kind.TEXT)


def _space(node: Any, r: Rewriting) -> Any:
    return r.made(call("REPEAT", text(" "), node.expressions[0]), node, Kind.TEXT)


def _trim(node: Any, r: Rewriting) -> Any:
    """MySQL takes a whole word off the ends, PostgreSQL any of its letters."""
    node.set("this", as_text(node.this, r))
    removed = node.expression
    if removed is not None and len(string_of(removed) or "12") != 1:
        r.manual("trim_word", "TRIM() of a word, not of one letter.", mend="Use REGEXP_REPLACE(x, '^(word)+', '').")
    return node


def _uuid(node: Any, r: Rewriting) -> Any:
    return r.made(cast(call("GEN_RANDOM_UUID"), "TEXT"), node, Kind.TEXT)


def _char(node: Any, r: Rewriting) -> Any:
    codes = [integer_of(code) for code in node.expressions]
    if any(code is None or not 0 < code < 128 for code in codes):
        r.manual("char", "CHAR() of codes beyond ASCII gives octets on MySQL.", mend="Use the character itself.")
        return node
    return r.made(joined([call("CHR", code) for code in node.expressions]), node, Kind.TEXT)


HANDLERS: dict[Any, Handler] = {
    exp.Concat: _concat,
    exp.Substring: _substring,
    exp.StrPosition: _str_position,
    exp.Trim: _trim,
}
FUNCTIONS: dict[str, Handler] = {
    "CONCAT": _concat,
    "CONCAT_WS": _texts,
    "LENGTH": _octets,
    "OCTET_LENGTH": _octets,
    "CHAR_LENGTH": _characters,
    "CHARACTER_LENGTH": _characters,
    **dict.fromkeys(("UPPER", "LOWER", "REVERSE", "REPLACE", "MD5"), _texts),
    **dict.fromkeys(("LTRIM", "RTRIM", "LPAD", "RPAD", "REPEAT"), _first_text),
    "UCASE": _named("UPPER"),
    "LCASE": _named("LOWER"),
    **dict.fromkeys(("SUBSTR", "SUBSTRING", "MID"), _substring),
    **dict.fromkeys(("LEFT", "RIGHT"), _edge),
    "LOCATE": _locate,
    "INSTR": _instr,
    "SUBSTRING_INDEX": _substring_index,
    "FIND_IN_SET": _find_in_set,
    "FIELD": _field,
    "ELT": _elt,
    "STRCMP": _compare,
    "HEX": _hex,
    "UNHEX": _unhex,
    "SHA2": _sha2,
    "SPACE": _space,
    "UUID": _uuid,
    "CHAR": _char,
}

__all__ = ["FUNCTIONS", "HANDLERS", "joined"]

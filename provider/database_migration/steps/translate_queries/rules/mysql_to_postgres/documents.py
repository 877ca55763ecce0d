"""JSON: paths become chains of keys, results documents or texts."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import call, cast, string_of, text
from database_migration.steps.translate_queries.typing_values import TEXTS

_STEP = re.compile(r'\.(?:"((?:[^"\\]|\\.)*)"|([A-Za-z_$][\w$]*))|\[(\d+)\]')


def steps_of(path: Any) -> list[str] | None:
    """The keys and places of a plain path; None for wildcards and computed paths."""
    if isinstance(path, exp.JSONPath):
        steps = []
        for part in path.expressions[1:]:
            if isinstance(part, exp.JSONPathKey | exp.JSONPathSubscript) and isinstance(part.this, str | int):
                steps.append(str(part.this))
            else:
                return None
        return steps
    constant = string_of(path)
    if constant is None or not constant.startswith("$"):
        return None
    rest, steps = constant[1:], []
    while rest:
        step = _STEP.match(rest)
        if step is None:
            return None
        steps.append(next(group for group in step.groups() if group is not None))
        rest = rest[step.end() :]
    return steps


def document(node: Any, r: Rewriting) -> Any:
    """The value as jsonb."""
    if r.kind(node) in TEXTS or string_of(node) is not None:
        return r.made(cast(node, "JSONB"), node, Kind.JSON)
    typing = r.target_typing(node)
    native = typing.partner.type.native if typing.partner is not None else ""
    return r.made(cast(node, "JSONB"), node, Kind.JSON) if native == "json" else node


def _extract(node: Any, r: Rewriting) -> Any:
    value, path = (node.expressions[:2]) if isinstance(node, exp.Anonymous) else (node.this, node.expression)
    steps = steps_of(path)
    if steps is None or (isinstance(node, exp.Anonymous) and len(node.expressions) > 2):
        return _no_path(node, r)
    compared = isinstance(node.parent, exp.Predicate | exp.In | exp.Between)
    as_text = isinstance(node, exp.JSONExtractScalar) or compared
    name = "JSONB_EXTRACT_PATH_TEXT" if as_text else "JSONB_EXTRACT_PATH"
    made = call(name, document(value, r), *(text(step) for step in steps))
    return r.made(made, node, Kind.TEXT if as_text else Kind.JSON)


def _no_path(node: Any, r: Rewriting) -> Any:
    r.manual("json_path", "A JSON path with wildcards, or several, or a computed one.", mend="Use jsonb_path_query.")
    return node


def _unquote(node: Any, r: Rewriting) -> Any:
    value = node.expressions[0]
    if isinstance(value, exp.Anonymous) and value.name == "JSONB_EXTRACT_PATH":
        return r.made(call("JSONB_EXTRACT_PATH_TEXT", *value.expressions), node, Kind.TEXT)
    if isinstance(value, exp.Anonymous) and value.name == "JSONB_EXTRACT_PATH_TEXT":
        return value
    inner = call("JSONB_BUILD_ARRAY", document(value, r))
    return r.made(call("JSONB_EXTRACT_PATH_TEXT", inner, text("0")), node, Kind.TEXT)


def _contains(node: Any, r: Rewriting) -> Any:
    if len(node.expressions) > 2:
        return _no_path(node, r)
    whole, part = (document(value, r) for value in node.expressions)
    return r.made(exp.Paren(this=exp.ArrayContainsAll(this=whole, expression=part)), node, Kind.BOOLEAN)


def _length(node: Any, r: Rewriting) -> Any:
    if len(node.expressions) > 1:
        return _no_path(node, r)
    r.manual(
        "json_length", "JSON_LENGTH() of arrays, objects and scalars alike.", mend="Use jsonb_array_length for arrays."
    )
    return node


def _renamed(name: str) -> Handler:
    def handler(node: Any, r: Rewriting) -> Any:
        return r.made(call(name, *node.expressions), node, Kind.JSON)

    return handler


HANDLERS: dict[Any, Handler] = {exp.JSONExtract: _extract, exp.JSONExtractScalar: _extract}
FUNCTIONS: dict[str, Handler] = {
    "JSON_EXTRACT": _extract,
    "JSON_UNQUOTE": _unquote,
    "JSON_CONTAINS": _contains,
    "JSON_LENGTH": _length,
    "JSON_OBJECT": _renamed("JSONB_BUILD_OBJECT"),
    "JSON_ARRAY": _renamed("JSONB_BUILD_ARRAY"),
    "JSON_ARRAYAGG": _renamed("JSONB_AGG"),
}

__all__ = ["FUNCTIONS", "HANDLERS"]

"""LIKE, REGEXP and MATCH: patterns that fold case on the source."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import call, held, string_of, text
from database_migration.steps.translate_queries.rules.mysql_to_postgres.coercions import as_text
from database_migration.steps.translate_queries.rules.mysql_to_postgres.letters import ICU, folds, is_nondeterministic
from database_migration.steps.translate_queries.translation import Weight


def _pattern(node: Any, r: Rewriting) -> Any:
    if isinstance(node, exp.Cast) and node.to.this is exp.DataType.Type.BINARY:
        return node.this
    return as_text(node, r)


def _like(node: Any, r: Rewriting) -> Any:
    value, pattern = node.this, node.expression
    fold = folds(value, r) and folds(pattern, r)
    subject = _collated(_without_collation(_pattern(value, r)), r)
    operands = {"this": held(subject), "expression": held(_without_collation(_pattern(pattern, r)))}
    made = exp.ILike(**operands) if fold and _has_letters(pattern) else exp.Like(**operands)
    return r.made(made, node, Kind.BOOLEAN)


def _has_letters(pattern: Any) -> bool:
    constant = string_of(pattern)
    return constant is None or constant.lower() != constant.upper()


def _collated(value: Any, r: Rewriting) -> Any:
    """PostgreSQL 15 has no LIKE under a nondeterministic collation; under citext it folds, as it should."""
    partners = [r.typing(column).partner for column in value.find_all(exp.Column)]
    if not any(partner is not None and is_nondeterministic(partner) for partner in partners):
        return value
    return exp.Collate(this=held(value), expression=exp.to_identifier(ICU.strip('"'), quoted=True))


def _without_collation(node: Any) -> Any:
    return node.this if isinstance(node, exp.Collate) else node


def _regexp(node: Any, r: Rewriting) -> Any:
    value, pattern = node.this, node.expression
    fold = folds(value, r) and folds(pattern, r)
    constant = string_of(pattern)
    if constant is None or "\\" in constant or "(?" in constant or "[[:<:]]" in constant or "[[:>:]]" in constant:
        r.note(
            Weight.CAUTION,
            "regular_expression",
            "The two servers' regular expressions differ in escapes, lookarounds and word borders.",
            mend="Keep to letters, classes, groups and repetition.",
        )
    subject = held(_collated(_without_collation(_pattern(value, r)), r))
    made = (exp.RegexpILike if fold and _has_letters(pattern) else exp.RegexpLike)(
        this=subject, expression=held(_without_collation(_pattern(pattern, r)))
    )
    return r.made(made, node, Kind.BOOLEAN)


def _regexp_replace(node: Any, r: Rewriting) -> Any:
    if len(node.expressions) != 3:
        r.manual("regexp_replace", "REGEXP_REPLACE() with a place or flags.", mend="Write the query anew.")
        return node
    flags = "gi" if folds(node.expressions[0], r) else "g"
    arguments = [as_text(part, r) for part in node.expressions]
    replacement = string_of(arguments[2])
    if replacement is None or "$" in replacement or "\\" in replacement:
        r.note(Weight.RISK, "regexp_replace", "Groups in a replacement are written \\1 on PostgreSQL.")
    return r.made(call("REGEXP_REPLACE", *arguments, text(flags)), node, Kind.TEXT)


def _match(node: Any, r: Rewriting) -> Any:
    r.manual(
        "full_text",
        "MATCH … AGAINST ranks by MySQL's full-text index.",
        mend="Use to_tsvector(…) @@ websearch_to_tsquery(…) with a GIN index on PostgreSQL, or a search engine.",
    )
    return node


HANDLERS: dict[Any, Handler] = {exp.Like: _like, exp.RegexpLike: _regexp, exp.MatchAgainst: _match}
FUNCTIONS: dict[str, Handler] = {"REGEXP_REPLACE": _regexp_replace}

__all__ = ["FUNCTIONS", "HANDLERS"]

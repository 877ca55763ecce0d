"""Upper and lower case: PostgreSQL tells them apart, MySQL's usual collations do not."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.model.text_comparison import comparison_of
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import call, held, string_of, text
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import TEXTS

_BINARY = "utf8mb4_bin"


def target_folds(node: Any, r: Rewriting) -> bool:
    """Whether MySQL compares this text without regard to case; what is not known is taken to."""
    partners = [r.typing(column).partner for column in node.find_all(exp.Column)]
    known = [partner.collation or "" for partner in partners if partner is not None]
    return not known or any(re.search(r"_(ci|ai)(_|$)", collation) for collation in known)


def source_folds(node: Any, r: Rewriting) -> bool:
    """Whether PostgreSQL itself compares this text without regard to case: citext, a nondeterministic collation."""
    columns = [r.typing(column).column for column in node.find_all(exp.Column)]
    return any(column is not None and comparison_of(column).folds for column in columns)


def _exactly(node: Any) -> Any:
    return exp.Collate(this=held(node), expression=exp.var(_BINARY))


def _like(node: Any, r: Rewriting) -> Any:
    pattern = node.expression
    if not target_folds(node.this, r) or not _has_letters(pattern) or source_folds(node.this, r):
        return node
    node.set("expression", _exactly(pattern))
    return node


def _ilike(node: Any, r: Rewriting) -> Any:
    value, pattern = node.this, node.expression
    if not target_folds(value, r):
        constant = string_of(pattern)
        value = call("LOWER", value)
        pattern = text(constant.lower()) if constant is not None else call("LOWER", pattern)
    return r.made(exp.Like(this=held(value), expression=held(pattern)), node, Kind.INTEGER)


def _regexp(node: Any, r: Rewriting) -> Any:
    """Inline flags are understood by MySQL's and MariaDB's engines alike."""
    flag = "(?i)" if isinstance(node, exp.RegexpILike) else "(?-i)"
    pattern = node.expression
    constant = string_of(pattern)
    if constant is None or "\\" in constant or "(?" in constant:
        r.note(
            Weight.CAUTION,
            "regular_expression",
            "The two servers' regular expressions differ in escapes, lookarounds and word borders.",
            mend="Keep to letters, classes, groups and repetition.",
        )
    flagged = text(flag + constant) if constant is not None else call("CONCAT", text(flag), pattern)
    return r.made(exp.RegexpLike(this=held(node.this), expression=flagged), node, Kind.INTEGER)


def _has_letters(pattern: Any) -> bool:
    constant = string_of(pattern)
    return constant is None or constant.lower() != constant.upper()


def note_folding(nodes: tuple[Any, ...], r: Rewriting) -> None:
    """Note a comparison of text that MySQL will make without regard to case."""
    columns = [column for node in nodes for column in node.find_all(exp.Column)]
    if not columns or not any(target_folds(node, r) for node in nodes if node.find(exp.Column)):
        return
    if any(source_folds(node, r) for node in nodes):
        return
    subject = next((r.subject(column) for column in columns if r.subject(column)), "")
    r.note(
        Weight.CAUTION,
        "case_insensitive",
        "The comparison does not tell case, accents and trailing spaces apart on MySQL, and does on PostgreSQL.",
        mend="Give the column a binary collation (utf8mb4_bin).",
        subject=subject,
    )


def _compare(node: Any, r: Rewriting) -> Any:
    operands = (node.this, node.expression) if not isinstance(node, exp.In) else (node.this, *node.expressions)
    if any(r.kind(operand) in TEXTS for operand in operands) and r.kind(node.this) in TEXTS:
        note_folding(operands, r)
    return node


def _equal(node: Any, r: Rewriting) -> Any:
    """``= ANY (ARRAY[…])`` becomes IN."""
    anyone = node.expression
    if isinstance(anyone, exp.Any):
        inner = anyone.this.unnest() if isinstance(anyone.this, exp.Paren) else anyone.this
        if isinstance(inner, exp.Array):
            return _compare(exp.In(this=node.this, expressions=list(inner.expressions)), r)
    return _compare(node, r)


HANDLERS: dict[Any, Handler] = {
    exp.Like: _like,
    exp.ILike: _ilike,
    exp.RegexpLike: _regexp,
    exp.RegexpILike: _regexp,
    exp.EQ: _equal,
    **dict.fromkeys((exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In), _compare),
}

__all__ = ["HANDLERS", "note_folding", "target_folds"]

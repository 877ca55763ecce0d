"""Conditions: in MySQL a number, in PostgreSQL a boolean."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import held
from database_migration.steps.translate_queries.rules.mysql_to_postgres.coercions import as_truth


def _both(node: Any, r: Rewriting) -> Any:
    node.set("this", as_truth(node.this, r))
    node.set("expression", as_truth(node.expression, r))
    return node


def _one(node: Any, r: Rewriting) -> Any:
    node.set("this", as_truth(node.this, r))
    return node


def _xor(node: Any, r: Rewriting) -> Any:
    left, right = (held(as_truth(side, r)) for side in (node.this, node.expression))
    return r.made(exp.NEQ(this=left, expression=right), node)


def _join(node: Any, r: Rewriting) -> Any:
    if node.args.get("on") is not None:
        node.set("on", as_truth(node.args["on"], r))
    return node


def _is(node: Any, r: Rewriting) -> Any:
    if isinstance(node.expression, exp.Boolean):
        node.set("this", held(as_truth(node.this, r)))
    elif isinstance(node.this, exp.Predicate | exp.Connector | exp.Not):
        node.set("this", held(node.this))
    return node


def _boolean_result(node: Any, r: Rewriting) -> Any:
    return r.made(node, kind=Kind.BOOLEAN)


HANDLERS: dict[Any, Handler] = {
    exp.And: _both,
    exp.Or: _both,
    exp.Xor: _xor,
    exp.Not: _one,
    exp.Where: _one,
    exp.Having: _one,
    exp.Join: _join,
    exp.Is: _is,
    exp.Exists: _boolean_result,
}

__all__ = ["HANDLERS"]

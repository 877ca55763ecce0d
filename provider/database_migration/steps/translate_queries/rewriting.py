"""One statement on its way from one dialect to the other: what rules know, and how they are applied.

Every node is given its meaning on the source first (``annotate``), while the tree still is what the user
wrote. Then handlers rewrite it from the leaves up, so that a handler finds its operands already in the
target's dialect and asks for both: ``typing`` is what the source made of a node, ``kind`` what the target
makes of it now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.model.schema import Schema, Table
from database_migration.model.table_selection import TableSelection
from database_migration.steps.translate_queries.calls import function_name
from database_migration.steps.translate_queries.kinds import infer
from database_migration.steps.translate_queries.names import Meaning, Names, find_column
from database_migration.steps.translate_queries.translation import Note, Weight
from database_migration.steps.translate_queries.typing_values import UNKNOWN, Typing, typing_of_type

_TYPING, _KIND, _SUBJECT = "typing", "target_kind", "subject"
_RENAMED, _QUALIFIER = "renamed", "qualifier"


@dataclass(frozen=True, slots=True)
class Direction:
    """The two schemas and what is selected of the one for the other."""

    source_dialect: str
    target_dialect: str
    source: Schema
    target: Schema
    selection: TableSelection
    fold_case: bool = False
    """Whether texts that the source compares without regard to case are compared by LOWER()."""


@dataclass(slots=True)
class Rewriting:
    """The workbench of one statement."""

    direction: Direction
    names: Names
    notes: list[Note] = field(default_factory=list)

    def note(self, weight: Weight, code: str, message: str, *, mend: str = "", subject: str = "") -> None:
        """Say something about the statement, once."""
        note = Note(weight, code, message, mend, subject)
        if note not in self.notes:
            self.notes.append(note)

    def manual(self, code: str, message: str, mend: str = "") -> None:
        """Say that no translation keeps the meaning."""
        self.note(Weight.MANUAL, code, message, mend=mend)

    def subject(self, column: Any) -> str:
        """A base column as ``table.column``, '' for anything else."""
        return str(column.meta.get(_SUBJECT, ""))

    def typing(self, node: Any) -> Typing:
        """What the source makes of a node; for a node that rules made, what it stands for."""
        if node is None:  # an ORDER BY clause is of nothing
            return UNKNOWN
        known = node.meta.get(_TYPING)
        if isinstance(known, Typing):
            return known
        if isinstance(node, exp.Column):
            return UNKNOWN
        return infer(node, self.direction.source_dialect, self.typing)

    def target_typing(self, node: Any) -> Typing:
        """What the target makes of a node."""
        if node is None:
            return UNKNOWN
        forced = node.meta.get(_KIND)
        if forced is not None:
            return replace(self.typing(node), kind=forced)
        if isinstance(node, exp.Column):
            typing = self.typing(node)
            return typing if typing.partner is None else replace(typing, kind=typing.partner.type.kind)
        return infer(node, self.direction.target_dialect, self.target_typing)

    def kind(self, node: Any) -> Kind | None:
        """The kind that the target sees."""
        return self.target_typing(node).kind

    def made(self, node: Any, like: Any = None, kind: Kind | None = None) -> Any:
        """A node that a rule built: it stands for ``like`` on the source, and is of ``kind`` on the target."""
        if like is not None:
            node.meta[_TYPING] = replace(self.typing(like), column=None, partner=None)
        if kind is not None:
            node.meta[_KIND] = kind
        return node

    def annotate(self, tree: Any) -> None:
        """Store on every node what it means on the source, and on columns what they are called on the target."""
        for column in list(tree.find_all(exp.Column)):
            self._annotate_column(column)
        for node in list(tree.walk()):
            if not isinstance(node, exp.Column | exp.Identifier):
                node.meta[_TYPING] = self.typing(node)

    def _annotate_column(self, column: Any) -> None:
        if isinstance(column.this, exp.Star):
            return
        meaning = self.names.meaning(column)
        column.meta[_TYPING] = self._typing_of(meaning, set())
        if meaning is None:
            return
        if meaning.column is not None and meaning.relation.table is not None:
            table = meaning.relation.table
            column.meta[_RENAMED] = self.direction.selection.target_column(table.name, meaning.column.name)
            column.meta[_SUBJECT] = f"{table.name}.{meaning.column.name}"
        elif meaning.output is not None and meaning.output.name:
            column.meta[_RENAMED] = meaning.output.name
        if column.table and isinstance(meaning.relation.node, exp.Table):
            table_node = meaning.relation.node
            if not table_node.alias and meaning.relation.table is not None:
                column.meta[_QUALIFIER] = self.direction.selection.target_name(meaning.relation.table.name)
            else:
                column.meta[_QUALIFIER] = meaning.relation.alias

    def _typing_of(self, meaning: Meaning | None, seen: set[int]) -> Typing:
        if meaning is None:
            return UNKNOWN
        relation, column = meaning.relation, meaning.column
        if column is not None and relation.table is not None:
            typing = typing_of_type(column.type)
            partner = None
            if relation.partner is not None:
                name = self.direction.selection.target_column(relation.table.name, column.name)
                partner = find_column(relation.partner, name)
            nullable = column.nullable or relation.outer
            return replace(typing, nullable=nullable, column=column, partner=partner)
        output = meaning.output
        if output is None:
            return UNKNOWN
        if output.column is not None and output.relation is not None:
            typing = self._typing_of(Meaning(output.relation, output.column), seen)
        elif output.expression is not None and id(output.expression) not in seen:
            typing = self._typing_of_output(output.expression, seen | {id(output.expression)})
        else:
            typing = UNKNOWN
        return replace(typing, nullable=typing.nullable or relation.outer)

    def _typing_of_output(self, expression: Any, seen: set[int]) -> Typing:
        """Of a subquery's column: recursive common table expressions name themselves, hence ``seen``."""

        def of(node: Any) -> Typing:
            if isinstance(node, exp.Column):
                return self._typing_of(self.names.meaning(node), seen)
            return infer(node, self.direction.source_dialect, of)

        return of(expression)


Handler = Callable[[Any, Rewriting], Any]
"""Gets a node whose children are rewritten, gives the node to put in its place (or the same one)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Handlers by the type of node, and by the name of a plainly read function."""

    nodes: Mapping[Any, Handler]
    functions: Mapping[str, Handler]
    same: frozenset[str]
    """Functions that mean the same on both sides under the same name."""


def apply_rules(tree: Any, rules: Rules, rewriting: Rewriting) -> Any:
    """Rewrite a tree from the leaves up; the root may be replaced."""
    for child in list(tree.iter_expressions()):
        parent, key, index = tree, child.arg_key, child.index
        rewritten = apply_rules(child, rules, rewriting)
        if rewritten is not child:
            parent.set(key, rewritten, index=index)
    return _handled(tree, rules, rewriting)


def _handled(node: Any, rules: Rules, rewriting: Rewriting) -> Any:
    name = function_name(node)
    handler = rules.functions.get(name) if name else rules.nodes.get(type(node))
    if handler is None:
        if name and name not in rules.same:
            rewriting.note(
                Weight.CAUTION,
                "unknown_function",
                f"No rule knows {name}(): it is left as it is.",
                mend=f"Check that {name}() means the same on the target, or write the query anew.",
                subject=name,
            )
        return node
    typing = rewriting.typing(node)
    rewritten = handler(node, rewriting)
    if rewritten is not node and _TYPING not in rewritten.meta:
        rewritten.meta[_TYPING] = replace(typing, column=None, partner=None)
    return rewritten


def renamed(column: Any) -> tuple[str | None, str | None]:
    """A column's name and qualifier on the target, as ``annotate`` found them."""
    return column.meta.get(_RENAMED), column.meta.get(_QUALIFIER)


def partner_table(rewriting: Rewriting, table: Table) -> Table | None:
    """The target's table that receives a source table."""
    name = rewriting.direction.selection.target_name(table.name)
    target = rewriting.direction.target
    return target.table(name) if target.has_table(name) else None


__all__ = ["Direction", "Handler", "Rewriting", "Rules", "apply_rules", "partner_table", "renamed"]

"""sqlglot's grammars with every function left as it is written.

sqlglot maps functions to neutral nodes and back, and some of those maps change the meaning without a
word (``LENGTH`` counts octets in MySQL and characters in PostgreSQL). Read plainly, a function keeps its
name and our rules answer for each of them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp, parse
from sqlglot.dialects.mysql import MySQL
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import ErrorLevel, ParseError, TokenError, UnsupportedError

_SPECIAL_SYNTAX = {
    "CAST",
    "CONVERT",
    "EXTRACT",
    "GROUP_CONCAT",
    "JSON_TABLE",
    "MATCH",
    "OVERLAY",
    "POSITION",
    "STRING_AGG",
    "SUBSTR",
    "SUBSTRING",
    "TRIM",
    "VALUES",
}


def _special(parser: Any) -> dict[str, Any]:
    return {name: parse_it for name, parse_it in parser.FUNCTION_PARSERS.items() if name in _SPECIAL_SYNTAX}


def _negated(generator: Any, node: Any) -> str | None:
    """``a IS NOT NULL``, ``a NOT IN (…)`` where sqlglot would put NOT in front."""
    inner = node.this
    if isinstance(inner, exp.Is | exp.In | exp.Like | exp.ILike | exp.Between) and inner.this is not None:
        subject = generator.sql(inner, "this")
        whole = generator.sql(inner)
        if whole.startswith(subject + " "):
            rest = whole[len(subject) + 1 :]
            return f"{subject} IS NOT {rest[3:]}" if rest.startswith("IS ") else f"{subject} NOT {rest}"
    return None


class PlainMySQL(MySQL):  # type: ignore[misc]
    """MySQL's and MariaDB's grammar."""

    class Parser(MySQL.Parser):  # type: ignore[misc]
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = _special(MySQL.Parser)

    class Generator(MySQL.Generator):  # type: ignore[misc]
        TRANSFORMS: ClassVar[dict[Any, Any]] = {
            **MySQL.Generator.TRANSFORMS,
            exp.RegexpLike: lambda self, e: f"{self.sql(e, 'this')} REGEXP {self.sql(e, 'expression')}",
        }

        def not_sql(self, expression: Any) -> str:
            return _negated(self, expression) or str(super().not_sql(expression))


class PlainPostgres(Postgres):  # type: ignore[misc]
    """PostgreSQL's grammar."""

    class Parser(Postgres.Parser):  # type: ignore[misc]
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = _special(Postgres.Parser)

    class Generator(Postgres.Generator):  # type: ignore[misc]
        def not_sql(self, expression: Any) -> str:
            return _negated(self, expression) or str(super().not_sql(expression))


PLAIN: dict[str, Any] = {"mysql": PlainMySQL, "postgres": PlainPostgres}


class Unreadable(Exception):
    """A text is not one statement of its dialect."""


class Unwritable(Exception):
    """A tree has something that the dialect has no word for; ``text`` is the attempt."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(reason)
        self.text = text


def read_statement(sql: str, dialect: str) -> Any:
    """The statement's tree; Unreadable with the reason when it is none, or several."""
    try:
        statements = [tree for tree in parse(sql, read=PLAIN[dialect]) if tree is not None]
    except (ParseError, TokenError) as error:
        raise Unreadable(_first_line(str(error))) from error
    except RecursionError as error:
        raise Unreadable("It is nested too deeply.") from error
    if len(statements) != 1:
        raise Unreadable(f"It holds {len(statements)} statements, and one is judged at a time.")
    tree = statements[0]
    if isinstance(tree, exp.Command):
        raise Unreadable(f"A {str(tree.this).upper()} statement has no counterpart that keeps its meaning.")
    return tree


def write_statement(tree: Any, dialect: str) -> str:
    """The tree as text, laid out over lines; Unwritable with the text when the dialect lacks something."""
    options = {"dialect": PLAIN[dialect], "pretty": True, "comments": False}
    try:
        return str(tree.sql(unsupported_level=ErrorLevel.RAISE, **options))
    except UnsupportedError as error:
        text = str(tree.sql(unsupported_level=ErrorLevel.IGNORE, **options))
        raise Unwritable(_first_line(str(error)), text) from error


def _first_line(text: str) -> str:
    plain = "".join(letter for letter in text if letter.isprintable() or letter == "\n")
    return plain.split("\n")[0].replace("[4m", "").replace("[0m", "")


__all__ = ["PLAIN", "Unreadable", "Unwritable", "read_statement", "write_statement"]

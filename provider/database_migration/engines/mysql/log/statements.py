"""What the statements in the log mean to a capture of rows: nothing, a TRUNCATE, or a change of schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

_PLAIN_COMMENT = re.compile(r"/\*(?![!M]).*?\*/|(?:^|\s)--\s[^\n]*|#[^\n]*", re.DOTALL)
_VERSION_COMMENT = re.compile(r"/\*M?!\d*(.*?)\*/", re.DOTALL)
_NAME = r"(?:`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|[\w$\u0080-\uffff]+)"
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
_PART = re.compile(_NAME)
_TRUNCATE = re.compile(rf"TRUNCATE\s+(?:TABLE\s+)?({_DOTTED})", re.IGNORECASE)
_ALTER = re.compile(
    rf"ALTER\s+(?:ONLINE\s+|OFFLINE\s+|IGNORE\s+)*TABLE\s+(?:IF\s+EXISTS\s+)?({_DOTTED})(.*)", re.IGNORECASE | re.DOTALL
)
# One table's ALTER that takes the rows of another: EXCHANGE PARTITION … WITH TABLE, CONVERT TABLE … TO PARTITION.
_OTHER_TABLE = re.compile(rf"(?:WITH|CONVERT)\s+TABLE\s+({_DOTTED})", re.IGNORECASE)
_DROP = re.compile(rf"DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?({_DOTTED}(?:\s*,\s*{_DOTTED})*)", re.IGNORECASE)
_RENAME = re.compile(r"RENAME\s+TABLES?\s+(?:IF\s+EXISTS\s+)?(.*)", re.IGNORECASE | re.DOTALL)
_CREATE = re.compile(rf"CREATE\s+(?:OR\s+REPLACE\s+)TABLE\s+({_DOTTED})", re.IGNORECASE)
_DROP_SCHEMA = re.compile(rf"DROP\s+(?:DATABASE|SCHEMA)\s+(?:IF\s+EXISTS\s+)?({_NAME})", re.IGNORECASE)
_ROWS = re.compile(r"(?:INSERT|UPDATE|DELETE|REPLACE|LOAD|WITH)\b", re.IGNORECASE)
# Clauses of ALTER TABLE that leave every column as it is.
_HARMLESS = re.compile(
    r"(?:ADD\s+(?:UNIQUE|FULLTEXT|SPATIAL|INDEX|KEY|CONSTRAINT|FOREIGN|CHECK)\b"
    r"|DROP\s+(?:INDEX|KEY|FOREIGN|CONSTRAINT|CHECK)\b|(?:RENAME|ALTER)\s+(?:INDEX|KEY|CHECK|CONSTRAINT)\b"
    r"|AUTO_INCREMENT\b|COMMENT\b|(?:ENABLE|DISABLE)\s+KEYS\b|ENGINE\b|ANALYZE\b|FORCE\b|ROW_FORMAT\b|STATS_\w+\b"
    r"|ALGORITHM\b|LOCK\b|WAIT\b|NOWAIT\b|KEY_BLOCK_SIZE\b)",
    re.IGNORECASE,
)
_ADD_COLUMN = re.compile(rf"ADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?({_NAME})\s", re.IGNORECASE)
_ADD_COLUMNS = re.compile(r"ADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?\((.*)\)\s*$", re.IGNORECASE | re.DOTALL)
_ADDED_NAME = re.compile(rf"({_NAME})\s")
# What may stand behind ADD that is no column's name, unless it is quoted.
_NO_COLUMN = frozenset(
    {"PRIMARY", "PARTITION", "PERIOD", "SYSTEM", "UNIQUE", "FULLTEXT", "SPATIAL", "INDEX", "KEY", "CONSTRAINT"}
    | {"FOREIGN", "CHECK", "COLUMN", "IF"}
)


class Meaning(Enum):
    """What a statement does to the selected tables."""

    BEGIN = auto()
    COMMIT = auto()
    ROLLBACK = auto()
    ROLLBACK_TO = auto()
    INSIDE = auto()
    """Part of a transaction that goes on."""
    NOTHING = auto()
    TRUNCATE = auto()
    SCHEMA_CHANGE = auto()
    ROWS = auto()
    """Rows changed by a statement that is logged as text."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement's meaning, and the selected tables that it names."""

    meaning: Meaning
    tables: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    """Of a change of schema that adds columns to its table and does nothing else to columns: their names."""


_NOTHING = Statement(Meaning.NOTHING)


def read_statement(text: str, default_schema: str, schema: str, tables: frozenset[str]) -> Statement:
    """What a logged statement means to ``tables`` of ``schema``."""
    bare = _VERSION_COMMENT.sub(r" \1 ", _PLAIN_COMMENT.sub(" ", text)).strip()
    upper = bare[:20].upper()
    if upper == "BEGIN" or upper.startswith("START TRANSACTION"):
        return Statement(Meaning.BEGIN)
    if upper == "COMMIT":
        return Statement(Meaning.COMMIT)
    if upper.startswith("ROLLBACK"):
        return Statement(Meaning.ROLLBACK_TO if " TO" in upper else Meaning.ROLLBACK)
    if upper.startswith(("XA START", "XA BEGIN", "XA END", "SAVEPOINT", "RELEASE SAVEPOINT")):
        return Statement(Meaning.INSIDE)
    if upper.startswith("XA "):
        return Statement(Meaning.NOTHING)

    def selected(names: list[str]) -> tuple[str, ...]:
        return tuple(table for name in names if (table := _resolve(name, default_schema, schema)) in tables)

    if found := _TRUNCATE.match(bare):
        hit = selected([found[1]])
        return Statement(Meaning.TRUNCATE, hit) if hit else _NOTHING
    if found := _DROP_SCHEMA.match(bare):
        dropped = _unquoted(found[1]) == schema
        return Statement(Meaning.SCHEMA_CHANGE, tuple(sorted(tables))) if dropped else _NOTHING
    hit = selected(_changed_tables(bare))
    if hit:
        return Statement(Meaning.SCHEMA_CHANGE, hit, _added_columns(bare))
    if _ROWS.match(bare):
        words = set(_PART.findall(bare)) if default_schema == schema or schema in bare else set()
        hit = tuple(sorted({_unquoted(word) for word in words} & tables))
        return Statement(Meaning.ROWS, hit) if hit else _NOTHING
    return _NOTHING


def _changed_tables(bare: str) -> list[str]:
    """Names of the tables whose columns a DDL statement may change."""
    if found := _ALTER.match(bare):
        clauses = [clause for clause in _clauses(found[2]) if clause.strip()]
        harmless = all(_HARMLESS.match(clause.strip()) for clause in clauses)
        return [] if harmless else [found[1], *_OTHER_TABLE.findall(found[2])]
    if found := _DROP.match(bare):
        return re.findall(_DOTTED, found[1])
    if found := _RENAME.match(bare):
        return re.findall(_DOTTED, re.sub(r"(?<=[\s`])TO(?=[\s`])", ",", found[1], flags=re.IGNORECASE))
    if found := _CREATE.match(bare):
        return [found[1]]
    return []


def _added_columns(bare: str) -> tuple[str, ...]:
    """Names of the columns that an ALTER TABLE adds; none if it does anything else to columns."""
    found = _ALTER.match(bare)
    names: list[str] = []
    for clause in _clauses(found[2]) if found is not None else ():
        text = clause.strip()
        if not text or _HARMLESS.match(text):
            continue
        if several := _ADD_COLUMNS.match(text):
            inner = [_ADDED_NAME.match(one.strip()) for one in _clauses(several[1])]
        else:
            inner = [_ADD_COLUMN.match(text)]
        for one in inner:
            if one is None or one[1].upper() in _NO_COLUMN:
                return ()
            names.append(_unquoted(one[1]))
    return tuple(names)


def _clauses(text: str) -> list[str]:
    """The text between the commas that stand outside of parentheses and quotes."""
    clauses, start, depth, quoted = [], 0, 0, ""
    for at, character in enumerate(text):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "'\"`":
            quoted = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == "," and not depth:
            clauses.append(text[start:at])
            start = at + 1
    return [*clauses, text[start:]]


def _resolve(name: str, default_schema: str, schema: str) -> str | None:
    """The table's name if it lies in ``schema``."""
    parts = [_unquoted(part) for part in _PART.findall(name)]
    where = parts[0] if len(parts) == 2 else default_schema
    return parts[-1] if where == schema else None


def _unquoted(name: str) -> str:
    if name[0] in '`"' and name[-1] == name[0]:
        return name[1:-1].replace(name[0] * 2, name[0])
    return name


__all__ = ["Meaning", "Statement", "read_statement"]

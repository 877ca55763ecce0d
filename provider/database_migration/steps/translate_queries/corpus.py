"""Reads the application's statements from files, with names by which people and waivers know them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from database_migration.errors import SpecRefused

_HEADER = re.compile(r"^\s*--\s*name\s*:\s*(?P<name>\S.*?)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """One statement, where it stands, and what it is called."""

    name: str
    sql: str
    file: str
    line: int
    """Of its first line, from 1."""


def read_corpus(path: Path | None, *, backslash_escapes: bool = True) -> list[Query]:
    """The statements of a file, or of every .sql file under a folder in the order of their paths.

    ``-- name: xyz`` begins a statement; without it statements end in semicolons and are called after the
    file (``report``, or ``report 1``, ``report 2`` …). Raises SpecRefused for a missing or unreadable path
    and for two statements of one name. ``backslash_escapes``: whether a backslash escapes in strings.
    """
    if path is None:
        return []
    files = sorted(path.rglob("*.sql")) if path.is_dir() else [path]
    if not files:
        raise SpecRefused(
            "The folder holds no .sql file.", mend="Put the application's statements there.", subject=str(path)
        )
    queries: list[Query] = []
    for file in files:
        queries.extend(_read_file(file, backslash_escapes))
    seen: dict[str, Query] = {}
    for query in queries:
        first = seen.setdefault(query.name, query)
        if first is not query:
            raise SpecRefused(
                f"Two statements are called {query.name}: {first.file}:{first.line} and {query.file}:{query.line}.",
                mend="Give each its own '-- name:'.",
                subject="queries",
            )
    return queries


def _read_file(file: Path, backslash_escapes: bool) -> Iterator[Query]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecRefused(
            f"The file of queries cannot be read: {error}.",
            mend="Correct the path (relative to the worker's folder), or save the file in UTF-8.",
            subject=str(file),
        ) from error
    named = list(_named_parts(text))
    if named:
        for name, sql, line in named:
            statements = split_statements(sql, backslash_escapes=backslash_escapes)
            if statements:  # several under one name are one text still, which nobody can judge
                text_of_all = statements[0][0] if len(statements) == 1 else sql.strip()
                yield Query(name, text_of_all, str(file), line + statements[0][1])
        return
    statements = split_statements(text, backslash_escapes=backslash_escapes)
    for number, (statement, offset) in enumerate(statements, 1):
        name = file.stem if len(statements) == 1 else f"{file.stem} {number}"
        yield Query(name, statement, str(file), 1 + offset)


def _named_parts(text: str) -> Iterator[tuple[str, str, int]]:
    """(name, text after the header, line of that text)."""
    name, lines, start = "", [], 0
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header is None:
            lines.append(line)
            continue
        if name:
            yield name, "\n".join(lines), start
        name, lines, start = header["name"], [], number + 1
    if name:
        yield name, "\n".join(lines), start


def split_statements(text: str, *, backslash_escapes: bool = True) -> list[tuple[str, int]]:
    """(statement without its semicolon, lines before it): strings, quoted names and comments are respected."""
    found: list[tuple[str, int]] = []
    begin = place = 0
    while place < len(text):
        letter = text[place]
        if letter in "'\"`":
            place = _after_quoted(text, place, letter, backslash_escapes)
        elif text.startswith("--", place) or (letter == "#" and backslash_escapes):
            place = (text.find("\n", place) + 1) or len(text)
        elif text.startswith("/*", place):
            place = (text.find("*/", place) + 2) if "*/" in text[place:] else len(text)
        elif letter == "$" and not backslash_escapes and (tag := re.match(r"\$\w*\$", text[place:])):
            end = text.find(tag[0], place + len(tag[0]))
            place = end + len(tag[0]) if end >= 0 else len(text)
        elif letter == ";":
            _keep(found, text, begin, place)
            place += 1
            begin = place
        else:
            place += 1
    _keep(found, text, begin, len(text))
    return found


def _after_quoted(text: str, place: int, quote: str, backslash_escapes: bool) -> int:
    place += 1
    while place < len(text):
        if text[place] == "\\" and quote != "`" and backslash_escapes:
            place += 2
            continue
        if text[place] == quote:
            return place + 1
        place += 1
    return len(text)


def _keep(found: list[tuple[str, int]], text: str, begin: int, end: int) -> None:
    part = text[begin:end]
    bare = re.sub(r"--[^\n]*|/\*.*?\*/|#[^\n]*", "", part, flags=re.DOTALL)
    if bare.strip():
        lead = len(part) - len(part.lstrip())
        found.append((part.strip(), text.count("\n", 0, begin + lead)))


__all__ = ["Query", "read_corpus", "split_statements"]

"""An SQL script cut into statements, as the engine's own command-line client would cut it.

A semicolon ends a statement unless it stands in a string, a quoted name, a comment or a dollar-quoted body;
a line ``DELIMITER $$`` changes what ends one. Which quotes and comments a dialect has is what sqlglot's
tokenizer says of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot.dialects.dialect import Dialect

_DELIMITER = re.compile(r"[ \t]*DELIMITER[ \t]+(\S+)[ \t]*(?:\n|$)", re.IGNORECASE)


def split_script(text: str, *, dialect: str) -> Iterator[str]:
    """The statements of a script without their delimiters; those that hold only comments are left out.

    What is never closed (a quote, a comment) reaches to the end of the script, and the server will complain.
    """
    opaque, nested = _opaque(dialect)
    delimiter, start, place = ";", 0, 0
    while place < len(text):
        at_line_start = place == 0 or text[place - 1] == "\n"
        changed = _DELIMITER.match(text, place) if at_line_start else None
        if changed and not _code(text[start:place], opaque):
            delimiter, start, place = changed[1], changed.end(), changed.end()
        elif text.startswith(delimiter, place):
            yield from _statement(text[start:place], opaque)
            place += len(delimiter)
            start = place
        elif nested and text.startswith("/*", place):
            place = _end_of_comment(text, place)
        elif found := opaque.match(text, place):
            place = found.end()
        else:
            place += 1
    yield from _statement(text[start:], opaque)


def _statement(text: str, opaque: re.Pattern[str]) -> Iterator[str]:
    if _code(text, opaque):
        yield text.strip()


def _code(text: str, opaque: re.Pattern[str]) -> bool:
    """Whether there is more than blanks and comments (one that a server executes, ``/*! … */``, is more)."""
    comments = re.sub(opaque, lambda found: "" if found[0].startswith(("--", "#", "/*")) else found[0], text)
    return bool(comments.strip()) or "/*!" in text


def _opaque(dialect: str) -> tuple[re.Pattern[str], bool]:
    """What a delimiter has no meaning in, and whether comments nest."""
    tokenizer = Dialect.get_or_raise(dialect).tokenizer_class
    parts = [r"/\*.*?(?:\*/|\Z)"]
    if "#" in tokenizer.COMMENTS:
        parts.append(r"#[^\n]*")
    if "\\" in tokenizer.STRING_ESCAPES:  # the dialects of MySQL, where -- opens a comment only before a blank
        parts += [r"--(?=\s|\Z)[^\n]*", _escaping("'"), _escaping('"'), _doubling("`")]
    else:
        parts += [r"--[^\n]*", "[eE]" + _escaping("'"), _doubling("'"), _doubling('"')]
    dollars = bool(tokenizer.HEREDOC_STRINGS)
    if dollars:
        parts.append(r"\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)")
    # A whole name, so that no E or dollar inside it opens anything; elsewhere $$ after a name may be a delimiter.
    parts.append(r"[^\W\d][\w$]*" if dollars else r"[^\W\d]\w*")
    return re.compile("|".join(parts), re.DOTALL), dollars


def _doubling(quote: str) -> str:
    return rf"{quote}(?:[^{quote}]|{quote}{quote})*(?:{quote}|\Z)"


def _escaping(quote: str) -> str:
    return rf"{quote}(?:[^{quote}\\]|\\.|{quote}{quote})*(?:{quote}|\Z)"


def _end_of_comment(text: str, place: int) -> int:
    depth = 0
    for found in re.finditer(r"/\*|\*/", text[place:]):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return place + found.end()
    return len(text)


__all__ = ["split_script"]

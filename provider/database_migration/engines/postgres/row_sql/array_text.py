"""Arrays as PostgreSQL writes them (manual, section 8.15.6), and what stands for them on other engines.

An element is a text, None for NULL, or a list where the array has more dimensions. The bounds that an array may
carry in front (``[0:1]={…}``) are passed over: no other engine has them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TypeAlias

Element: TypeAlias = "str | list[Element] | None"

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([{},])|((?:[^"{},\\]|\\.)+)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})
_NO_NUMBERS = frozenset({"NaN", "Infinity", "-Infinity"})


def parse_array(text: str) -> list[Element]:
    """The elements of an array's text."""
    stack: list[list[Element]] = [[]]
    for quoted, mark, bare in _TOKEN.findall(text[text.index("{") :]):
        if mark == "{":
            inner: list[Element] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif mark == "}":
            stack.pop()
        elif bare:
            stack[-1].append(None if bare.upper() == "NULL" else _ESCAPED.sub(r"\1", bare))
        elif not mark:
            stack[-1].append(_ESCAPED.sub(r"\1", quoted))
    (found,) = stack[0]
    assert isinstance(found, list)
    return found


def array_literal(elements: Sequence[Element]) -> str:
    """The text that an array's input function reads."""
    parts = []
    for element in elements:
        if isinstance(element, list):
            parts.append(array_literal(element))
        else:
            parts.append("NULL" if element is None else _quoted(element))
    return "{" + ",".join(parts) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def label_array(text: str) -> str:
    """An array of labels in the one text that form LABELS has: by code point, each once."""
    return array_literal(sorted({label for label in parse_array(text) if isinstance(label, str)}))


def writes_plain_json(native: str) -> bool:
    """Whether ``to_jsonb`` writes an array's elements as the array's own text has them; others go as texts."""
    return re.sub(r"\(.*?\)|\[.*", "", native).strip() in _NUMBERS | {"boolean", "text"}


def json_of_array(text: str, native: str) -> str:
    """An array's text as the JSON that ``to_jsonb`` makes of it."""
    word = re.sub(r"\(.*?\)|\[.*", "", native).strip()

    def written(element: Element) -> str:
        if isinstance(element, list):
            return "[" + ", ".join(map(written, element)) + "]"
        if element is None:
            return "null"
        if word == "boolean":
            return {"t": "true", "f": "false"}[element]
        plain = word in _NUMBERS and element not in _NO_NUMBERS
        return element if plain else json.dumps(element, ensure_ascii=False)

    return written(parse_array(text))


def array_of_json(text: str) -> str:
    """The array's text for a JSON list."""
    return array_literal(_elements(json.loads(text, parse_int=str, parse_float=str)))


def _elements(document: object) -> list[Element]:
    if not isinstance(document, list):
        raise ValueError("an array is written as a JSON list")
    found: list[Element] = []
    for item in document:
        if isinstance(item, list):
            found.append(_elements(item))
        elif isinstance(item, bool):
            found.append("t" if item else "f")
        elif isinstance(item, dict):
            raise ValueError("an array holds no JSON objects")
        else:
            found.append(item)
    return found


__all__ = ["array_literal", "array_of_json", "json_of_array", "label_array", "parse_array", "writes_plain_json"]

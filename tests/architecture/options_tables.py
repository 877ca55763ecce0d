"""A step's options as tables of Markdown, from its pydantic model: what stands in the step's manual.

``python tests/architecture/options_tables.py`` writes the tables into every manual anew.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import database_migration.steps as steps

BEGIN = "<!-- options: written by tests/architecture/options_tables.py -->"
END = "<!-- /options -->"

STEMS = sorted(module.name for module in pkgutil.iter_modules(steps.__path__) if module.ispkg)
STEPS_FOLDER = Path(__file__).parents[2] / "provider" / "database_migration" / "steps"


def manual_of(stem: str) -> Path:
    """The step's page."""
    return STEPS_FOLDER / stem / "README.md"


def options_model(stem: str) -> type[BaseModel]:
    """The step's options."""
    camel = "".join(word.capitalize() for word in stem.split("_"))
    model: type[BaseModel] = getattr(importlib.import_module(f"database_migration.steps.{stem}"), f"{camel}Options")
    return model


def options_tables(model: type[BaseModel]) -> str:
    """One table of the model's keys, and one for each model that stands below one of them."""
    schema = model.model_json_schema()
    defs = schema.get("$defs", {})
    blocks = [_table(schema, defs)]
    for name in _models_below(schema):
        below = defs[name]
        blocks.append(f"**{_heading(below)}**: {_sentence(below)}\n\n{_table(below, defs)}")
    return "\n\n".join(blocks)


def between_marks(text: str) -> str:
    """What a page holds between the two marks."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def with_tables(text: str, tables: str) -> str:
    """The page with its tables replaced."""
    return re.sub(
        f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n\n{tables}\n\n{END}", text, flags=re.DOTALL
    )


def _models_below(schema: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    waiting = [schema]
    while waiting:
        for name in re.findall(r"#/\$defs/(\w+)", str(waiting.pop(0).get("properties", {}))):
            if name not in found and "properties" in schema["$defs"][name]:
                found.append(name)
                waiting.append(schema["$defs"][name])
    return found


def _heading(schema: Mapping[str, Any]) -> str:
    kind = schema["properties"].get("kind", {}).get("const")
    if kind:
        return f"`kind: {kind}`"
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in schema["title"]).strip()


def _sentence(schema: Mapping[str, Any]) -> str:
    return str(schema.get("description", "")).split("\n\n")[0].replace("\n", " ")


def _table(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    keys = {name: said for name, said in schema["properties"].items() if name != "kind"}
    if not keys:
        return "No further keys."
    required = schema.get("required", ())
    lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for name, said in keys.items():
        default = "**needed**" if name in required else _default(said)
        lines.append(f"| `{name}` | {_kind(said, defs)} | {default} | {_cell(said.get('description', ''))} |")
    return "\n".join(lines)


def _default(said: Mapping[str, Any]) -> str:
    match said.get("default"):
        case None | [] | {} | "":
            return "none"
        case bool() as value:
            return f"`{str(value).lower()}`"
        case list() as value:
            return "<br>".join(str(item) for item in value)
        case value:
            return f"`{value}`"


def _kind(said: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    choices = [choice for choice in said.get("anyOf", said.get("oneOf", ())) if choice.get("type") != "null"]
    if choices:
        kinds = list(dict.fromkeys(_kind(choice, defs) for choice in choices))
        return " or ".join(kinds)
    if "allOf" in said:
        return _kind(said["allOf"][0], defs)
    if "enum" in said:
        return ", ".join(f"`{value}`" for value in said["enum"])
    if "const" in said:
        return f"`{said['const']}`"
    if "$ref" in said:
        meant = defs[said["$ref"].rpartition("/")[2]]
        return "mapping, see below" if "properties" in meant else _kind(meant, defs)
    return _simple(said, defs) + _range(said)


def _simple(said: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    match said.get("type"), said.get("format"):
        case "string", "duration":
            return "duration"
        case "string", "path":
            return "path"
        case "string", _:
            return "text"
        case "integer", _:
            return "whole number"
        case "number", _:
            return "number"
        case "boolean", _:
            return "`true`, `false`"
        case "array", _:
            return f"list of {_kind(said.get('items', {}), defs)}"
        case "object", _:
            return f"mapping of name to {_kind(said.get('additionalProperties', {}), defs)}"
        case kind, _:
            raise ValueError(f"No word for the type {kind!r}: add one here.")


def _range(said: Mapping[str, Any]) -> str:
    low, high = said.get("minimum"), said.get("maximum")
    above, below = said.get("exclusiveMinimum"), said.get("exclusiveMaximum")
    words = []
    if low is not None and high is not None:
        words.append(f"{low:,}–{high:,}")
    elif low is not None:
        words.append(f"≥ {low:,}")
    elif high is not None and above is None:
        words.append(f"≤ {high:,}")
    if above is not None:
        words.append(f"> {above:,}")
        if high is not None:
            words.append(f"≤ {high:,}")
    if below is not None:
        words.append(f"< {below:,}")
    return f", {', '.join(words)}" if words else ""


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ").replace("<", "&lt;")


def main() -> None:
    """Write every page's tables anew."""
    for stem in STEMS:
        page = manual_of(stem)
        if page.exists():
            text = page.read_text(encoding="utf-8")
            page.write_text(with_tables(text, options_tables(options_model(stem))), encoding="utf-8")
            print(page)


if __name__ == "__main__":
    main()

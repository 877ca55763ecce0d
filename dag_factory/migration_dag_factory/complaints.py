"""What pydantic finds wrong with a spec, in words for a person who never heard of pydantic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from migration_dag_factory.located_yaml import Location
from migration_dag_factory.spec import MigrationSpec

_LONGEST_INPUT_SHOWN = 40  # characters
_DURATION = 'has to be a duration: PT30S, PT5M, PT4H, P1D, or "00:05:00"'
_MAPPING = "has to be a mapping"
_LIST = "has to be a list: [one, other]"
_WORDS: Mapping[str, str] = {
    "int_parsing": "has to be a whole number",
    "int_type": "has to be a whole number",
    "int_from_float": "has to be a whole number",
    "float_parsing": "has to be a number",
    "float_type": "has to be a number",
    "bool_parsing": "has to be true or false",
    "bool_type": "has to be true or false",
    "string_type": "has to be a text; put it in quotes",
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _MAPPING,
    "path_type": "has to be a path",
    "time_delta_parsing": _DURATION,
    "time_delta_type": _DURATION,
    "string_too_short": "must not be empty",
}
"""By pydantic's type of error; what is not here keeps pydantic's sentence."""


def complaint(location: Location, error: Mapping[str, Any]) -> str:
    """One error in a sentence; ``location`` holds keys of the file only (a union's tag is none)."""
    key = str(location[-1]) if location else ""
    where = ".".join(map(str, location[:-1]))
    inside = f" in {where}" if where else ""
    if error["type"] == "extra_forbidden":
        known = known_keys(location[:-1])
        return f"unknown key {key!r}{inside}{_hint(key, known)}"
    if error["type"] == "missing":
        return f"key {key!r}{inside} is missing"
    subject = ".".join(map(str, location))
    return f"{subject + ': ' if subject else ''}{_said(location, error)}{_found(error['input'])}"


def known_keys(location: Location) -> list[str]:
    """The keys that the mapping at a location understands."""
    root = _json_schema()
    schemas: list[Mapping[str, Any]] = [root]
    for part in location:
        following = [deeper for schema in schemas for deeper in _into(root, schema, part)]
        schemas = following or schemas
    return sorted({key for schema in schemas for one in _variants(root, schema) for key in one.get("properties", {})})


def _said(location: Location, error: Mapping[str, Any]) -> str:
    kind, told = error["type"], error.get("ctx", {})
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        known = known_keys(location)
        keys = f" with the keys {', '.join(known)}" if known else ""
        names = ", or a list of their names" if location == ("gates",) else ""
        return f"{_MAPPING}{keys}{names}"
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        choices = [choice.strip(" '") for choice in _choices(told).replace(" or ", ", ").split(",")]
        if kind == "union_tag_invalid":
            given = str(told.get("tag", ""))
            return f"{_tag(told)} {given!r} is not known{_hint(given, choices)}"
        return f"has to be one of {', '.join(choices)}{_nearest(str(error['input']), choices)}"
    if kind == "union_tag_not_found":
        return f"key {_tag(told)!r} is missing: it says which"
    if kind == "string_pattern_mismatch" and location == ("migration",):
        return "has to begin with a letter and hold letters, digits and single _ or - between them: shop_to_postgres"
    if kind in _WORDS:
        return _WORDS[kind]
    said = str(error["msg"]).removeprefix("Value error, ")
    return (said[0].lower() + said[1:]).replace("input should be", "has to be").replace("input should", "has to")


def _tag(told: Mapping[str, Any]) -> str:
    """The key by which a mapping says of which kind it is."""
    return str(told.get("discriminator", "kind")).strip("'")


def _choices(told: Mapping[str, Any]) -> str:
    said = str(told.get("expected") or told.get("expected_tags") or "")
    return said.replace('"', "'")


def _nearest(given: str, known: Sequence[str]) -> str:
    nearest = get_close_matches(given, known, n=1, cutoff=0.6)
    return f", did you mean {nearest[0]!r}?" if nearest else ""


def _hint(given: str, known: Sequence[str]) -> str:
    return _nearest(given, known) or (f"; known here: {', '.join(known)}" if known else "")


def _found(given: object) -> str:
    shown = repr(given)
    return "" if len(shown) > _LONGEST_INPUT_SHOWN or isinstance(given, dict | list) else f" (found {shown})"


def _into(root: Mapping[str, Any], schema: Mapping[str, Any], part: str | int) -> list[Mapping[str, Any]]:
    found = []
    for one in _variants(root, schema):
        further = one.get("additionalProperties")
        if part in one.get("properties", {}):
            found.append(one["properties"][part])
        elif isinstance(part, str) and isinstance(further, Mapping):
            found.append(further)
        elif isinstance(part, int) and "items" in one:
            found.append(one["items"])
    return found


def _variants(root: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if "$ref" in schema:
        return _variants(root, root["$defs"][schema["$ref"].rpartition("/")[2]])
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    return [variant for choice in choices for variant in _variants(root, choice)] or [schema]


@cache
def _json_schema() -> dict[str, Any]:
    return MigrationSpec.model_json_schema()


__all__ = ["complaint", "known_keys"]

"""The labels of a set in the text that form LABELS has: an array as PostgreSQL writes it, by code point."""

from __future__ import annotations

from collections.abc import Iterable


def label_array(labels: Iterable[str]) -> str:
    """``{"a","b"}``, each label once."""
    return "{" + ",".join(_quoted(label) for label in sorted(set(labels))) + "}"


def label_array_of_set(text: str) -> str:
    """The same of a set's value, whose labels stand between commas."""
    return label_array(text.split(",") if text else ())


def _quoted(label: str) -> str:
    return '"' + label.replace("\\", "\\\\").replace('"', '\\"') + '"'


__all__ = ["label_array", "label_array_of_set"]

"""Queries that can be run by hand; ``load`` reads one by its name."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def load(name: str) -> str:
    """The text of ``<name>.sql``; parameters are ``%s``, a literal percent sign is doubled."""
    return resources.files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


__all__ = ["load"]

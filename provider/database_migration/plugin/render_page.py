"""Fills the pages' templates."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from database_migration.links import URL_PREFIX
from database_migration.plugin.spelling import clock, count, moment, segment, size, words
from database_migration.steps.chunked_copy.progress import duration


def render_page(template: str, request: Request, **values: Any) -> str:
    """A template with values; ``root`` is the pages' own address as the browser has to spell it."""
    root = str(request.scope.get("root_path", "")).rstrip("/") or URL_PREFIX
    return _environment().get_template(template).render(root=root, airflow=root.removesuffix(URL_PREFIX), **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("database_migration.plugin", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": count,
        "size": size,
        "moment": moment,
        "clock": clock,
        "words": words,
        "segment": segment,
        "duration": duration,
    }
    return environment


__all__ = ["render_page"]

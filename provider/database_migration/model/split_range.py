"""Cuts a key range into smaller ones by the arithmetic of its bounds, without asking a server."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from uuid import UUID

from database_migration.model.column_type import Form
from database_migration.model.key_range import Cut, KeyRange

_SPLIT_FORMS = (Form.INTEGER, Form.BINARY, Form.UUID)


def split(rows: KeyRange, parts: int) -> list[KeyRange]:
    """Up to ``parts`` ranges that make up a bounded one; [] where there is nothing to split along."""
    if rows.key is None or rows.lower is None or rows.upper is None:
        return []
    if rows.key.form not in _SPLIT_FORMS or rows.key.rest or rows.key.cut is not Cut.ORDER:
        return []
    number, text = _arithmetic(rows.key.form, max(len(rows.lower), len(rows.upper)))
    lower, upper = number(rows.lower), number(rows.upper)
    points = sorted({lower + (upper - lower) * step // parts for step in range(1, parts)} - {lower, upper})
    if not points:
        return []
    bounds = [rows.lower, *(text(point) for point in points), rows.upper]
    return [KeyRange(rows.key, low, high) for low, high in pairwise(bounds)]


def _arithmetic(form: Form, digits: int) -> tuple[Callable[[str], int], Callable[[int], str]]:
    """How bounds become numbers and numbers bounds, in the order of the form."""
    if form is Form.INTEGER:
        return int, str
    if form is Form.UUID:
        return lambda text: UUID(text).int, lambda number: str(UUID(int=number))
    # Octets order like the digits of a fraction: zeros behind change nothing.
    return lambda text: int(text.ljust(digits, "0") or "0", 16), lambda number: f"{number:0{digits}x}"


__all__ = ["split"]

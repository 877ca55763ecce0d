"""Operators, sensors and steps that move a live database between MySQL, MariaDB and PostgreSQL."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__"]

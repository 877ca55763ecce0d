"""What the server that has the rows is asked where the spec maps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from database_migration.engines.protocol.connection import Session
from database_migration.model.mapping.tables import ColumnMapping, Scalar
from database_migration.model.schema import Column, Table
from database_migration.model.table_selection import FormedColumn

IMAGE_NUMBER = "database_migration_image"
"""The column of ``RowMapping.hold_images`` that counts the images, from 0."""


class RowMapping(Protocol):
    """Lets the server that has the rows make the values that the spec maps; see ``model.mapping.tables``.

    Expressions stand over the table that is named t: for rows of the table as for images of them out of the log.
    """

    def value(self, schema: str, column: Column, mapping: ColumnMapping) -> str:
        """SQL of the value that the target gets for a column's; fails at a row whose value is to be refused."""
        ...

    def constant(self, value: Scalar) -> str:
        """A value of the spec as SQL."""
        ...

    def typed(self, session: Session, schema: str, table: Table, values: Mapping[str, str]) -> list[Column]:
        """The columns that the server would make of these values (name → SQL), in their order.

        Refused, with the server's words, where one of them or the table's ``where`` is no expression over its row, or
        the account may not create temporary tables.
        """
        ...

    def set_secret(self, session: Session, secret: str) -> None:
        """Give a session the secret that masks are made with; it is in no other statement."""
        ...

    def unsettled(self, session: Session, sql: str) -> list[str]:
        """The functions and words in an expression by which it may give another value for the same row."""
        ...

    def hold_images(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        images: Sequence[Sequence[str | None]],
    ) -> tuple[str, str]:
        """Put row images (transfer texts) into a temporary table of the session with the table's types, in the place
        of those that it held, each with its number under ``IMAGE_NUMBER``; the schema and name under which
        ``Rows.fetch`` finds it."""
        ...


__all__ = ["IMAGE_NUMBER", "RowMapping"]

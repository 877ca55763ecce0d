"""What becomes of single tables: which rows arrive, and which columns are left out, mapped, masked or added."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

Scalar = bool | int | float | str | None
MaskWord = Literal["null", "hash", "email", "name", "partial", "year"]


def scalar_text(value: Scalar) -> str:
    """A value of the spec as a transfer text."""
    return ("1" if value else "0") if isinstance(value, bool) else str(value)


def _null_word(value: Any) -> Any:
    return "null" if value is None else value  # what YAML reads out of an unquoted null


def without_literals(sql: str) -> str:
    """An expression without what stands between quotes: 'a text', and names too."""
    return re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`", " ", sql)


class _Part(BaseModel):
    """Written back as it was said: null may be a value here, and is then no default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_serializer(mode="wrap")
    def _said(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in write(self).items() if name in self.model_fields_set}


class FixedMask(_Part):
    """The same text in every row."""

    fixed: str = Field(description="The text that stands in every row that is not NULL.")


class OtherValue(_Part):
    """A value for all that is not named."""

    to: Scalar = Field(description="The value.")


class Lookup(_Part):
    """Another table of the source that has the target's value by the column's."""

    table: str = Field(description="The table, in the source's schema.", min_length=1)
    key: str = Field(description="Its column that equals ours; it has to be unique there.", min_length=1)
    value: str = Field(description="Its column whose value the target gets.", min_length=1)


class ColumnMapping(_Part):
    """What becomes of one column: its values arrive as they are unless one of drop, map, mask or lookup is said."""

    rename: str | None = Field(None, description="Its name on the target; None: the same.", min_length=1)
    drop: bool = Field(False, description="The column does not arrive, nor does what cannot be without it.")
    map: dict[str, Scalar] | None = Field(
        None,
        description="The target's value by the source's, compared exactly: {N: new, P: paid}; NULL stays NULL.",
        min_length=1,
    )
    mask: Annotated[MaskWord | FixedMask | None, BeforeValidator(_null_word)] = Field(
        None,
        description="A value that tells nothing of the real one, for staging copies. hash, email and name give the same"
        " for the same value everywhere, partial keeps the last four characters, year the year of a date; null"
        " and {fixed: text} give one value to all.",
    )
    lookup: Lookup | None = Field(None, description="The target's value out of another table of the source.")
    otherwise: Annotated[Literal["refuse", "keep", "null"] | OtherValue, BeforeValidator(_null_word)] = Field(
        "refuse",
        description="Of map: what values that are not named become; of lookup (refuse, null or {to: x}): what values"
        " that are not found become. refuse stops, and preflight counts them first.",
    )
    type: str | None = Field(
        None,
        description="Its type on the target, in the target's words, where another engine's is wanted; by default what"
        " holds the type that the source's server gives to the mapped value.",
    )

    @field_validator("map", mode="before")
    @classmethod
    def _keys_are_texts(cls, given: Any) -> Any:
        return {scalar_text(key): value for key, value in given.items()} if isinstance(given, dict) else given

    @field_validator("map")
    @classmethod
    def _values_are_of_one_kind(cls, given: dict[str, Scalar] | None) -> dict[str, Scalar] | None:
        kinds = {type(value).__name__ for value in (given or {}).values() if value is not None}
        if len(kinds) != 1 and given is not None:
            raise ValueError("the values of a map are of one kind: all texts, all numbers or all true and false")
        return given

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        said = [word for word in ("drop", "map", "mask", "lookup") if getattr(self, word)]
        if len(said) > 1:
            raise ValueError(f"{' and '.join(said)} cannot both be said of a column; keep one")
        if self.drop and (self.rename or self.type):
            raise ValueError("a column that is dropped has no name and no type on the target; keep drop alone")
        if "otherwise" in self.model_fields_set and not (self.map or self.lookup):
            raise ValueError("otherwise belongs to map or lookup")
        if self.lookup and self.otherwise == "keep":
            raise ValueError("otherwise: keep belongs to map; say refuse, null or {to: …} of a lookup")
        if self.mask and self.type:
            raise ValueError("a masked column keeps its type")
        return self

    @property
    def changes_values(self) -> bool:
        """Whether the target's values are not the source's."""
        return self.map is not None or self.mask is not None or self.lookup is not None

    @property
    def inverse(self) -> dict[str, str] | None:
        """The source's value by the target's; None where the map does not tell it."""
        if self.map is None or None in self.map.values() or self.otherwise not in ("refuse", "keep"):
            return None
        inverse = {scalar_text(value): key for key, value in self.map.items()}
        return inverse if len(inverse) == len(self.map) else None


class AddedColumn(_Part):
    """A column that the source has not."""

    constant: Scalar = Field(None, description="The value that it has in every row that is copied or replicated.")
    derive: str | None = Field(
        None,
        description="Its value as an expression over the row's own columns, in the source's SQL; the same for the same"
        " row whenever it is asked, so without subqueries, clocks and random numbers.",
        min_length=1,
    )
    type: str | None = Field(
        None,
        description="Its type on the target, in the target's words, where another engine's is wanted; by default what"
        " holds the type that the source's server gives to the value.",
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if ("constant" in self.model_fields_set) == (self.derive is not None):
            raise ValueError("say either constant or derive")
        return self


class TableMapping(_Part):
    """What becomes of one table."""

    rename: str | None = Field(None, description="Its name on the target; None: the same.")
    where: str | None = Field(
        None,
        description="The rows that take part: a condition over the row's own columns, in the source's SQL, without"
        " subqueries, clocks and random numbers. A row that comes to obey it arrives, one that ceases to leaves.",
        min_length=1,
    )
    columns: dict[str, ColumnMapping] = Field(default_factory=dict, description="Columns by their name on the source.")
    add: dict[str, AddedColumn] = Field(default_factory=dict, description="New columns by their name on the target.")

    @property
    def changes_rows(self) -> bool:
        """Whether more than names is said."""
        return bool(self.where or self.add) or any(True for _ in self.changed_columns())

    @property
    def says_more_than_names(self) -> bool:
        """Whether a step has to know more than the names that table and columns get."""
        return self.changes_rows or any(one.type is not None for one in self.columns.values())

    @property
    def types(self) -> Iterator[tuple[str, str]]:
        """(source or new column, the type that it gets on the target)."""
        said = {name: one.type for name, one in self.columns.items()} | {
            name: one.type for name, one in self.add.items()
        }
        return ((name, type_) for name, type_ in said.items() if type_ is not None)

    def changed_columns(self) -> Iterator[tuple[str, ColumnMapping]]:
        """The columns that do not arrive as they are."""
        return ((name, one) for name, one in self.columns.items() if one.drop or one.changes_values)

    @property
    def masks(self) -> bool:
        """Whether a mask needs the migration's secret."""
        return any(one.mask in ("hash", "email", "name") for one in self.columns.values())

    @property
    def expressions(self) -> Iterator[tuple[str, str]]:
        """(where it is said, SQL) of what the spec writes in the source's SQL."""
        if self.where is not None:
            yield "where", self.where
        for name, added in self.add.items():
            if added.derive is not None:
                yield f"add.{name}.derive", added.derive


__all__ = [
    "AddedColumn",
    "ColumnMapping",
    "FixedMask",
    "Lookup",
    "OtherValue",
    "TableMapping",
    "scalar_text",
    "without_literals",
]

"""What becomes of values that the target cannot hold."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from database_migration.model.unfit_value import ValueKind

_MOMENT = re.compile(r"(?!0000)\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])( \d\d:\d\d:\d\d(\.\d{1,6})?)?")
_TIME = re.compile(r"-?\d{2,3}:\d\d:\d\d(\.\d{1,6})?")


class Replacement(BaseModel):
    """Another value in the place of one that the target cannot hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: bool | int | float | str | None = Field(
        description="null, or a value of the column's type. Words: clamp (out_of_range: the nearest that fits), round"
        " (too_precise), cut (too_long: the beginning that fits). Of nul_character it replaces each such character,"
        " '' strips them; of beyond_charset '?' does."
    )

    @field_validator("to", mode="before")
    @classmethod
    def _dates_are_texts(cls, value: object) -> object:
        return str(value) if isinstance(value, date) else value  # YAML reads 1970-01-01 as a date

    @property
    def text(self) -> str | None:
        """The value as a transfer text."""
        if isinstance(self.to, bool):
            return "1" if self.to else "0"
        return None if self.to is None else str(self.to)


Treatment = Literal["refuse", "quarantine"] | Replacement
"""``refuse`` stops, ``quarantine`` leaves the row out and keeps it, a replacement changes the value."""

_Chosen = Annotated[Treatment | None, Field(union_mode="left_to_right")]


class TreatedValues(BaseModel):
    """A treatment by kind of value; what is not named is treated as one level above says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zero_date: _Chosen = Field(None, description="Zero and partial dates; {to: null} or {to: 1970-01-01}.")
    nul_character: _Chosen = Field(None, description="NUL characters in text and JSON; {to: ''} strips them.")
    invalid_text: _Chosen = Field(None, description="Octets that are no characters of the charset; {to: null}.")
    not_boolean: _Chosen = Field(None, description="Numbers but 0 and 1 where a boolean is wanted; {to: true}.")
    out_of_range: _Chosen = Field(None, description="Numbers and times beyond the type; {to: clamp} or {to: null}.")
    too_precise: _Chosen = Field(None, description="More decimals than the type keeps; {to: round} or {to: null}.")
    too_long: _Chosen = Field(None, description="More characters or octets than fit; {to: cut} or {to: null}.")
    beyond_charset: _Chosen = Field(None, description="Characters that the target's charset has not; {to: '?'}.")
    special_number: _Chosen = Field(None, description="NaN and infinity; {to: null} or {to: 0}.")
    special_date: _Chosen = Field(None, description="Infinite, BC and five-digit-year dates; {to: null} or a date.")
    malformed: _Chosen = Field(
        None, description="Texts that are no value of the type that they are cast to; {to: null}."
    )
    months: _Chosen = Field(None, description="Intervals that count months; {to: null} or {to: '720:00:00'}.")
    refused: Literal["refuse", "quarantine"] | None = Field(
        None, description="Whatever else the target's server refuses: checks, conflicts on another unique key."
    )

    @model_validator(mode="after")
    def _replacements_are_values(self) -> Self:
        for kind in ValueKind:
            chosen = getattr(self, kind.value)
            if isinstance(chosen, Replacement) and (wrong := _wrong(kind, chosen)):
                raise ValueError(f"{kind.value}: {{to: {chosen.to}}} cannot be meant: {wrong}")
        return self

    def chosen(self, kind: ValueKind) -> Treatment | None:
        """The treatment of a kind, where one is named."""
        found: Treatment | None = getattr(self, kind.value)
        return found


class QuarantineLimits(BaseModel):
    """How much may go to quarantine before the copy stops; may be raised while a run is under way."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_rows: int = Field(1000, ge=0, description="Rows per table; one more stops the copy, or replication.")
    max_share: float = Field(
        0.01, ge=0, le=1, description="Share of a table's rows (as planned); counts beyond the first ten of a table."
    )


class ValueMapping(TreatedValues):
    """A treatment by kind of value, and by table and column: refuse, quarantine, or another value in its place."""

    default: Literal["refuse", "quarantine"] = Field("refuse", description="For kinds that are not named.")
    columns: dict[str, TreatedValues] = Field(
        default_factory=dict, description="Other treatments of one source table (orders) or column (orders.shipped)."
    )
    quarantine: QuarantineLimits = Field(
        default_factory=QuarantineLimits, description="How many rows of a table may go to quarantine."
    )

    def treatment(self, table: str, column: str | None, kind: ValueKind) -> Treatment:
        """What applies to a kind of value in a column; ``column`` None: where the column is not known."""
        names = [table] if column is None else [f"{table}.{column}", table]
        levels: list[TreatedValues] = [self.columns[name] for name in names if name in self.columns]
        found = (level.chosen(kind) for level in [*levels, self])
        return next((chosen for chosen in found if chosen is not None), self.default)

    def may_quarantine(self, table: str) -> bool:
        """Whether any row of a table may go to quarantine."""
        levels = [self, *(one for name, one in self.columns.items() if name.partition(".")[0] == table)]
        return self.default == "quarantine" or any(
            level.chosen(kind) == "quarantine" for level in levels for kind in ValueKind
        )


def _wrong(kind: ValueKind, chosen: Replacement) -> str:
    """Why a replacement is no value of its kind; '' for one that is."""
    text = chosen.text
    if text is None:
        return ""
    if "\0" in text:
        return "it holds a NUL character itself"
    if kind in (ValueKind.ZERO_DATE, ValueKind.SPECIAL_DATE):
        return "" if _MOMENT.fullmatch(text) else "write null or a date as '2000-01-31'"
    if kind is ValueKind.NOT_BOOLEAN:
        return "" if text in ("0", "1") else "write null, true or false"
    if kind in (ValueKind.INVALID_TEXT, ValueKind.MALFORMED):
        return "write null"
    if kind is ValueKind.TOO_LONG:
        return "" if text == "cut" else "write null or cut"
    if kind is ValueKind.BEYOND_CHARSET:
        return "" if text == "?" else "write null or '?'"
    if kind is ValueKind.TOO_PRECISE:
        return "" if text == "round" else "write null or round"
    if kind is ValueKind.MONTHS:
        return "" if _TIME.fullmatch(text) else "write null or a time as '720:00:00'"
    if kind is ValueKind.OUT_OF_RANGE and (text == "clamp" or _TIME.fullmatch(text)):
        return ""
    if kind in (ValueKind.OUT_OF_RANGE, ValueKind.SPECIAL_NUMBER):
        return "" if _is_number(text) else "write null, a number" + (" or clamp" if "range" in kind else "")
    return ""


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


__all__ = ["QuarantineLimits", "Replacement", "TreatedValues", "Treatment", "ValueMapping"]

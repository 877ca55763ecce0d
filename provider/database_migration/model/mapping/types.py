"""Which type of the target holds which type of the source: a choice by kind of type, then casts by rule.

The defaults lose no value. Each choice is read by the target's engine when it holds a table of the other engine
(``Ddl.hold``); the page ``steps/schema_compare/README.md`` shows what each gives, and a test holds it to the code.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from database_migration.model.mapping.casts import CastRule


class TinyintOne(StrEnum):
    """A tinyint(1)."""

    DETECT = "detect"
    INTEGER = "integer"


class UnsignedIntegers(StrEnum):
    """An unsigned integer below bigint."""

    LARGER = "larger"
    SAME_SIZE = "same_size"


class UnsignedBigint(StrEnum):
    """A bigint unsigned outside of keys."""

    NUMERIC = "numeric"
    BIGINT = "bigint"


class LocalMoment(StrEnum):
    """A datetime."""

    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"


class Instant(StrEnum):
    """A MySQL timestamp."""

    TIMESTAMPTZ = "timestamptz"
    TIMESTAMP = "timestamp"


class Clock(StrEnum):
    """A MySQL time."""

    INTERVAL = "interval"
    TIME = "time"


class Year(StrEnum):
    """A year."""

    CHECK = "check"
    SMALLINT = "smallint"


class Labels(StrEnum):
    """An enum on PostgreSQL."""

    CHECK = "check"
    NATIVE = "native"
    LOOKUP = "lookup"
    TEXT = "text"


class LabelSet(StrEnum):
    """A set on PostgreSQL."""

    CHECK = "check"
    ARRAY = "array"
    TEXT = "text"


class OneBit(StrEnum):
    """A bit(1)."""

    BIT = "bit"
    BOOLEAN = "boolean"


class FixedText(StrEnum):
    """A char."""

    CHAR = "char"
    VARCHAR = "varchar"
    TEXT = "text"


class Document(StrEnum):
    """A JSON document on PostgreSQL."""

    JSONB = "jsonb"
    JSON = "json"
    TEXT = "text"


class SixteenOctets(StrEnum):
    """A binary(16)."""

    BYTEA = "bytea"
    UUID = "uuid"


class Geometry(StrEnum):
    """A spatial value on PostgreSQL."""

    BYTEA = "bytea"
    GEOMETRY = "geometry"


class Truth(StrEnum):
    """A boolean on MySQL."""

    TINYINT = "tinyint"
    BIT = "bit"


class Uuid(StrEnum):
    """A uuid on MySQL."""

    CHAR = "char"
    BINARY = "binary"
    UUID = "uuid"


class InstantInUtc(StrEnum):
    """A timestamptz on MySQL."""

    DATETIME = "datetime"
    TIMESTAMP = "timestamp"


class Span(StrEnum):
    """An interval on MySQL."""

    TEXT = "text"
    MICROSECONDS = "microseconds"
    TIME = "time"


class Exact(StrEnum):
    """A numeric without precision, or money, on MySQL."""

    DECIMAL = "decimal"
    TEXT = "text"


class Listed(StrEnum):
    """An array on MySQL."""

    TEXT = "text"
    JSON = "json"


class LabelsOnMySQL(StrEnum):
    """An enum on MySQL."""

    ENUM = "enum"
    VARCHAR = "varchar"


class DocumentOnMySQL(StrEnum):
    """A JSON document on MySQL."""

    JSON = "json"
    TEXT = "text"


class MySQLToPostgres(BaseModel):
    """What becomes of MySQL's and MariaDB's types on PostgreSQL."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    tinyint_1: TinyintOne = Field(
        TinyintOne.DETECT,
        description="tinyint(1). detect: those that hold only 0, 1 and NULL, which preflight counts, become boolean,"
        " the others smallint; integer: all become smallint.",
    )
    unsigned: UnsignedIntegers = Field(
        UnsignedIntegers.LARGER,
        description="Unsigned integers below bigint. larger: the next type that has room for all; same_size: the signed"
        " type of the same size, whose room preflight counts.",
    )
    bigint_unsigned: UnsignedBigint = Field(
        UnsignedBigint.NUMERIC,
        description="bigint unsigned. numeric: numeric(20,0), but bigint for keys and identity columns; bigint: always"
        " bigint. Preflight counts values beyond it.",
    )
    datetime: LocalMoment = Field(
        LocalMoment.TIMESTAMP,
        description="datetime. timestamp: as it stands, without a zone; timestamptz: its values are read as UTC.",
    )
    timestamp: Instant = Field(
        Instant.TIMESTAMPTZ, description="timestamp. timestamptz: an instant; timestamp: that instant's time in UTC."
    )
    time: Clock = Field(
        Clock.INTERVAL,
        description="time. interval: all of -838:59:59 to 838:59:59; time: a time of day, preflight counts others.",
    )
    year: Year = Field(
        Year.CHECK, description="year. check: smallint with a check of a year's range; smallint: without."
    )
    enum: Labels = Field(
        Labels.CHECK,
        description="enum. check: text with a check of its labels; native: a type of PostgreSQL's own, made for the"
        " column, which keeps the labels' order; lookup: text with a foreign key to a table of its labels, made for"
        " the column; text: text that nothing checks.",
    )
    set: LabelSet = Field(
        LabelSet.CHECK,
        description="set. check: text with the labels between commas and a check of them; array: text[] with a check of"
        " them; text: text that nothing checks.",
    )
    bit_1: OneBit = Field(OneBit.BIT, description="bit(1). bit: bit(1); boolean. Longer ones stay bit(n).")
    char: FixedText = Field(
        FixedText.CHAR, description="char(n). char: char(n); varchar: varchar(n); text: without a limit."
    )
    json_: Document = Field(
        Document.JSONB,
        alias="json",
        description="json. jsonb; json: with its blanks and the order of its keys; text.",
    )
    binary_16: SixteenOctets = Field(
        SixteenOctets.BYTEA, description="binary(16). bytea; uuid: the octets in the order in which they are stored."
    )
    spatial: Geometry = Field(
        Geometry.BYTEA,
        description="geometry, point, polygon … bytea: MySQL's own octets (the SRID, then WKB); geometry: PostGIS's"
        " type with the column's SRIDs, where the extension is installed.",
    )


class PostgresToMySQL(BaseModel):
    """What becomes of PostgreSQL's types on MySQL and MariaDB."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    boolean: Truth = Field(Truth.TINYINT, description="boolean. tinyint: tinyint(1); bit: bit(1).")
    uuid: Uuid = Field(
        Uuid.CHAR, description="uuid. char: char(36); binary: binary(16); uuid: MariaDB's own type (10.7 and later)."
    )
    timestamptz: InstantInUtc = Field(
        InstantInUtc.DATETIME,
        description="timestamptz. datetime: the time in UTC; timestamp: an instant, from 1970 to 2038 only, which"
        " preflight counts.",
    )
    interval: Span = Field(
        Span.TEXT,
        description="interval. text: as PostgreSQL writes it, months, days and time apart; microseconds: bigint;"
        " time: time, at most 838:59:59. The last two have no months, which preflight counts.",
    )
    numeric: Exact = Field(
        Exact.DECIMAL,
        description="numeric without precision. decimal: decimal(65,30), preflight counts what does not fit; text:"
        " every digit, NaN and infinity.",
    )
    money: Exact = Field(Exact.DECIMAL, description="money. decimal: decimal(19,2); text: $1,234.50.")
    array: Listed = Field(
        Listed.TEXT, description="Arrays. text: as PostgreSQL writes them, {1,2,NULL}; json: [1, 2, null]."
    )
    enum: LabelsOnMySQL = Field(
        LabelsOnMySQL.ENUM,
        description="enum. enum: with the same labels in the same order; varchar: nothing checks them.",
    )
    json_: DocumentOnMySQL = Field(
        DocumentOnMySQL.JSON,
        alias="json",
        description="json and jsonb. json; text: longtext, all digits of its numbers.",
    )


class TypeMapping(BaseModel):
    """The policy by kind of type for each way, and casts by type, table and column, which go before it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mysql_to_postgres: MySQLToPostgres = Field(
        default_factory=MySQLToPostgres, description="Where the target is PostgreSQL and the source MySQL or MariaDB."
    )
    postgres_to_mysql: PostgresToMySQL = Field(
        default_factory=PostgresToMySQL, description="Where the target is MySQL or MariaDB and the source PostgreSQL."
    )
    casts: tuple[CastRule, ...] = Field(
        (),
        description="Rules by source type, table and column (patterns) to a type of the target; the most specific rule"
        " counts, and every cast goes before the policy.",
    )

    @model_validator(mode="after")
    def _no_two_say_different_things(self) -> TypeMapping:
        said = {(rule.subject, rule.to) for rule in self.casts}
        for subject, count in Counter(subject for subject, _ in said).items():
            if count > 1:
                types = ", ".join(sorted(to for one, to in said if one == subject))
                raise ValueError(f"casts say {types} of the same columns ({subject}): keep one of them")
        return self


__all__ = ["MySQLToPostgres", "PostgresToMySQL", "TypeMapping"]

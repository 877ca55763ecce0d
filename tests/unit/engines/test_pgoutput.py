"""Messages of pgoutput, written by hand from the manual's section 55.9."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest

from database_migration.engines.postgres.log.pgoutput import (
    Begin,
    Commit,
    Delete,
    Insert,
    LogicalMessage,
    Origin,
    Relation,
    RelationColumn,
    Truncate,
    Update,
    decode,
)
from database_migration.model.change import UNCHANGED

MOMENT = datetime(2026, 11, 22, 12, 30, 0, 123456, tzinfo=UTC)
MICROS = struct.pack("!q", 848_665_800_123_456)


def u32(number: int) -> bytes:
    return struct.pack("!I", number)


def u64(number: int) -> bytes:
    return struct.pack("!Q", number)


def cells(*values: str | bytes | None) -> bytes:
    """A tuple: text, NULL, or the bare kind byte."""
    packed = struct.pack("!H", len(values))
    for value in values:
        if value is None:
            packed += b"n"
        elif isinstance(value, bytes):
            packed += value
        else:
            packed += b"t" + u32(len(value.encode())) + value.encode()
    return packed


MESSAGES = [
    (b"B" + u64(0x16B3748) + MICROS + u32(731), Begin(0x16B3748, MOMENT, 731)),
    (b"C\0" + u64(0x16B3748) + u64(0x16B3778) + MICROS, Commit(0x16B3748, 0x16B3778, MOMENT)),
    (b"O" + u64(7) + b"database_migration_shop\0", Origin("database_migration_shop")),
    (
        b"R" + u32(16385) + b"shop\0t \xc3\xa9\0" + b"d" + struct.pack("!H", 2)
        + b"\1id\0" + u32(20) + struct.pack("!i", -1) + b"\0a\0" + u32(1043) + struct.pack("!i", 24),
        Relation(16385, "shop", "t é", "d", (RelationColumn("id", True, 20, -1), RelationColumn("a", False, 1043, 24))),
    ),
    (b"R" + u32(1) + b"\0t\0n\0\0", Relation(1, "pg_catalog", "t", "n", ())),
    (b"I" + u32(16385) + b"N" + cells("1", None, "日本\n", ""), Insert(16385, ("1", None, "日本\n", ""))),
    (b"U" + u32(16385) + b"N" + cells("1", b"u"), Update(16385, None, False, ("1", UNCHANGED))),
    (
        b"U" + u32(16385) + b"K" + cells("1", None) + b"N" + cells("2", "x"),
        Update(16385, ("1", None), True, ("2", "x")),
    ),
    (
        b"U" + u32(16385) + b"O" + cells("1", "y") + b"N" + cells("1", "x"),
        Update(16385, ("1", "y"), False, ("1", "x")),
    ),
    (b"D" + u32(16385) + b"K" + cells("1", None), Delete(16385, ("1", None), True)),
    (b"D" + u32(16385) + b"O" + cells("1", "x"), Delete(16385, ("1", "x"), False)),
    (b"T" + u32(2) + b"\3" + u32(5) + u32(6), Truncate((5, 6))),
    (b"M\1" + u64(9) + b"database_migration\0" + u32(3) + b"end",
     LogicalMessage(True, 9, "database_migration", b"end")),
    (b"Y" + u32(1) + b"shop\0mood\0", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "message"), MESSAGES, ids=[f"{n}-{data[:1].decode()}" for n, (data, _) in enumerate(MESSAGES)]
)
def test_messages_are_decoded(data: bytes, message: object) -> None:
    assert decode(data) == message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"?",
        b"S" + u32(1) + b"\1",  # a streamed transaction: protocol 2
        b"I" + u32(1) + b"K" + cells("1"),
        b"U" + u32(1) + b"K" + cells("1"),
        b"I" + u32(1) + b"N" + cells(b"b\0\0\0\1x"),  # binary values were not asked for
        b"I" + u32(1) + b"N" + cells("12345")[:-1],
        b"I" + u32(1) + b"N" + cells(b"t" + u32(2) + b"\xff\xfe"),
        b"B" + u64(1),
        b"O" + u64(1) + b"no end",
    ],
)
def test_what_protocol_1_does_not_have_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)

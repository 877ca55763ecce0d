"""Messages of the output plugin pgoutput, protocol version 1 (manual, section 55.9).

Bytes in, frozen values out; nothing here knows tables, connections or what becomes of a change. Protocol 1 sends
a transaction when it is committed, whole and in commit order, which is all that an applier wants.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from database_migration.model.change import UNCHANGED, Value

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

Cells = tuple[Value, ...]
"""The columns of a row in the server's own text; UNCHANGED: stored out of line, and the change did not touch it."""


@dataclass(frozen=True, slots=True)
class Begin:
    """A transaction starts; all until its Commit belongs to it."""

    commit_lsn: int
    committed_at: datetime
    number: int
    """The transaction's number, of which the log has 32 bits."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A transaction ends; the log goes on at ``end_lsn``."""

    commit_lsn: int
    end_lsn: int
    committed_at: datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """The transaction was replayed from elsewhere under this origin's name."""

    name: str


@dataclass(frozen=True, slots=True)
class RelationColumn:
    """A column as the log describes it."""

    name: str
    in_identity: bool
    type_oid: int
    modifier: int


@dataclass(frozen=True, slots=True)
class Relation:
    """A table's shape, sent before its first change and after each change of the shape."""

    oid: int
    schema: str
    name: str
    identity: str
    columns: tuple[RelationColumn, ...]


@dataclass(frozen=True, slots=True)
class Insert:
    """A new row."""

    relation: int
    new: Cells


@dataclass(frozen=True, slots=True)
class Update:
    """A changed row; ``old`` only when the identity changed or is FULL, ``old_is_key``: it holds nothing else."""

    relation: int
    old: Cells | None
    old_is_key: bool
    new: Cells


@dataclass(frozen=True, slots=True)
class Delete:
    """A row that is gone."""

    relation: int
    old: Cells
    old_is_key: bool


@dataclass(frozen=True, slots=True)
class Truncate:
    """Tables emptied by one statement."""

    relations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LogicalMessage:
    """What somebody wrote into the log with pg_logical_emit_message."""

    transactional: bool
    lsn: int
    prefix: str
    content: bytes


Message = Begin | Commit | Origin | Relation | Insert | Update | Delete | Truncate | LogicalMessage


def decode(data: bytes) -> Message | None:
    """The message in a block of the stream; None for kinds that say nothing about rows (types).

    Raises ValueError for anything that protocol 1 does not have.
    """
    kind = data[:1]
    reader = _Reader(data, 1)
    if kind == b"I":
        relation = reader.unsigned32()
        reader.expect(b"N")
        return Insert(relation, reader.cells())
    if kind == b"U":
        return _update(reader)
    if kind == b"D":
        relation, marker = reader.unsigned32(), reader.byte()
        return Delete(relation, reader.cells(), marker == b"K")
    if kind == b"B":
        return Begin(reader.unsigned64(), reader.moment(), reader.unsigned32())
    if kind == b"C":
        reader.byte()  # flags, none defined
        return Commit(reader.unsigned64(), reader.unsigned64(), reader.moment())
    if kind == b"R":
        return _relation(reader)
    if kind == b"T":
        count = reader.unsigned32()
        reader.byte()
        return Truncate(tuple(reader.unsigned32() for _ in range(count)))
    if kind == b"O":
        reader.unsigned64()
        return Origin(reader.text())
    if kind == b"M":
        transactional, lsn, prefix = reader.byte() == b"\x01", reader.unsigned64(), reader.text()
        return LogicalMessage(transactional, lsn, prefix, reader.octets(reader.unsigned32()))
    if kind == b"Y":
        return None
    raise ValueError(f"unknown pgoutput message {kind!r}")


def _update(reader: _Reader) -> Update:
    relation, marker = reader.unsigned32(), reader.byte()
    if marker == b"N":
        return Update(relation, None, False, reader.cells())
    old = reader.cells()
    reader.expect(b"N")
    return Update(relation, old, marker == b"K", reader.cells())


def _relation(reader: _Reader) -> Relation:
    oid, schema, name, identity = reader.unsigned32(), reader.text(), reader.text(), reader.byte().decode()
    columns = tuple(
        RelationColumn(name=column, in_identity=bool(flags[0] & 1), type_oid=type_oid, modifier=modifier)
        for flags, column, type_oid, modifier in (
            (reader.byte(), reader.text(), reader.unsigned32(), reader.signed32()) for _ in range(reader.unsigned16())
        )
    )
    return Relation(oid, schema or "pg_catalog", name, identity, columns)


class _Reader:
    """A place in a message; every read moves it on."""

    __slots__ = ("_data", "_place")

    def __init__(self, data: bytes, place: int) -> None:
        self._data = data
        self._place = place

    def _number(self, layout: struct.Struct) -> int:
        (value,) = layout.unpack(self.octets(layout.size))
        return int(value)

    def unsigned16(self) -> int:
        return self._number(_U16)

    def unsigned32(self) -> int:
        return self._number(_U32)

    def signed32(self) -> int:
        return self._number(_S32)

    def unsigned64(self) -> int:
        return self._number(_U64)

    def moment(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self._number(_S64))

    def byte(self) -> bytes:
        return self.octets(1)

    def octets(self, count: int) -> bytes:
        found = self._data[self._place : self._place + count]
        if len(found) != count:
            raise ValueError("a pgoutput message ends early")
        self._place += count
        return found

    def expect(self, marker: bytes) -> None:
        found = self.byte()
        if found != marker:
            raise ValueError(f"a pgoutput message has {found!r} where {marker!r} belongs")

    def text(self) -> str:
        end = self._data.index(b"\0", self._place)
        found = self._data[self._place : end].decode()
        self._place = end + 1
        return found

    def cells(self) -> Cells:
        """A row's columns; written without calls, as this is where most of the time of reading a log goes."""
        count = self.unsigned16()
        data, place, length_at = self._data, self._place, _U32.unpack_from
        found: list[Value] = []
        try:
            for _ in range(count):
                kind = data[place]
                place += 1
                if kind == _TEXT:
                    start = place + 4
                    place = start + length_at(data, place)[0]
                    found.append(data[start:place].decode())
                elif kind == _NULL:
                    found.append(None)
                elif kind == _OUT_OF_LINE:
                    found.append(UNCHANGED)
                else:
                    raise ValueError(f"a pgoutput tuple has a value of kind {bytes([kind])!r}")
        except (IndexError, struct.error):
            place = len(data) + 1
        if place > len(data):
            raise ValueError("a pgoutput message ends early")
        self._place = place
        return tuple(found)


_TEXT, _NULL, _OUT_OF_LINE = b"tnu"
_U16, _U32, _U64 = struct.Struct("!H"), struct.Struct("!I"), struct.Struct("!Q")
_S32, _S64 = struct.Struct("!i"), struct.Struct("!q")


__all__ = [
    "Begin",
    "Cells",
    "Commit",
    "Delete",
    "Insert",
    "LogicalMessage",
    "Message",
    "Origin",
    "Relation",
    "RelationColumn",
    "Truncate",
    "Update",
    "decode",
]

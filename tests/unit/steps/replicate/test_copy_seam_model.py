"""Every order in which a small copy and a small log can meet, searched exhaustively.

Two chunks, two keys a side, a history of a few transactions. Moves: a transaction enters the log; it becomes visible
(of one row in order, else in any order); a lane says that it reads a chunk, takes its snapshot, commits the chunk, or
dies; the applier receives the next transaction of the log, waits until reads see it, looks at the chunks, commits;
stale rows are read again (the snapshot and the commit are moves of their own), and applied ones come after.
With a store between the two, chunks are said to be read from the start; one lane takes a snapshot, maybe another
later, and any time after that another lane commits it.
What becomes of a change is decided by the very code that the applier uses. In each state in which nothing is left to do
the target has to equal the source. That the search can fail is shown by leaving out one precaution at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

import pytest

from database_migration.ledger import StaleRow
from database_migration.model.change import Change, Operation, RowImage
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.schema import Column, Schema, Table
from database_migration.model.table_selection import TablePair, TableSelection, pair_tables
from database_migration.steps.replicate.sort_changes import Reach, Sorted

Rows = tuple[tuple[int, str], ...]
"""Key and value, by key. Keys 0 and 1 lie in chunk 0, keys 2 and 3 in chunk 1."""
CHUNKS = (0, 1)


def _pair() -> TablePair:
    column = Column("id", ColumnType(Kind.INTEGER, "int"), nullable=False)
    value = Column("v", ColumnType(Kind.TEXT, "text"), nullable=True)
    table = Table("t", (column, value), primary_key=("id",))
    schema = Schema("s", (table,))
    return pair_tables(TableSelection(), schema, schema)[0]


PAIR = _pair()


class Careless(Enum):
    """A precaution that is left out."""

    NOTHING = auto()
    WAITING_FOR_VISIBILITY = auto()
    SAYING_THAT_IT_READS = auto()
    READING_AGAIN = auto()


def put(key: int, value: str) -> Change:
    return Change(Operation.INSERT, "t", after={"id": str(key), "v": value})


def drop(key: int) -> Change:
    return Change(Operation.DELETE, "t", before={"id": str(key)})


def move(old: int, new: int, value: str) -> Change:
    return Change(Operation.UPDATE, "t", before={"id": str(old)}, after={"id": str(new), "v": value})


HISTORIES: Mapping[str, tuple[Change, ...]] = {
    "insert, delete, insert again": (put(0, "a"), drop(0), put(0, "b")),
    "update and delete of a row that was there": (move(1, 1, "n"), drop(1)),
    "a row moves to the other chunk and back": (move(1, 2, "m"), move(2, 1, "k")),
    "a row moves onto a key that was freed": (drop(3), move(1, 3, "m"), put(1, "z")),
    "two rows of two chunks": (put(0, "a"), put(2, "c"), drop(3)),
}
START: Rows = ((1, "one"), (3, "three"))


@dataclass(frozen=True)
class State:
    """All that the future depends on."""

    logged: int = 0
    visible: frozenset[int] = frozenset()
    says_reading: frozenset[int] = frozenset()
    snapshots: tuple[Rows | None, ...] = (None, None)
    at_work: frozenset[int] = frozenset()
    done: frozenset[int] = frozenset()
    target: Rows = ()
    position: int = 0
    looked: tuple[Reach, ...] | None = None
    stale: frozenset[int] = frozenset()
    reread: tuple[tuple[int, str | None], ...] | None = None
    deaths: int = 0


def _applied(rows: Mapping[int, str], change: Change) -> dict[int, str]:
    found = dict(rows)
    if change.before is not None:
        found.pop(int(str(change.before["id"])), None)
    if change.after is not None:
        found[int(str(change.after["id"]))] = str(change.after["v"])
    return found


def _frozen(rows: Mapping[int, str]) -> Rows:
    return tuple(sorted(rows.items()))


def _keys(change: Change) -> set[int]:
    return {int(str(image["id"])) for image in (change.before, change.after) if image is not None}


def _chunk(key: int) -> int:
    return key // 2


class Model:
    """The moves that are possible in a state."""

    def __init__(self, history: tuple[Change, ...], careless: Careless) -> None:
        self.history = history
        self.careless = careless

    def start(self) -> State:
        """Where every order begins."""
        return State()

    def seen(self, visible: frozenset[int]) -> dict[int, str]:
        rows: dict[int, str] = dict(START)
        for number in sorted(visible):
            rows = _applied(rows, self.history[number])
        return rows

    def moves(self, state: State) -> Iterator[State]:
        yield from self._source(state)
        for chunk in CHUNKS:
            yield from self._lane(state, chunk)
        yield from self._applier(state)

    def _source(self, state: State) -> Iterator[State]:
        # A transaction on a row begins after the one before it on that row can be seen.
        if state.logged < len(self.history):
            keys = _keys(self.history[state.logged])
            earlier = [n for n in range(state.logged) if _keys(self.history[n]) & keys]
            if all(n in state.visible for n in earlier):
                yield replace(state, logged=state.logged + 1)
        for number in range(state.logged):
            if number not in state.visible:
                yield replace(state, visible=state.visible | {number})

    def _lane(self, state: State, chunk: int) -> Iterator[State]:
        if chunk in state.done:
            return
        if chunk not in state.at_work:
            says = state.says_reading
            if self.careless is not Careless.SAYING_THAT_IT_READS:
                says |= {chunk}
            yield replace(state, at_work=state.at_work | {chunk}, says_reading=says)
        elif state.snapshots[chunk] is None:
            rows = {key: value for key, value in self.seen(state.visible).items() if _chunk(key) == chunk}
            yield replace(state, snapshots=_with(state.snapshots, chunk, _frozen(rows)))
        else:
            loaded = dict(state.snapshots[chunk] or ())
            present = {key for key, _ in state.target if _chunk(key) == chunk}
            assert not present, "the applier wrote into a chunk that is not done"
            yield replace(
                state,
                target=_frozen({**dict(state.target), **loaded}),
                done=state.done | {chunk},
                at_work=state.at_work - {chunk},
                says_reading=state.says_reading - {chunk},
                snapshots=_with(state.snapshots, chunk, None),
            )
        if chunk in state.at_work and not state.deaths:
            yield replace(
                state,
                at_work=state.at_work - {chunk},
                snapshots=_with(state.snapshots, chunk, None),
                deaths=1,
            )

    def _applier(self, state: State) -> Iterator[State]:
        if state.reread is not None:
            yield self._written_again(state)
            return
        if state.looked is not None:
            yield self._committed(state)
            return
        if state.position < state.logged:
            waits = self.careless is not Careless.WAITING_FOR_VISIBILITY
            if not waits or state.position in state.visible:
                yield replace(state, looked=tuple(self._reach(state, chunk) for chunk in CHUNKS))
        ready = [key for key in state.stale if _chunk(key) in state.done]
        if ready:
            rows = self.seen(state.visible)
            yield replace(state, reread=tuple((key, rows.get(key)) for key in sorted(ready)))

    def _reach(self, state: State, chunk: int) -> Reach:
        if chunk in state.done:
            return Reach.DONE
        return Reach.READING if chunk in state.says_reading else Reach.WAITING

    def _committed(self, state: State) -> State:
        looked = state.looked or ()

        def find(table: str, image: RowImage) -> tuple[Reach, int]:
            chunk = _chunk(int(str(image["id"])))
            return looked[chunk], chunk

        result = Sorted()
        result.add(PAIR, self.history[state.position], find)
        target: dict[int, str] = dict(state.target)
        for change in result.apply:
            target = _applied(target, change)
        stale = {int(row.key[0]) for row in result.stale if isinstance(row, StaleRow)}
        if self.careless is Careless.READING_AGAIN:
            stale = set()
        return replace(
            state, target=_frozen(target), position=state.position + 1, looked=None, stale=state.stale | stale
        )

    def _written_again(self, state: State) -> State:
        target = dict(state.target)
        for key, value in state.reread or ():
            target.pop(key, None)
            if value is not None:
                target[key] = value
        return replace(
            state,
            target=_frozen(target),
            reread=None,
            stale=state.stale - {key for key, _ in state.reread or ()},
        )


class StagedModel(Model):
    """The same with a store between the two: every chunk is said to be read before the first snapshot is taken.

    Who takes snapshots never looks at the ledger; a chunk may be unloaded twice, and either snapshot be loaded.
    """

    def start(self) -> State:
        careful = self.careless is not Careless.SAYING_THAT_IT_READS
        return State(says_reading=frozenset(CHUNKS) if careful else frozenset())

    def _lane(self, state: State, chunk: int) -> Iterator[State]:
        if chunk in state.done:
            return
        rows = {key: value for key, value in self.seen(state.visible).items() if _chunk(key) == chunk}
        unloaded = replace(state, snapshots=_with(state.snapshots, chunk, _frozen(rows)))
        if state.snapshots[chunk] is None:
            yield unloaded
            return
        if not state.deaths:
            yield replace(unloaded, deaths=1)
        assert not {key for key, _ in state.target if _chunk(key) == chunk}, "the applier wrote into an open chunk"
        yield replace(
            state,
            target=_frozen({**dict(state.target), **dict(state.snapshots[chunk] or ())}),
            done=state.done | {chunk},
            says_reading=state.says_reading - {chunk},
            snapshots=_with(state.snapshots, chunk, None),
        )


def _with(snapshots: tuple[Rows | None, ...], chunk: int, rows: Rows | None) -> tuple[Rows | None, ...]:
    return tuple(rows if number == chunk else other for number, other in enumerate(snapshots))


def search(history: tuple[Change, ...], careless: Careless, kind: type[Model] = Model) -> tuple[int, list[State]]:
    """How many states there are, and the ends at which the target does not equal the source."""
    model = kind(history, careless)
    waiting, known, wrong = [model.start()], {model.start()}, []
    while waiting:
        state = waiting.pop()
        after = list(model.moves(state))
        if not after and _frozen(model.seen(frozenset(range(len(history))))) != state.target:
            wrong.append(state)
        for one in after:
            if one not in known:
                known.add(one)
                waiting.append(one)
    return len(known), wrong


both_ways = pytest.mark.parametrize("kind", [Model, StagedModel])


@both_ways
@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_every_order_ends_with_equal_rows(history: tuple[Change, ...], kind: type[Model]) -> None:
    states, wrong = search(history, Careless.NOTHING, kind)
    assert states > 200
    assert not wrong, wrong[0]


@both_ways
@pytest.mark.parametrize("careless", [one for one in Careless if one is not Careless.NOTHING])
def test_the_search_finds_what_each_precaution_prevents(careless: Careless, kind: type[Model]) -> None:
    def fails(history: tuple[Change, ...]) -> bool:
        try:
            return bool(search(history, careless, kind)[1])
        except AssertionError:
            return True

    assert any(fails(history) for history in HISTORIES.values())

"""Cutover and rollback as a small state machine, searched exhaustively.

Every write, failure and kill may come between any two operations. The order of the moves and the judgement of where a
cutover stands are the real ones (``moves_of``, ``standing``); what the moves do to servers and switch is modelled, one
effect an operation. Clients are the worst that there are: some follow the switch late, some never look whether writes
are held, so only fences keep them from writing.

A world is a value; an operation takes it to other worlds. What must never happen raises ``Lost``; what must always be
possible is asked of every world that was reached (``can_be_brought_to_an_end``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from database_migration.model.migration_state import CutoverMove, Direction, Side
from database_migration.steps.cutover.moves import moves_of
from database_migration.steps.cutover.repair import Standing, standing
from database_migration.steps.cutover.scene import Scene

MOVES = tuple(move.name for move in moves_of(online=True))
WRITES = 2
"""Writes that clients make in sum; each may come at any moment."""


class Lost(AssertionError):
    """A write went where it is lost, or two sides took writes at once."""


@dataclass(frozen=True, slots=True)
class World:
    """Servers, switch and ledger, and what the process at work still has to do."""

    journal: tuple[tuple[CutoverMove, str], ...] = ()
    """The last state of each move, in the moves' order."""
    ledger_serving: Side = Side.SOURCE
    wanted: Direction = Direction.FORWARD
    leads_to: Side = Side.SOURCE
    """Where the traffic leads."""
    led_to_target: bool = False
    """Whether it ever led to the target: a late client may still be there."""
    held: bool = False
    source_fenced: bool = False
    target_fenced: bool = False
    target_captured: bool = False
    forward: int = 0
    """Writes of the source that are not on the target yet."""
    back: int = 0
    """Writes of the target that are not on the source yet."""
    writes_left: int = WRITES
    went_back: bool = False
    """The note of a checkpoint before ``validated``; gone once validation was recorded anew."""
    rows_there: bool = True
    """Whether the target holds what was copied."""
    committed: bool = False
    """The rollback's note from which on there is no going on with the target."""
    ended: bool = False
    work: tuple[str, ...] = ()
    """Operations of the process at work; the next first."""

    def line(self, move: CutoverMove, state: str) -> World:
        """The journal with one more line."""
        states = dict(self.journal)
        states[move] = state
        return replace(self, journal=tuple((name, states[name]) for name in MOVES if name in states))

    @property
    def standing(self) -> Standing:
        """Where the cutover stands by the real judgement."""
        return _judged(self.journal, self.ledger_serving, self.leads_to)


@cache
def _judged(journal: tuple[tuple[CutoverMove, str], ...], ledger_serving: Side, leads_to: Side) -> Standing:
    """What ``standing`` says of a journal, the ledger's side and the switch's."""
    scene = SimpleNamespace(
        ledger=SimpleNamespace(
            moves=SimpleNamespace(states=lambda: dict(journal)),
            runs=SimpleNamespace(current=lambda: SimpleNamespace(serving=ledger_serving)),
        ),
        traffic=SimpleNamespace(serving=lambda: leads_to),
    )
    return standing(cast(Scene, cast(Any, scene)))


# --- what each operation of a process does -----------------------------------------------------------------


def _drained(world: World) -> World:
    return replace(world, forward=0)


def _equal(world: World) -> World:
    if world.forward:
        raise Lost("the validation under the fence finds a write that is not on the target")
    return world


def _switched(world: World) -> World:
    if not world.rows_there:
        raise Lost("the application is led to a target whose rows were taken back")
    return replace(world, leads_to=Side.TARGET, led_to_target=True)


_EFFECTS: dict[str, Callable[[World], World]] = {
    "do preflight": lambda world: replace(world, target_captured=True),
    "undo preflight": lambda world: replace(world, target_captured=False),
    "do hold_writes": lambda world: replace(world, held=True),
    "undo hold_writes": lambda world: replace(world, held=False),
    "do fence_source": lambda world: replace(world, source_fenced=True),
    "undo fence_source": lambda world: replace(world, source_fenced=False),
    "do drain": _drained,
    "do validate": _equal,
    "do switch": lambda world: _switched(world),
    "note back": lambda world: replace(world, went_back=True),
    "empty target": lambda world: replace(world, rows_there=False),
    "copy again": lambda world: replace(world, rows_there=True),
    "validated again": lambda world: replace(world, went_back=False),
    "undo switch": lambda world: replace(world, leads_to=Side.SOURCE),
    "serve from target": lambda world: replace(world, ledger_serving=Side.TARGET),
    "serve from source": lambda world: replace(world, ledger_serving=Side.SOURCE),
    "want off": lambda world: replace(world, wanted=Direction.OFF),
    "want forward": lambda world: replace(world, wanted=Direction.FORWARD),
    "want reverse": lambda world: replace(world, wanted=Direction.REVERSE),
    "release": lambda world: replace(world, held=False),
    "hold": lambda world: replace(world, held=True),
    "fence target": lambda world: replace(world, target_fenced=True),
    "lower target": lambda world: replace(world, target_fenced=False),
    "lower source": lambda world: replace(world, source_fenced=False),
    "drain back": lambda world: replace(world, back=0),
    "commit": lambda world: replace(world, committed=True),
    "lead to source": lambda world: replace(world, leads_to=Side.SOURCE),
    "stop capture": lambda world: replace(world, target_captured=False),
    "end": lambda world: replace(world, ended=True),
}


def _make(move: CutoverMove) -> tuple[str, ...]:
    extra = ("serve from target", "want reverse") if move is CutoverMove.SWITCH else ()
    extra = ("release",) if move is CutoverMove.VERIFY else extra
    return (f"begin {move}", f"do {move}", *extra, f"done {move}")


def _undo_all(world: World) -> tuple[str, ...]:
    in_force = {move for move, state in world.journal if state in ("begun", "done")}
    return tuple(word for move in reversed(MOVES) if move in in_force for word in (f"undo {move}", f"undone {move}"))


_FROM_THE_BEGINNING = ("want off", *(word for move in MOVES for word in _make(move)))


def begin_cutover(world: World) -> World:
    """A try of the cutover, as its first lines decide it."""
    if world.committed or world.went_back:
        return world  # refused
    go_on = ("lower target", "release", "want reverse")
    if world.standing is Standing.COMPLETE:
        return replace(world, work=go_on)
    if world.standing is Standing.SWITCHED:
        settled = dict(world.journal).get(CutoverMove.SWITCH) == "done"
        repaired = () if settled else ("serve from target", "want reverse", "done switch")
        return replace(world, work=(*repaired, *go_on, *_make(CutoverMove.VERIFY)))
    first = (*_undo_all(world), "want forward") if world.standing is Standing.BEGUN else ()
    return replace(world, work=(*first, *_FROM_THE_BEGINNING))


def begin_rollback(world: World) -> World:
    """A try of the rollback."""
    open_source = ("lower source", "lead to source", "serve from source", "release", "stop capture", "end")
    if world.committed:
        return replace(world, work=open_source)
    if world.standing in (Standing.SWITCHED, Standing.COMPLETE):
        return replace(world, work=("want off", "hold", "fence target", "drain back", "commit", *open_source))
    return replace(
        world, work=(*_undo_all(world), "want off", "lead to source", "release", "lower source", "stop capture", "end")
    )


def begin_go_back(world: World) -> World:
    """A rollback to a checkpoint before ``validated``."""
    if world.committed or world.standing in (Standing.SWITCHED, Standing.COMPLETE):
        return world  # refused
    undo = (*_undo_all(world), "want off", "lead to source", "release", "lower source")
    first = undo if world.standing is Standing.BEGUN else ()
    return replace(world, work=(*first, "note back", "want off", "empty target"))


def begin_again(world: World) -> World:
    """What the DAG does once the tasks are cleared that the rollback named."""
    return replace(world, work=("copy again", "validated again")) if world.went_back else world


def _step(world: World) -> World:
    """The next operation, made."""
    word, rest = world.work[0], world.work[1:]
    verb, _, what = word.partition(" ")
    if word in _EFFECTS:
        world = _EFFECTS[word](world)
    elif verb in ("begin", "done", "undone"):
        world = world.line(CutoverMove(what), {"begin": "begun"}.get(verb, verb))
    elif verb not in ("do", "undo"):
        raise AssertionError(f"the model has no {word}")
    return replace(world, work=rest)


def _failed(world: World) -> World:
    """An operation raised: the process takes back what it may, as ``_take_back`` and ``_go_on_with_target`` do."""
    if world.committed:
        return replace(world, work=())
    if "commit" in world.work:
        return replace(world, work=("lower target", "release", "want reverse"))
    if any(word.startswith(("do switch", "begin")) for word in world.work) or "done switch" in world.work:
        if world.standing is Standing.BEGUN:
            return replace(world, work=(*_undo_all(world), "want forward"))
        if world.standing is Standing.SWITCHED:
            return replace(world, work=("release",))
    return replace(world, work=())


# --- what may happen next ----------------------------------------------------------------------------------


def next_worlds(world: World) -> Iterator[World]:
    """Every world that one event leads to."""
    if world.writes_left and not world.source_fenced:
        yield _written_to_source(world)
    if world.writes_left and world.led_to_target and not world.target_fenced:
        yield _written_to_target(world)
    if world.wanted is Direction.FORWARD and world.forward:
        if world.back or world.committed:
            raise Lost("forward replication overwrites what the target was written to")
        yield replace(world, forward=world.forward - 1)
    if world.wanted is Direction.REVERSE and world.back:
        yield replace(world, back=world.back - 1)
    if world.work:
        done = _step(world)
        yield done
        yield replace(world, work=())  # killed before the operation; after it is the next world's kill
        yield _failed(world)
        yield _failed(replace(done, work=world.work))
    elif not world.ended:
        yield begin_cutover(world)
        yield begin_rollback(world)
        yield begin_go_back(world)
        yield begin_again(world)


def _written_to_source(world: World) -> World:
    if world.led_to_target and not (world.committed and world.target_fenced and not world.back):
        raise Lost("the source is written to while the target may be, or has writes that it lacks")
    return replace(world, forward=world.forward + (0 if world.committed else 1), writes_left=world.writes_left - 1)


def _written_to_target(world: World) -> World:
    if world.forward or not world.source_fenced or world.committed:
        raise Lost("the target is written to while the source may be, or before all of the source is there")
    if not world.target_captured:
        raise Lost("the target is written to and nobody could bring it back")
    return replace(world, back=world.back + 1, writes_left=world.writes_left - 1)


def can_be_brought_to_an_end(world: World) -> bool:
    """Whether the next undisturbed rollback, and cutover where one may be tried, leaves writers able to write."""
    tries = [begin_rollback] if world.committed else [begin_cutover, begin_rollback]
    idle = replace(world, work=())
    for begin in tries:
        done = begin(idle) if not idle.ended else idle
        while done.work:
            done = _step(done)
        fenced = done.source_fenced if done.leads_to is Side.SOURCE else done.target_fenced
        if done.held or fenced:
            return False
    return True


def explore() -> tuple[int, int]:
    """Every reachable world; (worlds, events).

    :raises Lost: an event that must never happen is possible.
    """
    start = World()
    seen, waiting, events = {start}, [start], 0
    while waiting:
        world = waiting.pop()
        for following in next_worlds(world):
            events += 1
            if following not in seen:
                seen.add(following)
                waiting.append(following)
        if not can_be_brought_to_an_end(world):
            raise AssertionError(f"writers would wait for ever: {world}")
    return len(seen), events


__all__ = ["Lost", "World", "begin_cutover", "begin_go_back", "begin_rollback", "explore", "next_worlds"]

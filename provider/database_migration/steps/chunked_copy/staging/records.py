"""What lies in the store beside the rows: the plan of a run and the manifest of a chunk, as JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import cast

from pydantic import TypeAdapter, ValidationError

from database_migration.errors import NotPossible
from database_migration.ledger import Chunk, Notes
from database_migration.model.key_range import KeyRange
from database_migration.model.table_selection import ColumnPair, TablePair
from database_migration.steps.chunked_copy.staging.area import StagingArea

VERSION = 1
"""Of both forms; a file of another one is refused."""


@dataclass(frozen=True, slots=True)
class StagedChunk:
    """A chunk's key range, as the ledger has it."""

    table: str
    ordinal: int
    lower: str | None
    upper: str | None

    @property
    def chunk(self) -> Chunk:
        """Its name in the ledger."""
        return self.table, self.ordinal

    def rows(self, pair: TablePair) -> KeyRange:
        """Its key range on the source."""
        return KeyRange.stored(pair.source_key, self.lower, self.upper)


@dataclass(frozen=True, slots=True)
class StagedPlan:
    """What an unload lane has to know, as it cannot ask the ledger, and a load lane, as it cannot ask the source."""

    version: int
    migration: str
    run_id: str
    lanes: int
    pairs: tuple[TablePair, ...]
    chunks: tuple[StagedChunk, ...]


@dataclass(slots=True)
class UnloadFigures:
    """What unloading took, of a chunk or summed up; seconds of the lane's own clock."""

    chunks: int = 0
    rows: int = 0
    bytes: int = 0
    """Of the rows as text, as they came from the source."""
    stored: int = 0
    """Bytes of the files."""
    reading: float = 0.0
    """Waiting for the source."""
    working: float = 0.0
    """The worker's own CPU."""
    storing: float = 0.0
    """Waiting for the store."""
    paused: float = 0.0
    """Waiting for a busy source to calm down."""

    def add(self, other: UnloadFigures) -> None:
        """Count another's figures in."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


@dataclass(frozen=True, slots=True)
class ChunkManifest:
    """What a load lane has to know of a chunk's file before it believes it."""

    version: int
    migration: str
    run_id: str
    table: str
    ordinal: int
    columns: str
    """Digest of the columns and the forms in which their values were read."""
    file: str
    rows: int
    bytes: int
    """Of the file."""
    sha256: str
    """Of the file."""
    lane: int
    figures: UnloadFigures


_PLAN = TypeAdapter(StagedPlan)
_MANIFEST = TypeAdapter(ChunkManifest)
_COLUMNS = TypeAdapter(tuple[ColumnPair, ...])


def columns_digest(pair: TablePair) -> str:
    """Stands for a table's columns, types and forms on both sides."""
    # Sets have another order in each process.
    text = json.dumps(_COLUMNS.dump_python(pair.columns), sort_keys=True, default=sorted)
    return hashlib.sha256(text.encode()).hexdigest()


def store_plan(area: StagingArea, plan: StagedPlan) -> None:
    """Put the plan into the store."""
    area.put_plan(_PLAN.dump_json(plan).decode())


def stored_plan(area: StagingArea) -> StagedPlan:
    """The run's plan.

    :raises NotPossible: there is none (any more).
    """
    text = area.plan()
    if text is None:
        raise NotPossible(
            "the store holds no plan of the run: its chunks are not cut yet, the copy is over, or the run was rolled"
            " back.",
            mend="clear cut_chunks if the run is to go on; after a rollback start a new run.",
            subject=str(area),
        )
    try:
        return _PLAN.validate_json(text)
    except ValidationError as error:
        raise _unreadable("plan", area, error) from error


def store_manifest(area: StagingArea, manifest: ChunkManifest) -> None:
    """Put a chunk's manifest into the store."""
    area.put_manifest((manifest.table, manifest.ordinal), _MANIFEST.dump_json(manifest).decode())


def stored_manifest(area: StagingArea, plan: StagedPlan, pair: TablePair, chunk: Chunk) -> ChunkManifest | None:
    """A chunk's manifest; None where it is not there (any more).

    :raises NotPossible: it is another run's, or of a table that looked otherwise.
    """
    text = area.manifest(chunk)
    if text is None:
        return None
    try:
        found = _MANIFEST.validate_json(text)
    except ValidationError as error:
        raise _unreadable(f"manifest {area.name_of(chunk)}", area, error) from error
    said = (found.version, found.migration, found.run_id, (found.table, found.ordinal), found.columns)
    if said != (VERSION, plan.migration, plan.run_id, chunk, columns_digest(pair)):
        raise NotPossible(
            f"the manifest {area.name_of(chunk)} is of {found.table}, chunk {found.ordinal}, of run {found.run_id} of"
            f" {found.migration}, or of columns that have changed since.",
            mend="find out who put it there, delete it, and clear the unload lanes; they unload the chunk again.",
            subject=str(area),
        )
    return found


def _unreadable(what: str, area: StagingArea, error: ValidationError) -> NotPossible:
    return NotPossible(
        f"the {what} in the store cannot be read: {error.errors(include_input=False, include_url=False)[0]['msg']}.",
        mend="it is not what this release writes: delete it, then clear cut_chunks and the unload lanes.",
        subject=str(area),
    )


def note_unloaded(notes: Notes, lane: int, unload_lane: int, figures: UnloadFigures) -> None:
    """Add what unloading a chunk took to a load lane's note, in the transaction that loads it."""
    sums = _noted(notes, lane)
    sums.setdefault(unload_lane, UnloadFigures()).add(figures)
    notes.put_note(_name(lane), {str(one): asdict(sum_) for one, sum_ in sums.items()})


def unloaded(notes: Notes, lanes: int) -> dict[int, UnloadFigures]:
    """What each unload lane did, out of the notes of so many load lanes."""
    found: dict[int, UnloadFigures] = {}
    for lane in range(lanes):
        for unload_lane, figures in _noted(notes, lane).items():
            found.setdefault(unload_lane, UnloadFigures()).add(figures)
    return found


def _noted(notes: Notes, lane: int) -> dict[int, UnloadFigures]:
    note = notes.get_note(_name(lane))
    said = cast("dict[str, dict[str, int]]", note) if isinstance(note, dict) else {}
    return {int(one): UnloadFigures(**figures) for one, figures in said.items()}


def _name(lane: int) -> str:
    return f"unloaded_{lane}"


__all__ = [
    "VERSION",
    "ChunkManifest",
    "StagedChunk",
    "StagedPlan",
    "UnloadFigures",
    "columns_digest",
    "note_unloaded",
    "store_manifest",
    "store_plan",
    "stored_manifest",
    "stored_plan",
    "unloaded",
]

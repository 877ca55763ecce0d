"""A run's place in the object store.

    <url>/<migration>/<run>/plan.json                            what is to be unloaded; gone: the run is over
                           /begun/<table>.<chunk>.json           the unload lane that took the chunk
                           /data/<table>/<chunk>-<try>.parquet   its rows, under a name that no other try has
                           /chunks/<table>.<chunk>.json          its manifest, written last: only now it is there

Nothing in it is ever appended to or half visible: a store's objects appear whole, and in a folder each file is written
under a hidden name and renamed. A try that died leaves data that no manifest names.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from database_migration.errors import Interrupted
from database_migration.ledger import Chunk
from database_migration.reports.archive import component
from database_migration.steps.object_storage import StoragePath

_BLOCK = 1 << 20


class StagingArea:
    """Reads and writes what a run has in the store; every failure of the store is Interrupted."""

    def __init__(self, root: StoragePath, migration: str, run_id: str) -> None:
        self._folder = root / component(migration) / component(run_id)

    def __str__(self) -> str:
        return str(self._folder)

    def put_plan(self, text: str) -> None:
        """Store the plan; replaces the one of an earlier try."""
        self._put(self._folder / "plan.json", text)

    def plan(self) -> str | None:
        """The plan; None before it is stored and after the run is over."""
        return self._get(self._folder / "plan.json")

    def has_plan(self) -> bool:
        """Whether the run is still at it."""
        return self._exists(self._folder / "plan.json")

    def begin(self, chunk: Chunk, lane: int) -> None:
        """Say that a lane unloads a chunk."""
        self._put(self._folder / "begun" / self.name_of(chunk), json.dumps({"lane": lane}))

    def begun_by(self, chunk: Chunk) -> int | None:
        """The lane that said so; None: nobody."""
        text = self._get(self._folder / "begun" / self.name_of(chunk))
        return None if text is None else int(json.loads(text)["lane"])

    def begun(self) -> frozenset[str]:
        """Names of all chunks that some lane has begun."""
        return self._names(self._folder / "begun")

    def put_data(self, chunk: Chunk, file: IO[bytes]) -> str:
        """Store a chunk's file and return the name that the manifest has to hold."""
        table, ordinal = chunk
        name = f"{ordinal:06}-{uuid.uuid4().hex}.parquet"
        place = self._folder / "data" / component(table)
        with self._storing(place), self._written(place / name) as stored:
            shutil.copyfileobj(file, stored, _BLOCK)
        return name

    @contextmanager
    def data(self, table: str, name: str) -> Iterator[IO[bytes]]:
        """A chunk's file, open for reading; FileNotFoundError where it is gone."""
        with (self._folder / "data" / component(table) / name).open("rb") as stored:
            yield cast("IO[bytes]", stored)

    def remove_data(self, table: str, name: str) -> None:
        """Take a loaded file away; twice is once."""
        place = self._folder / "data" / component(table) / name
        with self._storing(place):
            place.unlink(missing_ok=True)

    def put_manifest(self, chunk: Chunk, text: str) -> None:
        """Store a chunk's manifest: from now on it is there."""
        self._put(self._folder / "chunks" / self.name_of(chunk), text)

    def manifest(self, chunk: Chunk) -> str | None:
        """A chunk's manifest; None: it is not there yet."""
        return self._get(self._folder / "chunks" / self.name_of(chunk))

    def staged(self) -> frozenset[str]:
        """Names of all chunks that are there, loaded ones included."""
        return self._names(self._folder / "chunks")

    def forget(self, chunk: Chunk) -> None:
        """Take a chunk's manifest away, so that it is unloaded again."""
        for kind in ("chunks", "begun"):
            place = self._folder / kind / self.name_of(chunk)
            with self._storing(place):
                place.unlink(missing_ok=True)

    def remove(self) -> None:
        """Take everything of the run away, the plan first; twice is once."""
        with self._storing(self._folder):
            (self._folder / "plan.json").unlink(missing_ok=True)
            if isinstance(self._folder, Path):
                shutil.rmtree(self._folder, ignore_errors=not self._folder.exists())
                with suppress(OSError):  # others of the migration may be there
                    self._folder.parent.rmdir()
                return
            self._refresh()
            with suppress(NotADirectoryError, FileNotFoundError):
                # Object stores' paths take whole prefixes away, many objects at once.
                cast(Any, self._folder).rmdir(recursive=True)

    @staticmethod
    def name_of(chunk: Chunk) -> str:
        """The name under which a chunk's manifest and mark stand."""
        table, ordinal = chunk
        return f"{component(table)}.{ordinal:06}.json"

    def _names(self, folder: StoragePath) -> frozenset[str]:
        self._refresh()
        with self._storing(folder), suppress(FileNotFoundError, NotADirectoryError):
            return frozenset(path.name for path in folder.iterdir() if not path.name.startswith("."))
        return frozenset()

    def _exists(self, place: StoragePath) -> bool:
        self._refresh()
        with self._storing(place):
            return place.exists()

    def _get(self, place: StoragePath) -> str | None:
        self._refresh()
        with self._storing(place), suppress(FileNotFoundError):
            with place.open("rb") as stored:
                return str(stored.read(), "utf-8")
        return None

    def _put(self, place: StoragePath, text: str) -> None:
        with self._storing(place), self._written(place) as stored:
            stored.write(text.encode())

    @contextmanager
    def _written(self, place: StoragePath) -> Iterator[Any]:
        if not isinstance(place, Path):
            with place.open("wb") as stored:
                yield stored
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{uuid.uuid4().hex}.tmp")
        try:
            with temporary.open("wb") as stored:
                yield stored
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)

    def _refresh(self) -> None:
        """Object stores' paths remember listings; what others wrote in the meantime has to be seen."""
        files = getattr(self._folder, "fs", None)
        if files is not None:
            files.invalidate_cache()

    @contextmanager
    def _storing(self, place: StoragePath) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError):
            raise
        except OSError as error:
            raise Interrupted(
                f"The object store fails: {error}.",
                mend="free space or mend the permissions there, then clear the task; it goes on where it was.",
                subject=str(place),
            ) from error


__all__ = ["StagingArea"]

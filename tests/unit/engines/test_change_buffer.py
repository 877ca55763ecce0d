"""Changes of a transaction in memory and put aside."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from database_migration.engines.change_buffer import ChangeBuffer, ChangesAside
from database_migration.errors import Interrupted
from database_migration.model.change import UNCHANGED, Change, LargeChanges, Operation


def change(number: int) -> Change:
    return Change(Operation.UPDATE, "t", {"id": str(number)}, {"id": str(number), "a": None, "b": UNCHANGED})


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("database_migration.engines.change_buffer.IN_MEMORY_CHANGES", 10)
    monkeypatch.setattr("database_migration.engines.change_buffer.PART_CHANGES", 4)


def test_few_changes_stay_in_memory() -> None:
    buffer = ChangeBuffer()
    buffer.extend([change(1), change(2)], 30)
    buffer.add(change(3), 10)
    assert len(buffer) == 3
    assert buffer.take() == ((change(1), change(2), change(3)), 40)
    assert buffer.take() == ((), 0)


def test_many_changes_are_put_aside_and_come_back(small: None) -> None:
    buffer = ChangeBuffer()
    for number in range(25):
        buffer.add(change(number), 1)
    assert len(buffer) == 25
    found, octets = buffer.take()
    assert isinstance(found, LargeChanges)
    assert (len(found), len(buffer), octets) == (25, 0, 0)
    for _ in range(2):
        assert list(found) == [change(number) for number in range(25)]
    assert [len(part) for part in found.parts()] == [4, 4, 2, 4, 4, 2, 4, 1]
    assert next(iter(found)).after["b"] is UNCHANGED  # type: ignore[index]
    assert change(24) in found


def test_wide_rows_are_put_aside_early() -> None:
    buffer = ChangeBuffer()
    for number in range(3):
        buffer.add(change(number), 4 << 20)
    assert isinstance(buffer.take()[0], LargeChanges)


def test_the_file_has_no_name_and_ends_with_the_changes(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    buffer = ChangeBuffer()
    buffer.extend([change(number) for number in range(20)], 1)
    found, _ = buffer.take()
    number = found._file.fileno()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []
    del found
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


def test_a_full_disk_says_what_to_do() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        aside = ChangesAside(full)  # type: ignore[arg-type]
        with pytest.raises(Interrupted, match=r"No space left.*TMPDIR"):
            aside.write([change(1)])

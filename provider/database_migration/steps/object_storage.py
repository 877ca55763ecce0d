"""Object storage as steps see it: a path that speaks pathlib's words, made from a URL by whoever knows the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, Self

from database_migration.errors import NotPossible

_LOCAL = "file://"


class StoragePath(Protocol):
    """What is asked of a place in an object store, or of a folder."""

    @property
    def name(self) -> str: ...
    def __truediv__(self, part: str, /) -> Self: ...
    def open(self, mode: Any, /) -> Any: ...
    def exists(self) -> bool: ...
    def iterdir(self) -> Iterator[Self]: ...
    def unlink(self, missing_ok: bool) -> None: ...


Storage = Callable[[str], StoragePath]
"""Makes the path of a URL."""


def local_storage(url: str) -> StoragePath:
    """A folder of this machine, by its path or its ``file://`` URL.

    :raises NotPossible: the URL leads elsewhere.
    """
    if "://" in url and not url.startswith(_LOCAL):
        raise NotPossible(
            "no object store is known here.",
            mend="run the step by its operator, which knows Airflow's object storage.",
            subject=url,
        )
    return Path(url.removeprefix(_LOCAL)).expanduser()


__all__ = ["Storage", "StoragePath", "local_storage"]

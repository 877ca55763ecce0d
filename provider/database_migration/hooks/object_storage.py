"""Places that specs name: a folder, or an object store that Airflow knows."""

from __future__ import annotations

from typing import cast

from airflow.sdk import ObjectStoragePath

from database_migration.steps.object_storage import StoragePath, local_storage


def storage_at(place: str) -> StoragePath:
    """The path of a folder or URL; an Airflow connection's id in front of @ brings the store's credentials."""
    if "://" in place and not place.startswith("file://"):
        return cast(StoragePath, ObjectStoragePath(place))
    # A plain path can rename a written file, which file:// paths of object storage cannot.
    return local_storage(place)


__all__ = ["storage_at"]

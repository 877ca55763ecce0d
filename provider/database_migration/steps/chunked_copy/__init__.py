"""Copies the tables' rows in chunks, by lanes that run side by side and resume where they were cut off."""

from __future__ import annotations

from database_migration.steps.chunked_copy.chunks import cut_chunks
from database_migration.steps.chunked_copy.finish_copy import finish_copy
from database_migration.steps.chunked_copy.identities import AdvancedIdentity, advance_identities, advance_sequences
from database_migration.steps.chunked_copy.lane import copy_lane
from database_migration.steps.chunked_copy.options import ChunkedCopyOptions
from database_migration.steps.chunked_copy.staging.area import StagingArea
from database_migration.steps.chunked_copy.staging.options import LanePlace
from database_migration.steps.chunked_copy.staging.stage import remove_staged, staging_of

__all__ = [
    "AdvancedIdentity",
    "ChunkedCopyOptions",
    "LanePlace",
    "StagingArea",
    "advance_identities",
    "advance_sequences",
    "copy_lane",
    "cut_chunks",
    "finish_copy",
    "remove_staged",
    "staging_of",
]

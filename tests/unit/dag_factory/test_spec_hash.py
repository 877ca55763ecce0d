"""The hash that travels with a run changes with what is migrated, and with nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from migration_dag_factory import MigrationSpec

SPEC: dict[str, Any] = {"migration": "shop", "source": {"conn_id": "a"}, "target": {"conn_id": "b"}}


def hash_of(**more: Any) -> str:
    return MigrationSpec.model_validate(SPEC | more).hash


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Moves the shop."},
        {"owner": "dba"},
        {"tags": ["shop"]},
        {"gates": ["cutover"]},
        {"windows": {"cutover": {"cron": "0 2 * * SUN", "duration": "PT2H"}}},
        {"schedule": "@daily"},
        {"strategy": "online"},
        {"steps": {"chunked_copy": {"lanes": 4}}},
        {"steps": {"cutover": {"waive_quarantine": {"orders": "test rows"}}}},
        {"steps": {"validate": {"waive": {"orders/4711": "corrected by hand"}}}},
        {"mapping": {"values": {"quarantine": {"max_rows": 5}}}},
    ],
)
def test_what_may_change_in_flight_or_is_the_default_leaves_it_alone(change: dict[str, Any]) -> None:
    assert hash_of(**change) == hash_of()


@pytest.mark.parametrize(
    "change",
    [
        {"strategy": "offline"},
        {"tables": {"exclude": ["cache_*"]}},
        {"tables": {"orders": {"rename": "sales_order"}}},
        {"target": {"conn_id": "b", "schema": "other"}},
        {"steps": {"chunked_copy": {"lanes": 7}}},
        {"steps": {"cutover": {"reads_ramp": [50], "waive_quarantine": {"orders": "test rows"}}}},
        {"mapping": {"values": {"zero_date": "quarantine", "quarantine": {"max_rows": 5}}}},
    ],
)
def test_what_is_migrated_changes_it(change: dict[str, Any]) -> None:
    assert hash_of(**change) != hash_of()

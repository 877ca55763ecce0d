"""What is wrong with a mapping is found by preflight, on servers of either kind, and told with its mend."""

from __future__ import annotations

from typing import Any

import pytest

from integration.conftest import MakeRun
from integration.mapped import SPEC, mapped_run, said_of, write
from integration.mapped import rows as rows_of

WRONG: dict[str, Any] = {
    "customer": {
        "columns": {
            "id": {"map": {1: 2}},
            "email": {"mask": "name"},
            "phone": {"mask": "email"},
            "born": {"mask": "hash"},
            "name": {"mask": None},
            "tokn": {"drop": True},
        },
        "add": {"phone": {"constant": 1}, "when": {"derive": "now()"}, "total": {"derive": "(SELECT 1)"}},
    },
    "orders": {"where": "no_such_column > 1"},
    "currency": {"columns": {"name": {"lookup": {"table": "orders", "key": "state", "value": "amount"}}}},
}


@pytest.mark.parametrize("way", [("mariadb", "postgres"), ("postgres", "mariadb")], ids="-".join)
def test_mistakes_are_told(request: pytest.FixtureRequest, make_run: MakeRun, way: tuple[str, str]) -> None:
    servers = [request.getfixturevalue(name) for name in way]
    said = said_of(mapped_run(make_run, *servers, WRONG))
    assert "part of the key" in said["customer.id"]
    assert "gives several rows the same value" in said["customer.email"]
    assert "needs 28 characters" in said["customer.phone"] or "already" in said["customer.phone"]
    assert "gives no value of date" in said["customer.born"]
    assert "customer.name" not in said
    assert "Did you mean token?" in said["customer.tokn"]
    assert "another value the next time: now" in said["customer.add.when.derive"]
    assert "looks at other rows" in said["customer.add.total.derive"]
    assert "no_such_column" in said["orders"]
    assert "is not unique" in said["currency.name"]


@pytest.mark.parametrize("way", [("mariadb", "postgres"), ("postgres", "mariadb")], ids="-".join)
def test_rows_are_counted(request: pytest.FixtureRequest, make_run: MakeRun, way: tuple[str, str]) -> None:
    servers = [request.getfixturevalue(name) for name in way]
    spec = {
        **SPEC,
        "customer": {"where": "id <> 1"},
        "orders": {
            **SPEC["orders"],
            "columns": {
                **SPEC["orders"]["columns"],
                "state": {"map": {"N": "new", "P": "paid"}},
                "level": {"map": {1: 2}, "otherwise": "keep"},
            },
        },
    }
    run = mapped_run(make_run, *servers, spec)
    write(run, "UPDATE orders SET currency = 'GBP' WHERE id = 2", "ALTER TABLE orders ALTER COLUMN legacy DROP DEFAULT")
    said = said_of(run)
    assert said["orders.state"].startswith("1 rows hold a value that the map does not name")
    assert said["orders.currency"].startswith("1 rows hold a value that currency.code does not find")
    assert said["orders.level"].startswith("1 rows hold already what the map makes of other values")
    assert "have no value for this column" in said["orders.legacy"]
    orphaned = [words for subject, words in said.items() if "rows of customer that do not take part" in words]
    assert orphaned == ["1 rows refer to rows of customer that do not take part (where)."]
    assert rows_of(run, "SELECT count(*) FROM orders", back=True) == [(4,)]

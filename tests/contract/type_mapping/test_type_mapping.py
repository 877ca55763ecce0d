"""Every type against every other engine, on real servers: created, copied, followed, followed back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from contract.type_mapping.cases import MYSQL_TO_POSTGIS, MYSQL_TO_POSTGRES, POSTGRES_TO_MYSQL, Case
from contract.type_mapping.journey import Journey, Outcome, Side, side_of
from fixtures.servers import PrivateServer

Outcomes = dict[str, Outcome]
_WAYS = [("mariadb", "postgres"), ("mysql", "postgres"), ("postgres", "mariadb"), ("postgres", "mysql")]


def cases_of(way: tuple[str, str]) -> dict[str, Case]:
    """The cases of a way by the table that each is given."""
    cases = POSTGRES_TO_MYSQL if way[0] == "postgres" else MYSQL_TO_POSTGRES
    numbered = {f"t{number:03d}": case for number, case in enumerate(cases)}
    return {table: case for table, case in numbered.items() if not case.only or case.only in way}


_TRAVELLERS = [
    pytest.param(way, table, id=f"{way[0]}-{way[1]}: {case.name}")
    for way in _WAYS
    for table, case in cases_of(way).items()
]


@pytest.fixture(scope="module")
def travelled() -> dict[tuple[str, str], Outcomes]:
    """The outcomes of the ways that were asked for, each travelled once."""
    return {}


@contextmanager
def fresh(server: PrivateServer, name: str) -> Iterator[Side]:
    database = server.create_database(name)
    side = side_of(database)
    try:
        yield side
    finally:
        side.session.close()
        server.drop_database(name)


def outcomes_of(
    way: tuple[str, str], travelled: dict[tuple[str, str], Outcomes], request: pytest.FixtureRequest
) -> Outcomes:
    if way not in travelled:
        servers = [request.getfixturevalue(name) for name in way]
        names = [f"types_{side}_{os.getpid()}" for side in ("source", "target")]
        with fresh(servers[0], names[0]) as source, fresh(servers[1], names[1]) as target:
            travelled[way] = Journey(source, target, cases_of(way)).run()
    return travelled[way]


@pytest.mark.parametrize("flavour", ["mariadb", "mysql"])
def test_geometries_travel_to_postgis_and_back(
    flavour: str, postgres: PrivateServer, request: pytest.FixtureRequest
) -> None:
    cases = {f"t{number}": case for number, case in enumerate(MYSQL_TO_POSTGIS)}
    source_server = request.getfixturevalue(flavour)
    names = [f"spatial_{side}_{os.getpid()}" for side in ("source", "target")]
    with fresh(source_server, names[0]) as source, fresh(postgres, names[1]) as target:
        if not target.session.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'"):
            pytest.skip("SERVER UNAVAILABLE: PostGIS: PostgreSQL's package of it is not installed here")
        target.session.execute("CREATE EXTENSION postgis")
        outcomes = Journey(source, target, cases).run()
    for table, case in cases.items():
        outcome = outcomes[table]
        assert {stage: said for stage, said in outcome.stages.items() if said} == {}
        assert outcome.target == case.target


@pytest.mark.parametrize(("way", "table"), _TRAVELLERS)
def test_there_and_back(
    way: tuple[str, str], table: str, travelled: dict[tuple[str, str], Outcomes], request: pytest.FixtureRequest
) -> None:
    outcome = outcomes_of(way, travelled, request)[table]
    went_wrong = {stage: said for stage, said in outcome.stages.items() if said}
    assert went_wrong == {}
    case = cases_of(way)[table]
    assert {"copy", "log", "back", "same"} <= set(outcome.stages) or not case.logged
    # MariaDB still shows integers with a width; PostgreSQL calls a native enum after table and column.
    spelled = re.sub(r"^((?:small|medium|big)?int)\(\d+\)", r"\1", outcome.target.removeprefix(f"{table}_"))
    assert spelled == case.target

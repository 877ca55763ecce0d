"""Arrays of a column's values, as the server reads them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from database_migration.engines.postgres.connection import PostgresSession
from database_migration.engines.postgres.row_arrays import array_text

TEXTS = st.one_of(
    st.none(),
    st.sampled_from(["", "NULL", "null", '"', "\\", "{}", ",", " ", "\t\n\r", '\\"', "ö😀", "'"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=8))
def test_every_value_arrives_as_it_is(session: PostgresSession, values: list[str | None]) -> None:
    found = session.connection.execute("SELECT * FROM unnest(%s::text[])", [array_text(values)]).fetchall()
    assert found == [(value,) for value in values]

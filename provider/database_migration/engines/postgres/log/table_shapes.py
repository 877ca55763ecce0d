"""What the log does not tell of published tables: columns made anew, partitions that came, went or were emptied.

pgoutput describes a table by its columns' names and types before rows of it follow. So a column that was dropped and
made anew under its name looks as before, though every row lost its value; and rows that come or go with a partition
(ATTACH, DETACH, DROP, TRUNCATE of one) are not in the log at all where changes are published as the parent's. Both can
be seen in the catalog: the columns' numbers, the partitions and their files. How they were when capture began is kept
with the publication, as its comment, and compared when reading begins and every few seconds after that.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from database_migration.engines.postgres.connection import PostgresSession
from database_migration.engines.postgres.names import literal, quote
from database_migration.engines.postgres.sql import load
from database_migration.errors import SourceChanged

Shapes = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Table → ``columns`` or ``partitions`` → name → number."""

_REPLAN = (
    "trigger the migration's rollback and plan anew; before the cutover it is enough to drop the replication slot"
    " (SELECT pg_drop_replication_slot) and to clear the tasks start_capture and reach_copy_end: the tables are"
    " compared, and only rows that differ are written again."
)


class TableShapes:
    """Watches the tables of one publication."""

    def __init__(self, session: PostgresSession, publication: str, schema: str) -> None:
        self._session = session
        self._publication = publication
        self._schema = schema
        self._seen: object = None

    def remember(self) -> None:
        """Keep the present shapes with the publication."""
        self._keep(self._shapes())

    def _keep(self, shapes: Shapes) -> None:
        text = json.dumps(shapes, separators=(",", ":"))
        self._session.execute(f"COMMENT ON PUBLICATION {quote(self._publication)} IS {literal(text)}")

    def check(self, columns: Mapping[str, Collection[str]]) -> dict[str, int]:
        """The object ids of the tables named, whose ``columns`` have to be those that capture began with.

        :raises SourceChanged: naming what changed, or which table is no longer published.
        """
        found = self._session.execute(load("published_shapes"), [self._publication, self._schema])
        oids = {str(name): int(str(oid)) for name, oid, _, _ in found}
        if missing := sorted(set(columns) - set(oids)):
            raise SourceChanged(
                f"The publication no longer holds {', '.join(missing)}: dropped, renamed or taken out.",
                mend="compare the schemas and plan the migration anew; changes of these tables are not in the log.",
                subject=self._publication,
            )
        if found != self._seen:  # as after any ALTER TABLE that adds a column, and at the beginning
            self._compare(columns)
            self._seen = found
        return {name: oid for name, oid in oids.items() if name in columns}

    def _compare(self, columns: Mapping[str, Collection[str]]) -> None:
        before, now = self._remembered(), self._shapes()
        if before is None:
            self.remember()
            return
        kept = dict(before)
        for table, names in columns.items():
            was, present = before.get(table), now[table]
            if was is None:
                continue
            known = was["columns"]
            if again := [name for name in names if name in known and known[name] != present["columns"].get(name)]:
                raise SourceChanged(
                    f"The columns {', '.join(sorted(again))} are gone, or were made anew under their names.",
                    mend=_REPLAN,
                    subject=table,
                )
            self._compare_partitions(table, was["partitions"], present["partitions"])
            here = present["columns"]
            carried = {name: here[name] for name in names if name not in known and name in here}
            kept[table] = {"columns": {**known, **carried}, "partitions": present["partitions"]}
        if kept != before:
            self._keep(kept)

    def _compare_partitions(self, table: str, was: Mapping[str, int], now: Mapping[str, int]) -> None:
        gone, new = sorted(set(was) - set(now)), sorted(set(now) - set(was))
        rewritten = sorted(name for name in set(was) & set(now) if was[name] != now[name])
        if len(rewritten) == len(now) and not gone and not new:
            return  # as TRUNCATE of the table itself does, which is in the log
        kinds = (("gone or detached", gone), ("new or attached", new), ("emptied or rewritten", rewritten))
        said = [f"{kind}: {', '.join(names)}" for kind, names in kinds if names]
        if said:
            raise SourceChanged(
                f"The table's partitions changed, and the log does not tell of the rows that came or went"
                f" ({'; '.join(said)}).",
                mend=_REPLAN,
                subject=table,
            )

    def _remembered(self) -> Shapes | None:
        found = self._session.execute(
            "SELECT obj_description(oid, 'pg_publication') FROM pg_publication WHERE pubname = %s", [self._publication]
        )
        text = found[0][0] if found else None
        shapes: Any = json.loads(str(text)) if text is not None else None
        return shapes if isinstance(shapes, dict) else None

    def _shapes(self) -> dict[str, dict[str, dict[str, int]]]:
        of = [self._publication, self._schema]
        found = self._session.execute(load("published_columns"), of)
        columns = {str(name): json.loads(str(text)) for name, text in found}
        return {
            str(name): {"columns": columns.get(str(name), {}), "partitions": json.loads(str(partitions))}
            for name, _, _, partitions in self._session.execute(load("published_shapes"), of)
        }


__all__ = ["TableShapes"]

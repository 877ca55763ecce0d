"""The rows that differ as data: ``pandas.read_parquet("validate.differences.parquet")``."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from database_migration.model.report import ReportFile
from database_migration.steps.validate.difference import Difference

COLUMNS = ("table", "difference", "key", "column", "source", "target", "rows", "written_by")
_NAME = "validate.differences"


def difference_files(differences: Iterable[Difference]) -> tuple[ReportFile, ...]:
    """A line per column that differs (one without a column for a whole row), as Parquet and as CSV.

    Values are transfer texts; a key is a list of them, in CSV between slashes. NULL, or a row that is not there, is
    no value.
    """
    import pyarrow as pa
    from pyarrow import csv, parquet

    lines = [line for one in differences for line in _lines(one)]
    kinds = [
        pa.list_(pa.string()) if name == "key" else pa.int64() if name == "rows" else pa.string() for name in COLUMNS
    ]
    columns = [pa.array([line[place] for line in lines], kind) for place, kind in enumerate(kinds)]
    table = pa.Table.from_arrays(columns, names=list(COLUMNS))
    packed, text = io.BytesIO(), io.BytesIO()
    parquet.write_table(table, packed, compression="zstd")
    flat = ["/".join(key) for key in table.column("key").to_pylist()]
    csv.write_csv(table.set_column(COLUMNS.index("key"), "key", pa.array(flat, pa.string())), text)
    return (
        ReportFile(f"{_NAME}.parquet", packed.getvalue(), "Rows that differ, as Parquet"),
        ReportFile(f"{_NAME}.csv", text.getvalue(), "Rows that differ, as CSV"),
    )


def _lines(one: Difference) -> Sequence[tuple[object, ...]]:
    head = (one.table, one.kind.value, list(one.key))
    tail = (one.rows, one.written_by or None)
    if not one.columns:
        return [(*head, None, None, None, *tail)]
    return [(*head, *values, *tail) for values in zip(one.columns, one.source, one.target, strict=True)]


__all__ = ["COLUMNS", "difference_files"]

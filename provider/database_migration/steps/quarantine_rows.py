"""What becomes of one row that the target refused: kept in quarantine, or an error that names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from database_migration.errors import Refused, ValueRefused
from database_migration.ledger import Quarantine, QuarantinedRow
from database_migration.model.table_selection import TablePair
from database_migration.model.unfit_value import ValueKind, is_unfit
from database_migration.steps.run import MigrationRun

_FEW = 10
"""So many rows of a table are no share of it."""

Texts = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class RowQuarantine:
    """Keeps rows by the spec's treatments and limits; ``origin`` says which work met them."""

    run: MigrationRun
    lines: Quarantine
    origin: str

    def keep(self, pair: TablePair, texts: Texts, error: ValueRefused) -> None:
        """Keep a row that the target refused, in the caller's transaction.

        :raises ValueRefused: the spec refuses such values. :raises Refused: too many rows of the table are kept.
        """
        table, values = pair.source.name, self.run.mapping.values
        found = _unfit(pair, texts) or [(None, ValueKind.REFUSED)]
        for column, kind in found:
            if values.treatment(table, column, kind) != "quarantine":
                raise _refusal(pair, key_of_row(pair, texts), column, kind, error)
        self.lines.keep(self._row(pair, texts, found[0], error.problem))
        self.require_few(pair, error.problem)

    def left_out(self, pair: TablePair, texts: Texts) -> QuarantinedRow | None:
        """The row as it would be kept, where it is known not to fit before any server was asked."""
        found = _unfit(pair, texts)
        values = self.run.mapping.values
        if not found or any(values.treatment(pair.source.name, *one) != "quarantine" for one in found):
            return None
        column, kind = found[0]
        place = next(one.target for one in pair.columns if one.source.name == column)
        reason = f"A value of the kind {kind.value} has no place in {place.name} {place.type.native}."
        return self._row(pair, texts, found[0], reason)

    def require_few(self, pair: TablePair, words: str) -> None:
        """Raise Refused when more rows of a table are kept than the spec allows; ``words``: why the last one is."""
        limits = self.run.mapping.values.quarantine
        count = self.lines.counts().get(pair.source.name, 0)
        rows = max(pair.source.estimated_rows, count)
        if count > limits.max_rows:
            limit = f"max_rows, {limits.max_rows:,}"
        elif count > _FEW and count > limits.max_share * rows:
            limit = f"max_share, {limits.max_share:.2%} of about {rows:,}"
        else:
            return
        raise Refused(
            f"{count:,} rows cannot be held, more than mapping.values.quarantine allows ({limit});"
            f" the last one: {words}",
            mend="mend the rows on the source, choose another treatment for such values, or raise the limit (that may"
            " be done while the run is under way); then clear the task.",
            subject=pair.source.name,
        )

    def _row(self, pair: TablePair, texts: Texts, found: tuple[str | None, ValueKind], reason: str) -> QuarantinedRow:
        column, kind = found
        table = pair.source.name
        return QuarantinedRow(table, key_of_row(pair, texts), column, kind.value, reason, texts, self.origin)


def key_of_row(pair: TablePair, texts: Mapping[str, object]) -> tuple[str, ...]:
    """The row key's transfer texts; empty for a table without a key."""
    return tuple(str(texts[column.source.name]) for column in pair.row_key)


def _unfit(pair: TablePair, texts: Texts) -> list[tuple[str | None, ValueKind]]:
    """The columns whose values are known not to fit, with their kinds."""
    found: list[tuple[str | None, ValueKind]] = []
    for column in pair.columns:
        text = texts.get(column.source.name)
        for doubt in column.doubts:
            if text is not None and is_unfit(doubt, column.form, text):
                found.append((column.source.name, doubt.kind))
    return found


def _refusal(
    pair: TablePair, key: tuple[str, ...], column: str | None, kind: ValueKind, error: ValueRefused
) -> ValueRefused:
    names = "/".join(one.source.name for one in pair.row_key)
    row = f"the row with {names} = {'/'.join(key)}" if key else "a row"
    place = f"{pair.source.name}.{column}" if column else pair.source.name
    return ValueRefused(
        f"The target cannot hold {row} ({kind.value}): {error.problem}",
        mend="correct the row on the source, or choose a treatment in the spec, mapping.values:"
        f" {{columns: {{{place}: {{{kind.value}: quarantine}}}}}}, and start a new run; preflight counts such values.",
        subject=place,
    )


__all__ = ["RowQuarantine", "key_of_row"]

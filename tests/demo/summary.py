"""What came of it: the figures a person wants to see, the same as JSON, and whether all of it is good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from demo.ledger_figures import LedgerFigures, report_summary
from demo.reconcile import Reconciliation

#: The application may have to wait so long over a switch.
MAX_PAUSE_MS = 5000


@dataclass
class DemoOutcome:
    """Everything that was found out."""

    migration: str
    run_id: str
    run_state: str
    goes_back: bool
    serving: str
    figures: LedgerFigures
    writer: Mapping[str, Any]
    reconciliation: Reconciliation
    gates: Mapping[str, str]
    seconds: float
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """``summary.json``."""
        validate, cutover = report_summary(self.figures, "validate"), report_summary(self.figures, "cutover")
        to_target, back = self._switch("target"), self._switch("source")
        found = self.reconciliation
        return {
            "migration": self.migration,
            "run_id": self.run_id,
            "run_state": self.run_state,
            "phase": self.figures.phase,
            "serving": self.serving,
            "seconds": round(self.seconds, 1),
            "tables": self.figures.tables,
            "rows_copied": self.figures.rows_copied,
            "changes_applied": self.figures.changes_forward,
            "changes_applied_back": self.figures.changes_reverse,
            "rows_compared": _number(validate, "rows_compared") + _number(cutover, "rows_compared"),
            "rows_differing": _number(validate, "rows_differing") + _number(cutover, "rows_differing"),
            "writes_paused_ms": to_target,
            "writes_paused_ms_going_back": back,
            "longest_pause_ms": self.writer["longest_pause_ms"],
            "writer_errors": self.writer["writer_errors"],
            "writer_error_messages": self.writer["errors"],
            "transactions_acknowledged": found.acknowledged,
            "transactions_on_target": self.writer["write_latency_ms"].get("target", {}).get("count", 0),
            "transactions_lost": len(found.missing),
            "transactions_doubled": len(found.doubled),
            "transactions_unknown": len(found.unknown),
            "orders_compared": found.orders_compared,
            "orders_wrong": len(found.wrong_orders),
            "orders_wrong_messages": found.wrong_orders[:10],
            "fenced_retries": self.writer["fenced_retries"],
            "lost_connections": self.writer["lost_connections"],
            "reads_checked": self.writer["reads_checked"],
            "write_latency_ms": self.writer["write_latency_ms"],
            "read_latency_ms": self.writer["read_latency_ms"],
            "gates": dict(self.gates),
            "reports": dict(self.figures.reports),
            "problems": self.problems(),
            **self.extra,
        }

    def _switch(self, to: str) -> float | None:
        pauses = [switch["pause_ms"] for switch in self.writer["switches"] if switch["to"] == to]
        return max(pauses) if pauses else None

    def problems(self) -> list[str]:
        """Everything that is not as it should be; empty when the demo succeeded."""
        validate, cutover = report_summary(self.figures, "validate"), report_summary(self.figures, "cutover")
        compared = _number(validate, "rows_compared")
        differing = _number(validate, "rows_differing") + _number(cutover, "rows_differing")
        state, phase, serving = (
            ("failed", "rolled_back", "source") if self.goes_back else ("success", "finalized", "target")
        )
        on_target = self.writer["write_latency_ms"].get("target", {}).get("count", 0)
        pauses = [switch["pause_ms"] for switch in self.writer["switches"]]
        found = self.reconciliation
        checks = [
            (self.run_state == state, f"the run ended as {self.run_state}, not {state}"),
            (self.figures.phase == phase, f"the ledger's phase is {self.figures.phase}, not {phase}"),
            (self.serving == serving, f"the {self.serving} serves, not the {serving}"),
            (self.figures.rows_copied > 0, "no row was copied"),
            (self.figures.changes_forward > 0, "no change was applied"),
            (compared > 0, "no row was compared"),
            (differing == 0, f"{differing} rows differ"),
            (self.writer["writer_errors"] == 0, f"the application saw {self.writer['writer_errors']} errors"),
            (on_target > 0, "the application never wrote to the target"),
            (not self.goes_back or self.figures.changes_reverse > 0, "no change flowed back"),
            (not found.missing, f"{len(found.missing)} acknowledged transactions are lost"),
            (not found.doubled, f"{len(found.doubled)} transactions are there twice"),
            (not found.unknown, f"{len(found.unknown)} transactions are there that nobody made"),
            (not found.wrong_orders, f"{len(found.wrong_orders)} orders are not what was acknowledged"),
            (all(pause < MAX_PAUSE_MS for pause in pauses), f"writes paused for {max(pauses, default=0):,.0f} ms"),
        ]
        return [problem for good, problem in checks if not good]

    def write(self, path: Path) -> None:
        """Writes ``summary.json``."""
        path.write_text(json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def show(self, console: Console) -> None:
        """Prints the table that the demo ends with."""
        values = self.as_json()
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="dim")
        table.add_column()
        rows = [
            ("migration", f"{self.migration}, run {self.run_state}, {self.figures.phase}, in {self.seconds:.0f} s"),
            ("rows copied", f"{values['rows_copied']:,} in {values['tables']} tables"),
            (
                "changes applied",
                f"{values['changes_applied']:,} to the target, {values['changes_applied_back']:,} back",
            ),
            ("rows compared", f"{values['rows_compared']:,}, differing: {values['rows_differing']:,}"),
            ("writes paused", _pauses(values["writes_paused_ms"], values["writes_paused_ms_going_back"])),
            (
                "application",
                f"{values['transactions_acknowledged']:,} transactions acknowledged, "
                f"{values['transactions_on_target']:,} of them on PostgreSQL; {values['writer_errors']} errors, "
                f"{values['reads_checked']:,} own reads checked",
            ),
            (
                "reconciled",
                f"{values['transactions_lost']} lost, {values['transactions_doubled']} doubled; "
                f"{values['orders_compared']:,} orders compared, {values['orders_wrong']} wrong",
            ),
            ("now serving", f"{self.serving} ({'MariaDB' if self.serving == 'source' else 'PostgreSQL'})"),
            ("gates", ", ".join(f"{gate}: {answer}" for gate, answer in self.gates.items()) or "none"),
            ("reports", f"{len(self.figures.reports)}: {', '.join(self.figures.reports)}"),
        ]
        for name, text in rows:
            table.add_row(name, text)
        problems = self.problems()
        for problem in problems:
            table.add_row("not good", f"[red]{problem}[/red]")
        good = "rolled back, nothing lost" if self.goes_back else "migrated, nothing lost"
        console.print(
            Panel(
                table,
                title="NOT GOOD" if problems else good,
                border_style="green" if not problems else "red",
            )
        )
        if index := self._index():
            console.print(f"Reports: {index}", soft_wrap=True)

    def _index(self) -> Path | None:
        """The page that leads to all reports of the run."""
        locations = [Path(place.removeprefix("file://")) for place in self.figures.reports.values()]
        return locations[0].with_name("index.html") if locations else None


def _number(summary: Mapping[str, Any], name: str) -> int:
    return int(summary.get(name) or 0)


def _pauses(forth: float | None, back: float | None) -> str:
    text = "not switched" if forth is None else f"{forth:,.0f} ms"
    return text if back is None else f"{text} to PostgreSQL, {back:,.0f} ms back"

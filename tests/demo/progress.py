"""What the terminal shows while the migration runs."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from demo.ledger_figures import LedgerFigures

PHASES = ("plan", "prepare", "execute", "cutover", "soak", "finalized")
PLAIN_EVERY_SECONDS = 5.0


class ProgressScreen:
    """A live panel on a terminal; a line now and then where there is none (CI)."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        self._began = time.monotonic()
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        self._last_line = ("", 0.0)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, trace)

    def show(self, figures: LedgerFigures, writer: dict[str, Any], *, tasks: str, waiting: str | None) -> None:
        """Shows one look at everything."""
        if self._live is not None:
            self._live.update(self._panel(figures, writer, tasks, waiting))
            return
        line = (
            f"{figures.phase} ({tasks}): {figures.rows_copied:,} of {_total(figures):,} rows copied, "
            f"{figures.changes_forward:,} changes applied, {figures.changes_reverse:,} back, "
            f"serving {figures.serving}, {writer.get('acknowledged', 0):,} writes, "
            f"{writer.get('writer_errors', 0)} errors"
        )
        if waiting:
            line += f"; waits for: {waiting}"
        now = time.monotonic()
        if figures.phase != self._last_line[0] or now - self._last_line[1] > PLAIN_EVERY_SECONDS:
            self._last_line = (figures.phase, now)
            self._console.print(f"[{now - self._began:6.1f} s] {line}", markup=False, highlight=False, soft_wrap=True)

    def _panel(self, figures: LedgerFigures, writer: dict[str, Any], tasks: str, waiting: str | None) -> Panel:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(justify="right", style="dim")
        grid.add_column()
        grid.add_row("phase", _phases(figures.phase))
        grid.add_row("at work", tasks)
        total = _total(figures)
        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            ProgressBar(total=max(total, 1), completed=figures.rows_copied, width=36),
            f"{figures.rows_copied:,} of {total:,} rows in {figures.chunks_done}/{figures.chunks} chunks",
        )
        grid.add_row("copied", bar)
        lag = "" if figures.lag_seconds is None else f", lag {figures.lag_seconds:.1f} s"
        changes = f"{figures.changes_forward:,} applied, {figures.changes_reverse:,} back"
        grid.add_row("changes", f"{changes} ({figures.direction}{lag})")
        if figures.rows_compared:
            grid.add_row("compared", f"{figures.rows_compared:,} rows, {figures.rows_differing:,} differ")
        if figures.move:
            grid.add_row("cutover", figures.move)
        errors = writer.get("writer_errors", 0)
        grid.add_row(
            "application",
            Text.assemble(
                f"{writer.get('acknowledged', 0):,} transactions, {writer.get('transactions_per_second', 0)}/s, "
                "on the ",
                (str(writer.get("serving", "?")), "bold green" if writer.get("serving") == "target" else "bold cyan"),
                f", longest pause {writer.get('longest_pause_ms', 0):,.0f} ms, ",
                (f"{errors} errors", "bold red" if errors else ""),
            ),
        )
        lines: list[Any] = [grid]
        if waiting:
            lines.append(Text(f"waits for: {waiting}", style="bold yellow"))
        return Panel(
            Group(*lines), title=f"{self._title} · {time.monotonic() - self._began:.0f} s", border_style="blue"
        )


def _total(figures: LedgerFigures) -> int:
    return max(figures.rows_estimated, figures.rows_copied)


def _phases(current: str) -> Text:
    text = Text()
    reached = PHASES.index(current) if current in PHASES else -1
    for position, phase in enumerate(PHASES):
        style = "green" if position < reached else "bold reverse" if position == reached else "dim"
        text.append(f" {phase} ", style=style)
    if current == "rolled_back":
        text.append(" rolled back ", style="bold red")
    return text

"""Business rules: one SodaCL file runs on both sides; its checks have to pass and to agree."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from database_migration.errors import Interrupted, SpecRefused
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, ReportTable, Severity
from database_migration.model.table_selection import TablePair
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate.options import ValidateOptions

_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Of the environment; the rest may hold secrets that are none of Soda's business."""
_CONFIGURATION = "send_anonymous_usage_stats: false\nuser_cookie_id: none\n"
_SAME = 1e-6
"""Relative difference up to which figures agree: engines round averages differently."""


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One check as both sides see it."""

    name: str
    table: str
    source: str
    """``pass``, ``warn``, ``fail``, or ``error``."""
    target: str
    source_value: object
    target_value: object

    @property
    def agrees(self) -> bool:
        """Whether both sides came to the same figure."""
        one, other = self.source_value, self.target_value
        if isinstance(one, int | float) and isinstance(other, int | float):
            return math.isclose(one, other, rel_tol=_SAME, abs_tol=1e-9)
        return one == other


@dataclass(frozen=True, slots=True)
class RuleResults:
    """All checks of a file, and what kept any of them from running."""

    outcomes: tuple[RuleOutcome, ...]
    errors: tuple[str, ...]

    def findings(self, *, moving: bool) -> list[Finding]:
        """``moving``: figures may differ because writes go on, so only outcomes decide."""
        findings = [
            Finding(Severity.BLOCKER, "soda_error", "soda", error, "correct the check file.") for error in self.errors
        ]
        for rule in self.outcomes:
            if rule.target != "pass":
                severity = Severity.WARNING if rule.target == "warn" else Severity.BLOCKER
                findings.append(
                    Finding(
                        severity,
                        "soda_failed",
                        rule.table,
                        f"{rule.name}: {rule.target} on the target, {rule.source} on the source.",
                        "mend the rows on the source, or correct the rule.",
                    )
                )
            elif rule.source != "pass" or not rule.agrees:
                findings.append(
                    Finding(
                        Severity.WARNING if moving else Severity.BLOCKER,
                        "soda_disagrees",
                        rule.table,
                        f"{rule.name}: {rule.source_value} on the source ({rule.source}),"
                        f" {rule.target_value} on the target.",
                        "look at the rows that the check counts; figures may differ while writes go on."
                        if moving
                        else "look at the rows that the check counts.",
                    )
                )
        return findings

    def table(self) -> ReportTable:
        """For the report."""
        return ReportTable(
            "Business rules (Soda)",
            ("rule", "table", "source", "target", "value on source", "value on target"),
            tuple(
                (rule.name, rule.table, rule.source, rule.target, str(rule.source_value), str(rule.target_value))
                for rule in self.outcomes
            ),
        )


def run_rules(run: MigrationRun, options: ValidateOptions, pairs: tuple[TablePair, ...], file: Path) -> RuleResults:
    """Run a SodaCL file on both sides at once.

    :raises SpecRefused: the file cannot be read. :raises Interrupted: Soda died or took too long.
    """
    try:
        checks = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SpecRefused(
            f"the check file cannot be read: {error.strerror}.", mend="correct the path.", subject=str(file)
        ) from error
    with ThreadPoolExecutor(2) as pool:
        source, target = pool.map(lambda side: _run(run, options, pairs, checks, side), (Side.SOURCE, Side.TARGET))
    errors = [f"source: {line}" for line in _errors(source)] + [f"target: {line}" for line in _errors(target)]
    there = {(one["definition"], one["table"]): one for one in _checks(target)}
    outcomes = []
    for mine in _checks(source):
        its = there.pop((mine["definition"], mine["table"]), {})
        outcomes.append(_outcome(mine, its))
    outcomes += [_outcome({}, its) for its in there.values()]
    return RuleResults(tuple(outcomes), tuple(dict.fromkeys(errors)))


def _outcome(mine: Mapping[str, object], its: Mapping[str, object]) -> RuleOutcome:
    known = mine or its
    return RuleOutcome(
        str(known["name"]),
        str(known["table"] or ""),
        str(mine.get("outcome") or "error"),
        str(its.get("outcome") or "error"),
        mine.get("value"),
        its.get("value"),
    )


def _run(
    run: MigrationRun, options: ValidateOptions, pairs: tuple[TablePair, ...], checks: str, side: Side
) -> Mapping[str, object]:
    endpoint = run.database(side).endpoint
    own = side is Side.TARGET
    request = {
        "endpoint": {**asdict(endpoint), "options": dict(endpoint.options)},
        "checks": checks,
        "timeout": options.soda_timeout.total_seconds(),
        "tables": {pair.source.name: (pair.target if own else pair.source).name for pair in pairs},
        "columns": {
            pair.source.name: {one.source.name: (one.target if own else one.source).name for one in pair.columns}
            for pair in pairs
        },
    }
    with tempfile.TemporaryDirectory(prefix="soda-") as home:
        configuration = Path(home, ".soda", "config.yml")
        configuration.parent.mkdir()
        configuration.write_text(_CONFIGURATION, encoding="utf-8")
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        try:
            done = subprocess.run(
                [sys.executable, "-m", "database_migration.steps.validate.soda_runner"],
                input=json.dumps(request),
                capture_output=True,
                text=True,
                encoding="utf-8",
                cwd=home,
                env={**environment, "HOME": home, "TMPDIR": home},
                timeout=options.soda_timeout.total_seconds(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Interrupted(
                f"the checks on the {side} took longer than {options.soda_timeout}.",
                mend="raise soda_timeout or lighten the checks, then clear the task.",
                subject=str(endpoint),
            ) from None
    if done.returncode != 0 or not done.stdout:
        raise Interrupted(
            f"Soda ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}",
            mend="see that soda-core is installed as the package asks for, then clear the task.",
            subject=str(endpoint),
        )
    return cast("Mapping[str, object]", json.loads(done.stdout))


def _checks(answer: Mapping[str, object]) -> list[Mapping[str, object]]:
    return cast("list[Mapping[str, object]]", answer["checks"])


def _errors(answer: Mapping[str, object]) -> list[str]:
    return cast("list[str]", answer["errors"])


__all__ = ["RuleOutcome", "RuleResults", "run_rules"]

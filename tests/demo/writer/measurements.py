"""What a user of the shop would feel: errors, pauses, latencies."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from typing import Any

ERRORS_KEPT = 20


class Measurements:
    """Counters and times of all threads; every method may be called from any of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._counts: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._errors: list[str] = []
        self._write_seconds: dict[str, list[float]] = defaultdict(list)
        self._read_seconds: dict[str, list[float]] = defaultdict(list)
        self._last_acknowledged: float | None = None
        self._serving: str | None = None
        self._longest_gap = 0.0
        self._longest_gap_at = 0.0
        self._switches: list[dict[str, Any]] = []

    def count(self, name: str) -> None:
        """One more of ``fenced_retries``, ``conflict_retries``, ``lost_connections``, ``stale_reads`` …"""
        with self._lock:
            self._counts[name] += 1

    def error(self, text: str) -> None:
        """An error that the shop's user would have seen."""
        with self._lock:
            self._counts["writer_errors"] += 1
            if len(self._errors) < ERRORS_KEPT:
                self._errors.append(text)

    def wrote(self, side: str, kind: str, seconds: float) -> None:
        """A write was acknowledged just now, after ``seconds`` in the database."""
        now = time.monotonic()
        with self._lock:
            self._kinds[kind] += 1
            self._write_seconds[side].append(seconds)
            if self._last_acknowledged is not None:
                gap = now - self._last_acknowledged
                if gap > self._longest_gap:
                    self._longest_gap, self._longest_gap_at = gap, now - self._started
                if side != self._serving:
                    self._switches.append(
                        {
                            "from": self._serving,
                            "to": side,
                            "after_seconds": round(now - self._started, 3),
                            "pause_ms": round(gap * 1000, 1),
                        }
                    )
            self._last_acknowledged, self._serving = now, side

    def read(self, side: str, seconds: float) -> None:
        """A read was answered."""
        with self._lock:
            self._read_seconds[side].append(seconds)

    @property
    def acknowledged(self) -> int:
        with self._lock:
            return sum(self._kinds.values())

    def summary(self) -> dict[str, Any]:
        """All figures so far, ready for JSON; times in milliseconds unless said otherwise."""
        with self._lock:
            seconds = time.monotonic() - self._started
            acknowledged = sum(self._kinds.values())
            since = None if self._last_acknowledged is None else time.monotonic() - self._last_acknowledged
            return {
                "seconds": round(seconds, 1),
                "acknowledged": acknowledged,
                "transactions_per_second": round(acknowledged / seconds, 1) if seconds else 0.0,
                "kinds": dict(self._kinds),
                "serving": self._serving,
                "writer_errors": self._counts["writer_errors"],
                "errors": list(self._errors),
                "fenced_retries": self._counts["fenced_retries"],
                "conflict_retries": self._counts["conflict_retries"],
                "lost_connections": self._counts["lost_connections"],
                "unclear_commits": self._counts["unclear_commits"],
                "reads_checked": self._counts["reads_checked"],
                "stale_reads": self._counts["stale_reads"],
                "longest_pause_ms": round(self._longest_gap * 1000, 1),
                "longest_pause_after_seconds": round(self._longest_gap_at, 1),
                "since_last_write_ms": None if since is None else round(since * 1000, 1),
                "switches": list(self._switches),
                "write_latency_ms": {side: percentiles(values) for side, values in self._write_seconds.items()},
                "read_latency_ms": {side: percentiles(values) for side, values in self._read_seconds.items()},
            }


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Count, median, 95th and 99th percentile and maximum, in milliseconds."""
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2)

    return {"count": len(ordered), "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0)}

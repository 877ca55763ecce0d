"""``python -m demo.writer --config file.json``: runs until SIGTERM or SIGINT, then writes the result as JSON."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from pathlib import Path
from typing import Any

from demo.writer.configuration import WriterConfiguration
from demo.writer.journal import Journal
from demo.writer.measurements import Measurements
from demo.writer.sides import open_side
from demo.writer.transactions import Limits, OwnOrder
from demo.writer.worker import Worker

LIVE_SECONDS = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.writer", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="what WriterConfiguration.save wrote")
    configuration = WriterConfiguration.load(parser.parse_args().config)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(configuration, stop)


def run(configuration: WriterConfiguration, stop: threading.Event) -> None:
    """Writes until ``stop`` is set; keeps the live file fresh and leaves the result file."""
    configuration.folder.mkdir(parents=True, exist_ok=True)
    measurements, journal = Measurements(), Journal(configuration.journal)
    limits = _limits(configuration)
    workers = [
        Worker(number, configuration, limits, journal, measurements, stop) for number in range(configuration.threads)
    ]
    for worker in workers:
        worker.start()
    while not stop.wait(LIVE_SECONDS):
        _write(configuration.live, measurements.summary())
    for worker in workers:
        worker.join()
    journal.close()
    orders = [order for worker in workers for order in worker.application.memory.orders.values()]
    deleted = sorted(number for worker in workers for number in worker.application.memory.deleted)
    result = {**measurements.summary(), "own_orders": [_as_json(order) for order in orders], "deleted_orders": deleted}
    _write(configuration.live, measurements.summary())
    _write(configuration.result, result)


def _limits(configuration: WriterConfiguration) -> Limits:
    def work(side: Any, cursor: Any) -> Limits:
        cursor.execute("SELECT MAX(id) FROM customer")
        (customers,) = cursor.fetchone()
        cursor.execute("SELECT MAX(id) FROM product")
        (products,) = cursor.fetchone()
        return Limits(customers=customers, products=products)

    side = open_side(configuration.source)
    try:
        return side.run(work)
    finally:
        side.close()


def _as_json(order: OwnOrder) -> dict[str, Any]:
    return {
        "id": order.id,
        "state": order.state,
        "total": str(order.total),
        "greeting": order.greeting,
        "is_gift": order.is_gift,
        "version": order.version,
        "placed_at": order.placed_at.isoformat(),
        "lines": order.lines,
    }


def _write(path: Path, value: Any) -> None:
    """Replaces the file whole, so that a reader never sees half of it."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(value, indent=1, ensure_ascii=False))
    fresh.replace(path)


if __name__ == "__main__":
    main()

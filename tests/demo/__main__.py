"""``python -m demo``: exits 0 only when the migration (or the way back) went as it must and nothing was lost."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import httpx
from rich.console import Console

from demo import kept
from demo.options import parse_options
from demo.story import Demo
from fixtures.servers import ServerUnavailable


def main() -> int:
    options, only_stop = parse_options()
    console = Console()
    signal.signal(signal.SIGTERM, _interrupt)
    if only_stop:
        ended = kept.stop(options.folder)
        console.print(f"Ended: {', '.join(ended)}" if ended else "Nothing was left running.")
        return 0
    try:
        return 0 if Demo(options, console).run() else 1
    except KeyboardInterrupt:
        console.print("Interrupted; everything that was started has been ended.")
        return 130
    except (ServerUnavailable, RuntimeError, TimeoutError, httpx.HTTPError) as error:
        console.print(f"[bold red]The demo cannot go on:[/bold red] {error}", soft_wrap=True)
        return 1


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

"""A TCP proxy between a step and a server: it cuts connections in the middle of a statement, and slows the network."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

_BLOCK = 64 * 1024


class FaultyProxy:
    """Passes bytes both ways until told otherwise; a context manager with an event loop of its own.

    ``port`` on 127.0.0.1 leads to the server's.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._delay = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="proxy")
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = self._do(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def cut(self) -> int:
        """Break every connection at once, whatever it is doing; how many there were."""
        return int(self._do(self._cut()))

    def slow(self, seconds: float) -> None:
        """From now on hold each block back for so long; 0 makes the network quick again."""
        self._delay = seconds

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.transport.abort()  # what a client sees of a server that is down
            return
        ends = (writer, to_server[1])
        self._writers.update(ends)
        passing = [
            asyncio.ensure_future(self._pass(reader, to_server[1])),
            asyncio.ensure_future(self._pass(to_server[0], writer)),
        ]
        await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(0.01)  # what the other direction still holds
        for end in ends:
            self._writers.discard(end)
            end.transport.abort()
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while block := await reader.read(_BLOCK):
                if self._delay:
                    await asyncio.sleep(self._delay)
                writer.write(block)
                await writer.drain()
        except OSError:
            return

    async def _cut(self) -> int:
        ends = list(self._writers)
        for end in ends:
            end.transport.abort()
        return len(ends) // 2

    async def _end(self) -> None:
        self._server.close()
        await self._cut()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


__all__ = ["FaultyProxy"]

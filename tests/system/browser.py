"""A headless Chromium that shows a page as a person sees it, driven over its debugging protocol."""

from __future__ import annotations

import base64
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import websocket

from fixtures.ports import free_port
from fixtures.servers import OwnedProcess

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def chromium() -> str | None:
    """The browser's program, where there is one."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Browser:
    """One tab, as a context manager."""

    def __init__(self, folder: Path, *, width: int = 1400, height: int = 1000) -> None:
        program = chromium()
        if program is None:
            raise RuntimeError(f"No browser: install one of {', '.join(PROGRAMS)}.")
        self._port = free_port()
        self._calls = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._process = OwnedProcess(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--remote-allow-origins=*", f"--remote-debugging-port={self._port}", f"--user-data-dir={folder}/profile",
             f"--window-size={width},{height}", "about:blank"],
            log=folder / "browser.log",
        )  # fmt: skip
        page = self._wait(self._page, "page", 30)
        self._socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=60, suppress_origin=True)
        self.call("Page.enable")
        self.call("Network.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def call(self, method: str, **parameters: Any) -> Any:
        """One command of the protocol; its result."""
        self._calls += 1
        self._socket.send(json.dumps({"id": self._calls, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._calls:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def log_in(self, url: str, token: str) -> None:
        """Set Airflow's cookie."""
        self.call("Network.setCookie", name="_token", value=token, url=url)

    def open(self, url: str, *, until: str = "document.readyState === 'complete'", timeout: float = 30) -> None:
        """Go to a page and wait until an expression is true in it."""
        self.call("Page.navigate", url=url)
        self.wait_for(until, timeout)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return result["result"].get("value")

    def wait_for(self, expression: str, timeout: float = 30) -> Any:
        """The first truthy value of an expression."""
        return self._wait(lambda: self.evaluate(expression), expression, timeout)

    def screenshot(self, path: Path) -> Path:
        """The visible part of the page as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
        return path

    def _page(self) -> dict[str, Any] | None:
        try:
            pages = httpx.get(f"http://127.0.0.1:{self._port}/json/list", timeout=5).json()
        except httpx.TransportError:
            return None
        return next((page for page in pages if page["type"] == "page"), None)

    def _wait(self, ask: Callable[[], Any], what: str, timeout: float) -> Any:
        deadline = time.monotonic() + timeout
        while True:
            if found := ask():
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"The browser shows no {what} within {timeout:.0f} s.")
            time.sleep(0.2)

    def close(self) -> None:
        """End the browser."""
        self._socket.close()
        self._process.end(timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

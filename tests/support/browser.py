"""Debian's Chromium, driven by playwright, and a folder served to it on loopback."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
STATIC = Path(__file__).parents[2] / "src" / "polyseme" / "explorer" / "static"


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """Yield a browser; skip the test where there is none."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        # Without its sandbox it also starts for root, as in containers; all pages are our own.
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Yield the address of a server of a folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Print nothing."""


class Watched:
    """A page whose console errors and requests are kept."""

    def __init__(self, page: Any) -> None:
        self.page, self.errors, self.requests = page, [], []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def check(self) -> None:
        """Fail if anything went wrong, or left this machine."""
        assert not self.errors, self.errors
        local = ("http://127.0.0.1:", "file:", "data:", "blob:")
        away = [url for url in self.requests if not url.startswith(local)]
        assert not away, away

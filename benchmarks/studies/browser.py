"""Speed in the browser: the introduction's first picture, queries of the airports, frames."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from harness.pages import table
from harness.part import Part, Results, Row, Size, Tell, Unavailable

ROOT = Path(__file__).resolve().parents[2]
REPEATS, QUERIES, SHOWN = 5, 200, 150
FIRST, QUERY, FRAMES = 1000.0, 50.0, 60.0

_QUERIES = """async (queries) => {
  const { airports } = await import("./airports.js");
  const world = await airports("larger");
  const taken = [];
  for (let query = 0; query < queries; query += 1) {
    const on = [query * 31 % world.count, query * 57 % world.count, world.count + query % 4];
    const started = performance.now();
    world.network.run(on);
    taken.push(performance.now() - started);
  }
  return taken;
}"""
_STEPS = """async (frames) => {
  const { Toy } = await import("./parts/toy.js");
  const toy = new Toy(0.05, 1);
  const taken = [];
  for (let frame = 0; frame < frames; frame += 1) {
    const started = performance.now();
    for (let step = 0; step < 6; step += 1) toy.step();
    taken.push(performance.now() - started);
  }
  return taken;
}"""
# Train anew, and note when the machine has drawn its arrows: all frames of a second or so.
_FRAMES = """async (frames) => {
  const figure = document.querySelector("#toy figure");
  const taken = [];
  let last = 0;
  const drawn = new Promise((done) => {
    new MutationObserver((_, observer) => {
      const now = performance.now();
      if (last) taken.push(now - last);
      last = now;
      if (taken.length >= frames) { observer.disconnect(); done(); }
    }).observe(figure.querySelector("svg[aria-label^=Five]"), { childList: true });
  });
  const buttons = [...figure.querySelectorAll("button")];
  buttons.find((one) => one.textContent.startsWith("Forget")).click();
  await drawn;
  return taken;
}"""


class Browser(Part):
    """The time that pages take in Debian's Chromium."""

    name = "browser"
    title = "Speed in the browser"
    measures = "milliseconds until a first picture and of a query, frames per second"

    def measure(self, size: Size, tell: Tell) -> Row:
        """Open the introduction several times, and run its networks in it."""
        chromium = shutil.which("chromium")
        if chromium is None:
            raise Unavailable("Chromium is not installed")
        try:
            from playwright.sync_api import sync_playwright
        except ImportError:
            raise Unavailable("playwright is not installed") from None
        repeats = 2 if size is Size.QUICK else REPEATS
        with built() as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            first = []
            for _ in range(repeats):
                page = browser.new_context().new_page()
                page.goto(address, wait_until="commit")
                page.wait_for_selector("figure[data-ready]")
                first.append(float(page.evaluate("performance.now()")))
            queries = page.evaluate(_QUERIES, QUERIES)
            steps = page.evaluate(_STEPS, QUERIES)
            page.locator("#toy").scroll_into_view_if_needed()
            page.wait_for_selector("#toy figure[data-ready]")
            frames, processor = frames_of_the_toy_model(page)
            browser.close()
        rows = [
            row("first picture of the introduction", first, FIRST),
            row("query of the airports in 2,500 ReLUs", queries, QUERY),
            row("six steps of the live toy model", steps, 1000 / FRAMES),
            row("processor time of a frame of the live toy model", [processor], 1000 / FRAMES),
            row("from frame to frame of the live toy model", frames, 1000 / FRAMES),
        ]
        for one in rows:
            tell(f"{one['what']}: {one['median']:.1f} ms, at most {one['most']:.1f}")
        per_second = round(1000 * len(frames) / sum(frames), 1)
        tell(f"the live toy model draws {per_second} frames per second")
        return {"rows": rows, "frames_per_second": per_second}

    def section(self, results: Results) -> list[str]:
        """Return one table."""
        cells = [
            (
                one["what"],
                str(one["repeats"]),
                f"{one['median']:.1f}",
                f"{one['most']:.1f}",
                f"under {one['promised']:.0f}",
            )
            for one in results[self.name]["rows"]
        ]
        return [
            "Wall-clock milliseconds in Debian's Chromium, without a window, from a server on the",
            "same machine; each first picture in a new session. The live toy model of five",
            f"features drew {results[self.name]['frames_per_second']} frames per second while it",
            "trained; the browser draws 60 at most, and as many as the machine has time for.",
            *table(("what", "repeats", "median", "most", "promised"), cells),
        ]

    def finding(self, results: Results) -> str:
        """Return the medians."""
        first, query, *_ = results[self.name]["rows"]
        frames = results[self.name]["frames_per_second"]
        return (
            f"first picture {first['median']:.0f} ms, a query {query['median']:.1f} ms, "
            f"{frames:.0f} frames per second"
        )


def frames_of_the_toy_model(page: Any) -> tuple[list[float], float]:
    """Return milliseconds from frame to frame, and those that the page computes in each."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def computed() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(one["value"] for one in metrics if one["name"] == "TaskDuration")

    before = computed()
    frames: list[float] = page.evaluate(_FRAMES, SHOWN)
    return frames, (computed() - before) / len(frames)


def row(what: str, taken: list[float], promised: float) -> Row:
    """Return one row: milliseconds that something took."""
    return {
        "what": what,
        "repeats": len(taken),
        "median": round(median(taken), 2),
        "most": round(max(taken), 2),
        "promised": promised,
    }


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextmanager
def built() -> Iterator[str]:
    """Build the introduction into a temporary folder, and yield the address that serves it."""
    sys.path.append(str(ROOT / "site"))
    from build import build_introduction

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "introduction"
        build_introduction(target)
        handler = partial(_Silent, directory=str(target))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            server.server_close()

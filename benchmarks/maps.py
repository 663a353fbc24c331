"""Part: the map at `/` in Chromium. Leaves seconds until its first tiles are drawn, and what went wrong while panning.

Every round is a visit of a browser with an empty cache to a gateway that keeps no tiles.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.chromium import launching
from benchmarks.contestants import Contestant, contestant
from benchmarks.county import county
from benchmarks.reads import SIZE
from benchmarks.run import Part, Run

_FIRST = 2.0
_ZOOM = 15
_PANS = ((600, 0), (0, 400), (-600, 0), (0, -400), (900, 500), (-900, -500))  # pixels
# Milliseconds since the page was asked for, when rows of the layers are on the screen.
_DRAWN = """() => {
    const map = window.map;
    const layers = ["parcels", "zoning_districts"].filter(id => map?.getLayer(id));
    return layers.length && map.queryRenderedFeatures({ layers }).length ? performance.now() : null;
}"""
_LOADED = "() => window.map.loaded() && !window.map.isMoving() ? performance.now() : null"
_MOVE = "([x, y]) => { window.map.panBy([x, y], { duration: 300 }); return performance.now(); }"
_CLOSER = "zoom => { window.map.jumpTo({ zoom }); return performance.now(); }"


@dataclass(frozen=True, slots=True)
class _Visit:
    """Seconds until the first tiles and all of them are drawn, those of each move, and what should not have been."""

    first: float
    whole: float
    moves: tuple[float, ...]
    problems: tuple[str, ...]


def measure(run: Run) -> Mapping[str, Any]:
    """As many visits as there are rounds, and one before that warms the database."""
    with county(SIZE) as ground, contestant("gateway_fresh", ground) as gateway, _chromium() as browser:
        visits = [_visit(browser, gateway) for _ in range(run.rounds.count + 1)][1:]
    first, whole = median(each.first for each in visits), median(each.whole for each in visits)
    moves = [seconds for each in visits for seconds in each.moves]
    problems = [problem for each in visits for problem in each.problems]
    run.console.print(
        f"Map of {SIZE:,} parcels: first tiles drawn after {first:.2f} s (target {_FIRST:.0f}), all after {whole:.2f}; "
        f"a move at zoom {_ZOOM} is drawn after {median(moves):.2f} s, the slowest of {len(moves)} after "
        f"{max(moves):.2f}; {len(problems)} errors (target 0)."
    )
    for problem in problems:
        run.console.print(f"  {problem}")
    found = {"first": [each.first for each in visits], "whole": [each.whole for each in visits]}
    return {"map": {**found, "moves": moves, "problems": problems}}


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launching())
        yield browser
        browser.close()


def _visit(browser: Browser, gateway: Contestant) -> _Visit:
    problems: list[str] = []
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        page.on("console", lambda said: problems.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("response", lambda got: problems.append(f"{got.status} {got.url}") if got.status >= 400 else None)
        page.goto(f"http://127.0.0.1:{gateway.port}/", wait_until="commit")
        first, whole = _when(page, _DRAWN), _when(page, _LOADED)
        moves = [_moved(page, _CLOSER, _ZOOM), *(_moved(page, _MOVE, pan) for pan in _PANS)]
    return _Visit(first, whole, tuple(moves), tuple(problems))


def _moved(page: Page, how: str, by: Any) -> float:
    """Seconds from a move until all tiles that it brings are drawn."""
    began: float = page.evaluate(how, by) / 1000
    return _when(page, _LOADED) - began


def _when(page: Page, script: str) -> float:
    """Seconds since the page was asked for, when `script` first gave a number; it is asked in every frame."""
    return float(page.wait_for_function(script, timeout=60_000).json_value()) / 1000


PART = Part("map", ("map",), measure)

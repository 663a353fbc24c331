"""Part: the map at `/` in Chromium. Leaves seconds until it is drawn, frames of moves, script, and a slow line's visit.

Every round is a visit of a browser with an empty cache to a gateway that keeps no tiles.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, ViewportSize, sync_playwright
from rich.table import Table

from benchmarks.chromium import launching
from benchmarks.contestants import contestant
from benchmarks.county import ROOT, county, places
from benchmarks.line import slow_line
from benchmarks.reads import SIZE
from benchmarks.run import Part, Run

_RATE = 50_000  # bytes a second of the slow line
_ZOOM, _CLOSE = 15, 16
_WINDOW: ViewportSize = {"width": 1280, "height": 800}
_PANS = ((600, 0), (0, 400), (-600, 0), (0, -400), (900, 500), (-900, -500))  # pixels
_SMOOTH = ((1200, 0), (0, 700), (-1200, -700))
_BUILT = ROOT / "gateway" / "http" / "static" / "app" / "assets"
# Each gives milliseconds since the page was asked for, or null as long as it is not so.
_SHOWN = 'performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null'
_USABLE = 'document.querySelector(".panel input[type=search]") ? performance.now() : null'
_DRAWN = """(() => {
    const layers = LAYERS.filter(id => window.map?.getLayer(id));
    return layers.length && map.queryRenderedFeatures({ layers }).length ? performance.now() : null;
})()"""
_ROWS = _DRAWN.replace("LAYERS", '["parcels", "zoning_districts"]')
_TEXTS = _DRAWN.replace("LAYERS", '["parcels-labels", "zoning_districts-labels"]')
_LOADED = "window.map?.loaded() && !map.isMoving() ? performance.now() : null"
_MOVE = "([x, y]) => { map.panBy([x, y], { duration: 300 }); return performance.now(); }"
_CLOSER = "zoom => { map.jumpTo({ zoom }); return performance.now(); }"
# Frames that the map draws in a move of two seconds at one speed: when each was drawn.
_FRAMES = """by => new Promise(resolve => {
    const times = [];
    const note = () => times.push(performance.now());
    map.on("render", note);
    map.once("moveend", () => { map.off("render", note); resolve(times); });
    map.panBy(by, { duration: 2000, easing: part => part });
})"""
_DRAWER = """() => {
    const gl = document.createElement("canvas").getContext("webgl2");
    const names = gl?.getExtension("WEBGL_debug_renderer_info");
    return names ? gl.getParameter(names.UNMASKED_RENDERER_WEBGL) : "nothing";
}"""
# The scripts that have come so far: MapLibre's worker is fetched and read beside the page.
_SCRIPTS = """() => performance.getEntriesByType("resource").map(each => new URL(each.name).pathname)
    .filter(name => name.endsWith(".js")).map(name => name.split("/").at(-1))"""
# What draws by hand is fetched once the map is drawn.
_LATER = ("pen-", "terra-draw-")


_KINDS = {"opened": "opened", "linked": f"a link to zoom {_CLOSE}", "slow": f"such a link at {_RATE // 1000} kB/s"}
_PARTS = {
    "shown": "page shows",
    "usable": "panel can be used",
    "rows": "first rows are drawn",
    "texts": "first labels, too",
    "whole": "all is drawn",
}


@dataclass(frozen=True, slots=True)
class _Visit:
    """Seconds since the page was asked for, bytes of script, and what should not have been."""

    shown: float
    usable: float
    rows: float
    texts: float | None
    whole: float
    script: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Moves:
    """What drew, seconds until moves were drawn, and of smooth ones frames a second and milliseconds a frame."""

    drawer: str
    seconds: tuple[float, ...]
    rates: tuple[float, ...]
    busy: tuple[float, ...]


def measure(run: Run) -> Mapping[str, Any]:
    """As many visits of each kind as there are rounds, after one that warms the database."""
    with county(SIZE) as ground, contestant("gateway_fresh", ground) as gateway:
        longitude, latitude = asyncio.run(places(ground)).points[0]
        found, moves = _measured(gateway.port, f"#map={_CLOSE}/{latitude}/{longitude}", run.rounds.count)
    run.console.print(_table(found, moves))
    problems = [problem for kind in found.values() for each in kind for problem in each.problems]
    run.console.print(f"{len(problems)} errors (target 0).", *problems, sep="\n  ")
    told = {name: [asdict(each) for each in kind] for name, kind in found.items()}
    return {"map": told | {"moves": asdict(moves)}}


def _measured(port: int, link: str, count: int) -> tuple[Mapping[str, Sequence[_Visit]], _Moves]:
    with _chromium() as browser:
        opened = [_visit(browser, port) for _ in range(count + 1)][1:]
        linked = [_visit(browser, port, link) for _ in range(count + 1)][1:]
        moves = _moves(browser, port)
        slow = []
        for _ in range(count):
            with slow_line(port, _RATE) as far:
                slow.append(_visit(browser, far, link))
    return {"opened": opened, "linked": linked, "slow": slow}, moves


def _table(found: Mapping[str, Sequence[_Visit]], moves: _Moves) -> Table:
    table = Table(title=f"Map of {SIZE:,} parcels, drawn by {moves.drawer}", title_justify="left")
    for column in ("", "middle", "worst", "target"):
        table.add_column(column, justify="right" if column else "left")
    targets = {("opened", "rows"): "2", ("linked", "texts"): "2", ("slow", "shown"): "2"}
    for kind, visits in found.items():
        for part, told in _PARTS.items():
            if figures := [seconds for each in visits if (seconds := getattr(each, part)) is not None]:
                _add(table, f"{_KINDS[kind]}, s: {told}", figures, targets.get((kind, part), ""))
    _add(table, f"a move at zoom {_ZOOM}, s: all is drawn", moves.seconds)
    _add(table, "frames a second of a move", moves.rates, "60 by a GPU", min)
    _add(table, "ms of the page's own thread for a frame", moves.busy, "16.7")
    script = max(each.script for each in found["opened"])
    table.add_row("bytes of script of the first view, gzip", "", f"{script:,}", "450,000")
    return table


def _add(table: Table, told: str, figures: Sequence[float], target: str = "", worst: Any = max) -> None:
    table.add_row(told, f"{median(figures):.2f}", f"{worst(figures):.2f}", target)


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launching())
        yield browser
        browser.close()


def _visit(browser: Browser, port: int, view: str = "") -> _Visit:
    problems: list[str] = []
    with browser.new_context(viewport=_WINDOW) as context:
        page = context.new_page()
        page.on("console", lambda said: problems.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("response", lambda got: problems.append(f"{got.status} {got.url}") if got.status >= 400 else None)
        page.goto(f"http://127.0.0.1:{port}/{view}", wait_until="commit")
        shown, usable, rows = (_when(page, each) for each in (_SHOWN, _USABLE, _ROWS))
        texts = _when(page, _TEXTS) if view else None  # the view that it opens with is too far out for labels
        whole = _when(page, _LOADED)
        script = sum((_BUILT / f"{name}.gz").stat().st_size for name in page.evaluate(_SCRIPTS) if _early(name))
    return _Visit(shown, usable, rows, texts, whole, script, tuple(problems))


def _moves(browser: Browser, port: int) -> _Moves:
    with browser.new_context(viewport=_WINDOW) as context:
        page = context.new_page()
        drawer = page.evaluate(_DRAWER)
        page.goto(f"http://127.0.0.1:{port}/", wait_until="commit")
        _when(page, _LOADED)
        seconds = [_moved(page, _CLOSER, _ZOOM), *(_moved(page, _MOVE, pan) for pan in _PANS)]
        smooth = [_smooth(page, pan) for pan in _SMOOTH]
    return _Moves(str(drawer), tuple(seconds), tuple(rate for rate, _ in smooth), tuple(busy for _, busy in smooth))


def _early(name: str) -> bool:
    return not name.startswith(_LATER)


def _moved(page: Page, how: str, by: Any) -> float:
    """Seconds from a move until all tiles that it brings are drawn."""
    began: float = page.evaluate(how, by) / 1000
    return _when(page, _LOADED) - began


def _smooth(page: Page, by: Sequence[int]) -> tuple[float, float]:
    """Frames a second of a move there and back, and what each takes of the page's thread; its tiles are here then."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.evaluate(_FRAMES, by)
    _when(page, _LOADED)
    before = _busy(session)
    times = page.evaluate(_FRAMES, [-each for each in by])
    busy = (_busy(session) - before) / len(times) * 1000
    return (len(times) - 1) / (times[-1] - times[0]) * 1000, busy


def _busy(session: CDPSession) -> float:
    """Seconds that the thread of the page has worked."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


def _when(page: Page, script: str) -> float:
    """Seconds since the page was asked for, when `script` first gave a number; it is asked in every frame."""
    return float(page.wait_for_function(f"() => {script}", timeout=120_000).json_value()) / 1000


PART = Part("map", ("map",), measure)

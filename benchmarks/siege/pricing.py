"""`pricing`: whether the cost of an operation is the work of the database; enters a number, leaves ranks and offenders.

    python -m benchmarks.siege.pricing

Operations that pass the limit, half of them by the generator of the property tests and half of the kinds that take
long, run one by one on the county of 200,000 parcels. The time is the CPU of the one backend that runs them, without
workers that share its work: whatever else the machine does is left out. Weights were chosen with other seeds.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final, Self

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.county import county
from benchmarks.siege.kinds import Kinds, Operation
from gateway.db.sessions import Database, RequestSession
from gateway.execution.context import Context
from gateway.execution.operation import Operation as Asked
from gateway.execution.operation import OperationResult
from gateway.execution.statistics import Counting
from gateway.identity import Access
from gateway.identity.principal import Scope, anonymous
from gateway.layers import LAYERS
from gateway.query.connection import QueryParser
from gateway.query.links import Links
from gateway.query.page import CursorCodec
from gateway.query.tokens import FilterCodec
from gateway.query.weights import UNIT
from gateway.settings import DatabaseSettings, Settings
from schema import build_schema
from schema.operations import Operations
from schema.prices import check_cost
from tests.fixtures.arguments import Enumerated, Known, literal
from tests.fixtures.operations import DEPTH, Writer

SIZE: Final = 200_000
ANYONE: Final = anonymous(frozenset({Scope.READ}))
SEED: Final = 20_261_128  # not one that weights were chosen by
LEAST_RANK, MOST_SECONDS = 0.85, 2.0
_LONGEST_MS: Final = 10_000  # of a statement: what is priced too low is seen
_BACKEND: Final = "SELECT pg_backend_pid(), set_config('max_parallel_workers_per_gather', '0', false)"
# PostGIS and PROJ take tens of milliseconds to begin in a new backend.
_WARM: Final[Operation] = (
    "{ parcels(first: 9) { extent nodes { geometry perimeterM buffer(meters: 1) neighbors { nodes { id } } } } }",
    {},
)
_SHORT: Final = 0.5  # seconds
_SHOWN: Final = 300  # characters of an operation


@dataclass(frozen=True, slots=True)
class Run:
    """One operation that was run: its estimated units, and its seconds in the database."""

    kind: str
    operation: Operation
    cost: int
    seconds: float


class Rig:
    """The surface on one connection, whose backend is watched."""

    def __init__(self, url: str) -> None:
        settings = Settings()
        self._limits = settings.limits
        self._database = Database(DatabaseSettings(read_timeout_ms=_LONGEST_MS, pool_size=1, max_overflow=0), url)
        self._schema = build_schema(LAYERS)
        self._access = Access(settings.auth, LAYERS)
        self._parser = QueryParser(
            self._access.seen_by(ANYONE), settings.limits, CursorCodec(b"key"), Links(FilterCodec(b"key", self._limits))
        )
        self.operations = Operations(self._schema, settings, LAYERS)
        self._warm: set[int] = set()

    async def __aenter__(self) -> Self:
        self.operations.estimates.now = await Counting(LAYERS, self._database).read()
        return self

    async def _operate(self, session: RequestSession, operation: Operation) -> OperationResult:
        document, variables = operation
        context = Context(session, ANYONE, self._parser, self._access)
        return await self.operations.run(Asked(document, None, variables), context)

    async def __aexit__(self, *_: object) -> None:
        await self._database.dispose()

    @property
    def schema(self) -> Any:
        """graphql-core's."""
        return self._schema._schema  # noqa: SLF001 - Strawberry has no public name for it

    def cost(self, operation: Operation) -> int | None:
        """The cost of an operation; None where it is refused."""
        document, variables = operation
        try:
            prepared = self.operations.documents.prepare(document, None)
            found = prepared.variables.coerce(variables, self._limits, hide_suggestions=False)
            return check_cost(prepared.priced.price, found.coerced, self._limits)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not run
            return None

    async def run(self, operation: Operation) -> tuple[Mapping[str, Any] | None, float]:
        """The data and the seconds of an operation."""
        async with self._database.session() as session:
            ((backend, _),) = await session.fetch(_BACKEND, ())
            if backend not in self._warm:
                self._warm.add(backend)
                await self._operate(session, _WARM)
            before, busy = _cpu(backend), session.busy
            outcome = await self._operate(session, operation)
            after = _cpu(backend)
            # Gone where the statement had to be broken off: the clock tells then.
            data = None if outcome.errors else outcome.data
            return data, session.busy - busy if after is None or before is None else after - before


def _cpu(backend: int) -> float | None:
    """Seconds of CPU that a process had; None where it is gone."""
    with suppress(OSError):
        return int(Path(f"/proc/{backend}/schedstat").read_text().split()[0]) / 1e9
    return None


async def known(rig: Rig) -> tuple[Known, Sequence[float]]:
    """What the county holds, for the generator of the property tests, and the box around it."""
    data, _ = await rig.run(("{ parcels(first: 0) { extent } }", {}))
    assert data is not None
    west, south, east, north = _plain(data)["parcels"]["extent"]
    point = {"wkt": f"POINT({(west + east) / 2} {(south + north) / 2})"}
    orders: dict[str, list[Any]] = {}
    ids: dict[str, list[str]] = {}
    words, keys = {"", "R", "%", "nothing"}, []
    for layer, field, columns in (
        ("parcels", "parcels", "parcelId address landUse"),
        ("zoning_districts", "zoningDistricts", "code zoneCode name"),
    ):
        orders[layer] = []
        for order in ([], [{"areaSqm": Enumerated("DESC")}], [{"distanceTo": point}]):
            arguments = f"first: 12, order: {literal(order)}"  # type: ignore[no-untyped-call]
            asked = f"{{ it: {field}({arguments}) {{ edges {{ cursor node {{ id {columns} }} }} }} }}"
            data, _ = await rig.run((asked, {}))
            edges = _plain(data)["it"]["edges"]
            orders[layer].append((order, tuple(edge["cursor"] for edge in edges)))
            for edge in edges[:4]:
                identity, key, *texts = edge["node"].values()
                ids.setdefault(LAYERS[layer].type_name, []).append(identity)
                keys.append(key)
                words |= {text for text in texts if text}
    return Known(ids, tuple(keys), tuple(sorted(words)), (west, south, east, north), orders), (west, south, east, north)


def _plain(data: Any) -> Any:
    return orjson.loads(orjson.dumps(data))


def _draws(seed: int, rig: Rig, world: Known, extent: Sequence[float]) -> Iterator[tuple[str, Operation]]:
    """Operations without end, in turns of the two generators."""
    chance, kinds = Random(seed), Kinds(seed, extent)
    while True:
        depth, width = chance.randint(1, DEPTH), chance.randint(1, 4)
        writer: Any = Writer(f"{chance.random()}", rig.schema, world)  # type: ignore[no-untyped-call]
        yield "generated", writer.operation(depth, width)
        yield kinds.draw()


async def runs(url: str, count: int, seed: int, told: Callable[[Run], None] = lambda _: None) -> Sequence[Run]:
    """So many operations under the cap, run."""
    found: list[Run] = []
    async with Rig(url) as rig:
        world, extent = await known(rig)
        for kind, operation in _draws(seed, rig, world, extent):
            cost = rig.cost(operation)
            if cost is None:
                continue
            data, seconds = await rig.run(operation)
            if not data:
                continue  # refused for another reason
            if seconds < _SHORT:
                # Caches were cold, of the catalogue above all.
                seconds = min(seconds, (await rig.run(operation))[1])
            found.append(Run(kind, operation, cost, seconds))
            told(found[-1])
            if len(found) == count:
                return found
    raise AssertionError


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float:
    """Spearman's."""
    first, second = (_ranks([pair[side] for pair in pairs]) for side in (0, 1))
    mean = (len(pairs) - 1) / 2
    shared = sum((a - mean) * (b - mean) for a, b in zip(first, second, strict=True))
    spread: float = (sum((a - mean) ** 2 for a in first) * sum((b - mean) ** 2 for b in second)) ** 0.5
    return shared / spread


def _ranks(values: Sequence[float]) -> Sequence[float]:
    """Places in order; equal values share the mean of theirs."""
    places = defaultdict(list)
    for place, value in enumerate(sorted(values)):
        places[value].append(place)
    return [sum(places[value]) / len(places[value]) for value in values]


def measure(console: Console, count: int = 1_000, seed: int = SEED) -> Mapping[str, Any]:
    """Run operations and say how well cost and time agree."""
    with county(SIZE) as ground:
        found = asyncio.run(runs(ground.url, count, seed))
    rank = rank_correlation([(run.cost, run.seconds) for run in found])
    slowest = max(found, key=lambda run: run.seconds)
    console.print(f"{count} operations under the cap: rank correlation {rank:.3f} (at least {LEAST_RANK} wanted)")
    console.print(f"slowest {slowest.seconds:.2f} s (at most {MOST_SECONDS:g} wanted), of cost {slowest.cost}:")
    console.print(_text(slowest.operation), markup=False)
    by_kind: dict[str, list[Run]] = defaultdict(list)
    for run in found:
        by_kind[run.kind].append(run)
    table = Table("kind", "operations", "under", "over", "slowest s", title="time by cost: worst of each kind")
    for kind, each in sorted(by_kind.items()):
        ratios = sorted(run.seconds * 1e6 / (run.cost * UNIT) for run in each)
        most = max(run.seconds for run in each)
        table.add_row(kind, str(len(each)), f"{ratios[-1]:.1f}", f"{1 / max(ratios[0], 1e-6):.1f}", f"{most:.2f}")
    console.print(table)
    return {"pricing": {"rank": rank, "slowest": slowest.seconds, "cost": slowest.cost, "operations": count}}


def _text(operation: Operation) -> str:
    document, variables = operation
    return f"{document[:_SHOWN]} {str(variables)[:_SHOWN]}"


if __name__ == "__main__":
    measure(Console(highlight=False), int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)

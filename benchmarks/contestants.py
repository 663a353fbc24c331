"""Who is measured; enters a county, leaves a server that answers works on a port of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

import orjson
from sqlalchemy import make_url

from benchmarks import bare, bare_tiles, bare_writes
from benchmarks.county import ROOT, County
from benchmarks.works import Variables, Work, for_postgraphile

PEERS = ROOT / "benchmarks" / "postgraphile"
_TIPG = ROOT / ".data" / "bench" / "tipg" / "bin" / "python"
_STRAWCHEMY = ROOT / ".data" / "bench" / "strawchemy" / "bin" / "python"
_UVICORN = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
_SECONDS = 300  # of a busy machine
_BARE = ("bare", "bare_writes")
# No tile of the county has so many rows or vertices: all are drawn.
# Budgets of the one address and the keys that ask here: they are counted, but never spent.
UNLIMITED = {f"GATEWAY_BUDGET_{kind}": str(10**15) for kind in ("ANONYMOUS", "READ", "WRITE", "BULK")}
UNLIMITED |= {f"{name}_REQUESTS": "100000" for name in UNLIMITED}
_WHOLE = {"GATEWAY_TILES_FEATURES": "1000000", "GATEWAY_TILES_VERTICES": "10000000"}


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server that runs; its log is a file."""

    name: str
    port: int
    process: int

    def url(self, work: Work) -> str:
        """Where a work is asked for."""
        return f"http://127.0.0.1:{self.port}/{work.name if self.name in _BARE else 'graphql'}"

    def answers(self, work: Work) -> bool:
        """Whether it can do a work at all."""
        return self.name != "strawchemy" or bool(work.strawchemy)

    def body(self, work: Work, variables: Variables) -> bytes:
        """One request for a work."""
        if self.name in _BARE:
            return orjson.dumps(variables)
        if self.name == "postgraphile":
            return orjson.dumps({"query": work.postgraphile, "variables": for_postgraphile(variables)})
        return orjson.dumps(
            {"query": work.strawchemy if self.name == "strawchemy" else work.gateway, "variables": variables}
        )

    def answer(self, work: Work, variables: Variables) -> bytes:
        """The answer to one request."""
        headers = {"content-type": "application/json", "authorization": os.environ.get("BENCH_AUTHORIZATION", "")}
        with urlopen(Request(self.url(work), self.body(work, variables), headers), timeout=60) as response:
            body: bytes = response.read()
            return body


async def versions(county: County) -> Mapping[str, str]:
    """What is measured besides the gateway, and what all of them stand on."""
    connection = await county.connect()
    found = {
        "PostgreSQL": await connection.fetchval("SHOW server_version"),
        "PostGIS": await connection.fetchval("SELECT postgis_lib_version()"),
    }
    await connection.close()
    packages = orjson.loads((PEERS / "package-lock.json").read_bytes())["packages"]
    found |= {name: packages[f"node_modules/{name}"]["version"] for name in ("postgraphile", "node")}
    installed = (_STRAWCHEMY.parent.parent / ".installed").read_text().split()
    pinned = (each.partition("==") for each in installed)
    found |= {name.partition("[")[0]: version for name, _, version in pinned if version}
    return found | {name: version(name) for name in ("uvicorn", "starlette", "asyncpg", "orjson")}


def names() -> Sequence[str]:
    """Those of the reads, in the order of the report."""
    before = ("gateway_before",) if os.environ.get("BEFORE") else ()
    return ("gateway", *before, "gateway_off", "bare", "postgraphile", "strawchemy")


@contextmanager
def contestant(name: str, county: County, *, workers: int = 1, key: str = "") -> Iterator[Contestant]:
    """Start one and wait until it listens; it ends with the block."""
    port = free_port()
    command, environment = _COMMANDS[name](county, port, workers)
    log = ROOT / ".data" / "bench" / f"{key or name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=output, stderr=output)
        try:
            _wait(process, port, log)
            yield Contestant(name, port, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _gateway(county: County, port: int, workers: int, planner: str = "on") -> tuple[Sequence[str], Mapping[str, str]]:
    command = [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", str(workers)]
    home = ROOT / ".data" / "bench" / str(county.size)
    environment = {"GATEWAY_DATABASE_URL": county.url, "GATEWAY_DATA_DIR": str(home), "GATEWAY_PLANNER": planner}
    return command, environment | UNLIMITED


def _gateway_off(county: County, port: int, workers: int) -> tuple[Sequence[str], Mapping[str, str]]:
    return _gateway(county, port, workers, "off")


def _gateway_before(county: County, port: int, workers: int) -> tuple[Sequence[str], Mapping[str, str]]:
    """As it was at the revision that the worktree BEFORE has, with an environment of its own."""
    (_, _, *arguments), environment = _gateway(county, port, workers)
    tree = Path(os.environ["BEFORE"]).resolve()
    return [str(tree / ".venv" / "bin" / "python"), str(tree / "manage.py"), *arguments], environment


def _gateway_open(county: County, port: int, workers: int) -> tuple[Sequence[str], Mapping[str, str]]:
    """As it is by default on the open internet."""
    command, environment = _gateway(county, port, workers)
    environment = {name: value for name, value in environment.items() if name not in UNLIMITED}
    public = {"GATEWAY_ENVIRONMENT": "production", "GATEWAY_HTTP_ALLOWED_HOSTS": "127.0.0.1"}
    # All attackers are of this machine, and are to count as clients of their own.
    return command, {
        **environment,
        **public,
        "GATEWAY_HTTP_TRUSTED_PROXIES": "",
        "GATEWAY_METRICS_PORT": str(free_port()),
    }


def _gateway_fresh(county: County, port: int, workers: int) -> tuple[Sequence[str], Mapping[str, str]]:
    command, environment = _gateway(county, port, workers)
    return command, {**environment, "GATEWAY_TILES_CACHE_BYTES": "0"}


def _gateway_making(county: County, port: int, workers: int) -> tuple[Sequence[str], Mapping[str, str]]:
    """As one that keeps no answers about many rows: each is made from the rows."""
    command, environment = _gateway(county, port, workers)
    return command, {**environment, "GATEWAY_ANSWERS_BYTES": "0"}


def _gateway_whole(county: County, port: int, workers: int) -> tuple[Sequence[str], Mapping[str, str]]:
    command, environment = _gateway_fresh(county, port, workers)
    return command, {**environment, **_WHOLE}


def _bare(
    county: County, port: int, workers: int, module: str = bare.__name__
) -> tuple[Sequence[str], Mapping[str, str]]:
    """Served as the gateway is: uvicorn with uvloop and httptools, no access log."""
    command = [sys.executable, "-m", "uvicorn", f"{module}:app", "--port", str(port), *_UVICORN, "--no-server-header"]
    return [*command, "--workers", str(workers)], {"BENCH_SOCKET": county.socket}


def _bare_tiles(county: County, port: int, workers: int) -> tuple[Sequence[str], Mapping[str, str]]:
    command, environment = _bare(county, port, workers, bare_tiles.__name__)
    return command, {**environment, **_WHOLE}


def _bare_writes(county: County, port: int, workers: int) -> tuple[Sequence[str], Mapping[str, str]]:
    return _bare(county, port, workers, bare_writes.__name__)


def _tipg(county: County, port: int, _: int) -> tuple[Sequence[str], Mapping[str, str]]:
    url = make_url(county.url)
    command = [str(_TIPG), "-m", "uvicorn", "tipg.main:app", "--port", str(port), *_UVICORN]
    address = f"postgresql://{url.username}@{quote(county.socket, safe='')}/{url.database}"
    return command, {"DATABASE_URL": address, "TIPG_DB_SCHEMAS": '["public"]'}


def _strawchemy(county: County, port: int, _: int) -> tuple[Sequence[str], Mapping[str, str]]:
    command = [str(_STRAWCHEMY), "-m", "uvicorn", "benchmarks.strawchemy.server:app", "--port", str(port), *_UVICORN]
    return command, {"BENCH_SOCKET": county.socket}


def _tipg_whole(county: County, port: int, workers: int) -> tuple[Sequence[str], Mapping[str, str]]:
    command, environment = _tipg(county, port, workers)
    # Its tiles reach as far beyond their edges as the gateway's.
    return command, {**environment, "TIPG_MAX_FEATURES_PER_TILE": "1000000", "TIPG_TILE_BUFFER": "64"}


def _postgraphile(county: County, port: int, _: int) -> tuple[Sequence[str], Mapping[str, str]]:
    url = make_url(county.url)
    script = [str(PEERS / "node_modules" / ".bin" / "node"), str(PEERS / "server.mjs")]
    environment = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    return [*script, str(port), county.socket, str(url.database), str(url.username)], environment


_COMMANDS: Mapping[str, Callable[[County, int, int], tuple[Sequence[str], Mapping[str, str]]]] = {
    "gateway": _gateway,
    "gateway_before": _gateway_before,
    "gateway_off": _gateway_off,
    "gateway_open": _gateway_open,
    "gateway_fresh": _gateway_fresh,
    "gateway_making": _gateway_making,
    "gateway_whole": _gateway_whole,
    "bare": _bare,
    "bare_tiles": _bare_tiles,
    "bare_writes": _bare_writes,
    "tipg": _tipg,
    "tipg_whole": _tipg_whole,
    "postgraphile": _postgraphile,
    "strawchemy": _strawchemy,
}


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except URLError as error:
            if isinstance(error.reason, ConnectionError):
                time.sleep(0.1)
                continue
            return  # it answers, be it that nothing is there
        return
    message = f"A contestant does not start; {log} says why."
    raise RuntimeError(message)

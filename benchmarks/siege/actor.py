"""Those who act in a siege are processes; enters a line of JSON and a line that says go, leaves a line of JSON."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).parent.parent.parent


class Actor:
    """A process that is ready to act."""

    def __init__(self, process: subprocess.Popen[bytes], given: Mapping[str, Any]) -> None:
        self.given = given
        self._process = process

    def begin(self) -> None:
        """Let it act."""
        self._say(b"go")

    def result(self) -> Any:
        """What it leaves when it has ended."""
        return orjson.loads(self._heard())

    def prepare(self) -> None:
        """Tell it what to do, and wait until it can begin at once."""
        self._say(orjson.dumps(self.given))
        self._heard()

    def _say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def _heard(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def actor(module: str, given: Mapping[str, Any]) -> Iterator[Actor]:
    """Start one of `benchmarks.siege`; it is killed with the block if it has not ended."""
    command = [sys.executable, "-m", f"benchmarks.siege.{module}"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            found = Actor(process, given)
            found.prepare()
            yield found
        finally:
            process.kill()


def act(
    play: Callable[[Mapping[str, Any]], Awaitable[Any]], prepare: Callable[[Mapping[str, Any]], object] = lambda _: None
) -> None:
    """Be an actor; what takes time and need not be done on the stage is for `prepare`."""
    given = orjson.loads(sys.stdin.buffer.readline())
    prepare(given)
    _say(b"ready")
    sys.stdin.buffer.readline()

    async def run() -> Any:
        return await play(given)

    _say(orjson.dumps(asyncio.run(run())))


def step_back() -> None:
    """Take the processor only when nobody else wants it: this actor has a machine of its own, as it were."""
    os.setsid()  # Linux shares a processor among sessions first, then within each by priority
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text("19")
    os.setpriority(os.PRIO_PROCESS, 0, 19)


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()

"""The load: wrk, which needs a tenth of what any contestant needs; enters a URL and bodies, leaves a measurement."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run of wrk; `bytes` with the heads of the answers."""

    requests: int
    seconds: float
    bytes: int
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def load(url: str, bodies: Path, *, seconds: int, connections: int) -> Measurement:
    """Send the bodies of a file over and over for so many seconds; every answer must be a 200."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(_SCRIPT), url]
    done = subprocess.run([*command, "--", str(bodies)], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    if found["failed"]:
        message = f"{url}: {found['failed']} of {found['requests']} requests failed"
        raise RuntimeError(message)
    return Measurement(
        requests=found["requests"],
        seconds=found["microseconds"] / 1e6,
        bytes=found["bytes"],
        p50_ms=found["p50"] / 1e3,
        p99_ms=found["p99"] / 1e3,
    )

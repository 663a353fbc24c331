"""Repair in a process that may die; enters WKB of an invalid geometry, leaves WKB of a valid one or a reason.

`make_valid` on a ring that crosses itself often can run for minutes, take all memory or crash (GEOS 3.11 to 3.14), and
no thread can stop it. So it runs in a worker that is replaced when it dies.
"""

import signal
import struct
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.ingest.repair_worker import HEAD, METHODS
from gateway.ingest.report import Reason

TOLERANCE = 0.01  # percent of an area

_MEMORY = 4 * 2**30
_SCRIPT = Path(__file__).with_name("repair_worker.py")


@dataclass(frozen=True, slots=True)
class Repaired:
    """The outcome of a repair: `wkb`, or why there is none.

    `drawn` is WKB of the polygons as they are drawn, even-odd: areas that are within an odd number of rings. `method`
    is how rings were read: `even-odd` where a ring inside another was taken as a hole, `union` where none was, and
    `structure` for lines and points.
    """

    wkb: bytes | None = None
    code: Reason = Reason.REPAIR_FAILED
    why: str = ""
    method: str | None = None
    drawn: bytes | None = None


class Repairer:
    """Repairs one geometry at a time, within `seconds`; the worker starts with the first.

    Where rings can be read in two ways that differ by more than `tolerance` percent of the area, none is taken.
    """

    def __init__(self, seconds: float, tolerance: float = TOLERANCE) -> None:
        self._seconds = seconds
        self._tolerance = tolerance
        self._worker: subprocess.Popen[bytes] | None = None

    def repair(self, wkb: bytes) -> Repaired:
        """Try to make `wkb` valid within the deadline."""
        worker = self._worker = self._worker or self._start()
        assert worker.stdin is not None
        try:
            worker.stdin.write(struct.pack(">I", len(wkb)) + wkb)
            worker.stdin.flush()
            answer = self._answer(worker)
        except BrokenPipeError:
            answer = b""
        if not answer:
            return self._lost(worker)
        if answer[0]:
            return Repaired(why=f"The geometry cannot be repaired: {answer[1:].decode(errors='replace')[:200]}")
        return self._judged(answer[1:])

    def _judged(self, answer: bytes) -> Repaired:
        method, share, size = HEAD.unpack_from(answer)
        drawn, wkb = answer[HEAD.size : HEAD.size + size] or None, answer[HEAD.size + size :]
        if share * 100 > self._tolerance:
            why = (
                f"Its rings can be read in two ways, which differ by {share:.2%} of the area: what lies within two of "
                "them is either a hole or not."
            )
            return Repaired(code=Reason.AMBIGUOUS_REPAIR, why=why, drawn=drawn)
        return Repaired(wkb, method=METHODS[method], drawn=drawn)

    def _answer(self, worker: subprocess.Popen[bytes]) -> bytes:
        assert worker.stdout is not None
        header = worker.stdout.read(4)
        return worker.stdout.read(*struct.unpack(">I", header)) if len(header) == 4 else b""

    def _lost(self, worker: subprocess.Popen[bytes]) -> Repaired:
        self.close()
        if worker.returncode == -signal.SIGALRM:
            return Repaired(code=Reason.REPAIR_TIMEOUT, why=f"Repair took longer than {self._seconds:g} s.")
        return Repaired(why="Repair crashed or ran out of memory.")

    def _start(self) -> subprocess.Popen[bytes]:
        # -P: the script's folder is no place to import from, its neighbours would hide modules of the same name.
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", str(_SCRIPT), str(self._seconds), str(_MEMORY)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def close(self) -> None:
        """End the worker."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        with worker:
            if worker.stdin is not None and not worker.stdin.closed:
                with suppress(BrokenPipeError):
                    worker.stdin.close()
            worker.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

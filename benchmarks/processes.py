"""What processes take of the machine, from /proc; enters a process, leaves CPU seconds and bytes of all its family."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from time import monotonic, sleep

_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK_SECONDS = 0.2
_IDLE = 0.1  # of one processor


def cpu_seconds(process: int) -> float:
    """CPU time of a process and of its children, those that ended and were waited for too."""
    return sum(_ticks(member, waited=member == process) for member in _family(process)) / _TICKS


def wait_until_idle(processes: Collection[int], longest: float = 30) -> None:
    """Wait until all of them together take next to no CPU; what works on for `longest` seconds is let be."""
    used, until = _used(processes), monotonic() + longest
    while monotonic() < until:
        sleep(_LOOK_SECONDS)
        before, used = used, _used(processes)
        if used - before < _IDLE * _LOOK_SECONDS:
            return


def _used(processes: Collection[int]) -> float:
    return sum(map(cpu_seconds, processes))


def resident_bytes(process: int) -> int:
    """Memory of a process and of its children; pages that they share count once for each."""
    pages = (int(Path(f"/proc/{member}/statm").read_text().split()[1]) for member in _family(process))
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{process}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except (FileNotFoundError, ProcessLookupError):  # it ended just now, one of PostgreSQL, which has no children
        return
    for child in children:
        yield from _family(child)


def _ticks(process: int, *, waited: bool) -> int:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # it ended just now: its parent has its time
        return 0
    user, system, waited_user, waited_system = map(int, fields[11:15])
    return user + system + (waited_user + waited_system if waited else 0)

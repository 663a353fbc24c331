"""The machine that figures are of, and its Python; leaves a line of each for the report."""

import os
import platform
import sysconfig
import time
from pathlib import Path
from typing import Final

_OPTIMIZED: Final = ("--enable-optimizations", "--with-lto")
_TRIES, _TURNS = 5, 1_000_000


def interpreter() -> str:
    """The Python that all servers but PostGraphile run on, and how it was built: that is worth a third of their CPU.

    Debian's are optimized without either flag, so the time of a loop tells, too.
    """
    built = sysconfig.get_config_var("CONFIG_ARGS") or ""
    flags = " ".join(flag for flag in _OPTIMIZED if flag in built) or f"without {' or '.join(_OPTIMIZED)}"
    return (
        f"{platform.python_implementation()} {platform.python_version()}, {platform.python_compiler()}, "
        f"built {flags}; a million turns of a loop take {min(_loop() for _ in range(_TRIES)):.0f} ms"
    )


def _loop() -> float:
    begun, total = time.thread_time(), 0
    for number in range(_TURNS):
        total += number & 3
    return (time.thread_time() - begun) * 1000


def machine() -> str:
    """Processor, cores, memory, load before measuring."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GB; load {load:.1f}"

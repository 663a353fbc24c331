"""The machine that figures are of; leaves a line for the report."""

import os
import platform
from pathlib import Path


def machine() -> str:
    """Processor, cores, memory, load before measuring, Python."""
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
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GB; load {load:.1f}; Python {platform.python_version()}"

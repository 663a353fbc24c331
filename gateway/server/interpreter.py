"""Python's interpreter in a process that serves; enters an application just made, leaves it alone.

Each request leaves a few cycles behind, and with Python's own thresholds the collector goes through the whole schema,
which never changes, to find them: about a fifth of the CPU of small reads.

A thread that reads a large geometry keeps the interpreter for 5 ms by default whenever the event loop wants it back,
which an answer does ten times.
"""

import gc
import sys
from typing import Final

# Objects made before the young are looked at, and the passes before the older ones are: memory stays flat with these.
THRESHOLDS: Final = (20_000, 10, 20)
SWITCH: Final = 0.0005  # seconds that another thread goes on once the event loop has something to do


def settle() -> None:
    """Take what lives now for good, look for cycles less often among what comes, and let threads give way sooner."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    sys.setswitchinterval(SWITCH)

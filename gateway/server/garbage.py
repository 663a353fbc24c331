"""Python's collector of cycles in a process that serves; enters an application just made, leaves it alone.

Each request leaves a few cycles behind, and with Python's own thresholds the collector goes through the whole schema,
which never changes, to find them: about a fifth of the CPU of small reads.
"""

import gc

# Objects made before the young are looked at, and the passes before the older ones are: memory stays flat with these.
THRESHOLDS = (20_000, 10, 20)


def settle() -> None:
    """Take what lives now for good, and look for cycles less often among what comes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)

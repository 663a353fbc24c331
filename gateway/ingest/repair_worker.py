"""Floor 3. The process that mends geometries; enters frames of WKB on stdin, leaves frames on stdout.

A frame is a length of 4 bytes (big-endian) and as many bytes; an answer starts with one byte, 0 for WKB and 1 for the
text of a failure. It runs as a script, so that it starts with shapely alone, and ends itself at the deadline: a mending
that runs in C can be interrupted by the kernel only.
"""

import resource
import signal
import struct
import sys

from shapely import from_wkb, make_valid, to_wkb
from shapely.errors import GEOSException


def mend(wkb: bytes) -> bytes:
    """The answer for one geometry."""
    try:
        return b"\0" + bytes(to_wkb(make_valid(from_wkb(wkb), method="structure", keep_collapsed=False)))
    except (GEOSException, MemoryError) as error:
        return b"\1" + str(error).encode()


def main() -> None:
    """Serve until stdin ends. Arguments: seconds for one geometry, bytes of memory."""
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while header := sys.stdin.buffer.read(4):
        wkb = sys.stdin.buffer.read(*struct.unpack(">I", header))
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answer = mend(wkb)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.buffer.write(struct.pack(">I", len(answer)) + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

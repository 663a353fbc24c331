"""Private clusters that run on this machine; enters processes, leaves the directory of each cluster.

Each has a keeper (`keeper.py`), whose command line names its lock file. Linux alone shows command lines as files;
elsewhere none is known.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from gateway.db.embedded import keeper

_KEEPER = b"/".join(part.encode() for part in Path(keeper.__file__).parts[-4:])  # of any checkout


def running(processes: Path = Path("/proc")) -> Iterator[Path]:
    """The home of each cluster whose keeper this account may see."""
    for file in processes.glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().split(b"\0")
        except OSError:  # it has ended, or is another account's
            continue
        for script, users in pairwise(words):
            if script.endswith(_KEEPER):
                yield Path(users.decode(errors="surrogateescape")).parent
                break

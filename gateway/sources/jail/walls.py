"""What holds a process that reads a stranger's file; enters files and limits, leaves what holds from now on.

Where the system lacks one of the walls, the others stand: `check --deploy` says which.
"""

import resource
import sys
import sysconfig
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from gateway.sources.jail import landlock, seccomp

FILES: Final = "no file but the one given"
CALLS: Final = "no network, no program, no file for writing"
_DESCRIPTORS: Final = 256
_GRACE: Final = 5  # seconds between the signal that can be reported and the one that can't be ignored
_SLACK: Final = 2**30


def limit(memory: int, seconds: int, mapped: int) -> None:
    """Bound memory, computing time, files and descriptors; `mapped` bytes are of files that may be mapped."""
    bounds = {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_NOFILE: (_DESCRIPTORS, _DESCRIPTORS),
        resource.RLIMIT_CPU: (seconds, seconds + _GRACE),
        resource.RLIMIT_AS: (memory + mapped + _SLACK,) * 2,  # libraries and files are mapped, and take none
        resource.RLIMIT_DATA: (memory, memory),
    }
    for what, (soft, hard) in bounds.items():
        _, most = resource.getrlimit(what)
        known = most if most != resource.RLIM_INFINITY else hard
        resource.setrlimit(what, (min(soft, known), min(hard, known)))


def raise_them(files: Iterable[Path], folders: Iterable[Path]) -> None:
    """Give up all files but these and the libraries' own, and all that a reader does not need, for good."""
    threads = Path("/proc/self/task")
    if threads.exists() and len(list(threads.iterdir())) > 1:
        raise RuntimeError("Landlock holds the thread that asks for it, and there are others")
    there = standing()
    if FILES in there:
        landlock.restrict(files, [*folders, *_libraries()])
    if CALLS in there:
        seccomp.restrict()


def standing() -> Collection[str]:
    """The walls that this system has."""
    walls = {FILES: landlock.version() > 0, CALLS: seccomp.known() and _filters()}
    return [wall for wall, there in walls.items() if there]


def _filters() -> bool:
    actions = Path("/proc/sys/kernel/seccomp/actions_avail")
    return not actions.exists() or "errno" in actions.read_text()


def _libraries() -> list[Path]:
    """Folders of code and tables that are the same for everybody: Python's own, GDAL's and PROJ's."""
    paths = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    for name, inside in (("pyogrio", "gdal_data"), ("pyogrio", "proj_data"), ("pyproj", "proj_dir")):
        if (file := getattr(sys.modules.get(name), "__file__", None)) is not None:
            paths.append(str(Path(file).parent / inside))
    return [path for path in map(Path, dict.fromkeys(paths)) if path.is_dir()]

"""Who uses the private cluster; enters its directory; the first user starts it, the last stops it.

Two lock files, both held with flock, so that the kernel lets go of a dead process's claims:
`users`: every user holds it shared; whoever holds it exclusively is alone, and may stop the server.
`door`: held exclusively while one process comes or goes, so that starting and stopping do not interleave.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

USERS = "users.lock"
DOOR = "door.lock"


@contextmanager
def claimed(home: Path, *, start: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    """Hold a claim on the server in `home`; `start` must be harmless when the server runs already."""
    with _held(home / DOOR, fcntl.LOCK_EX):
        claim = _lock(home / USERS, fcntl.LOCK_SH)
        try:
            start()
        except BaseException:
            os.close(claim)
            raise
    try:
        yield
    finally:
        if not home.exists():  # removed under us, and PostgreSQL stops by itself
            os.close(claim)
        else:
            with _held(home / DOOR, fcntl.LOCK_EX):
                os.close(claim)
                _stop_if_alone(home, stop)


def _stop_if_alone(home: Path, stop: Callable[[], None]) -> None:
    try:
        with _held(home / USERS, fcntl.LOCK_EX | fcntl.LOCK_NB):
            stop()
    except BlockingIOError:
        # Others use it, or the keeper was faster and is stopping it: then this waits until it has.
        with _held(home / USERS, fcntl.LOCK_SH):
            pass


@contextmanager
def _held(path: Path, how: int) -> Iterator[None]:
    descriptor = _lock(path, how)
    try:
        yield
    finally:
        os.close(descriptor)  # closing, not unlocking: a forked child that inherited the claim keeps it


def _lock(path: Path, how: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor

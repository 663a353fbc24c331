"""The process that outlives killed users; enters a lock file and a command, leaves no server.

Run as a script of its own, by its path and with the standard library alone, so that it is small:
`python -I -S keeper.py USERS_LOCK UID GID SOCKETS COMMAND...`. Once no user holds the lock, COMMAND runs as that
account, and then the directory SOCKETS is removed.
"""

import fcntl
import os
import subprocess
import sys
from contextlib import suppress


def keep(users: str, account: tuple[int, int], sockets: str, command: list[str]) -> None:
    """Wait until `users` is free of claims, then run `command` as that account (uid, gid)."""
    descriptor = os.open(users, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    if not _is(descriptor, users):
        return  # the cluster was removed; another one may stand there, with users of its own
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(account[1])
        os.setuid(account[0])
    subprocess.run(command, check=False, close_fds=False)  # noqa: S603 - the command may name an open descriptor
    with suppress(OSError):  # gone, or in a home that is not this account's to change
        os.rmdir(sockets)  # noqa: PTH106 - pathlib doubles the memory


def _is(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))  # noqa: PTH116 - pathlib doubles the memory
    except OSError:
        return False


if __name__ == "__main__":
    if os.fork() == 0:  # the starter waits for the first process only, and nobody for the second
        os.setsid()
        keep(sys.argv[1], (int(sys.argv[2]), int(sys.argv[3])), sys.argv[4], sys.argv[5:])

"""Landlock, by which a Linux process gives up files for good; enters paths, leaves a process without others.

Three system calls (https://docs.kernel.org/userspace-api/landlock.html), here without a library: those that there are
for Python are young, and would be code inside the wall.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # alike on all architectures
_VERSION: Final = 1  # flag: answer the version
_BENEATH: Final = 1  # kind of rule: path beneath
_NO_NEW_PRIVILEGES: Final = 38
READ_FILE, READ_DIR = 1 << 2, 1 << 3
# Rights over files and, of TCP and signals, that versions know; each adds to those before.
_FILES: Final = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_TCP: Final = (4, 0b11)
_SCOPES: Final = (6, 0b11)  # abstract sockets, signals


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Path(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """The version of Landlock that the kernel has; 0 for none."""
    if sys.platform != "linux":
        return 0
    number: int = _libc().syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)
    return max(number, 0)


def restrict(files: Iterable[Path], folders: Iterable[Path]) -> None:
    """Let this thread, and those that it starts, read `files` and what is in `folders`, and open nothing else.

    Raises OSError where the kernel refuses.
    """
    known, libc = version(), _libc()
    handled = sum(rights for since, rights in _FILES.items() if since <= known)
    tcp, scopes = (rights if since <= known else 0 for since, rights in (_TCP, _SCOPES))
    ruleset = _Ruleset(handled, tcp, scopes)
    size = 24 if scopes else 16 if tcp else 8  # what older kernels know of it
    number = _checked(libc.syscall(_CREATE, ctypes.byref(ruleset), ctypes.c_size_t(size), 0))
    try:
        for path in files:
            _allow(libc, number, path, READ_FILE)
        for path in folders:
            _allow(libc, number, path, READ_FILE | READ_DIR)
        _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(libc.syscall(_RESTRICT, number, 0))
    finally:
        os.close(number)


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _checked(libc.syscall(_ADD, ruleset, _BENEATH, ctypes.byref(_Path(rights, opened)), 0))
    finally:
        os.close(opened)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result

"""The system calls that a reader of files needs; enters nothing, leaves a process that can make no others.

A filter of the kernel's (https://docs.kernel.org/userspace-api/seccomp_filter.html): no socket, no program, no new
process, no file opened for writing, no word to another process. What is refused fails with EPERM.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Mapping
from typing import Final

# Numbers on x86-64 and on ARM 64 (None: not there).
_CALLS: Final[Mapping[str, tuple[int | None, int | None]]] = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "stat": (4, None),
    "fstat": (5, 80),
    "lstat": (6, None),
    "poll": (7, None),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "access": (21, None),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "uname": (63, 160),
    "getcwd": (79, 17),
    "readlink": (89, None),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "times": (100, 153),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "sigaltstack": (131, 132),
    "fstatfs": (138, 44),
    "gettid": (186, 178),
    "time": (201, None),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "getdents64": (217, 61),
    "restart_syscall": (219, 128),
    "fadvise64": (221, 223),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "newfstatat": (262, 79),
    "readlinkat": (267, 78),
    "faccessat": (269, 48),
    "ppoll": (271, 73),
    "set_robust_list": (273, 99),
    "eventfd2": (290, 19),
    "pipe2": (293, 59),
    "preadv": (295, 69),
    "getrandom": (318, 278),
    "membarrier": (324, 283),
    "statx": (332, 291),
    "rseq": (334, 293),
    "faccessat2": (439, 439),
}
# Calls that are allowed by an argument: its place, and the bits of which none (or all) must be set.
_OPEN, _OPENAT, _CLONE, _FCNTL = (2, None), (257, 56), (56, 220), (72, 25)
_CLONE3: Final = 435
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_THREAD: Final = 0x10000
_FCNTL_COMMANDS: Final = (0, 1, 2, 3, 5, 6, 7, 1030)  # duplicate, flags, locks
_ARCHITECTURES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _REFUSE, _UNKNOWN, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
_ALL_THREADS: Final = 1
_NO_NEW_PRIVILEGES: Final = 38

_Line = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_char_p))


def known() -> bool:
    """Whether there is a filter for this machine."""
    return sys.platform == "linux" and platform.machine() in _ARCHITECTURES and sys.maxsize > 2**32


def restrict() -> None:
    """Let all threads of this process make the calls of a reader alone, for good. Raises OSError where it can't be."""
    text = b"".join(struct.pack("=HBBI", *line) for line in _lines())
    program = _Program(len(text) // 8, text)
    libc = ctypes.CDLL(None, use_errno=True)
    number = _SECCOMP[platform.machine()]
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.syscall(number, 1, _ALL_THREADS, ctypes.byref(program)):
        reason = ctypes.get_errno()
        raise OSError(reason, os.strerror(reason))


def _lines() -> list[_Line]:
    place, architecture = _ARCHITECTURES[platform.machine()]
    lines: list[_Line] = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    for call in (numbers[place] for numbers in _CALLS.values()):
        if call is not None:
            lines += [(_EQUAL, 0, 1, call), (_RETURN, 0, 0, _ALLOW)]
    for numbers, argument in ((_OPEN, 1), (_OPENAT, 2)):
        lines += _bits(numbers[place], argument, _WRITING, (_REFUSE, _ALLOW))
    lines += _bits(_CLONE[place], 0, _THREAD, (_ALLOW, _REFUSE))
    commands = [(_EQUAL, len(_FCNTL_COMMANDS) - at, 0, each) for at, each in enumerate(_FCNTL_COMMANDS)]
    lines += [(_EQUAL, 0, len(commands) + 3, _FCNTL[place] or 0), (_LOAD, 0, 0, _ARGUMENTS_AT + 8), *commands]
    lines += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    # glibc makes threads by clone, whose flags can be seen, where there is no clone3.
    return [*lines, (_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _UNKNOWN), (_RETURN, 0, 0, _REFUSE)]


def _bits(call: int | None, argument: int, bits: int, answers: tuple[int, int]) -> list[_Line]:
    """Answer a call by whether any of `bits` of an argument is set."""
    if call is None:
        return []
    return [
        (_EQUAL, 0, 4, call),
        (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument),
        (_ANY_BIT, 0, 1, bits),
        (_RETURN, 0, 0, answers[0]),
        (_RETURN, 0, 0, answers[1]),
    ]

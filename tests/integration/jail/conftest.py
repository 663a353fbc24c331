"""A process inside the walls."""

import json
import os
import socket
import subprocess
import sys

import pytest

from tests.fixtures.cluster import ROOT

PROGRAM = """
import json, os, sys
sys.path.insert(0, {root!r})
from pathlib import Path
import socket, ctypes, signal, threading, subprocess, mmap, resource
from gateway.sources.jail import walls
given = {given!r}
walls.limit(2**30, 60, 0)
walls.raise_them([Path(given["file"])], [])
found = {{}}
def attempt(name, work):
    try:
        found[name] = repr(work())
    except BaseException as error:
        found[name] = type(error).__name__
libc = ctypes.CDLL(None, use_errno=True)
def called(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno())
{attempts}
os.write(1, json.dumps(found).encode())
"""


@pytest.fixture
def inside(tmp_path):
    """`inside(file, read="open('/etc/passwd').read()", ...)` is what became of each attempt: a value or an error."""

    def run(file, **attempts):
        lines = "\n".join(f"attempt({name!r}, lambda: {work})" for name, work in attempts.items())
        text = PROGRAM.format(root=str(ROOT), given={"file": str(file), "parent": os.getpid()}, attempts=lines)
        done = subprocess.run([sys.executable, "-I", "-c", text], env={}, capture_output=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return run


@pytest.fixture
def listener():
    """A server that nobody may reach; `listener.accepted` says whether anybody did."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield Listener(server)


class Listener:
    def __init__(self, server):
        self._server = server
        self.port = server.getsockname()[1]

    @property
    def accepted(self):
        try:
            self._server.accept()[0].close()
        except BlockingIOError:
            return False
        return True

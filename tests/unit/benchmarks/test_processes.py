"""What a process leaves to do is waited for, and no longer than is allowed."""

import subprocess
import sys
from contextlib import contextmanager
from time import monotonic

import pytest

from benchmarks.processes import cpu_seconds, wait_until_idle

pytestmark = pytest.mark.cpu  # beside others a process may get no processor for long, and looks idle
WORK = "from time import process_time, sleep\nprint(flush=True)\nwhile process_time() < {seconds}: pass\nsleep(60)"


@contextmanager
def working(seconds):
    with subprocess.Popen([sys.executable, "-c", WORK.format(seconds=seconds)], stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_work_that_goes_on_is_waited_for():
    with working(1) as process:
        wait_until_idle([process.pid])
        assert cpu_seconds(process.pid) >= 0.9


def test_work_without_an_end_is_let_be():
    begun = monotonic()
    with working(60) as process:
        wait_until_idle([process.pid], longest=0.5)
    assert 0.4 < monotonic() - begun < 20

"""Kept relations of a county; enters one, keeps its pairs for as long as a block runs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.county import ROOT, County


@contextmanager
def kept(ground: County) -> Iterator[None]:
    """Keep the relations for as long as the block runs: others measure what is computed."""

    def manage(word: str) -> None:
        home = ROOT / ".data" / "bench" / str(ground.size)
        environment = {**os.environ, "GATEWAY_DATABASE_URL": ground.url, "GATEWAY_DATA_DIR": str(home)}
        command = [sys.executable, "manage.py", "relations", word]
        subprocess.run(command, check=True, cwd=ROOT, env=environment)

    manage("--keep")
    try:
        yield
    finally:
        manage("--release")

"""`scripts/house` of a revision, which it takes from git."""

import subprocess
import sys

from tests.fixtures.cluster import ROOT

SCRIPT = ROOT / "scripts" / "house"


def test_a_revision_stands_beside_what_is_here():
    printed = subprocess.run(
        [sys.executable, SCRIPT, "HEAD"], check=True, capture_output=True, text=True, cwd=ROOT, timeout=120
    ).stdout.splitlines()
    assert printed[0].split() == ["HEAD", "here"]
    assert all(len(line.split("  ")) > 2 for line in printed[1:])
    assert next(line for line in printed if line.startswith("floors")).split()[1].isdigit()

"""The sample county is the same to the byte wherever it is made."""

import hashlib
import subprocess
import sys

from gateway.management.sample import county


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    script = (
        "import hashlib, pyarrow as pa; from gateway.management.sample import county; c = county(3000, 11, 9)\n"
        "rows = [b.to_pydict() for b in (*c.parcels(), *c.districts())]\n"
        "print(hashlib.sha256(repr(rows).encode()).hexdigest())"
    )
    made = county(3_000, 11, 9)
    rows = [batch.to_pydict() for batch in (*made.parcels(), *made.districts())]

    there = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)

    assert there.stdout.strip() == hashlib.sha256(repr(rows).encode()).hexdigest()

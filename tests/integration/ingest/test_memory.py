"""Memory does not grow with the size of the file."""

import subprocess
import sys

import pytest

from tests.fixtures.sources import grid, write

PROGRAM = """
import asyncio, resource, sys
from gateway.ingest import IngestOptions, ingest
from gateway.layers import PARCELS
asyncio.run(ingest(sys.argv[1], PARCELS, sys.argv[2], IngestOptions(chunk=2_000)))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.fixture
def resident(cluster, migrated, tmp_path):
    """The largest resident size, in KiB, of an ingest of that many features."""

    def measure(count):
        columns = {"parcel_id": [f"P{number}" for number in range(count)], "note": ["x" * 500] * count}
        path = write(tmp_path / f"{count}.fgb", "FlatGeobuf", grid(count), columns)
        with cluster.copy(migrated) as url:
            command = [sys.executable, "-c", PROGRAM, url, str(path)]
            return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)

    return measure


def test_ten_times_the_features_take_the_same_memory(resident):
    # 27,000 features more are 24 MB in the file and 40 MB as COPY text.
    assert resident(30_000) - resident(3_000) < 20_000

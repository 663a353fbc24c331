"""The server's memory does not grow with the size of the file."""

import asyncio
from pathlib import Path


def most(child):
    """The largest resident size of a process so far, in bytes."""
    return int(Path(f"/proc/{child}/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024


async def test_ten_times_the_features_take_the_same_memory(nursery, city):
    server = await nursery.serve()

    def load(count):
        file = city(count, "FlatGeobuf", note=["x" * 500] * count)
        job = nursery.client.load("parcels", file, "chunk=2000&on-duplicate=skip")
        assert nursery.client.ended(job, seconds=120)["counts"]["read"] == count
        return most(server)

    # 18,000 features more are 16 MB in the file and 27 MB as COPY text.
    few = await asyncio.to_thread(load, 2_000)
    assert await asyncio.to_thread(load, 20_000) - few < 30 * 2**20
    await nursery.kill(server)

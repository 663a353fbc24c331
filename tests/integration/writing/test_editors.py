"""Many editors of few rows at once: every acknowledged write is in the history, in order, and none is lost.

The short run is of every test run; `pytest -m fuzz` on this file has 200 editors on 50 parcels for 60 seconds.
"""

import asyncio
import random
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import orjson
import pytest

from tests.integration.writing.conftest import square

SEED = "mutation ($rows: [ParcelInput!]!) { createParcels(inputs: $rows) { results { parcel { ...Row } } } }"
ROW = "fragment Row on Parcel { id version parcelId address landUse yearBuilt ownerName attributes geometry updatedAt }"
READ = "query ($id: ID!) { parcel(id: $id) { version } }"
EDIT = """mutation ($id: ID!, $version: Int!, $patch: ParcelPatch!) {
  updateParcel(change: {id: $id, expectedVersion: $version, patch: $patch}) { outcome parcel { version } }
}"""
HISTORY = """query ($id: ID!, $after: String) {
  parcel(id: $id) { ...Row history(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { version operation principal requestId changedAt before {
      version parcelId address landUse yearBuilt ownerName attributes geometry updatedAt
    } }
  } }
}"""
THEN = "query ($id: ID!, $at: DateTime!) { parcel(id: $id, asOf: $at) { version updatedAt } }"
BUSY = {"LOCKED", "TIMEOUT", "OVERLOADED", "CONFLICT", "CONCURRENT_CHANGE", "UNAVAILABLE"}


@dataclass
class Log:
    """What the editors were told: acknowledged patches by row and the version that they made; codes of refusals."""

    acknowledged: dict = field(default_factory=lambda: defaultdict(dict))
    refused: Counter = field(default_factory=Counter)

    @property
    def edits(self):
        return sum(map(len, self.acknowledged.values()))


def patch_of(chance, editor, number):
    """Some values of a row, other ones each time."""
    values = {"address": f"{number} Editor {editor} Street", "landUse": chance.choice(["R1", "R2", None])}
    if chance.random() < 0.3:
        values["yearBuilt"] = chance.randrange(1800, 2030)
    if chance.random() < 0.1:
        values["geometry"] = square(-93 + chance.randrange(1000) / 1000)
    return values


async def edit(clerk, rows, log, editor, more):
    """One editor: reads a version, sends a patch for it, and goes on from the stored version after a conflict."""
    chance, number = random.Random(editor), 0
    while more(log):
        row, number = chance.choice(rows), number + 1
        read = await answer(clerk, READ, None, id=row)
        if "errors" in read:
            await refuse(log, read, chance)
            continue
        version = read["data"]["parcel"]["version"]
        patch, request_id = patch_of(chance, editor, number), f"editor-{editor}-{number}"
        for _ in range(chance.randrange(1, 4)):
            told = await answer(clerk, EDIT, request_id, id=row, version=version, patch=patch)
            if "errors" not in told:
                made = told["data"]["updateParcel"]
                assert made["outcome"] == "UPDATED"
                # The payload is read in the transaction that holds the row: it is the version that this write made.
                assert made["parcel"]["version"] == version + 1
                assert version + 1 not in log.acknowledged[row]
                log.acknowledged[row][version + 1] = (request_id, patch)
                break
            version = (await refuse(log, told, chance)).get("stored", {"version": version})["version"]


async def refuse(log, told, chance):
    """Count a refusal: a conflict, or that the service is busy, which a client waits after; returns its extensions."""
    extensions = told["errors"][0]["extensions"]
    log.refused[extensions["code"]] += 1
    if extensions["code"] != "VERSION_CONFLICT":
        assert extensions["code"] in BUSY, told
        await asyncio.sleep(chance.uniform(0.2, 1))
    return extensions


async def answer(clerk, document, request_id, **variables):
    headers = clerk.headers | ({"x-request-id": request_id} if request_id else {})
    body = orjson.dumps({"query": document, "variables": variables})
    return (await clerk.door.request("POST", "/graphql", headers=headers, body=body)).json


async def run(clerk, *, editors, parcels, more):
    """Let editors edit; returns the rows' first states by id, and the log."""
    keys = [{"parcelId": f"p{n}", "geometry": square(-93 + n / 100), "address": "new"} for n in range(parcels)]
    written = (await clerk.data(SEED + ROW, rows=keys))["createParcels"]["results"]
    first = {result["parcel"]["id"]: result["parcel"] for result in written}
    log = Log()
    async with asyncio.TaskGroup() as group:
        for editor in range(editors):
            group.create_task(edit(clerk, list(first), log, editor, more))
    return first, log


async def check(clerk, first, log):
    """Recompute each row from its history and the acknowledged patches; returns how many entries were looked at."""
    looked = 0
    for row, made in first.items():
        now, entries = await history(clerk, row)
        check_entries(entries, now, log.acknowledged[row])
        check_states(made, now, entries, log.acknowledged[row])
        await check_moments(clerk, row, entries)
        looked += len(entries)
    return looked


async def history(clerk, row):
    """The row as it is, and its whole history, oldest first, page by page."""
    found, after = [], None
    while True:
        now = (await clerk.data(HISTORY + ROW, id=row, after=after))["parcel"]
        page = now.pop("history")
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return now, found[::-1]
        after = page["pageInfo"]["endCursor"]


def check_entries(entries, now, acknowledged):
    """One entry for each acknowledged write and no other, in the order of versions and of time."""
    made, *changes = entries
    assert (made["operation"], made["version"], made["before"]) == ("CREATE", 1, None)
    assert [entry["version"] for entry in changes] == list(range(2, now["version"] + 1))
    assert {entry["version"] for entry in changes} == acknowledged.keys()
    assert now["updatedAt"] == entries[-1]["changedAt"]
    for before, entry in pairwise(entries):
        assert (entry["operation"], entry["principal"]) == ("UPDATE", "clerk")
        assert entry["requestId"] == acknowledged[entry["version"]][0]
        assert entry["before"]["version"] == before["version"]
        assert entry["before"]["updatedAt"] == before["changedAt"]
        assert datetime.fromisoformat(before["changedAt"]) < datetime.fromisoformat(entry["changedAt"])


def check_states(first, now, entries, acknowledged):
    """Each state is the one before it with the acknowledged patch: no write was lost, none undid another."""
    kept = [entry["before"] for entry in entries[1:]] + [now]
    state = {name: value for name, value in first.items() if name not in {"id", "version", "updatedAt"}}
    for version, found in enumerate(kept, start=1):
        if version > 1:
            state |= acknowledged[version][1]
        assert bare(found) == bare(state), version


def bare(state):
    """A state as far as an editor has a say in it; a geometry by its first position, however it was sent."""
    found = {name: value for name, value in state.items() if name not in {"id", "version", "updatedAt"}}
    geometry = found.pop("geometry")
    coordinates = (geometry.get("geojson") or geometry)["coordinates"]
    while isinstance(coordinates[0], list):
        coordinates = coordinates[0] if isinstance(coordinates[0][0], list) else min(coordinates)
    return found | {"place": [round(ordinate, 7) for ordinate in coordinates]}


async def check_moments(clerk, row, entries):
    """As of the time of a change there is the version that it made, and just before it the one before."""
    for entry in random.Random(row).sample(entries, min(3, len(entries))):
        at = datetime.fromisoformat(entry["changedAt"])
        for moment, version in ((at, entry["version"]), (at - timedelta(microseconds=1), entry["version"] - 1)):
            found = (await clerk.data(THEN, id=row, at=moment.isoformat()))["parcel"]
            assert (found and found["version"]) == (version or None)


async def test_every_acknowledged_write_of_concurrent_editors_is_in_the_history(clerk):
    first, log = await run(clerk, editors=20, parcels=4, more=lambda log: log.edits < 60)
    assert log.edits >= 60
    assert log.refused["VERSION_CONFLICT"] > 0
    assert await check(clerk, first, log) == log.edits + 4


@pytest.mark.fuzz
async def test_200_editors_of_50_parcels_for_a_minute_lose_nothing(clerk, capsys):
    until = time.monotonic() + 60
    first, log = await run(clerk, editors=200, parcels=50, more=lambda _: time.monotonic() < until)
    looked = await check(clerk, first, log)
    told = f"{log.edits} writes acknowledged, refused: {dict(log.refused)}, {looked} entries of history recomputed"
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
    assert looked == log.edits + 50

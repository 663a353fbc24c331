"""A field that fails takes its siblings with it, and nobody else: what they were waiting for, others wait for too."""

import asyncio
import gc

import pytest

from gateway.execution.loaders.batch import BatchLoader
from tests.fixtures.both_ways import settled

PARCEL = "UGFyY2VsOjE="  # Parcel:1
UNKNOWN = 'projectedGeometry(crs: "EPSG:999999") { geometry }'
WHOLE = "geometry zoningDistricts { edges { coverage } nodes { geometry } } neighbors { nodes { geometry } }"
FAILS = {
    "beside a value": f"geometry {UNKNOWN}",
    "beside a page": f"zoningDistricts {{ nodes {{ geometry {UNKNOWN} }} }}",
    "before anything is read": "geometry buffer(meters: 1e7) neighbors { nodes { geometry } }",
}


@pytest.mark.parametrize("place", FAILS)
async def test_a_failed_field_does_not_cancel_what_others_wait_for(both_ways, place):
    failing = f'failing: nodes(ids: ["{PARCEL}"]) {{ ... on Parcel {{ {FAILS[place]} }} }}'
    whole = f'whole: node(id: "{PARCEL}") {{ ... on Parcel {{ {WHOLE} }} }}'
    on, off = await both_ways.run(f"{{ {failing} {whole} }}")
    assert on.answer == off.answer
    assert off.answer["data"]["failing"] == [None]
    assert off.answer["data"]["whole"]["geometry"]


REFUSED = {
    "as another one asks": "nodes { zoningDistricts { nodes { id } } neighbors(first: -1) { nodes { id } } }",
    "at the root": "nodes { id } } refused: parcels(first: -1) { nodes { id }",
}


@pytest.mark.parametrize("place", REFUSED)
async def test_a_field_that_is_refused_leaves_no_task_behind(both_ways, place):
    before = asyncio.all_tasks()
    for way in (both_ways.on, both_ways.off):
        found = await way.run(f"{{ parcels(first: 3) {{ {REFUSED[place]} }} }}")
        assert found.codes == ["BAD_PAGE"]
        assert not await settled(before)


async def test_a_failure_that_nobody_waits_for_any_more_goes_unnoticed():
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
    failed = asyncio.Event()

    async def fetch(keys):
        failed.set()
        raise ValueError

    waiting = BatchLoader(fetch).load(1)
    waiting.cancel()
    before = asyncio.all_tasks()
    await failed.wait()
    assert not await settled(before)
    del waiting
    gc.collect()
    assert complaints == []

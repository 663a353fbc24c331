"""A field that fails takes its siblings with it, and nobody else: what they were waiting for, others wait for too."""

import pytest

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

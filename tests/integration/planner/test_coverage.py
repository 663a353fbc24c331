"""Coverage is computed in floats of 64 bits, by SQL for resolvers and filters as by Python for prepared reads."""

WHOLE = "{ parcels(first: 300) { nodes { zoningDistricts { edges { coverage } } } } }"
AT_LEAST = "{ parcels(first: 300) { nodes { zoningDistricts(minCoverage: 1) { edges { coverage } } } } }"


def coverages(given):
    nodes = given.answer["data"]["parcels"]["nodes"]
    return [edge["coverage"] for node in nodes for edge in node["zoningDistricts"]["edges"]]


async def test_both_ways_divide_alike(both_ways):
    on, off = await both_ways.run(WHOLE)
    assert on.planned
    assert coverages(on) == coverages(off)


async def test_a_parcel_wholly_in_a_district_is_covered_by_all_of_one(both_ways):
    everywhere, _ = await both_ways.run(WHOLE)
    whole = coverages(everywhere).count(1.0)
    assert whole > 100
    for given in await both_ways.run(AT_LEAST):
        assert coverages(given) == [1.0] * whole

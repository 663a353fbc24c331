"""Rows that an index or a trigger refuses: the client is told which, and never that something went wrong here."""

from tests.fixtures.refusing import noise, refuse
from tests.integration.writing.test_mutations import CREATE, UPDATE, create, made, parcel

ONE = "mutation ($input: ParcelInput!) { createParcel(input: $input) { outcome } }"


async def test_a_key_that_no_index_holds_is_refused_before_it_is_sent(clerk):
    (refused,) = await clerk.errors(CREATE, inputs=[parcel("a"), parcel(noise(2_800), west=-92.0)])
    assert refused["extensions"]["code"] == "BAD_TEXT"
    assert refused["extensions"]["argument"][-1] == "parcelId"
    assert "2800 bytes" in refused["message"]
    assert (await create(clerk, parcel(noise(2_600))))["results"][0]["outcome"] == "CREATED"


async def test_what_a_trigger_or_an_index_refuses_is_told_item_by_item(clerk, empty_database, cluster):
    refuse(cluster, empty_database)
    bad = [{"landUse": "no"}, {"address": noise(3_900)}]
    rows = [parcel("a"), *(parcel(f"b{n}", west=-92.0 + n, **values) for n, values in enumerate(bad))]
    results = (await create(clerk, *rows, atomic=False))["results"]
    assert [result["outcome"] for result in results] == ["CREATED", "FAILED", "FAILED"]
    assert [result["error"]["code"] for result in results[1:]] == ["CONSTRAINT", "CONSTRAINT"]
    assert "trigger" in results[1]["error"]["message"]
    assert "too long for an index" in results[2]["error"]["message"]
    for values in bad:
        (refused,) = await clerk.errors(ONE, input=parcel("c", west=-80.0, **values))
        assert (refused["extensions"]["code"], refused["extensions"]["argument"][-1]) == ("CONSTRAINT", "input")
    row = await made(clerk, "d", west=-70.0)
    (refused,) = await clerk.errors(UPDATE, changes=[{"id": row, "patch": bad[0]}])
    assert refused["extensions"]["code"] == "CONSTRAINT"

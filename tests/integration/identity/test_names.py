"""Where names are not suggested, no error of a URL lists fields; layers, formats and parameters are no secret."""

import pytest

from tests.integration.identity.conftest import ask

FIELDS = ("address", "landUse", "land_use", "assessedValue", "yearBuilt", "iStartsWith", "zoneCode")
ASKED = [
    "/export/parcels.csv?properties=zz",
    "/export/parcels.csv?properties=ownerName",
    "/tiles/parcels.json?properties=zz",
    "/tiles/parcels/14/4958/6060.mvt?properties=zz",
    "/tiles/parcels,zoning_districts.json?properties.parcels=zz",
    "/styles/parcels.json?properties=zz",
    '/export/parcels.csv?filters={"zz":{"exact":1}}',
    '/export/parcels.csv?filters={"parcelId":{"zz":1}}',
    '/tiles/parcels.json?filters={"zoningDistricts":{"some":{"zz":{"exact":1}}}}',
    "POST /bulk/parcels?map=zz=a",
    "POST /bulk/parcels?map=nothing",
]


@pytest.mark.parametrize("suggested", [True, False])
async def test_errors_list_fields_where_names_are_suggested_and_nowhere_else(
    guarded, credentials, suggested, monkeypatch
):
    monkeypatch.setenv("GATEWAY_HTTP_SUGGESTIONS", str(suggested))
    headers = {"authorization": f"Bearer {credentials['key:bulk']}", "content-type": "application/geo+json"}
    async with guarded() as door:
        for asked in ASKED:
            method, _, path = asked.rpartition(" ")
            answer = await door.request(method or "GET", path, headers=headers)
            assert answer.status == 400, (asked, answer.body)
            listed = [name for name in FIELDS if name.encode() in answer.body]
            assert bool(listed) is suggested, (asked, answer.body)
        for document in (
            "{ parcels(order: [{zz: ASC}]) { nodes { id } } }",
            "{ parcels(filters: {addres: {exact: 1}}) { nodes { id } } }",
            "{ parcels { nodes { feature(properties: [ADDRES]) } } }",
            "{ parcels { tiles(properties: [ADDRES]) { url } } }",
        ):
            answer = await ask(door, document)
            assert suggested or not [name for name in (*FIELDS, "ADDRESS") if name.encode() in answer.body], document

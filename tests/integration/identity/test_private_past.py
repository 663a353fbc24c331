"""The past holds private columns as the present does: null for those who may not see them, in no filter or order."""

from datetime import UTC, datetime

from tests.integration.identity.conftest import ask

RENAME = 'mutation { updateParcel(change: {id: "UGFyY2VsOjE=", patch: {ownerName: "Bob Miller"}}) { outcome } }'
HISTORY = '{ parcel(parcelId: "1") { history { nodes { principal before { ownerName parcelId } } } } }'
SEES = {"none": False, "key:read": False, "key:bulk": False, "key:write": True, "key:admin": True, "token:write": True}


async def test_each_credential_sees_of_the_past_what_its_scopes_grant(guarded, credentials):
    async with guarded() as door:
        asof = f'asOf: "{datetime.now(UTC).isoformat()}"'
        assert "errors" not in (await ask(door, RENAME, credentials["key:write"])).json
        shown = [
            HISTORY,
            f'{{ parcel(parcelId: "1", {asof}) {{ ownerName }} }}',
            f"{{ parcels({asof}) {{ nodes {{ ownerName }} }} }}",
            f"{{ parcels({asof}) {{ featureCollection }} }}",
        ]
        used = [
            f'{{ parcels({asof}, filters: {{ownerName: {{contains: "Ann"}}}}) {{ nodes {{ parcelId }} }} }}',
            f"{{ parcels({asof}, order: [{{ownerName: ASC}}]) {{ nodes {{ parcelId }} }} }}",
        ]
        for name, sees in SEES.items():
            for document in shown:
                answer = await ask(door, document, credentials[name])
                assert "errors" not in answer.json, (name, answer.body)
                assert (b"Ann Clerk" in answer.body) is sees, (name, document, answer.body)
                assert ("withheld" in answer.json["extensions"]) is not sees, (name, document)
            for document in used:
                answer = await ask(door, document, credentials[name])
                if sees:
                    assert "errors" not in answer.json, (name, answer.body)
                else:
                    assert answer.code == "PRIVATE_FIELD", (name, document)

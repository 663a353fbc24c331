"""Who may write but not see a private column learns nothing of it by writing."""

from tests.integration.identity.conftest import ask

ROW = '"UGFyY2VsOjE="'
HIDDEN = {"parcels.owner_name": "admin"}
GUESS = 'ownerName: "Ann Clerk"'
WHERE = "geometry: {bbox: [-71.1, 42.3, -71.0, 42.4]}"
GUESSES = {
    f"updateParcel(change: {{id: {ROW}, patch: {{{GUESS}}}, expectedVersion: 9}}) {{ outcome }}": ["change", "patch"],
    f"updateParcels(changes: [{{id: {ROW}, patch: {{{GUESS}}}}}]) {{ affected {{ count }} }}": ["changes", 0, "patch"],
    f'upsertParcel(input: {{parcelId: "1", {GUESS}, {WHERE}}}) {{ outcome }}': ["input"],
    f'createParcel(input: {{parcelId: "2", {GUESS}, {WHERE}}}) {{ outcome }}': ["input"],
}


async def test_a_column_that_may_not_be_seen_may_not_be_written(guarded, credentials):
    async with guarded(private=HIDDEN) as door:
        for guess, path in GUESSES.items():
            answer = await ask(door, f"mutation {{ {guess} }}", credentials["key:write"])
            assert answer.code == "PRIVATE_FIELD", (guess, answer.body)
            assert answer.json["errors"][0]["extensions"]["argument"] == [*path, "ownerName"]
        answer = await ask(door, f"mutation {{ {next(iter(GUESSES))} }}", credentials["key:admin"])
    assert answer.code == "VERSION_CONFLICT"
    assert answer.json["errors"][0]["extensions"]["stored"]["ownerName"] == "Ann Clerk"
    assert answer.json["errors"][0]["extensions"]["differs"] == []


async def test_no_answer_to_a_write_holds_a_column_that_may_not_be_seen(guarded, credentials):
    change = (
        f'mutation {{ updateParcel(change: {{id: {ROW}, patch: {{address: "x"}}%s}}) {{ parcel {{ ownerName }} }} }}'
    )
    async with guarded(private=HIDDEN) as door:
        conflict = await ask(door, change % ", expectedVersion: 9", credentials["key:write"])
        assert conflict.code == "VERSION_CONFLICT"
        assert "Ann Clerk" not in conflict.body.decode()
        done = await ask(door, change % "", credentials["key:write"])
        assert done.json["data"]["updateParcel"]["parcel"] == {"ownerName": None}
        kept = await ask(door, '{ parcel(parcelId: "1") { ownerName address } }', credentials["key:admin"])
    assert kept.json["data"]["parcel"] == {"ownerName": "Ann Clerk", "address": "x"}

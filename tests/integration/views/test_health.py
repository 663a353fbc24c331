"""The probes of a process: alive, ready, counted."""


async def test_a_process_lives_whatever_its_database_does(door):
    answer = await door.request("GET", "/healthz")
    assert (answer.status, answer.json) == (200, {"status": "ok"})


async def test_a_migrated_database_is_ready(door):
    answer = await door.request("GET", "/readyz")
    assert answer.status == 200
    assert answer.json["status"] == "ready"
    assert answer.json["postgis"][0] == "3"

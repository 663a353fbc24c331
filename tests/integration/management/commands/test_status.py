"""`manage.py status`: the state of the database, its replicas, the layers and the jobs, on one screen."""

import io
import json

import pytest
from rich.console import Console
from sqlalchemy import make_url

from gateway.db.sessions import Database
from gateway.execution.jurisdictions import within
from gateway.management import jurisdictions, main
from gateway.management.commands import status
from gateway.models import Job
from tests.fixtures.replicas import replica_settings
from tests.integration.identity.conftest import SQUARE

LAYERS = {"parcels", "zoning_districts"}


async def reported(settings, url):
    database = Database(settings.database, url)
    try:
        return await status.report(settings, database)
    finally:
        await database.dispose()


async def test_it_tells_of_the_database_and_its_layers(settings, own):
    found = await reported(settings, own)
    (node,) = found["nodes"]
    assert (node["node"], node["role"], node["timeline"], node["behind"]) == ("database", "primary", 1, None)
    assert 0 < node["sessions"] <= node["connections"]
    assert found["database"]["name"] == make_url(own).database
    assert {layer["layer"] for layer in found["layers"]} == LAYERS
    assert all(layer["bytes"] > 0 for layer in found["layers"])
    assert (found["jobs"], found["behind"]) == ([], [])


async def test_it_tells_how_far_each_replica_is_and_which_is_away(settings, replication, replicated):
    near, far = replication.standbys
    far.pause()
    try:
        replication.primary.execute("CREATE TABLE ballast AS SELECT generate_series(1, 50000)", database=replicated)
        replication.primary.execute("SELECT pg_switch_wal()")
        given = replica_settings(settings, replication, replicated)
        found = await reported(given, given.database.url)
        _, first, second = found["nodes"]
        assert (first["role"], second["role"]) == ("standby", "standby")
        assert second["behind"] > 2**20
    finally:
        far.go_on()
    near.stop()
    try:
        found = await reported(given, given.database.url)
        assert found["nodes"][1]["role"] == "away"
        shown = drawn(found)
        assert "away" in shown
        assert "standby" in shown
    finally:
        near.start()


async def test_a_transaction_that_somebody_left_open_and_jobs_that_wait_are_told(settings, own, cluster):
    made = Database(settings.database, own)
    async with made.engine.begin() as connection:
        values = {"id": "j", "principal": "clerk", "layer": "parcels", "format": "geojson", "options": {}, "bytes": 1}
        await connection.execute(Job.__table__.insert(), values | {"digest": "d", "state": "waiting"})
    async with made.engine.begin() as connection:
        await connection.exec_driver_sql("SELECT 1")
        found = await reported(settings, own)
    await made.dispose()
    assert found["nodes"][0]["idle"] >= 1
    (job,) = found["jobs"]
    assert (job["kind"], job["state"], job["jobs"]) == ("bulk load", "waiting", 1)
    assert "idle in transaction" in drawn(found)


async def test_jurisdictions_are_told_with_the_most_read_first(settings, own):
    made = Database(settings.database, own)
    for code in ("alpha", "beta"):
        await jurisdictions.add(made, code, code)
    async with (await within(made, "beta")).engine.begin() as connection:
        for _ in range(50):
            await connection.exec_driver_sql("SELECT count(*) FROM parcels")
        await connection.exec_driver_sql(f"INSERT INTO parcels (parcel_id, geom) VALUES ('1', {SQUARE})")
    # The server tells its statistics to others when a connection has been idle for a while, or ends.
    await made.dispose()
    found = await reported(settings, own)
    assert [each["code"] for each in found["jurisdictions"]] == ["beta", "alpha"]
    beta, alpha = found["jurisdictions"]
    assert beta["scans"] >= alpha["scans"] + 50
    assert beta["changes"] > alpha["changes"]
    assert beta["bytes"] > 0
    assert "most read first" in drawn(found)


def test_it_is_shown_again_until_somebody_ends_it(monkeypatch, settings, own):
    shown = []
    monkeypatch.setenv("GATEWAY_DATABASE_URL", own)

    def ended(seconds):
        shown.append(seconds)
        if len(shown) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(status.time, "sleep", ended)
    terminal = Console(file=io.StringIO(), force_terminal=True, width=120, height=40)
    monkeypatch.setattr(status, "out", terminal)
    with pytest.raises(KeyboardInterrupt):
        status.command(watch=0.5)
    assert shown == [0.5] * 3
    assert terminal.file.getvalue().count("zoning_districts") == 3


def drawn(found):
    """The screen as text."""
    with status.out.capture() as capture:
        status.out.print(status.screen(found))
    return capture.get()


def test_machines_get_json(monkeypatch, own, capsys):
    monkeypatch.setenv("GATEWAY_DATABASE_URL", own)
    with pytest.raises(SystemExit) as ended:
        main(["status", "--json"])
    assert ended.value.code == 0
    assert {layer["layer"] for layer in json.loads(capsys.readouterr().out)["layers"]} == LAYERS


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0 s"), (59, "59 s"), (90, "2 min"), (7200, "2 h"), (180_000, "2 d")]
)
def test_spans_are_shown_in_their_largest_unit(seconds, shown):
    assert status._span(seconds) == shown


@pytest.mark.parametrize(("number", "shown"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (20 * 2**20, "20 MiB")])
def test_sizes_are_shown_in_their_largest_unit(number, shown):
    assert status._size(number) == shown

"""The commands of the page on loading over HTTP, run as they stand."""

import json
import os
import re
import subprocess

import pytest

from gateway.db.sessions import Database
from gateway.identity import api_keys
from gateway.identity.principal import Scope
from gateway.settings import DatabaseSettings
from tests.fixtures.cluster import ROOT
from tests.fixtures.sources import fetch

PAGE = (ROOT / "docs" / "howto" / "load-over-http.md").read_text()
COMMANDS = [
    command
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    for command in re.split(r"\n(?=curl)", block.strip())
    if command.startswith("curl")
]


@pytest.fixture
async def key(nursery):
    database = Database(DatabaseSettings(), nursery.url)
    made = await api_keys.create(database, "city files", [Scope.BULK], None)
    await database.dispose()
    return made


async def test_the_commands_of_the_page_do_what_it_says(nursery, city, key, tmp_path):
    city(30, street=[f"{number} Elm" for number in range(30)]).rename(tmp_path / "parcels.geojsonl")
    server = await nursery.serve()
    given = os.environ | {"GATEWAY": f"http://127.0.0.1:{nursery.port}", "KEY": key}

    def run(command):
        done = subprocess.run(
            ["bash", "-c", command], check=True, env=given, cwd=tmp_path, stdout=subprocess.PIPE, text=True, timeout=120
        )
        return done.stdout

    send, look, report, cancel, resume = COMMANDS
    job = json.loads(run(f"{send} -H 'Prefer: wait=50'"))
    assert (job["state"], job["counts"]["inserted"], job["principal"]) == ("complete", 30, "city files")
    given["JOB"] = job["id"]
    assert json.loads(run(look)) == job
    assert run(report) == ""
    for command in (cancel, resume):
        assert json.loads(run(command))["errors"][0]["extensions"]["code"] == "JOB_STATE"
    assert await fetch(nursery.url, "SELECT address FROM parcels WHERE parcel_id = 'P7'") == [("7 Elm",)]
    await nursery.kill(server)

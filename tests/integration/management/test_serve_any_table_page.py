"""docs/howto/serve-any-table.md, run as it stands."""

import os
import re
import subprocess
import sys

import pytest

from gateway.asgi import create_app
from gateway.management.commands import migrate
from tests.fixtures import flood_zones
from tests.fixtures.cluster import ROOT
from tests.fixtures.door import opened

PAGE = ROOT / "docs" / "howto" / "serve-any-table.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
async def made(execute):
    """The table of the page, in a database."""
    await execute(blocks("sql")[0])


async def test_the_page_shows_what_inspectdb_prints(made, inspected):
    assert await inspected("fema.flood_zones", related=["parcels"]) == blocks("python")[0]


async def test_the_query_of_the_page_runs(made, inspected, database, served):
    with flood_zones.declared(blocks("python")[0]) as layers:
        assert len([each async for each in migrate.add_indexes(database, served, layers)]) == 3
        async with opened(create_app(served, layers=layers)) as door:
            answer = (await door.post(blocks("graphql")[0], {})).json
    assert "errors" not in answer, answer["errors"]
    assert [node["fldZone"] for node in answer["data"]["floodZones"]["nodes"]] == ["AE"]


async def test_a_generated_column_is_served_as_it_is_stored(made, execute, inspected, database, served):
    await execute(blocks("sql")[1])
    text = await inspected("fema.flood_zones", geometry="geom_4326")
    assert 'mapped_column(\n        "geom_4326"' in text
    with flood_zones.declared(text) as layers:
        assert {failure async for _, failure in migrate.add_indexes(database, served, layers)} == {""}
        async with opened(create_app(served, layers=layers)) as door:
            answer = (await door.post("{ floodZones { nodes { geometry } } }", {})).json
    assert answer["data"]["floodZones"]["nodes"][0]["geometry"]["type"] == "MultiPolygon"


def test_three_commands_and_one_line_serve_it(made, empty_database, checkout):
    environment = {**os.environ, "GATEWAY_DATABASE_URL": empty_database, "GATEWAY_DATA_DIR": str(checkout)}

    def run(*command):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    inspect, _, name = blocks("sh")[0].strip().removeprefix("./").partition(" > ")
    (checkout / name).write_text(run(*inspect.split()))
    registry = checkout / "gateway" / "layers.py"
    line = "LAYERS = Layers.of(Parcel, ZoningDistrict)\n"
    registry.write_text(registry.read_text().replace(line, blocks("python")[1]))
    assert run(*blocks("sh")[1].strip().removeprefix("./").split()).count("CREATE INDEX CONCURRENTLY") == 3
    run("manage.py", "export", "flood_zones", "zones.geojson")
    assert '"fldZone":"AE"' in (checkout / "zones.geojson").read_text()

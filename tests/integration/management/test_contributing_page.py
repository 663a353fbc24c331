"""The first change of CONTRIBUTING.md, made as it stands: a column, from a file to the map."""

import json
import os
import re
import shlex
import subprocess
import sys

import pyogrio
import shapely

from tests.fixtures.cluster import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text().partition("## A first change")[2].partition("\n## ")[0]
BEFORE = "    land_use: Mapped"  # the column goes before this one of the model
# One process for all that comes after the model: each would import the gateway again.
RUN = """
import asyncio, json, sys
from gateway.asgi import create_app
from gateway.layers import LAYERS
from gateway.http.views.description import describe
from gateway.management import main
from gateway.settings import Settings
commands, query, export = json.load(sys.stdin)
for command in commands:
    try:
        main(command)
    except SystemExit as end:
        assert not end.code, (command, end.code)

async def asked():
    sys.path.insert(0, sys.argv[1])
    from tests.fixtures.door import opened
    async with opened(create_app(Settings())) as door:
        answer = (await door.post(query)).json
        rows = (await door.request("GET", export)).body.decode()
    fields = [field["name"] for field in describe(LAYERS, Settings())["layers"][0]["fields"]]
    return {"answer": answer, "rows": rows, "fields": fields}

print(json.dumps(asyncio.run(asked())))
"""


def blocks(language):
    return [
        re.sub(r"^ {3}", "", text, flags=re.MULTILINE)
        for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    ]


def commands():
    """The lines of manage.py that the page shows, without `serve`, which would not end."""
    lines = "\n".join(blocks("sh")).replace("\\\n", " ").splitlines()
    own = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("./manage.py")]
    return [command for command in own if command != ["serve"]]


def asked():
    """The query and the path that the page sends to the server."""
    text = blocks("sh")[-1]
    path = re.search(r"'localhost:8000(/export\S+)'", text)[1]
    return json.loads(re.search(r"-d '(.*)'", text)[1])["query"], path


def test_the_column_is_in_queries_exports_and_the_map_after_the_steps_of_the_page(checkout, empty_database):
    model = checkout / "gateway" / "models" / "parcel.py"
    model.write_text(model.read_text().replace(BEFORE, f"{blocks('python')[0]}{BEFORE}", 1))
    lot = shapely.geometry.mapping(shapely.box(-93.3, 42.0, -93.299, 42.001))
    lots = [
        {"type": "Feature", "properties": {"parcel_id": f"lot {number}", "STORIES": number}, "geometry": lot}
        for number in (1, 3)
    ]
    (checkout / "lots.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": lots}))
    pyogrio.write_dataframe(pyogrio.read_dataframe(checkout / "lots.geojson"), checkout / "lots.gpkg")
    environment = {**os.environ, "GATEWAY_DATABASE_URL": empty_database, "GATEWAY_DATA_DIR": str(checkout / "data")}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(ROOT)],
        cwd=checkout,
        env=environment,
        input=json.dumps([[*commands(), ["export_schema"]], *asked()]),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["answer"]["data"]["parcels"]["nodes"] == [{"parcelId": "lot 3", "storeys": 3}]
    assert told["rows"].splitlines()[0] == "id,parcelId,storeys,WKT"
    assert "storeys" in told["fields"]
    (migration,) = (checkout / "migrations" / "versions").glob("*storeys*")
    assert migration.read_text().count('"storeys"') >= 2, "the table and its history"
    assert "Number of storeys above ground." in (checkout / "schema" / "schema.graphql").read_text()

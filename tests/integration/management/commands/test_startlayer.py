"""`manage.py startlayer` in a checkout of its own, by the commands of docs/howto/add-a-layer.md."""

import json
import os
import re
import shlex
import subprocess
import sys

import pyogrio
import pytest
import shapely
from sqlalchemy import make_url

from gateway.errors import SetupError
from gateway.management import main
from gateway.management.commands import startlayer
from gateway.management.commands.startlayer import KEYS
from gateway.management.declaring.columns import KINDS
from gateway.management.declaring.tracked import GEOMETRIES, NewColumn, NewLayer
from tests.fixtures.buildings import FILES
from tests.fixtures.cluster import ROOT

KEY = NewColumn("key", KINDS["text"], "The key.")
PAGE = ROOT / "docs" / "howto" / "add-a-layer.md"
# Importing the gateway takes a second, so all commands after the first run in one process, and then a query.
RUN = """
import asyncio, json, sys
from gateway.asgi import create_app
from gateway.layers import LAYERS
from gateway.management import main
from gateway.settings import Settings
from gateway.http.views.description import describe
for command in json.load(sys.stdin):
    try:
        main(command)
    except SystemExit as end:
        assert not end.code, (command, end.code)
create_app(Settings())
print(json.dumps([layer["name"] for layer in describe(LAYERS, Settings())["layers"]]))
"""


def python(checkout, *arguments, url="postgresql://nowhere/none", **options):
    environment = {**os.environ, "GATEWAY_DATABASE_URL": url}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=checkout, env=environment, check=False, capture_output=True, text=True, **options, timeout=120
    )


def commands():
    """The command lines of the page, without ./manage.py."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [shlex.split(line.removeprefix("./manage.py ")) for block in blocks for line in block.splitlines()]


def write_footprints(path):
    houses = {"H0": shapely.box(0, 42, 0.001, 42.001), "H1": shapely.box(0.002, 42, 0.003, 42.001)}
    features = [
        {"type": "Feature", "properties": {"BLDG_ID": key, "STORIES": 3}, "geometry": shapely.geometry.mapping(house)}
        for key, house in houses.items()
    ]
    draft = path.with_suffix(".geojson")
    draft.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    pyogrio.write_dataframe(pyogrio.read_dataframe(draft), path)


def test_the_commands_of_the_page_make_a_layer_that_is_migrated_loaded_and_served(checkout, empty_database, cluster):
    start, *rest = commands()
    assert start[0] == "startlayer"
    made = python(checkout, "manage.py", *start)
    assert (made.returncode, made.stderr) == (0, "")

    assert (checkout / "gateway" / "models" / "building.py").read_text() == FILES["model.py"].read_text()
    write_footprints(checkout / "footprints.gpkg")
    done = python(
        checkout, "-c", RUN, url=empty_database, input=json.dumps([*rest, ["makemigrations", "-m", "Nothing"]])
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == ["parcels", "zoning_districts", "buildings"]
    assert "No changes detected." in done.stdout
    (migration,) = (checkout / "migrations" / "versions").glob("*_add_buildings.py")
    upgrade = migration.read_text().partition("def downgrade")[0]
    assert upgrade.index('op.create_table(\n        "buildings"') < upgrade.index(
        'op.follow_changes("buildings", history="building_history")'
    )
    kept = 'op.keep_overview("buildings_overview", table="buildings", summed=[], minzoom=12)'
    assert upgrade.index('op.create_table(\n        "buildings_overview"') < upgrade.index(kept)
    database = make_url(empty_database).database
    rows = cluster.execute("SELECT building_id, floors FROM buildings", database=database)
    assert [tuple(row) for row in rows] == [("H0", 3), ("H1", 3)]
    counted = cluster.execute("SELECT sum(rows) FROM buildings_overview WHERE level = 7", database=database)
    assert counted[0][0] == 2
    assert "type Building " in (checkout / "schema" / "schema.graphql").read_text()

    again = python(checkout, "manage.py", *start)
    assert again.returncode == 2
    assert "there is a Building already" in again.stderr


def test_what_it_writes_passes_the_checks_of_a_commit(checkout):
    columns = [NewColumn(f"a_{kind}", declared, f"A {kind}.") for kind, declared in KINDS.items()]
    for number, geometry in enumerate(GEOMETRIES):
        key = NewColumn("key", KINDS[KEYS[number % len(KEYS)]], "The key.")
        made = [key, *(columns if number else ())]
        layer = NewLayer(f"things_{number}", f"Thing{number}", geometry, made, number + 2)
        files = startlayer.run(layer, checkout)
    for step in (("check",), ("format", "--check")):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *step, "-q", "."], cwd=checkout, check=False, stdout=-1, timeout=120
        )
        assert (done.returncode, done.stdout) == (0, b"")
    assert [path.name for path in files] == ["thing6.py", "layers.py"]
    assert "Thing5, Thing6)" in (checkout / "gateway" / "layers.py").read_text()


def test_where_a_place_is_not_found_nothing_is_written(checkout):
    layers = checkout / "gateway" / "layers.py"
    layers.write_text(layers.read_text().replace("LAYERS = Layers.of(", "EVERY = Layers.of("))
    before = {path: path.read_bytes() for path in checkout.rglob("*.py")}
    layer = NewLayer("roads", "Road", "LINESTRING", [KEY], 2)
    with pytest.raises(SetupError, match=r"gateway/layers\.py has no line .* by hand"):
        startlayer.run(layer, checkout)
    with pytest.raises(SetupError, match=r"cannot be read: startlayer writes into a checkout"):
        startlayer.run(layer, checkout / "nowhere")
    with pytest.raises(SetupError, match=r"gateway/models/base\.py is there already, and nothing was written"):
        startlayer.run(NewLayer("bases", "Base", "POINT", [KEY], 2), checkout)
    assert {path: path.read_bytes() for path in checkout.rglob("*.py")} == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Buildings"], "no name of a table"),
        (["class"], "no name of a table"),
        (["parcels"], "there is a Parcel already"),
        (["jobs", "--type", "Work"], "there is a jobs already"),
        (["sheep"], "give it with --type"),
        (["roads", "--type", "road"], "no name of a type"),
        (["roads", "--geometry", "CIRCLE"], "is none of POINT"),
        (["roads", "--column", "lanes"], "--column takes NAME:KIND"),
        (["roads", "--column", "lanes:many"], "--column takes NAME:KIND"),
        (["roads", "--column", "version:integer"], "the layer has a version already"),
        (["roads", "--column", "geom:text"], "the layer has a geom already"),
        (["roads", "--column", "lanes:integer", "--column", "lanes:text"], "the layer has a lanes already"),
        (["roads", "--column", "road_id:text"], "the layer has a road_id already"),
        (["roads", "--key", "Key"], "no name of a column"),
        (["roads", "--key", "number:float"], "--key takes NAME:KIND"),
    ],
)
def test_names_that_cannot_be_are_refused(arguments, told, capfd, monkeypatch):
    monkeypatch.setattr(startlayer, "run", lambda layer: pytest.fail("it was written"))
    with pytest.raises(SystemExit) as end:
        main(["startlayer", *arguments])
    assert end.value.code == 2
    assert told in " ".join(capfd.readouterr().err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("table", "singular"),
    [("facilities", "Facility"), ("bus_stops", "BusStop"), ("addresses", "Address"), ("branches", "Branch")],
)
def test_the_singular_follows_from_the_plural(table, singular, monkeypatch, capfd):
    made = []
    monkeypatch.setattr(startlayer, "run", lambda layer: made.append(layer) or [])
    with pytest.raises(SystemExit):
        main(["startlayer", table])
    assert made[0].type_name == singular

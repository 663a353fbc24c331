"""The page on jurisdictions, run as it stands."""

import json
import os
import re
import subprocess
import sys

from gateway.models.jurisdiction import BITS
from tests.fixtures.cluster import ROOT

PAGE = (ROOT / "docs" / "howto" / "many-jurisdictions.md").read_text()


def test_the_commands_make_jurisdictions_that_are_served_apart(cluster, migrated, serve, tmp_path):
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    with cluster.copy(migrated) as url, serve(url, app="gateway.asgi:application") as server:
        text = "".join(blocks).replace("http://127.0.0.1:8000", server.url)
        text = text.replace("./manage.py", f"{sys.executable} {ROOT / 'manage.py'}")
        given = os.environ | {"GATEWAY_DATABASE_URL": url, "GATEWAY_DATA_DIR": str(tmp_path / "data")}
        options = {"cwd": tmp_path, "env": given, "timeout": 300, "capture_output": True, "text": True}
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], check=False, **options)
        assert done.returncode == 0, done.stderr
        said = done.stdout
    # Answers of GraphQL have no end of line.
    places = [found.start() for found in re.finditer(r'\{"(?:data|errors)":', said)]
    first, own, other, together, refused, some = (json.JSONDecoder().raw_decode(said, place)[0] for place in places)
    assert first["data"]["parcels"]["totalCount"] == 500
    assert first["data"]["parcels"]["nodes"][0]["featureId"] >> BITS == 1
    assert "301" in said
    assert together["data"]["parcels"]["totalCount"] == 800
    assert [node["featureId"] >> BITS for node in together["data"]["parcels"]["nodes"]] == [1, 2]
    assert "801" in said
    assert "SPANNING_READS_ONLY" in json.dumps(refused)
    (listed,) = some["data"]["jurisdictions"]
    assert (listed["code"], listed["name"], listed["outline"]) == ("brookville", "City of Brookville", None)
    assert listed["url"].endswith("/j/brookville")
    assert some["data"]["parcels"]["totalCount"] == 500
    assert "/j/brookville/tiles/parcels/{z}/{x}/{y}.mvt" in said
    assert own["data"]["parcels"]["nodes"][0]["ownerName"]
    assert "UNAUTHENTICATED" in json.dumps(other)
    assert "Dropped oak-harbor with 300 parcels" in said

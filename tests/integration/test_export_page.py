"""The page on exporting data, run as it stands."""

import os
import re
import subprocess
import sys

import pyogrio
import pytest

from tests.fixtures.cluster import ROOT
from tests.fixtures.exported import ARROWS

PAGE = (ROOT / "docs" / "howto" / "export-data.md").read_text()
SHELL = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def run(serve, sample, tmp_path):
    """`run("sh", "-euc", text)` in a directory of its own, on a server with the sample county."""
    with serve(sample, app="gateway.asgi:application") as server:

        def here(*command):
            *start, text = command
            text = text.replace("http://127.0.0.1:8000", server.url)
            text = text.replace("./manage.py", f"{sys.executable} {ROOT / 'manage.py'}")
            settings = {"GATEWAY_DATABASE_URL": sample, "GATEWAY_DATA_DIR": str(tmp_path / "data")}
            return subprocess.check_output(
                [*start, text], cwd=tmp_path, env=os.environ | settings, text=True, timeout=120
            )

        yield here


def features(path):
    """How many rows a file has; None of an archive of tiles."""
    form = path.suffix.removeprefix(".")
    if form == "pmtiles":
        return None
    return len(ARROWS[form](path)) if form in ARROWS else pyogrio.read_info(path, force_feature_count=True)["features"]


def test_every_command_and_the_script_of_the_page_run(run, tmp_path):
    for text in SHELL:
        run("sh", "-euc", text)
    for text in PYTHON:
        assert run(sys.executable, "-c", text) == "2000 parcels\n"
    counts = {path.name: features(path) for path in tmp_path.glob("*.*")}
    assert counts["parcels.geojson"] == counts["parcels.geojsonl"] == counts["lots.csv"] == 2000
    assert counts["lots.parquet"] == counts["parcels.parquet"] == counts["parcels.arrow"] == 2000
    assert 0 < counts["here.fgb"] < 2000
    assert 0 < counts["valuable.geojsonl"] < 2000
    assert {"lots.fgb", "zoning.csv", "parcels.pmtiles"} <= counts.keys()

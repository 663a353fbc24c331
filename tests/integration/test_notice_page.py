"""The page on notice lists, run as it stands."""

import csv
import os
import re
import subprocess
import sys

import pytest

from tests.fixtures.cluster import ROOT

PAGE = (ROOT / "docs" / "howto" / "notice-lists.md").read_text()


@pytest.fixture
def run(serve, cluster, sample_template, tmp_path):
    """Runs a command of a shell on a server with a sample county of its own."""
    with cluster.copy(sample_template) as url, serve(url, app="gateway.asgi:application") as server:

        def here(text):
            text = text.replace("http://127.0.0.1:8000", server.url)
            text = text.replace("./manage.py", f"{sys.executable} {ROOT / 'manage.py'}")
            settings = {"GATEWAY_DATABASE_URL": url, "GATEWAY_DATA_DIR": str(tmp_path / "data")}
            return subprocess.run(
                ["sh", "-euc", text], check=True, cwd=tmp_path, env=os.environ | settings, timeout=120
            )

        yield here


def test_the_commands_of_the_page_write_labels_recipients_and_the_record(run, tmp_path):
    (commands,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    run(commands)
    recipients, record = (
        list(csv.DictReader((tmp_path / f"{name}.csv").read_text().splitlines())) for name in ("recipients", "parcels")
    )
    labels = (tmp_path / "labels.html").read_text()
    assert labels.count("<li>") == len(recipients) > 5
    assert sum(row["status"] == "LISTED" for row in record) == len(recipients)
    assert [row["status"] for row in record if row["parcelId"] == "00001-051"] == ["SUBJECT"]
    assert all(float(row["distance"]) <= 300 for row in record if row["status"] != "BORDERLINE")

"""Private clusters that run on this machine, and commands that want one that was never made."""

from pathlib import Path

import pytest

from gateway import errors
from gateway.db.embedded import keeper, neighbours, require, served_elsewhere
from gateway.management import main
from gateway.settings import DatabaseSettings, Settings


@pytest.fixture
def processes(tmp_path):
    """`processes(*command lines)`: a folder like /proc that shows them."""

    def shown(*lines):
        for number, line in enumerate(lines, start=10):
            (tmp_path / "proc" / str(number)).mkdir(parents=True)
            (tmp_path / "proc" / str(number) / "cmdline").write_bytes(b"\0".join(map(bytes, line)) + b"\0")
        return tmp_path / "proc"

    return shown


def test_a_running_cluster_is_known_by_its_keeper(processes):
    kept = [b"python", b"-I", keeper.__file__.encode(), b"/town/.data/postgres/users.lock", b"0", b"0"]
    elsewhere = [b"python", b"/opt/other/gateway/db/embedded/keeper.py", b"/opt/other/.data/postgres/users.lock"]
    shown = processes(kept, [b"vi", b"keeper.py"], [b""], elsewhere)
    assert set(neighbours.running(shown)) == {Path("/town/.data/postgres"), Path("/opt/other/.data/postgres")}


@pytest.fixture
def private(monkeypatch):
    """`private(directory)`: settings of a private database there, while another one runs in /town/.data."""
    monkeypatch.setattr(neighbours, "running", lambda: iter([Path("/town/.data/postgres")]))
    return lambda directory: Settings(data_dir=directory, database=DatabaseSettings(url=None))


def test_a_database_that_was_never_made_is_named_with_the_one_that_runs(private, tmp_path):
    with pytest.raises(errors.SetupError) as refused:
        require(private(tmp_path / "mine"))
    assert refused.value.message == (
        f"There is no private database in {tmp_path}/mine. One runs with GATEWAY_DATA_DIR=/town/.data, "
        "or set GATEWAY_DATABASE_URL."
    )
    assert list(tmp_path.iterdir()) == []


def test_the_database_that_runs_has_no_other_one_to_be_told_of(private):
    assert served_elsewhere(private(Path("/town/.data"))) == []
    assert served_elsewhere(private(Path("/town/x/../.data"))) == []
    assert served_elsewhere(private(Path("/village/.data"))) == [Path("/town/.data")]


@pytest.mark.parametrize(
    "command", [["ingest", "parcels", "parcels.geojson", "--dry-run"], ["partitions", "--dry-run"]]
)
def test_a_dry_run_makes_no_database(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GATEWAY_DATABASE_URL", raising=False)
    monkeypatch.delenv("GATEWAY_DATA_DIR", raising=False)
    Path("parcels.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(SystemExit, match="1"):
        main(command)
    assert capsys.readouterr().err.startswith(f"SETUP There is no private database in {tmp_path}/.data. ")
    assert [path.name for path in tmp_path.rglob("*")] == ["parcels.geojson"]

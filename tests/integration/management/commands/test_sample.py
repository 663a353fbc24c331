"""`manage.py sample` as a user runs it."""

import pyogrio
import pytest
from sqlalchemy import make_url

from gateway.management import main


@pytest.fixture
def manage(capfd, monkeypatch, empty_database):
    monkeypatch.setenv("GATEWAY_DATABASE_URL", empty_database)

    def manage(*arguments):
        with pytest.raises(SystemExit) as end:
            main(("sample", *arguments))
        said = capfd.readouterr()
        return end.value.code, said.out, said.err.strip()

    return manage


def test_it_fills_an_empty_database_and_refuses_to_do_so_twice(manage):
    made = "300 parcels and 4 zoning districts are in the database.\n"

    assert manage("--parcels", "300", "--districts", "4")[:2] == (0, made)
    code, out, err = manage("--parcels", "300", "--districts", "4")
    assert (code, out) == (1, "")
    assert err.startswith("LAYER_NOT_EMPTY parcels has the rows of a sample already, and nothing was changed.")
    assert manage("--parcels", "300", "--districts", "4", "--replace", "--yes")[:2] == (0, made)


def test_replace_asks_first_and_says_what_it_deletes(manage, answered):
    assert manage("--parcels", "30", "--districts", "1")[0] == 0

    code, _, err = manage("--parcels", "20", "--replace")
    assert code == 1
    assert err.startswith("SETUP Delete 30 parcels and 1 zoning district of the sample? No terminal is there to ask")
    answered("n")
    code, _, err = manage("--parcels", "20", "--replace")
    assert (code, err.split("[")[0]) == (1, "Delete 30 parcels and 1 zoning district of the sample? ")
    answered("y")
    assert manage("--parcels", "20", "--replace")[0] == 0


def test_replace_refuses_rows_of_others_whatever_is_answered(manage, cluster, empty_database):
    assert manage("--parcels", "30")[0] == 0
    name = make_url(empty_database).database
    cluster.execute("INSERT INTO parcels (parcel_id, geom) SELECT 'mine', geom FROM parcels LIMIT 1", database=name)

    code, _, err = manage("--parcels", "20", "--replace", "--yes")

    assert (code, err.split(" and ")[0]) == (1, "LAYER_NOT_EMPTY parcels has rows that are not of a sample,")
    assert cluster.execute("SELECT count(*) FROM parcels", database=name)[0][0] == 31


def test_it_writes_files_and_leaves_the_database_alone(manage, tmp_path):
    path = tmp_path / "county.geojsonl"

    code, out, _ = manage("--parcels", "50", "--output", str(path))

    beside = tmp_path / "county.zoning_districts.geojsonl"
    assert (code, out) == (0, f"50 parcels and 1 zoning district are in {path} and {beside}.\n")
    assert [pyogrio.read_info(file)["features"] for file in (path, beside)] == [50, 1]
    assert manage("--parcels", "10")[0] == 0


def test_a_size_that_no_county_has_is_refused_in_one_line(manage):
    assert manage("--parcels", "20000000") == (
        1,
        "",
        "OUT_OF_RANGE parcels must be from 1 to 10,000,000, not 20,000,000.",
    )


def test_tables_that_are_not_there_are_named_with_the_command_that_makes_them(manage, cluster, monkeypatch):
    with cluster.copy("template1") as url:
        monkeypatch.setenv("GATEWAY_DATABASE_URL", url)
        code, _, err = manage("--parcels", "10")

    assert (code, err.split()[0]) == (1, "NOT_MIGRATED")
    assert "manage.py migrate" in err

"""`manage.py ingest`, run as a user runs it."""

import json

import pytest
from sqlalchemy import make_url

from gateway.management import main
from tests.fixtures.sources import grid, square, write


@pytest.fixture
def manage(capfd, empty_database, monkeypatch):
    monkeypatch.setenv("GATEWAY_DATABASE_URL", empty_database)

    def manage(*arguments):
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        said = capfd.readouterr()
        return end.value.code, said.out, said.err

    return manage


@pytest.fixture
def city(geojson):
    tie = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 3], [0, 0]]]}
    return geojson((square(1, 42), {"lot": "a", "use": "R"}), (tie, {"lot": "b"}), (None, {"lot": "c"}))


def test_a_file_is_loaded_with_a_table_of_counts_and_a_report(manage, city, tmp_path):
    report = tmp_path / "report.jsonl"
    mapping = ("--map", "parcel_id=lot", "-m", "landUse=use")
    code, said, _ = manage("ingest", "parcels", city, *mapping, "--report", report)
    assert code == 0
    counts = [line.split("│")[1:3] for line in said.splitlines() if line.startswith("│")]
    assert [(name.strip(), int(count)) for name, count in counts] == [
        ("read", 3),
        ("inserted", 1),
        ("updated", 0),
        ("repaired", 1),
        ("skipped", 1),
        ("rejected", 0),
    ]
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(line["index"], line["key"], line["action"]) for line in lines] == [
        (1, "b", "repaired"),
        (2, "c", "skipped"),
    ]
    assert set(lines[0]["area"]) == {"beforeSqm", "afterSqm", "changeSqm", "change"}


def test_a_dry_run_says_so_and_rejected_features_show_in_the_exit_code(manage, city):
    arguments = ("ingest", "parcels", city, "-m", "parcel_id=lot", "--on-invalid", "reject", "--chunk", "2")
    code, said, _ = manage(*arguments, "--dry-run")
    assert code == 3
    assert "dry run: nothing was kept" in said
    assert "INVALID_GEOMETRY 1" in said
    assert "Left out: 12,316,466,801 m²" in said
    assert manage(*arguments)[0] == 3  # no key is there already


def test_an_interrupted_ingest_goes_on_and_says_so(manage, geojson):
    path = geojson(*((shape, {"parcel_id": f"P{number % 3}"}) for number, shape in enumerate(grid(5))))
    code, _, said = manage("ingest", "parcels", path, "--chunk", 2)
    assert code == 1
    assert "DUPLICATE_FEATURE Feature 3: the key parcel_id = 'P0' is in parcels already." in said
    code, said, progress = manage("ingest", "parcels", path, "--chunk", 2, "--on-duplicate", "skip", "--resume")
    assert code == 0
    assert "goes on after 2 features" in progress
    assert "DUPLICATE_FEATURE 2" in said


def test_layer_and_srid_are_chosen(manage, tmp_path):
    path = write(tmp_path / "x.gpkg", "GPKG", grid(2), {"parcel_id": ["a", "b"]}, crs="EPSG:3857")
    assert manage("ingest", "parcels", path, "--layer", "x", "--srid", 4326)[0] == 0
    code, _, said = manage("ingest", "parcels", path, "--layer", "y")
    assert (code, said) == (1, "BAD_SOURCE x.gpkg has no layer y. It has: x.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("roads", "x.gpkg"), "there is no layer roads"),
        (("parcels", "x.gpkg", "--map", "parcel_id"), "--map takes FIELD=SOURCE_FIELD"),
        (("parcels", "x.gpkg", "-m", "a=b", "-m", "a=c"), "--map names a twice"),
        (("parcels", "x.gpkg", "--chunk", "50001"), "50000"),
        (("parcels", "x.gpkg", "--on-invalid", "hope"), "hope"),
    ],
)
def test_wrong_usage_is_told(manage, arguments, message):
    code, _, said = manage("ingest", *arguments)
    assert code == 2
    assert message in " ".join(said.replace("│", " ").split())


def test_a_report_that_cannot_be_written_stops_before_anything_is_read(manage, city, tmp_path):
    code, _, said = manage(
        "ingest", "parcels", city, "-m", "parcel_id=lot", "--report", tmp_path / "no" / "report.jsonl"
    )
    assert code == 1
    assert said.startswith("SETUP The report cannot be written to")


def test_notes_are_printed(manage, geojson):
    shape = {"type": "Polygon", "coordinates": [[[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 0, 1]]]}
    _, said, _ = manage("ingest", "parcels", geojson((shape, {"parcel_id": "a"})))
    assert "Note: third and fourth ordinates (Z, M) were dropped" in said


@pytest.fixture
def county(manage, cluster, empty_database):
    """The sample county, and a question to the database."""
    assert manage("sample", "--parcels", 20, "--districts", 2)[0] == 0
    name = make_url(empty_database).database
    return lambda statement: [tuple(row) for row in cluster.execute(statement, database=name)]


KEYS = "SELECT parcel_id FROM parcels ORDER BY id"
COUNTS = "SELECT (SELECT count(*) FROM parcels), (SELECT count(*) FROM zoning_districts)"


def lot(geojson, key="real"):
    return geojson((square(1, 42), {"parcel_id": key}))


def test_a_city_is_not_mixed_with_the_sample_unless_somebody_says_so(manage, county, geojson):
    code, said, told = manage("ingest", "parcels", lot(geojson))
    assert (code, said) == (1, "")
    assert told.startswith("SAMPLE_PRESENT The database holds a sample county (20 parcels and 2 zoning districts).")
    assert "--replace-sample" in told
    assert county(COUNTS) == [(20, 2)]
    assert manage("ingest", "parcels", lot(geojson), "--keep-sample")[0] == 0
    assert county(COUNTS) == [(21, 2)]
    # It was decided on: nothing is asked again.
    assert manage("ingest", "parcels", lot(geojson, "next"))[0] == 0


def test_replace_sample_deletes_it_from_both_layers(manage, county, geojson):
    code, _, told = manage("ingest", "parcels", lot(geojson), "--replace-sample")
    assert code == 0
    assert "Deleted the sample county: 20 parcels and 2 zoning districts." in told
    assert (county(KEYS), county(COUNTS)) == ([("real",)], [(1, 0)])
    # With none there, it says nothing and does nothing.
    code, _, told = manage("ingest", "parcels", lot(geojson, "next"), "--replace-sample")
    assert (code, "sample" in told) == (0, False)


@pytest.mark.parametrize(("answer", "left"), [("y", (1, 0)), ("", (1, 0)), ("n", (21, 2))])
def test_on_a_terminal_it_asks(manage, county, geojson, answered, answer, left):
    answered(answer)
    code, _, told = manage("ingest", "parcels", lot(geojson))
    assert code == 0
    assert "Delete it first? No loads beside it. [Y/n]" in told
    assert county(COUNTS) == [left]


def test_a_rehearsal_and_a_file_that_is_not_read_leave_the_sample(manage, county, geojson, tmp_path):
    assert manage("ingest", "parcels", lot(geojson), "--replace-sample", "--dry-run")[0] == 0
    assert manage("ingest", "parcels", tmp_path / "none.gpkg", "--replace-sample")[0] == 1
    assert manage("ingest", "parcels", lot(geojson), "--replace-sample", "-m", "parcel_id=nothing")[0] == 1
    assert county(COUNTS) == [(20, 2)]


def test_a_layer_of_ones_own_is_asked_about_as_well(manage, county, geojson):
    code, _, told = manage("ingest", "zoning_districts", geojson((square(1, 42), {"code": "a", "zone_code": "R"})))
    assert (code, told.split()[0]) == (1, "SAMPLE_PRESENT")


def test_a_file_that_names_others_is_read_only_where_its_driver_is_named(manage, tmp_path):
    write(tmp_path / "city.gpkg", "GPKG", grid(2), {"parcel_id": ["a", "b"]})
    source = f"<SrcDataSource>{tmp_path / 'city.gpkg'}</SrcDataSource><SrcLayer>city</SrcLayer>"
    text = f'<OGRVRTDataSource><OGRVRTLayer name="all">{source}</OGRVRTLayer></OGRVRTDataSource>'
    for name in ("city.vrt", "city.geojson", "city.gml"):
        (tmp_path / name).write_text(text)
        code, _, said = manage("ingest", "parcels", tmp_path / name)
        assert code != 0
        assert "its format is not known here" in said
    code, said, _ = manage("ingest", "parcels", tmp_path / "city.geojson", "--driver", "OGR_VRT")
    assert (code, "inserted" in said) == (0, True)
    code, _, said = manage("ingest", "parcels", tmp_path / "city.vrt", "--driver", "GML")
    assert (code, "cannot be read" in said) == (1, True)

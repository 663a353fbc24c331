"""Which fields of a file are taken, which of them everybody may read, and that it is said before rows are written."""

import json

import pytest

from gateway.errors import BadMapping, PrivateField
from gateway.identity import Access
from gateway.identity.principal import Scope, anonymous
from gateway.ingest import IngestOptions, OnDuplicate, ingest
from gateway.layers import LAYERS, PARCELS
from gateway.settings import AuthSettings
from tests.fixtures.sources import Listener, fetch, square

FIELDS = {"parcel_id": "1", "OWNERNAME1": "Ann", "Notes": "sold by Ann", "Lot": "7", "Zip": 2139}
NAMES = "SELECT layer, name FROM private_members ORDER BY name"
ROWS = "SELECT attributes::text FROM parcels"


class Told(Listener):
    """Keeps the names that were private when it was told that the load begins and when the first row was written."""

    def __init__(self, database):
        super().__init__()
        self.database = database
        self.about = ()
        self.private = None

    async def begun(self, report, total):
        self.about = report.about
        self.rows = await fetch(self.database, ROWS)

    async def chunk(self, report, outcomes):
        self.private = await fetch(self.database, NAMES)


async def load(database, geojson, fields=FIELDS, layer=PARCELS, **options):
    told = Told(database)
    await ingest(database, layer, geojson((square(-71.1, 42.3), fields)), IngestOptions(**options), told)
    rows = [json.loads(row) for (row,) in await fetch(database, ROWS)]
    return told, rows[0] if rows else None


async def test_one_line_says_what_becomes_public_before_anything_is_written(empty_database, geojson):
    told, row = await load(empty_database, geojson, private=("notes",))
    assert told.about[-1] == "attributes: public: Lot, Zip; private: OWNERNAME1, Notes"
    assert told.rows == []
    assert told.private == [("parcels", "Notes")]
    assert row == {name: value for name, value in FIELDS.items() if name != "parcel_id"}


async def test_names_that_were_made_private_before_stay_so(empty_database, geojson):
    await load(empty_database, geojson, private=("Notes",))
    told, _ = await load(empty_database, geojson, FIELDS | {"parcel_id": "2"})
    assert told.about[-1] == "attributes: public: Lot, Zip; private: OWNERNAME1, Notes"


async def test_a_rehearsal_makes_nothing_private(empty_database, geojson):
    told, row = await load(empty_database, geojson, private=("Notes",), dry_run=True)
    assert told.about[-1] == "attributes: public: Lot, Zip; private: OWNERNAME1, Notes"
    assert (row, await fetch(empty_database, NAMES)) == (None, [])


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"exclude": ("ownername1", "Notes")}, {"Lot", "Zip"}),
        ({"only": ("Lot",)}, {"Lot"}),
        ({"only": ("Lot", "Zip"), "exclude": ("Zip",)}, {"Lot"}),
        ({"exclude": ("OWNERNAME1", "Notes", "Lot", "Zip")}, set()),
    ],
)
async def test_fields_are_left_out_as_is_asked(empty_database, geojson, options, kept):
    told, row = await load(empty_database, geojson, **options)
    assert row.keys() == kept
    assert told.about[-1].startswith(f"attributes: public: {', '.join(sorted(kept))}" if kept else "extent: ")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"private": ("Nots",)}, "no field Nots, which --private names. It has: parcel_id, OWNERNAME1"),
        ({"exclude": ("x",)}, "--exclude"),
        ({"only": ("x",)}, "--only"),
        ({"exclude": ("parcel_id",)}, "parcels needs parcel_id"),
        ({"private": ("Lot",), "exclude": ("LOT",)}, "Lot is excluded and private"),
        ({"private": ("Lot",), "mapping": {"address": "Lot"}}, "Lot fills the column address"),
        ({"exclude": ("Lot",), "mapping": {"address": "Lot"}}, "no field Lot"),
    ],
)
async def test_what_contradicts_itself_or_names_no_field_is_refused_before_anything_is_written(
    empty_database, geojson, options, said
):
    with pytest.raises(BadMapping, match=said):
        await load(empty_database, geojson, **options)
    assert await fetch(empty_database, NAMES) == []


async def test_what_belongs_in_a_private_column_is_private_in_attributes_too(empty_database, geojson):
    access = Access(AuthSettings(private={"parcels.year_built": "write", "parcels.land_use": "write"}), LAYERS)
    fields = {"parcel_id": "1", "built": "in 1900", "LAND_USE": "secret", "Lot": "7"}
    options = {"mapping": {"year_built": "built", "land_use": ""}}
    _, row = await load(empty_database, geojson, fields, access.layers["parcels"], **options)
    assert row == {"built": "in 1900", "LAND_USE": "secret", "Lot": "7"}
    assert await fetch(empty_database, NAMES) == [("parcels", "LAND_USE"), ("parcels", "built")]


async def test_an_update_by_whom_members_are_withheld_from_does_not_tell_what_they_hold(empty_database, geojson):
    await load(empty_database, geojson)
    seen = Access(AuthSettings(), LAYERS).seen_by(anonymous(frozenset({Scope.BULK})))
    options = {"hidden": seen["parcels"].members.pattern, "on_duplicate": OnDuplicate.UPDATE}
    with pytest.raises(PrivateField, match="--exclude OWNERNAME1"):
        await load(empty_database, geojson, **options)
    _, row = await load(empty_database, geojson, FIELDS | {"Lot": "8"}, exclude=("OWNERNAME1",), **options)
    assert (row["OWNERNAME1"], row["Lot"]) == ("Ann", "8")

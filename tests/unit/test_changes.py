"""What the looks at the tables make of the generations of layers."""

import pytest

from gateway.db.changes import Changes
from gateway.settings import DatabaseSettings

LAYERS = ("parcels", "zoning_districts")


def table(layer, shape="1", counted="0 0 0", *, subscribed=False):
    return {"layer": layer, "shape": shape, "counted": counted, "subscribed": subscribed}


@pytest.fixture
def changes():
    made = Changes(DatabaseSettings(pooler="pgbouncer"), "postgresql://nowhere/none")  # which begins no task
    made._look([table(layer) for layer in LAYERS], count=True)
    return made


def test_generations_stay_as_long_as_the_tables_do(changes):
    before = changes.generation(LAYERS)
    changes._look([table(layer) for layer in LAYERS], count=True)
    assert changes.generation(LAYERS) == before


def test_another_table_of_the_name_is_another_generation_of_that_layer_alone(changes):
    parcels, districts = changes.generation(LAYERS)
    changes._look([table("parcels", "2"), table("zoning_districts")], count=False)
    assert changes.generation(LAYERS) != (parcels, districts)
    assert changes.generation(["zoning_districts"]) == (districts,)


def test_a_table_that_no_trigger_tells_of_has_no_generation_and_none_of_before_when_it_has_one_again(changes):
    before = changes.generation(["parcels"])
    changes._look([table("zoning_districts")], count=False)
    assert changes.generation(["parcels"]) is None
    assert changes.generation(LAYERS) is None
    changes._look([table(layer) for layer in LAYERS], count=False)
    assert changes.generation(["parcels"]) not in {None, before}


def test_written_rows_are_counted_now_and_then_and_of_a_subscribed_table_each_time(changes):
    before = changes.generation(["parcels"])
    changes._look([table("parcels", counted="1 0 0")], count=False)
    assert changes.generation(["parcels"]) == before
    changes._look([table("parcels", counted="1 0 0")], count=True)
    after = changes.generation(["parcels"])
    assert after != before
    changes._look([table("parcels", counted="2 0 0", subscribed=True)], count=False)
    assert changes.generation(["parcels"]) != after


def test_a_notification_is_another_generation_and_one_of_another_table_is_none(changes):
    before = changes.generation(LAYERS)
    changes._changed(None, 0, "", "spatial_ref_sys")
    assert changes.generation(LAYERS) == before
    changes._changed(None, 0, "", "parcels")
    assert changes.generation(LAYERS) != before

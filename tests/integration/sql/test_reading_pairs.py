"""Where relations are kept, statements read their pairs by an index, and compare no geometries (Cambridge)."""

import pytest

from gateway.db.sessions import Database
from gateway.layers import LAYERS, Layers
from gateway.query.values import edge_values
from gateway.sql import pages, rows, summaries
from tests.fixtures.pairs import ALL_KEPT
from tests.fixtures.plans import indexes, nodes, scanned
from tests.fixtures.reading import Reader, query

KEPT = Layers(LAYERS.layers, ALL_KEPT)
RELATIONS = [(layer, relation) for layer in LAYERS for relation in layer.relations]
relations = pytest.mark.parametrize(
    ("layer", "relation"), RELATIONS, ids=[f"{layer.name}.{relation.name}" for layer, relation in RELATIONS]
)
OF_PAIRS = {"pk_parcel_zoning_districts", "ix_parcel_zoning_districts_target", "pk_parcel_neighbors"}
BY_GEOMETRY = {f"ix_{layer.name}_{kind}" for layer in LAYERS for kind in ("geom", "geog")}
IDS = list(range(1, 51))


@pytest.fixture
async def kept_reader(kept_cambridge, settings):
    database = Database(settings.database, kept_cambridge)
    async with database.session() as session:
        yield Reader(session)
    await database.dispose()


@relations
async def test_pages_counts_extents_and_edges_read_the_index_of_pairs(kept_reader, layer, relation):
    target = LAYERS[relation.target]
    least = 0.0 if relation.name == "neighbors" else 0.5
    asked = query(target, {"featureId": {"gt": 0}}, min_coverage=least)
    edges = [(number, number + 1) for number in IDS]
    for statement in (
        pages.related_page(KEPT, layer, relation, asked, IDS),
        summaries.related_count(KEPT, layer, relation, asked, IDS, cap=None),
        summaries.related_extent(KEPT, layer, relation, asked, IDS),
        *(rows.edge_values(KEPT, layer, relation, value, edges) for value in edge_values(relation, layer, target)),
    ):
        plan = await kept_reader.plan(statement)
        assert OF_PAIRS & indexes(plan)
        assert not BY_GEOMETRY & indexes(plan)
        assert not ALL_KEPT & scanned(plan)


@relations
async def test_a_page_by_id_reads_no_rows_but_those_that_it_has(kept_reader, layer, relation):
    target = LAYERS[relation.target]
    plan = await kept_reader.plan(pages.related_page(KEPT, layer, relation, query(target, None), IDS))
    read = [node["Relation Name"] for node in nodes(plan) if "Relation Name" in node]
    assert sorted(read) == sorted(["relation_marks", relation.pairs, target.name])


@relations
@pytest.mark.parametrize("quantifier", ["some", "every", "none"])
async def test_filters_of_a_few_rows_read_the_index_of_pairs(kept_reader, layer, relation, quantifier):
    common = {"parcels": {"yearBuilt": {"gt": 1900}}, "zoning_districts": {"zoneCode": {"startsWith": "C"}}}
    related = {relation.field: {quantifier: common[relation.target]}}
    plan = await kept_reader.plan(summaries.rows(KEPT, query(layer, {"featureId": {"inList": ["7", "8"]}, **related})))
    assert OF_PAIRS & indexes(plan)
    assert not BY_GEOMETRY & indexes(plan)


async def test_pairs_of_layers_as_of_a_moment_are_computed():
    assert LAYERS.as_of(None).kept == KEPT.as_of(None).kept == frozenset()

"""Which scans of a plan are worth an index, and which one."""

import pytest

from gateway.sql.scans import cures, indexes, scans

COLUMNS = {"id": "bigint", "name": "text", "year": "integer", "tags": "jsonb", "geom": "geometry(MultiPolygon,4326)"}


def node(kind, *below, **more):
    words = {name.replace("_", " "): value for name, value in more.items()}
    return {"Node Type": kind, "Plan Rows": 10, "Actual Rows": 10, "Actual Loops": 1, "Plans": list(below)} | words


def scan(condition="", removed=5000, **more):
    return node(
        "Seq Scan",
        Relation_Name="lots",
        Rows_Removed_by_Filter=removed,
        **({"Filter": condition} if condition else {}),
        **more,
    )


def cured(plan, present=()):
    return [
        cure.removeprefix("CREATE INDEX CONCURRENTLY ON lots ").removesuffix(";")
        for found in scans(plan)
        if found.wasteful
        for cure in cures(found, "lots", COLUMNS, present)
    ]


@pytest.mark.parametrize(
    ("condition", "keys"),
    [
        ("(lots_1.year > 1950)", ["(year)"]),
        ("((year > 1950) AND (name = 'year; tags'::text))", ["(year)", "(name)"]),
        ("(name ~~ '%x%'::text)", ["USING gin (name gin_trgm_ops)"]),
        ("(lots_1.name !~~* '%x%'::text)", ["USING gin (name gin_trgm_ops)"]),
        ("(tags @> '{}'::jsonb)", ["USING gin (tags)"]),
        ("st_intersects(geom, '01'::geometry)", ["USING gist (geom)"]),
        ("((geom && '01'::geometry) AND st_within(geom, '01'::geometry))", ["USING gist (geom)"]),
        (
            "st_dwithin((geom)::geography, '01'::geography, '5'::double precision, true)",
            ["USING gist ((geom::geography))"],
        ),
        ("(st_area((geom)::geography, true) > '5'::double precision)", ["((st_area(geom::geography)))"]),
        ("(st_xmin((geom)::box3d) < '5'::double precision)", []),
        ("(NOT (SubPlan 1))", []),
    ],
)
def test_a_condition_that_keeps_few_rows_wants_an_index_of_its_columns(condition, keys):
    assert cured(scan(condition)) == keys


@pytest.mark.parametrize(
    "plan",
    [
        scan(),
        scan("(year > 1950)", removed=500),
        scan("(year > 1950)", Actual_Rows=4000),
        scan("(year > 1950)", removed=100, Actual_Loops=90),
        node("Index Scan", Relation_Name="lots", Index_Name="pk", Index_Cond="(id = 1)", Rows_Removed_by_Filter=5000),
        node(
            "Index Scan", Relation_Name="lots", Index_Name="ix", Order_By="(geom <-> $1)", Rows_Removed_by_Filter=5000
        ),
    ],
    ids=["no condition", "small", "most rows", "small in a loop", "by key", "nearest"],
)
def test_a_scan_that_has_its_reason_wants_none(plan):
    assert cured(plan) == []


def test_an_index_that_is_only_walked_along_counts_as_a_scan():
    plan = node("Index Scan", Relation_Name="lots", Index_Name="pk", Filter="(year = 1)", Rows_Removed_by_Filter=5000)
    assert cured(plan) == ["(year)"]
    assert indexes(plan) == {"pk"}


def test_rows_that_are_joined_by_a_condition_want_an_index_of_it():
    plan = node("Nested Loop", scan(Actual_Rows=5000), Join_Filter="st_intersects(lots_1.geom, other.geom)")
    assert cured(plan) == ["USING gist (geom)"]


SORTED = scan(removed=0, Actual_Rows=5000)


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        (["lots_1.year DESC NULLS LAST", "lots_1.id DESC"], ["(year DESC NULLS LAST, id DESC)"]),
        (["(st_area((geom)::geography, true)) DESC", "id"], ["((st_area((geom)::geography)) DESC, id)"]),
        (["(st_distance((geom)::geography, '01'::geography))", "id"], []),
        (["(st_distance((geom)::geography, $1))", "id"], []),
    ],
)
def test_a_page_of_all_rows_sorted_wants_an_index_in_its_order(order, keys):
    assert cured(node("Limit", node("Sort", SORTED, Sort_Key=order))) == keys
    assert cured(node("Sort", SORTED, Sort_Key=order)) == []


@pytest.mark.parametrize("present", [["year"], ["year", "id"]])
def test_an_index_that_is_there_is_not_advised_again(present):
    assert cured(scan("((year > 1950) AND (name = 'a'::text))"), [present]) == ["(name)"]


def test_whether_rows_have_the_value_of_the_order_wants_no_index_beside_that_of_the_order():
    condition = "((lots_1.year IS NOT NULL) AND (lots_1.name = 'a'::text))"
    plan = node("Limit", node("Sort", scan(condition), Sort_Key=["lots_1.year DESC", "lots_1.id DESC"]))
    assert cured(plan) == ["(year DESC, id DESC)", "(name)"]


def test_spellings_of_one_expression_are_one_index():
    present = [["st_area(geom::geography)", "id"], ["geom::geography"]]
    assert cured(scan("(st_area((geom)::geography, true) > '5'::double precision)"), present) == []
    assert cured(scan("st_dwithin((geom)::geography, '01'::geography, '5'::double precision, true)"), present) == []

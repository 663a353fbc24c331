"""Every feature of Cambridge before two linters of RFC 7946, right-hand rule included."""

import pytest
from sqlalchemy import text


@pytest.mark.parametrize(
    ("layer", "table", "operation"),
    [("parcels", "parcels", "ParcelFeatures"), ("zoningDistricts", "zoning_districts", "ZoningDistrictFeatures")],
)
async def test_no_linter_finds_anything_in_any_feature(node, gateway, read_session, layer, table, operation):
    found = node("lint.js", f"{gateway.url}/graphql", layer, operation)
    assert found["ids"] == [row[0] for row in await read_session.rows(text(f"SELECT id FROM {table} ORDER BY id"))]
    assert found["findings"] == []
    assert any("right-hand rule" in finding for finding in found["turned"])
    assert len(found["open"]) > len(found["turned"])

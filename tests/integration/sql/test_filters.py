"""Filters keep the rows that Python keeps, and their negation the others."""

from decimal import Decimal

import pytest
from sqlalchemy import text

CASES = [
    ({"assessedValue": {"exact": 0.1}}, lambda row: row.assessed_value == Decimal("0.1")),
    ({"assessedValue": {"inList": [0.1, 1.1]}}, lambda row: row.assessed_value in {Decimal("0.1"), Decimal("1.1")}),
    (
        {"assessedValue": {"lte": 0.1}},
        lambda row: row.assessed_value is not None and row.assessed_value <= Decimal("0.1"),
    ),
    ({"assessedValue": {"isNull": True}}, lambda row: row.assessed_value is None),
    ({"address": {"contains": "%"}}, lambda row: "%" in (row.address or "")),
    ({"address": {"contains": "_"}}, lambda row: "_" in (row.address or "")),
    ({"address": {"endsWith": "\\/"}}, lambda row: (row.address or "").endswith("\\/")),
    ({"address": {"iExact": "A"}}, lambda row: (row.address or "").lower() == "a"),
    ({"address": {"startsWith": ""}}, lambda row: row.address is not None),
    ({"featureId": {"inList": list(range(10, 1_010))}}, lambda row: row.id >= 10),
    ({"yearBuilt": {"range": {"start": 1900, "end": 1901}}}, lambda row: row.year_built == 1900),
    (
        {"or": [{"version": {"gt": 1}}, {"not": {"address": {"gt": ""}}}]},
        lambda row: row.version > 1 or not row.address,
    ),
    ({"attributes": {"contains": {"n": 3}}}, lambda row: row.attributes["n"] == 3),
]


@pytest.mark.parametrize(
    ("filters", "keeps"), CASES, ids=lambda value: str(value)[:50] if isinstance(value, dict) else ""
)
async def test_a_filter_keeps_what_python_keeps_and_its_negation_the_rest(varied_reader, filters, keeps):
    rows = await varied_reader.session.rows(text("SELECT * FROM parcels"))
    kept = {row.id for row in rows if keeps(row)}
    assert await varied_reader.ids(filters=filters) == kept
    assert await varied_reader.ids(filters={"not": filters}) == {row.id for row in rows} - kept

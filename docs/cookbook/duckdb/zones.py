"""Parcels in DuckDB: fetches a GeoParquet export with related districts, and asks it in SQL.

pip install duckdb
python zones.py --gateway http://127.0.0.1:8000 --filters '{"assessedValue": {"gt": 0}}'
"""

import argparse
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import duckdb

FIELDS = "parcelId,landUse,assessedValue,yearBuilt,areaSqm"
QUESTIONS = {
    "By land use": """
        SELECT landUse, count(*) AS parcels, sum(assessedValue)::DECIMAL(38, 0) AS value,
               round(median(assessedValue / areaSqm), 2) AS median_per_sqm
          FROM parcels GROUP BY landUse ORDER BY parcels DESC, landUse LIMIT 8""",
    "By zone, each parcel by the share that lies in it": """
        SELECT edge.node.zoneCode AS zone, count(DISTINCT parcelId) AS parcels,
               round(sum(assessedValue * edge.coverage)) AS value
          FROM (SELECT parcelId, assessedValue, unnest(zoningDistricts) AS edge FROM parcels)
         GROUP BY zone ORDER BY value DESC NULLS LAST, zone LIMIT 8""",
    # Row groups whose boxes lie elsewhere are not read.
    "In the western half": """
        SELECT count(*) AS parcels, round(sum(areaSqm) / 10000, 1) AS hectares
          FROM parcels
         WHERE bbox.xmax < (SELECT (min(bbox.xmin) + max(bbox.xmax)) / 2 FROM parcels)""",
}


def fetch(gateway: str, filters: str | None, file: Path) -> None:
    """Write what the filter keeps to a file; a stream that breaks off raises an error."""
    given = {"properties": FIELDS, "relations": "zoning_districts"} | ({"filters": filters} if filters else {})
    with urlopen(f"{gateway}/export/parcels.parquet?{urlencode(given)}") as answer, file.open("wb") as output:
        while data := answer.read(1 << 20):
            output.write(data)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    options.add_argument("--gateway", default="http://127.0.0.1:8000")
    options.add_argument("--filters", help="the `filters` argument of GraphQL, as JSON")
    options.add_argument("--out", type=Path, default=Path("parcels.parquet"))
    given = options.parse_args()

    fetch(given.gateway, given.filters, given.out)
    database = duckdb.connect()
    database.read_parquet(str(given.out)).create_view("parcels")
    for question, query in QUESTIONS.items():
        print(question)
        database.sql(query).show()


if __name__ == "__main__":
    main()

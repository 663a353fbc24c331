"""A search leaves out what is withheld, takes numbers for text, and is priced by whether an index serves it."""

from dataclasses import replace

from gateway.layers import LAYERS, PARCELS, Layers
from gateway.query import weights
from gateway.query.costs import FilterCosts
from gateway.query.search import parse_search
from gateway.query.statistics import Statistics, Table
from gateway.settings import LimitSettings
from gateway.sql.search import hits
from gateway.sql.statement import compiled

WITHOUT = Statistics({"parcels": Table(rows=1e6, indexes=frozenset({"btree id"}))})
WITH = Statistics({"parcels": Table(rows=1e6, indexes=frozenset({"search"}))})


def test_what_no_index_serves_is_priced_as_every_value_made_ready():
    (parcels,) = (layer for layer in LAYERS.searchable if layer.name == "parcels")
    served, whole = (FilterCosts(LAYERS, each).search("12 main st", [parcels]) for each in (WITH, WITHOUT))
    assert served < 30_000  # microseconds
    assert whole > 1e6 * weights.FOLDED_VALUE


def test_a_column_of_numbers_is_searched_as_text():
    numbers = Layers((replace(PARCELS, searchable=("year_built",)),))
    text = compiled(hits(parse_search(numbers, LimitSettings(), "1900"))).text
    assert "gateway_search(CAST(parcels_1.year_built AS TEXT))" in text


def test_what_is_withheld_stands_nowhere_in_the_statement():
    seen = Layers((replace(PARCELS, withheld=frozenset({"owner_name"})),))
    assert "owner_name" not in compiled(hits(parse_search(seen, LimitSettings(), "smith"))).text

"""What is read of jurisdictions together is what one schema with their rows answers: generated operations.

400 of them of all and 100 of some, in shards; `GATEWAY_TEST_EXAMPLES` sets another number.
"""

from collections import Counter
from math import isfinite

import pytest
from hypothesis import assume, given, note

from tests.fixtures.both_ways import alike
from tests.fixtures.operations import operations, trying
from tests.integration.planner.test_equality import SCHEMA, known_of

pytestmark = pytest.mark.examples

SHARDS = 8


def near(value):
    """A value whose sums of floats may have been added up in another order."""
    if isinstance(value, dict):
        return {key: near(item) for key, item in value.items()}
    if isinstance(value, list):
        return [near(item) for item in value]
    return float(f"{value:.10g}") if isinstance(value, float) and isfinite(value) else value


@pytest.fixture(scope="module")
def known(twice):
    """What the county holds."""
    return known_of(twice)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_generated_operation_answers_of_parts_as_of_the_whole(twice, known, shard):
    assert compared(twice, known, shard, trying(400, SHARDS)) >= 10


@pytest.mark.parametrize("shard", range(2))
def test_a_generated_operation_answers_of_some_parts_as_of_a_whole_without_the_others(twice_some, known, shard):
    """Known are ids, keys and cursors of all, also of rows that are not to be seen."""
    assert compared(twice_some, known, shard, trying(100, 2)) >= 10


def compared(ways, known, shard, tried):
    """Ask both; answers how many operations were."""
    tally = Counter()

    @tried
    @given(asked=operations(SCHEMA, known, shard))
    def compare(asked):
        document, variables = asked
        assume("ESTIMATED" not in f"{document}{variables}")  # which statistics tell, not rows
        assume("jurisdictions" not in document)  # the whole has none
        whole, together = ways(document, variables)
        note(f"planned: {together.planned}")
        assert near(alike(together.answer)) == near(alike(whole.answer))
        assert together.planned == whole.planned
        tally.update(all=1, planned=int(together.planned))

    compare()
    return tally["all"]

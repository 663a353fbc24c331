"""What is read of all jurisdictions together is what one schema with all their rows answers: generated operations.

400 of them in shards; `GATEWAY_TEST_EXAMPLES` sets another number.
"""

from collections import Counter
from math import isfinite

import pytest
from hypothesis import HealthCheck, Phase, assume, given, note, settings

from tests.fixtures.both_ways import alike
from tests.fixtures.examples import ASKED
from tests.fixtures.operations import operations
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
    tally = Counter()

    @settings(
        max_examples=(ASKED or 400) // SHARDS,
        derandomize=not ASKED,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        print_blob=True,
    )
    @given(asked=operations(SCHEMA, known, shard))
    def compare(asked):
        document, variables = asked
        assume("ESTIMATED" not in f"{document}{variables}")  # which statistics tell, not rows
        whole, together = twice(document, variables)
        note(f"planned: {together.planned}")
        assert near(alike(together.answer)) == near(alike(whole.answer))
        assert together.planned == whole.planned
        tally.update(all=1, planned=int(together.planned))

    compare()
    assert tally["all"] >= 10

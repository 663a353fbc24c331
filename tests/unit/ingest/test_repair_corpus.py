"""Repairs of shapes whose truth is known by construction."""

import pytest
import shapely

from gateway.ingest.repair import Repairer
from gateway.ingest.report import Reason
from tests.fixtures.broken_shapes import KINDS, corpus
from tests.fixtures.examples import examples

pytestmark = pytest.mark.examples

COUNT = max(len(KINDS), examples(10 * len(KINDS), 50_000))


@pytest.fixture(scope="module")
def outcomes():
    with Repairer(10) as repairer:
        return [(broken, repairer.repair(shapely.to_wkb(broken.shape))) for broken in corpus(COUNT)]


def off(broken, repaired):
    """The area in which a repair is not the truth, as a share of it."""
    return shapely.from_wkb(repaired.wkb).symmetric_difference(broken.truth).area / broken.truth.area


def test_every_shape_is_invalid_and_every_truth_valid(outcomes):
    assert not [broken.kind for broken, _ in outcomes if broken.shape.is_valid]
    assert not [broken.kind for broken, _ in outcomes if not broken.truth.is_valid]


def test_a_repair_is_the_truth_or_there_is_none(outcomes):
    wrong = [(broken.kind, off(broken, repaired)) for broken, repaired in outcomes if repaired.wkb]
    assert not [(kind, share) for kind, share in wrong if share > 1e-9]
    assert shapely.is_valid(shapely.from_wkb([repaired.wkb for _, repaired in outcomes if repaired.wkb])).all()


def test_what_rings_say_beyond_doubt_is_repaired_and_what_they_do_not_is_rejected(outcomes):
    done = {(broken.kind, broken.certain, None if repaired.wkb else repaired.code) for broken, repaired in outcomes}
    assert len(done) == len(KINDS)
    assert {(certain, code) for _, certain, code in done} == {(True, None), (False, Reason.AMBIGUOUS_REPAIR)}


def test_the_area_as_drawn_is_that_of_the_truth_where_rings_nest(outcomes):
    for broken, repaired in outcomes:
        if repaired.method == "even-odd":
            assert shapely.from_wkb(repaired.drawn).area == pytest.approx(broken.truth.area, rel=1e-9)

"""Repair in a process that may die."""

import numpy as np
import pytest
import shapely

from gateway.ingest.repair import Repairer
from gateway.ingest.report import Reason
from tests.fixtures.waiting import ended

BOW_TIE = shapely.to_wkb(shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))"))


def tangle(vertices, seed=1):
    ring = np.random.default_rng(seed).random((vertices, 2))
    return shapely.to_wkb(shapely.polygons(np.vstack([ring, ring[:1]])))


@pytest.fixture
def repairer():
    with Repairer(0.5) as found:
        yield found


def test_a_bow_tie_becomes_two_triangles(repairer):
    assert shapely.from_wkb(repairer.repair(BOW_TIE).wkb).area == pytest.approx(2)


def test_a_repair_past_its_deadline_is_given_up_and_the_next_one_done(repairer):
    assert repairer.repair(tangle(4000)).code is Reason.REPAIR_TIMEOUT
    assert repairer.repair(BOW_TIE).wkb is not None


def test_what_cannot_be_parsed_is_told_and_the_worker_lives_on(repairer):
    assert "cannot be repaired" in repairer.repair(b"hello").why
    assert repairer.repair(BOW_TIE).wkb is not None


def test_a_worker_that_died_is_replaced(repairer):
    repairer.repair(BOW_TIE)
    repairer._worker.kill()
    ended(repairer._worker)
    assert repairer.repair(BOW_TIE).code is Reason.REPAIR_FAILED
    assert repairer.repair(BOW_TIE).wkb is not None


def test_no_worker_is_left_behind(repairer):
    repairer.repair(BOW_TIE)
    worker = repairer._worker
    repairer.close()
    assert worker.poll() == 0
    repairer.close()

"""The collector of cycles in a process that serves."""

import gc

import pytest

from gateway.server import garbage


@pytest.fixture(autouse=True)
def as_it_was():
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_lives_is_left_alone_and_cycles_are_still_collected():
    before = gc.get_threshold()
    garbage.settle()

    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] > before[0]
    assert gc.isenabled()

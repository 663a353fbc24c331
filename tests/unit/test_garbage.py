"""The collector of cycles in a process that serves."""

import gc

from gateway.server import garbage


def test_what_lives_is_left_alone_and_cycles_are_still_collected():
    gc.unfreeze()
    gc.set_threshold(700)
    garbage.settle()

    assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == garbage.THRESHOLDS
    assert gc.isenabled()

import numpy as np
import pytest

from gateway.management.sample.chance import Chance, spread


def test_a_number_depends_on_the_seed_the_word_and_the_key_alone():
    all_at_once = Chance(7).unit("width", np.arange(100), 3)

    assert [float(Chance(7).unit("width", key, 3)[0]) for key in range(100)] == all_at_once.tolist()
    assert not np.any(all_at_once == Chance(8).unit("width", np.arange(100), 3))
    assert not np.any(all_at_once == Chance(7).unit("depth", np.arange(100), 3))
    assert not np.any(all_at_once == Chance(7).unit("width", np.arange(100), 4))


def test_the_generator_gives_the_same_bits_on_every_machine():
    assert Chance(7).bits("width", [0, 1, -1]).tolist() == [
        14155549626362012775,
        11186480352443243337,
        14465671042228926589,
    ]


def test_numbers_fill_the_unit_interval_evenly():
    numbers = Chance(1).unit("even", np.arange(100_000))

    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert np.histogram(numbers, 10, (0, 1))[0] == pytest.approx(np.full(10, 10_000), rel=0.05)


def test_noise_is_smooth_and_stays_within_one():
    x = np.linspace(-40, 40, 8001)
    field = Chance(1).noise("hills", x + 3.5j, 7)

    assert np.abs([field.real, field.imag]).max() <= 1
    assert np.abs(np.diff(field)).max() < 0.015


def test_spread_numbers_the_children_of_each_parent():
    parent, place = spread(np.array([2, 0, 3]))

    assert parent.tolist() == [0, 0, 2, 2, 2]
    assert place.tolist() == [0, 1, 0, 1, 2]

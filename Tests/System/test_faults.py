"""A short fault run: what breaks at random, between agent and gateway and both of them, loses and repeats nothing.
The long ones are `Tests/System/faults/run`."""

import os
import random

import pytest

from faults.director import Director
from faults.rotation import rotate_under_load
from faults.world import World

SEED = int(os.environ.get("SLUICE_FAULT_SEED", random.randrange(1 << 32)))


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path, SEED, log_rate=200)
    yield world
    world.close()


def test_whatever_breaks_every_line_comes_once_and_in_order_and_nothing_runs_that_nobody_wants(world):
    print(f"seed {SEED}; {world.no_network or 'in a network namespace'}")
    Director(world, SEED, longest=1.2).run(9)
    assert world.finish() == [], f"seed {SEED}"


def test_a_file_that_is_rotated_every_second_under_load_loses_and_repeats_no_line(tmp_path):
    assert rotate_under_load(tmp_path, 5000, 3) == []

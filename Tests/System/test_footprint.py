"""What the programs weigh. Times and CPU are Benchmarks/footprint.py's: they depend on the machine and its load."""

import pathlib
import time

import pytest

from programs import BUILT, wait_for
from sse import Sse

MIB = 1024  # KiB

release_only = pytest.mark.skipif(
    "debug" in BUILT.resolve().parts, reason=f"sizes are those of release builds, and SLUICE_BIN is {BUILT}"
)


def voluntary_switches(pid):
    """How often the threads of a process have gone to sleep: for one that waits for events, how often it woke."""
    total = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        total += next(int(l.split()[1]) for l in status.read_text().splitlines() if l.startswith("voluntary_ctxt"))
    return total


@release_only
def test_a_gateway_that_has_just_started_is_small(launch):
    assert launch.gateway().rss_kib() <= 40 * MIB


@release_only
def test_an_agent_that_streams_everything_every_second_is_small(pair):
    gateway, agent = pair
    stream = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="1s")["stream_url"])
    stream.wait_events("metrics", 5)
    assert agent.rss_kib() <= 20 * MIB
    # What only its start needed is given back a moment later.
    wait_for(lambda: agent.rss_kib() <= 10 * MIB, 15, "a small agent")
    stream.wait_events("metrics", 5, 20)
    assert agent.rss_kib() <= 12 * MIB
    stream.close()


@release_only
def test_an_agent_that_nobody_listens_to_is_smaller(pair):
    _, agent = pair
    wait_for(lambda: agent.rss_kib() <= 8 * MIB, 15, "a small agent")
    time.sleep(3)  # of its ordinary life
    assert agent.rss_kib() <= 8 * MIB


def test_an_agent_that_nobody_listens_to_sleeps(pair):
    gateway, agent = pair
    stream = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="100ms")["stream_url"])
    stream.wait_events("metrics", 3)  # it has run, and must come to rest again
    stream.close()
    wait_for(lambda: not [s for s in gateway.streams() if s["stream_type"] == "metrics"], what="the end of its stream")
    time.sleep(1)
    before = voluntary_switches(agent.pid)
    time.sleep(3)
    assert voluntary_switches(agent.pid) - before <= 3 * 4

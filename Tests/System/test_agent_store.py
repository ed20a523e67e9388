"""The agent and its files, against a store that goes away: every line once, in order."""

import collections
import re
import time

import pytest

from line_files import LogFile
from lying_store import LyingStore
from programs import Agent, wait_for

MARK = re.compile(r"mark(\d+)x")


@pytest.fixture
def logs(tmp_path):
    directory = tmp_path / "logs"
    directory.mkdir()
    return directory


def start_agent(launch, store, logs, tmp_path):
    return launch.keep(Agent(store.agents_address, "agent1", tmp_path / "state", "--log-path", logs / "*.log"))


def numbers(store):
    with store.lock:
        return [int(MARK.search(line)[1]) for line in store.positions["agent1"].lines]


def assert_every_line_once(store, file, timeout=30):
    try:
        wait_for(lambda: store.count >= file.count, timeout, "every line")
    finally:
        found = collections.Counter(numbers(store))
        missing = [n for n in range(1, file.count + 1) if n not in found]
        repeated = [n for n in found if found[n] > 1]
    assert (missing, repeated, store.holes) == ([], [], 0)


def test_files_that_are_rotated_are_read_to_their_end(launch, logs, tmp_path):
    file = LogFile(logs / "app.log")
    with LyingStore() as store:
        start_agent(launch, store, logs, tmp_path)
        file.write_in_background(per_second=1000, seconds=5, rotate_every=2000).join()
        assert_every_line_once(store, file)
        assert numbers(store) == sorted(numbers(store))


def test_what_was_under_way_when_the_connection_ended_comes_again(launch, logs, tmp_path):
    file = LogFile(logs / "app.log")
    with LyingStore() as store:
        start_agent(launch, store, logs, tmp_path)
        writer = file.write_in_background(per_second=500, seconds=5, rotate_every=900)
        for _ in range(3):
            before = store.count
            wait_for(lambda: store.count > before + 200, 20, "more lines")
            store.cut()
        writer.join()
        assert_every_line_once(store, file, 60)


def test_an_agent_that_is_killed_goes_on_where_it_stopped(launch, logs, tmp_path):
    file = LogFile(logs / "app.log")
    with LyingStore() as store:
        agent = start_agent(launch, store, logs, tmp_path)
        writer = file.write_in_background(per_second=500, seconds=6, rotate_every=700)
        for _ in range(2):
            before = store.count
            wait_for(lambda: store.count > before + 300, 20, "more lines")
            agent.kill()
            time.sleep(0.5)  # what is written meanwhile is read later
            agent = start_agent(launch, store, logs, tmp_path)
        writer.join()
        assert_every_line_once(store, file, 60)


def test_what_is_not_acknowledged_stays_with_the_agent_over_its_end(launch, logs, tmp_path):
    file = LogFile(logs / "app.log")
    with LyingStore(acknowledge=lambda seq: None) as store:
        agent = start_agent(launch, store, logs, tmp_path)
        file.write(50)
        wait_for(lambda: store.count == 50, 20, "the lines")
        agent.kill()
        file.write(50)
        with store.lock:
            store.forget(50)  # it never said that it had them
        start_agent(launch, store, logs, tmp_path)
        assert_every_line_once(store, file)

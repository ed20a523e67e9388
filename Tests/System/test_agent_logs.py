"""The agent follows log files: nothing is lost or comes twice, whatever happens to it, to the files and to the way."""

import os
import random
import threading
import time

import pytest

from programs import wait_for
from receiver import Receiver

LINE = b"2026-01-02T03:04:05Z host app[%d]: request %d took a while and was then answered as it should be\n"


class Writer(threading.Thread):
    """Writes numbered lines to one file, and rotates it now and then as logrotate does."""

    def __init__(self, path, number, total, every):
        super().__init__(daemon=True)
        self.path, self.number, self.total, self.every = path, number, total, every

    def lines(self):
        return [(LINE % (self.number, n))[:-1] for n in range(self.total)]

    def run(self):
        chance = random.Random(self.number)
        file = open(self.path, "ab", buffering=0)
        stays = 0  # parts that still go to the old file, until the program opens the new one
        for start in range(0, self.total, self.every):
            end = min(start + self.every, self.total)
            file.write(b"".join(LINE % (self.number, n) for n in range(start, end)))
            time.sleep(0.002)
            if stays > 0:
                stays -= 1
                if stays == 0:
                    file.close()
                    file = open(self.path, "ab", buffering=0)
            elif chance.random() < 0.05:
                os.rename(self.path, f"{self.path}.{start}")
                stays = chance.randint(1, 3)
        file.close()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def follow(launch, receiver, logs, state):
    return launch.agent(receiver.address, "agent1", "--log-path", f"{logs}/*", state=state)


def finish(receiver, total, what):
    """Waits for all lines. Who does not acknowledge gets no more than the window, until the next connection says where
    the gateway stands: a receiver that gets nothing more is cut off again."""
    while len(receiver.items) < total:
        before = len(receiver.items)
        try:
            wait_for(lambda: len(receiver.items) > before, 30 if receiver.acknowledges else 3, what)
        except AssertionError:
            if receiver.acknowledges:
                raise
            receiver.disconnect()
            wait_for(lambda: len(receiver.items) > before, 30, what)


@pytest.mark.parametrize("acknowledges", [True, False])
def test_a_killed_agent_goes_on_exactly_where_the_gateway_stands(launch, receiver, tmp_path, acknowledges):
    logs, state = tmp_path / "logs", tmp_path / "state"
    logs.mkdir()
    receiver.acknowledges = acknowledges
    writers = [Writer(logs / f"{n}.log", n, 6000 if acknowledges else 2000, 20) for n in range(3)]
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    agent = follow(launch, receiver, logs, state)
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        time.sleep(chance.uniform(0.02, 0.25))
        if chance.random() < 0.4:
            receiver.disconnect()
        else:
            agent.kill()
            agent = follow(launch, receiver, logs, state)
    expected = [line for writer in writers for line in writer.lines()]
    finish(receiver, len(expected), f"all lines (seed {seed})")
    time.sleep(0.3)
    with receiver.lock:
        items = list(receiver.items)
    assert receiver.problems == [], f"seed {seed}"
    assert sorted(items) == sorted(expected), f"seed {seed}"


def test_a_flood_of_lines_is_followed(launch, receiver, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    agent = follow(launch, receiver, logs, tmp_path / "state")
    total = 400_000
    text = b"".join(LINE % (1, n) for n in range(total))
    (logs / "flood.log").write_bytes(text)
    start, cpu = time.monotonic(), agent.cpu_seconds()
    wait_for(lambda: receiver.received >= total, 60, "all lines")
    seconds, busy = time.monotonic() - start, agent.cpu_seconds() - cpu
    print(f"{total / seconds:.0f} lines/s, {total / max(busy, 0.01):.0f} lines per second of the agent's CPU")
    assert receiver.problems == [] and receiver.received == total
    assert agent.rss_kib() < 40 * 1024


def test_logs_that_nobody_takes_cost_no_memory(launch, receiver, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    receiver.acknowledges = False
    agent = follow(launch, receiver, logs, tmp_path / "state")
    for part in range(10):
        with open(logs / "flood.log", "ab") as file:
            file.write(b"".join(LINE % (1, n) for n in range(part * 50_000, part * 50_000 + 50_000)))
    wait_for(lambda: receiver.received > 1000, 20, "some lines")
    received = 0
    while received != receiver.received:
        received = receiver.received
        time.sleep(1)
    assert received < 50_000, "more than the window was sent"
    assert agent.rss_kib() < 40 * 1024

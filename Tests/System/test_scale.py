"""200 agents and 1 000 subscribers on one machine: nothing lost, nothing grows."""

import selectors
import socket
import time

from programs import BUILT, Agent, wait_for

AGENTS, SUBSCRIBERS, SECONDS = 200, 1000, 12


class Reader:
    def __init__(self, gateway, path):
        host, port = gateway.http_address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {gateway.http_address}\r\nAccept: text/event-stream\r\n\r\n".encode())
        self.socket.setblocking(False)
        self.pending = b""
        self.events = 0
        self.gaps = 0
        self.timestamps = []

    def read(self):
        piece = self.socket.recv(65536)
        assert piece, f"the gateway closed a stream after {self.events} events: {self.pending[:500]}"
        self.pending += piece
        *whole, self.pending = self.pending.split(b"\n\n")
        for event in whole:
            if b"event: metrics\n" in event:
                self.events += 1
                self.timestamps.append(event.split(b'"timestamp":"', 1)[1].split(b'"', 1)[0])
            elif b"event: gap\n" in event:
                self.gaps += 1


def test_two_hundred_agents_and_a_thousand_subscribers(launch, tmp_path):
    gateway = launch.gateway()
    agents = [launch.agent(gateway.agent_address, f"host{n}", wait=False) for n in range(AGENTS)]
    for agent in agents:
        agent.event("connected", 60)
    before = gateway.rss_kib()
    selector = selectors.DefaultSelector()
    readers = []
    for n in range(SUBSCRIBERS):
        subscription = gateway.subscribe("metrics", f"host{n % AGENTS}", interval="1s", filters=["load", "memory"], snapshot=False)
        reader = Reader(gateway, subscription["stream_url"])
        readers.append(reader)
        selector.register(reader.socket, selectors.EVENT_READ, reader)

    def pump(seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for key, _ in selector.select(0.1):
                key.data.read()

    pump(3)
    middle = gateway.rss_kib()
    counts = [r.events for r in readers]
    cpu = gateway.cpu_seconds()
    pump(SECONDS)
    cpu = (gateway.cpu_seconds() - cpu) / SECONDS
    print(f"gateway: {before} KiB with the agents, {middle} with the subscribers, {gateway.rss_kib()} after", end=" ")
    print(f"{SECONDS} s; {cpu:.1%} of a core; events {min(r.events for r in readers)}..{max(r.events for r in readers)}")
    for reader, had in zip(readers, counts):
        assert SECONDS - 3 <= reader.events - had <= SECONDS + 2
        assert reader.gaps == 0
        assert len(set(reader.timestamps)) == len(reader.timestamps)
    by_agent = {}
    for n, reader in enumerate(readers):
        by_agent.setdefault(n % AGENTS, []).append(reader.timestamps[-5:])
    for tails in by_agent.values():  # all who share a view received the same
        shared = set(tails[0])
        assert all(len(shared & set(tail)) >= 4 for tail in tails)
    assert gateway.rss_kib() - middle < 8 * 1024, (before, middle, gateway.rss_kib())
    for reader in readers:
        reader.socket.close()
    wait_for(lambda: not [s for s in gateway.streams() if s["stream_type"] == "metrics"], 10)

"""Breaks things at random, one after the other and sometimes two at a time, for a number of faults."""

import collections
import itertools
import random
import signal
import time

from .work import TaskWork


class Director:
    """`allowed` names the kinds of faults; None: all that this machine can do."""

    def __init__(self, world, seed, longest=5.0, allowed=None):
        self.world = world
        self.chance = random.Random(seed)
        self.longest = longest  # seconds that one fault lasts at most
        self.counts = collections.Counter()
        self.recoveries = []  # seconds from the end of all faults to the agent's return
        kinds = [(self.cut, 4), (self.stall, 2), (self.delay, 1), (self.freeze_agent, 2), (self.freeze_gateway, 2)]
        kinds += [(self.kill_agent, 3), (self.kill_gateway, 3), (self.drop_listeners, 1)]
        if world.namespace:
            kinds += [(self.link_down, 3), (self.drop_packets, 3), (self.lose_packets, 1), (self.change_address, 2)]
        self.kinds = [(fault, weight) for fault, weight in kinds if allowed is None or fault.__name__ in allowed]

    def run(self, faults, cuts=0, rest_every=25, overflow_every=50):
        """So many faults, and more until the line between agent and gateway has broken so many times."""
        for number in itertools.count(1):
            if number > faults and self.world.relay.connections > cuts:
                break
            self.begin_tasks()
            if number % overflow_every == 0:
                self.overflow()
            fault = self.chance.choices([f for f, _ in self.kinds], [w for _, w in self.kinds])[0]
            self.counts[fault.__name__] += 1
            fault()
            time.sleep(self.chance.uniform(0, 0.7))
            if self.chance.random() < 0.15:
                self.cancel_one()
            if number % rest_every == 0:
                self.recoveries.append(self.world.settle())
        self.recoveries.append(self.world.settle())

    # Work

    def begin_tasks(self):
        running = [t for t in self.world.tasks if not t.ended]
        if len(running) < 6:
            sleeps = self.chance.random() < 0.25
            task = TaskWork(self.world, self.chance.randint(20, 150), self.chance.choice([0.01, 0.02, 0.05]), sleeps)
            if task.begin():
                self.world.tasks.append(task)
        for task in running:
            task.cancel_when_done()

    def cancel_one(self):
        running = [t for t in self.world.tasks if not t.ended]
        if running:
            self.chance.choice(running).cancel()

    # Faults

    def overflow(self):
        """A command that prints without end while the gateway is away for longer than the agent lets it wait."""
        self.counts["overflow"] += 1
        self.world.settle()
        task = TaskWork(self.world, 60_000)
        if not task.begin():
            return
        self.world.tasks.append(task)
        deadline = time.monotonic() + 10
        while task.next == 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        self.world.relay.stalled.set()
        time.sleep(13)
        self.world.relay.stalled.clear()
        self.world.relay.cut(1)

    def span(self):
        """Most are short; some are longer than the three heartbeats after which a peer is taken as lost."""
        return min(self.longest, self.chance.choice([0.05, 0.2, 0.5, 1, 2, 5]) * self.chance.uniform(0.5, 1.5))

    def cut(self):
        self.world.relay.cut(self.chance.choice([1, 64, 8192]))

    def stall(self):
        self.world.relay.stalled.set()
        time.sleep(self.span())
        self.world.relay.stalled.clear()

    def delay(self):
        self.world.relay.delay = self.chance.uniform(0.02, 0.3)
        time.sleep(self.span())
        self.world.relay.delay = 0.0

    def freeze(self, program):
        program.signal(signal.SIGSTOP)
        time.sleep(self.span())
        # Of a frozen program the connection may break, and the program be killed.
        if self.chance.random() < 0.3:
            self.world.relay.cut(1)
            time.sleep(0.3)
        if self.chance.random() < 0.2:
            return
        program.signal(signal.SIGCONT)

    def freeze_agent(self):
        agent = self.world.agent
        self.freeze(agent)
        if is_stopped(agent):
            self.world.kill_agent()

    def freeze_gateway(self):
        gateway = self.world.gateway
        self.freeze(gateway)
        if is_stopped(gateway):
            self.world.kill_gateway()

    def kill_agent(self):
        self.world.kill_agent()

    def kill_gateway(self):
        self.world.kill_gateway()

    def drop_listeners(self):
        for task in self.world.tasks:
            task.drop_listener()

    def link_down(self):
        self.world.namespace.link(False)
        time.sleep(self.span())
        self.world.namespace.link(True)

    def change_address(self):
        """As when a host moves to another network: its connections break without a word."""
        self.world.namespace.change_address()

    def drop_packets(self):
        for chain in self.chance.choice([["INPUT"], ["OUTPUT"], ["INPUT", "OUTPUT"]]):
            self.world.namespace.drop(chain)
        time.sleep(self.span())
        self.world.namespace.heal()

    def lose_packets(self):
        for chain in ("INPUT", "OUTPUT"):
            self.world.namespace.drop(chain, probability=0.3)
        time.sleep(self.span())
        self.world.namespace.heal()


def is_stopped(program):
    try:
        return open(f"/proc/{program.pid}/stat").read().rsplit(")", 1)[1].split()[0] == "T"
    except FileNotFoundError:
        return False  # it has ended, which `check_alive` reports

"""A fleet of simulated agents that loses its gateway at one moment: how it comes back, and what others notice."""

import asyncio
import resource
import subprocess
import threading
import time

import requests

from programs import BUILT, Agent, Gateway, wait_for
from sse import Sse

OUTAGE = 10.0  # seconds in which nobody gets through
WITHIN = 60.0  # seconds from the cut until all have to be back
AT_ONCE = 0.1  # share of the fleet that may come in one tenth of a second


class Relay(threading.Thread):
    """A TCP relay for many connections."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.host, port = target.rsplit(":", 1)
        self.port = int(port)
        self.refuses = False
        self.writers = set()
        self.arrivals = []  # times at which connections were let through
        self.ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.start()
        self.ready.wait()

    def run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=4096))
        self.address = "127.0.0.1:%d" % server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    async def serve(self, reader, writer):
        if self.refuses:
            writer.transport.abort()
            return
        self.arrivals.append(time.monotonic())
        try:
            other_reader, other_writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, other_writer)
        self.writers.add(pair)
        await asyncio.gather(self.pump(reader, other_writer), self.pump(other_reader, writer))
        self.writers.discard(pair)

    async def pump(self, reader, writer):
        try:
            while piece := await reader.read(65536):
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass
        writer.transport.abort()

    def cut(self):
        def abort():
            for pair in list(self.writers):
                for writer in pair:
                    writer.transport.abort()

        self.loop.call_soon_threadsafe(abort)


class Probe(threading.Thread):
    """Asks /healthz all the time."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url, self.ended, self.slowest, self.failures, self.answers = url, threading.Event(), 0.0, 0, 0
        self.start()

    def run(self):
        session = requests.Session()
        while not self.ended.wait(0.05):
            began = time.monotonic()
            try:
                self.failures += session.get(self.url + "/healthz", timeout=10).status_code != 200
                self.answers += 1
            except requests.RequestException:
                self.failures += 1
            self.slowest = max(self.slowest, time.monotonic() - began)


def cut_off_fleet(directory, agents):
    """What did not hold: sentences."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the relay has two sockets for each agent
    gateway = Gateway(directory / "gateway")
    relay = Relay(gateway.agent_address)
    watched = Agent(gateway.agent_address, "watched", directory / "agent")
    load = subprocess.Popen(
        [BUILT / "sluice-load", "--gateway", gateway.url, "--agents-address", relay.address, "--agents", str(agents),
         "--topics", str(agents), "--subscribers", str(agents), "--rate", "0", "--duration", "10m", "--quiet", "--json"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    probe = None
    try:
        wait_for(lambda: connected(gateway) == agents + 1 or load.poll() is not None, 60, f"{agents} agents")
        assert load.poll() is None, "sluice-load has ended"
        stream = Sse(gateway.url + gateway.subscribe("metrics", "watched", interval="200ms")["stream_url"])
        stream.wait_events("metrics", 5)
        probe = Probe(gateway.url)
        before = len(relay.arrivals)
        relay.refuses = True
        began = time.monotonic()
        relay.cut()
        wait_for(lambda: connected(gateway) <= 1, OUTAGE, "the loss of all")
        noticed = time.monotonic() - began
        time.sleep(max(0.0, OUTAGE - noticed))
        relay.refuses = False
        wait_for(lambda: connected(gateway) == agents + 1, 2 * WITHIN, "all agents to come back")
        back = time.monotonic() - began
        probe.ended.set()
        return judge(agents, noticed, back, relay.arrivals[before:], probe, stream)
    except AssertionError as error:
        return [str(error)]
    finally:
        if probe:
            probe.ended.set()
        load.kill()
        load.wait()
        watched.kill()
        gateway.kill()


def connected(gateway):
    for line in gateway.get("/metrics").text.splitlines():
        if line.startswith("sluice_agents_connected "):
            return int(float(line.split()[1]))
    raise AssertionError("no sluice_agents_connected")


def judge(agents, noticed, back, arrivals, probe, stream):
    busiest = max(sum(1 for a in arrivals if start <= a < start + 0.1) for start in arrivals)
    samples = [e.arrived for e in stream.of("metrics")]
    pause = max(b - a for a, b in zip(samples, samples[1:]))
    print(f"{agents} agents cut off at once, for {OUTAGE:.0f} s: lost after {noticed:.1f} s, all back {back:.1f} s after the cut; at most {busiest} in 0.1 s")
    print(f"meanwhile: /healthz {probe.answers} times, slowest {probe.slowest * 1000:.0f} ms; samples of another agent every 0.2 s, longest pause {pause * 1000:.0f} ms")
    problems = []
    if back > WITHIN:
        problems.append(f"all were back after {back:.1f} s only")
    if busiest > max(10, AT_ONCE * agents):
        problems.append(f"{busiest} of {agents} came back within 0.1 s")
    if probe.failures:
        problems.append(f"{probe.failures} requests to /healthz failed")
    if pause > 5 or probe.slowest > 5:
        problems.append("the gateway stood still meanwhile")
    return problems

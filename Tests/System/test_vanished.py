"""A client that vanishes without a word: a pulled cable, in two network namespaces. What the client sends goes nowhere."""

import json
import os
import shutil
import subprocess
import time

import pytest

from programs import BUILT, Agent, Gateway, wait_for

CLIENT = """
import socket, sys, time
client = socket.create_connection(("10.231.0.1", int(sys.argv[1])))
client.sendall(("GET " + sys.argv[2] + " HTTP/1.1\\r\\nHost: 10.231.0.1\\r\\n\\r\\n").encode())
while True:
    print(client.recv(65536).count(b"event: metrics"), flush=True)
"""


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def two_hosts():
    """Names of two namespaces, one for the gateway (10.231.0.1), one for the client (10.231.0.2)."""
    if not shutil.which("ip"):
        pytest.skip("ip (Debian package iproute2) is not installed")
    here, there = f"sluice-gw-{os.getpid()}", f"sluice-cl-{os.getpid()}"
    made = [run("ip", "netns", "add", name) for name in (here, there)]
    if any(result.returncode for result in made):
        run("ip", "netns", "del", here)
        pytest.skip(f"network namespaces are not permitted: {made[0].stderr.strip()}")
    try:
        inside = ("ip", "-n", here)
        steps = [
            (*inside, "link", "add", "wire0", "type", "veth", "peer", "name", "wire1", "netns", there),
            (*inside, "addr", "add", "10.231.0.1/24", "dev", "wire0"),
            ("ip", "-n", there, "addr", "add", "10.231.0.2/24", "dev", "wire1"),
            (*inside, "link", "set", "wire0", "up"),
            (*inside, "link", "set", "lo", "up"),
            ("ip", "-n", there, "link", "set", "wire1", "up"),
        ]
        for step in steps:
            result = run(*step)
            if result.returncode:
                pytest.skip(f"{' '.join(step)}: {result.stderr.strip()}")
        yield here, there
    finally:
        for name in (here, there):
            run("ip", "netns", "del", name)


class GatewayThere(Gateway):
    """A gateway in a namespace, which this program talks to from inside it, by curl."""

    def __init__(self, namespace, data, *options):
        self.data = data
        self.inside = ("ip", "netns", "exec", namespace)
        token = self.make_token("me", "admin")
        self.agent_token = data.parent / "agent.token"
        self.agent_token.write_text(self.make_token("a1", "agent", "--agents", "agent1"))
        binds = ("--http-bind", "10.231.0.1:0", "--agent-bind", "127.0.0.1:0", "--data-dir", data)
        self.start([*self.inside, BUILT / "sluice", "serve", *binds, *options])
        self.token = token

    def make_token(self, name, role, *more):
        made = run(BUILT / "sluice", "token", "create", "--name", name, "--role", role, "--data-dir", self.data, *more)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def ask(self, path, *more):
        answer = run(*self.inside, "curl", "-sS", "-H", f"Authorization: Bearer {self.token}", *more, self.url + path)
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def is_streaming(self):
        return any(s["stream_type"] == "metrics" for s in self.ask("/admin/streams")["streams"])


class AgentThere(Agent):
    def __init__(self, gateway, state):
        self.agent_id = "agent1"
        arguments = ("--gateway", gateway.agent_address, "--id", "agent1", "--state-dir", state)
        super(Agent, self).__init__(
            [*gateway.inside, BUILT / "sluice-agent", *arguments, "--token-file", gateway.agent_token]
        )
        self.event("connected")


@pytest.mark.parametrize("interval", ["200ms", "1h"], ids=["while events flow", "while nothing is sent"])
def test_a_client_that_vanished_stops_the_stream_within_two_heartbeats(launch, two_hosts, tmp_path, interval):
    here, there = two_hosts
    heartbeat = 2
    gateway = launch.keep(GatewayThere(here, tmp_path / "data", "--sse-heartbeat", f"{heartbeat}s", "--linger", "0s"))
    launch.keep(AgentThere(gateway, tmp_path / "agent"))
    body = f'{{"stream_type":"metrics","agent_id":"agent1","config":{{"interval":"{interval}"}}}}'
    subscription = gateway.ask("/subscriptions", "--json", body)
    port = gateway.http_address.rsplit(":", 1)[1]
    client = subprocess.Popen(
        ["ip", "netns", "exec", there, "python3", "-c", CLIENT, port, subscription["stream_url"]],
        stdout=subprocess.PIPE, text=True,
    )
    try:
        while int(client.stdout.readline()) == 0:
            pass
        assert gateway.is_streaming()
        cut = run("ip", "-n", there, "route", "add", "blackhole", "10.231.0.1/32")
        assert cut.returncode == 0, cut.stderr
        began = time.monotonic()
        wait_for(lambda: not gateway.is_streaming(), 6 * heartbeat, "the end of the agent's stream")
        assert time.monotonic() - began <= 2 * heartbeat + 3  # the time it takes to ask
        shown = gateway.ask("/subscriptions/" + subscription["subscription_id"])
        assert shown["status"] == "disconnected"
    finally:
        client.kill()
        client.wait()

"""Many agents, simulated: what concerns the fleet and not the host."""

import selectors
import socket
import threading

from programs import wait_for
from sse import Sse
from wiretap import frames, load_protocol

AGENTS = 300


def delimited(message):
    payload = message.SerializeToString()
    length, prefix = len(payload), b""
    while length > 0x7F:
        prefix += bytes([length & 0x7F | 0x80])
        length >>= 7
    return prefix + bytes([length]) + payload


class Fleet:
    """Says Hello for many agents and answers each demand for metrics with one sample of about 6 KiB."""

    def __init__(self, address, count):
        self.protocol = load_protocol()
        host, port = address.rsplit(":", 1)
        self.selector = selectors.DefaultSelector()
        self.sockets = []
        for n in range(count):
            s = socket.create_connection((host, int(port)))
            hello = self.protocol.Hello(protocol_version=1, agent_id=f"sim{n}", hostname=f"sim{n}", stream_types=["metrics"])
            s.sendall(delimited(self.protocol.AgentMessage(hello=hello)))
            s.setblocking(False)
            self.sockets.append(s)
            self.selector.register(s, selectors.EVENT_READ, bytearray())
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _sample(self, ref):
        metrics = self.protocol.MetricsDataResponse(timestamp=1)
        for n in range(40):
            metrics.disks.add(device=f"/dev/sim{n}".encode(), mount_point=b"/mnt/" + b"x" * 40, total_bytes=n)
        return self.protocol.AgentMessage(stream_data=self.protocol.StreamData(stream_ref=ref, metrics=metrics))

    def _run(self):
        while True:
            for key, _ in self.selector.select(1):
                try:
                    piece = key.fileobj.recv(65536)
                except OSError:
                    piece = b""
                if not piece:
                    self.selector.unregister(key.fileobj)
                    continue
                key.data.extend(piece)
                for frame in frames(key.data):
                    message = self.protocol.ServerMessage.FromString(frame)
                    if message.WhichOneof("message") == "desired_streams":
                        for stream in message.desired_streams.streams:
                            key.fileobj.sendall(delimited(self._sample(stream.stream_ref)))
            if not self.selector.get_map():
                return

    def close(self):
        for s in self.sockets:
            s.close()


def test_a_subscriber_to_every_agent_gets_the_last_value_of_each_however_many(launch):
    gateway = launch.gateway()
    fleet = Fleet(gateway.agent_address, AGENTS)
    wait_for(lambda: gateway.get("/agents?per_page=1000").json()["total"] == AGENTS)
    first = Sse(gateway.url + gateway.subscribe("metrics", "*", interval="1h", buffer_size=1000)["stream_url"])
    wait_for(lambda: all(a["has_metrics"] for a in gateway.get("/metrics/agents").json()["agents"].values()), 20)
    second = Sse(gateway.url + gateway.subscribe("metrics", "*", interval="1h", buffer_size=1000)["stream_url"])
    second.wait(lambda s: len({e.json["agent_id"] for e in s.of("metrics")}) == AGENTS, 20, "a snapshot of each agent")
    assert not second.ended.is_set() and second.of("gap") == []
    for stream in (first, second):
        stream.close()
    fleet.close()


def test_lines_that_are_sent_again_are_not_repeated_to_a_listener_that_had_them(launch):
    """A gateway that is killed may have shown lines that it had not stored; the agent sends them again."""
    gateway = launch.gateway()
    protocol = load_protocol()
    host, port = gateway.agent_address.rsplit(":", 1)
    agent = socket.create_connection((host, int(port)))
    hello = protocol.Hello(protocol_version=1, agent_id="sim", hostname="sim", task_kinds=["shell"])
    agent.sendall(delimited(protocol.AgentMessage(hello=hello)))
    wait_for(lambda: gateway.agent_connected("sim"))
    task = gateway.run_shell("sim", "whatever")
    stream = Sse(gateway.url + gateway.subscribe("shell_output", resource=task)["stream_url"], last_event_id="l3")
    stream.wait(lambda s: s.status)
    for batch in ([1, 2], [3, 4], [5]):
        lines = [protocol.OutputLine(seq=n, line=b"line %d" % n) for n in batch]
        response = protocol.TaskResponse(task_id=task, status=protocol.TaskResponse.IN_PROGRESS, lines=lines)
        agent.sendall(delimited(protocol.AgentMessage(task_response=response)))
    final = protocol.TaskResponse(task_id=task, status=protocol.TaskResponse.COMPLETED, is_final=True, exit_code=0)
    agent.sendall(delimited(protocol.AgentMessage(task_response=final)))
    stream.wait_end()
    assert [e.json["data"]["seq"] for e in stream.of("shell_output")] == [4, 5, 6]
    assert stream.of("gap") == [] and stream.of("stream_end")[0].json["exit_code"] == 0
    agent.close()

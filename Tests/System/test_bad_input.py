"""Hostile and mistaken input has its documented error and disturbs nothing else."""

import json
import socket
import time

import pytest

from programs import wait_for
from sse import Sse
from wiretap import frames, load_protocol

GOOD = {"stream_type": "metrics", "agent_id": "agent1"}


def connect(address):
    host, port = address.rsplit(":", 1)
    s = socket.create_connection((host, int(port)), timeout=15)
    return s


def read_all(s):
    data = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                return data
            data += piece
    except ConnectionResetError:
        return data


@pytest.mark.parametrize(
    "body, code, field",
    [
        ({"stream_type": "nope", "agent_id": "agent1"}, "unknown_stream_type", "stream_type"),
        ({"agent_id": "agent1"}, "invalid_field", "stream_type"),
        ({"stream_type": 5, "agent_id": "agent1"}, "invalid_field", "stream_type"),
        ({"stream_type": "metrics"}, "invalid_field", "agent_id"),
        ({"stream_type": "metrics", "agent_id": ""}, "invalid_field", "agent_id"),
        ({"stream_type": "metrics", "agent_id": "a b"}, "invalid_field", "agent_id"),
        ({"stream_type": "metrics", "agent_id": "x" * 129}, "invalid_field", "agent_id"),
        ({"stream_type": "metrics", "agent_id": "../x"}, "invalid_field", "agent_id"),
        ({**GOOD, "surprise": 1}, "invalid_field", "surprise"),
        ({**GOOD, "config": {"surprise": 1}}, "invalid_field", "config.surprise"),
        ({**GOOD, "config": {"interval": "99ms"}}, "invalid_field", "config.interval"),
        ({**GOOD, "config": {"interval": "61m"}}, "invalid_field", "config.interval"),
        ({**GOOD, "config": {"interval": "fast"}}, "invalid_field", "config.interval"),
        ({**GOOD, "config": {"interval": -1}}, "invalid_field", "config.interval"),
        ({**GOOD, "config": {"interval": True}}, "invalid_field", "config.interval"),
        ({**GOOD, "config": {"filters": ["cpu", "nope"]}}, "invalid_field", "config.filters"),
        ({**GOOD, "config": {"filters": "cpu"}}, "invalid_field", "config.filters"),
        ({**GOOD, "config": {"buffer_size": 0}}, "invalid_field", "config.buffer_size"),
        ({**GOOD, "config": {"buffer_size": 10001}}, "invalid_field", "config.buffer_size"),
        ({**GOOD, "config": {"snapshot": "yes"}}, "invalid_field", "config.snapshot"),
        ({"stream_type": "shell_output", "agent_id": "agent1"}, "resource_required", "resource"),
        ({"stream_type": "container_logs", "agent_id": "*", "resource": "x"}, "invalid_field", "agent_id"),
    ],
)
def test_a_wrong_subscription_is_refused_naming_the_field(pair, body, code, field):
    gateway, _ = pair
    answer = gateway.post("/subscriptions", body)
    assert answer.status_code == 400, answer.text
    error = answer.json()
    assert (error["code"], error["field"]) == (code, field) and error["error"].strip()


def test_refusals_of_the_whole_request(pair):
    gateway, _ = pair

    def outcome(method, path, **more):
        answer = gateway.request(method, path, **more)
        return answer.status_code, answer.json().get("code")

    as_json = {"Content-Type": "application/json"}
    assert outcome("POST", "/subscriptions", data=b"{", headers=as_json) == (400, "invalid_json")
    assert outcome("POST", "/subscriptions", data=b"[1]", headers=as_json) == (400, "invalid_json")
    assert outcome("POST", "/subscriptions", data=b'{"a":1,"a":2}', headers=as_json) == (400, "invalid_json")
    assert outcome("POST", "/subscriptions", data=b"[" * 100000, headers=as_json) == (400, "invalid_json")
    assert outcome("POST", "/subscriptions", data=b'{"stream_type":"\xff"}', headers=as_json) == (400, "invalid_json")
    assert outcome("POST", "/subscriptions", data=b"a=b", headers={"Content-Type": "application/x-www-form-urlencoded"}) == (415, "unsupported_media_type")
    assert outcome("POST", "/subscriptions", data=b" " * 3_000_000, headers=as_json) == (413, "body_too_large")
    assert outcome("GET", "/nothing/here") == (404, "not_found")
    assert outcome("GET", "/streams/sub_unknown") == (404, "subscription_not_found")
    assert outcome("GET", "/tasks/task_unknown") == (404, "task_not_found")
    assert outcome("GET", "/agents/unknown") == (404, "agent_not_found")
    assert outcome("GET", "/subscriptions?page=0") == (400, "invalid_field")
    assert outcome("GET", "/subscriptions?per_page=1001") == (400, "invalid_field")
    assert outcome("POST", "/subscriptions", json={"stream_type": "metrics", "agent_id": "unknown"}) == (404, "agent_not_found")
    assert outcome("POST", "/subscriptions", json={"stream_type": "health_check", "agent_id": "agent1"}) == (403, "not_a_client_stream")
    assert outcome("POST", "/tasks/shell", json={"agent_id": "agent1"}) == (400, "invalid_field")
    assert outcome("POST", "/tasks/shell", json={"agent_id": "agent1", "cmd": "id", "timeout": "-1s"}) == (400, "invalid_field")
    answer = gateway.request("PATCH", "/subscriptions")
    assert answer.status_code == 405 and set(answer.headers["Allow"].replace(" ", "").split(",")) >= {"GET", "POST"}
    assert gateway.request("OPTIONS", "/subscriptions").status_code == 204
    head = gateway.request("HEAD", "/stream-types")
    assert head.status_code == 200 and head.content == b"" and int(head.headers["Content-Length"]) > 100


def test_an_agent_that_is_away_is_no_error(launch, pair):
    gateway, agent = pair
    agent.stop()
    wait_for(lambda: not gateway.agent_connected("agent1"))
    assert gateway.subscribe("metrics", "agent1")["agent_connected"] is False
    waiting = gateway.subscribe("metrics", "not-yet", wait_for_agent=True)
    stream = Sse(gateway.url + waiting["stream_url"])
    assert stream.wait_events("stream_status")[0].json["state"] == "waiting_for_agent"
    launch.agent(gateway.agent_address, "not-yet")
    stream.wait_events("metrics")
    stream.close()


@pytest.mark.parametrize(
    "request_bytes, status",
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", None),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"v" * 1000) for i in range(200)) + b"\r\n", 431),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (b"POST /subscriptions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400),
        (b"POST /subscriptions HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400),
        (b"GET /agents/%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400),
        (b"GET /agents/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400),
    ],
)
def test_damaged_http_gets_an_answer_or_a_close(launch, request_bytes, status):
    gateway = launch.gateway()
    s = connect(gateway.http_address)
    s.sendall(request_bytes)
    if status is None:
        s.shutdown(socket.SHUT_WR)
    answer = read_all(s)
    if status is not None:
        got = int(answer.split()[1])
        assert got == status or (status == 431 and got in (400, 413, 414, 431)), answer[:200]
    assert gateway.get("/healthz").status_code == 200


def test_a_request_that_trickles_in_is_cut_off_and_the_others_are_served(launch):
    gateway = launch.gateway()
    slow = [connect(gateway.http_address) for _ in range(50)]
    for s in slow:
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    started = time.monotonic()
    open_ones = list(slow)
    while open_ones and time.monotonic() - started < 40:
        for s in list(open_ones):
            try:
                s.sendall(b"a")
                s.setblocking(False)
                try:
                    if s.recv(4096) == b"":
                        open_ones.remove(s)
                except BlockingIOError:
                    pass
                s.setblocking(True)
            except OSError:
                open_ones.remove(s)
        assert gateway.get("/healthz").status_code == 200
        time.sleep(0.2)
    assert not open_ones


def hello(protocol, agent_id="agent9", **more):
    return protocol.AgentMessage(hello=protocol.Hello(protocol_version=1, agent_id=agent_id, hostname="h", **more))


def delimited(message):
    payload = message.SerializeToString()
    length, prefix = len(payload), b""
    while length > 0x7F:
        prefix += bytes([length & 0x7F | 0x80])
        length >>= 7
    return prefix + bytes([length]) + payload


def answers(protocol, data):
    return [protocol.ServerMessage.FromString(f) for f in frames(bytearray(data))]


def test_hostile_agents_are_cut_off_and_the_real_one_streams_on(launch):
    gateway = launch.gateway("--agent-heartbeat", "1s")  # the last of them says nothing, and is given up after three
    launch.agent(gateway.agent_address, "agent1")
    protocol = load_protocol()
    stream = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="200ms", snapshot=False)["stream_url"])
    stream.wait_events("metrics", 2)
    heartbeat = delimited(protocol.AgentMessage(heartbeat=protocol.Heartbeat(applied_generation=1)))
    welcome_then = delimited(hello(protocol))
    for attack in (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\x80\x80\x80\x10",  # announces 4 GiB
        b"\x81\x80\x40" + b"x" * 100,  # 1 MiB + 1
        b"\x05\xff\xff\xff\xff\xff",  # not a message
        heartbeat,  # a frame before Hello
        welcome_then + welcome_then,  # a second Hello
        welcome_then + b"\x03\x0a\x7f\x00",
        welcome_then + b"\x00" * 50,
    ):
        s = connect(gateway.agent_address)
        s.sendall(attack)
        assert read_all(s) is not None  # the gateway closes
        s.close()
    truncated = connect(gateway.agent_address)
    truncated.sendall(welcome_then[:-3])
    truncated.close()
    bad_id = connect(gateway.agent_address)
    bad_id.sendall(delimited(hello(protocol, "no spaces allowed")))
    refusal = answers(protocol, read_all(bad_id))[0].refusal
    assert refusal.code == protocol.Refusal.INVALID_HELLO and refusal.message
    count = len(stream.of("metrics"))
    stream.wait_events("metrics", count + 3)
    assert not stream.of("stream_status") or stream.of("stream_status")[-1].json["state"] == "active"
    stream.close()


def test_a_silent_agent_connection_is_closed_after_five_seconds(launch):
    gateway = launch.gateway()
    s = connect(gateway.agent_address)
    started = time.monotonic()
    read_all(s)
    assert 4 < time.monotonic() - started < 8


def test_a_newer_connection_with_the_same_id_replaces_the_older(launch):
    gateway = launch.gateway()
    protocol = load_protocol()
    first = connect(gateway.agent_address)
    first.sendall(delimited(hello(protocol)))
    wait_for(lambda: gateway.agent_connected("agent9"))
    second = connect(gateway.agent_address)
    second.sendall(delimited(hello(protocol)))
    goodbye = answers(protocol, read_all(first))[-1]
    assert goodbye.goodbye.reason == protocol.Goodbye.REPLACED
    assert gateway.agent_connected("agent9")
    assert gateway.get("/agents").json()["total"] == 1
    second.close()


def test_an_unknown_session_is_not_found(pair):
    gateway, _ = pair
    answer = gateway.get("/sessions/ses_unknown/events", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 404 and answer.json()["code"] == "session_not_found"


def test_numbers_at_the_end_of_their_range_end_no_process(launch):
    gateway = launch.gateway()
    protocol = load_protocol()
    top = 2**64 - 1
    for numbers in (
        {"lines": [protocol.OutputLine(seq=top, stream="STDOUT", line=b"x")]},
        {"gap": protocol.SeqRange(from_seq=1, to_seq=top)},
        {"lines": [protocol.OutputLine(seq=2**63, stream="STDOUT", line=b"x")], "is_final": True},
    ):
        s = connect(gateway.agent_address)
        s.sendall(delimited(hello(protocol, task_kinds=["shell"])))
        wait_for(lambda: gateway.agent_connected("agent9"), what="the agent")
        task = gateway.run_shell("agent9", "true")
        s.sendall(delimited(protocol.AgentMessage(task_response=protocol.TaskResponse(task_id=task, **numbers))))
        read_all(s)  # it is cut off
        s.close()
        subscription = gateway.subscribe("shell_output", "agent9", task)
        cursor = "l3w5e11264sgsf"  # 2^64 - 1, in the form of a line's number
        stream = Sse(gateway.url + subscription["stream_url"], last_event_id=cursor)
        assert stream.wait_events("gap", 1)[0].json["missed"] is None
        stream.close()
    assert gateway.get("/healthz").status_code == 200


@pytest.mark.parametrize("is_read", [True, False], ids=["somebody reads", "nobody reads"])
def test_a_sample_that_is_damaged_inside_ends_the_agents_connection(launch, is_read):
    gateway = launch.gateway()
    protocol = load_protocol()
    wish = {"stream_type": "metrics", "agent_id": "agent9"}
    s = connect(gateway.agent_address)
    s.sendall(delimited(hello(protocol, stream_types=["metrics"])))
    wait_for(lambda: gateway.agent_connected("agent9"), what="the agent")
    assert gateway.post("/admin/streams/server", wish).status_code in (200, 201)
    stream = Sse(gateway.url + gateway.subscribe("metrics", "agent9")["stream_url"]) if is_read else None
    ref = desired_ref(protocol, s)
    # A CPU, memory, a disk, a network interface, processes and load, all empty, and in the damaged one no field at all.
    for cpu in (b"", b"\x0f"):
        parts = b"".join(bytes([field << 3 | 2, len(text)]) + text for field, text in enumerate([cpu, b"", b"", b"", b"", b""], 2))
        data = protocol.StreamData(stream_ref=ref, at_unix_ns=time.time_ns()).SerializeToString() + bytes([10 << 3 | 2, len(parts)]) + parts
        message = bytes([4 << 3 | 2, len(data)]) + data
        s.sendall(bytes([len(message)]) + message)
        if not cpu:
            wait_for(lambda: gateway.get("/agents/agent9/metrics").status_code == 200, what="the good sample")
    read_all(s)
    s.close()
    wait_for(lambda: not gateway.agent_connected("agent9"), what="its end")
    assert gateway.get("/agents/agent9/metrics").json()["cpu"] is not None, "the good one is the last"
    if stream:
        assert len(stream.of("metrics")) == 1
        stream.close()


def desired_ref(protocol, s):
    """The short name of the only stream that the gateway wants."""
    buffer = bytearray()
    while True:
        buffer += s.recv(65536)
        for frame in frames(buffer):
            message = protocol.ServerMessage.FromString(frame)
            if message.WhichOneof("message") == "desired_streams" and message.desired_streams.streams:
                return message.desired_streams.streams[0].stream_ref

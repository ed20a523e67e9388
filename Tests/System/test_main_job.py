"""What the product is for: real metrics and real command output, only while somebody listens."""

import os
import re
import socket
import subprocess
import time

import pytest

from programs import wait_for
from sse import Sse, evenly, live


def test_metrics_of_the_real_host_arrive_every_second_and_change(pair):
    gateway, _ = pair
    subscription = gateway.subscribe("metrics", "agent1", interval="1s")
    assert subscription["status"] == "pending" and subscription["agent_connected"] is True
    stream = Sse(gateway.url + subscription["stream_url"])
    events = stream.wait_events("metrics", 4, 8)
    assert stream.status == 200
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert "no-cache" in stream.headers["cache-control"] and stream.headers["x-accel-buffering"] == "no"
    assert 2000 <= stream.retry <= 4000
    samples = live(events)
    envelope = samples[-1].json
    assert envelope["type"] == "metrics_data" and envelope["stream_type"] == "metrics"
    assert envelope["agent_id"] == "agent1" and envelope["view"] == subscription["view"]
    data = envelope["data"]
    assert len(data["cpu"]["core_usage"]) == os.cpu_count()
    assert 0 <= data["cpu"]["usage_percent"] <= 100
    total = int(open("/proc/meminfo").readline().split()[1]) * 1024
    assert data["memory"]["total_bytes"] == total
    assert any(d["mount_point"] == "/" for d in data["disks"])
    assert abs(data["timestamp"] - time.time()) < 5
    assert len({e.json["data"][a][b] for e in samples for a, b in (("cpu", "idle_percent"), ("memory", "used_bytes"))}) > 2
    stream.wait(lambda s: evenly(live(s.of("metrics")), 0.7, 1.5), 10, "samples a second apart")
    stream.close()


def test_each_line_of_a_command_arrives_as_it_is_printed_then_the_stream_ends(pair):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "for i in 1 2 3 4 5; do echo $i $(date +%s.%N); sleep 0.5; done")
    subscription = gateway.subscribe("shell_output", "agent1", task)
    stream = Sse(gateway.url + subscription["stream_url"])
    stream.wait_events("stream_end", 1, 10)
    lines = [e.json["data"] for e in stream.of("shell_output")]
    assert [line["line"].split()[0] for line in lines[:-1]] == ["1", "2", "3", "4", "5"]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5, 6]
    wall_minus_monotonic = time.time() - time.monotonic()
    late = [
        event.arrived + wall_minus_monotonic - float(event.json["data"]["line"].split()[1])
        for event in stream.of("shell_output")[1:5]  # the first may be older than the subscription
    ]
    assert min(late) < 0.1 and max(late) < 5, late  # a busy machine delays some, a buffer would delay all
    final = lines[-1]
    assert final["stream"] == "status" and final["is_final"] is True and final["exit_code"] == 0
    assert final["status"] == "completed" and final["line"] == ""
    end = stream.of("stream_end")[0].json
    assert end["reason"] == "completed" and end["exit_code"] == 0
    assert end["subscription_id"] == subscription["subscription_id"]
    stream.wait_end()
    assert Sse(gateway.url + subscription["stream_url"], last_event_id=stream.last_id).wait(lambda s: s.status) == 204


def test_subscribing_after_the_end_gives_everything_again(pair):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "seq 1 500; echo oops >&2; exit 3")
    assert gateway.wait_task(task)["exit_code"] == 3
    for _ in range(2):
        subscription = gateway.subscribe("shell_output", resource=task)
        stream = Sse(gateway.url + subscription["stream_url"])
        stream.wait_end()
        data = [e.json["data"] for e in stream.of("shell_output")]
        assert [d["line"] for d in data if d["stream"] == "stdout"] == [str(n) for n in range(1, 501)]
        assert [d["line"] for d in data if d["stream"] == "stderr"] == ["oops"]
        assert [d["seq"] for d in data] == list(range(1, 503))
        assert stream.of("stream_end")[0].json["exit_code"] == 3
    output = gateway.get(f"/tasks/{task}/output")
    assert output.status_code == 200 and output.text.splitlines()[:3] == ["1", "2", "3"]
    record = gateway.task(task)
    assert record["status"] == "failed" and record["exit_code"] == 3


def test_a_listener_in_the_middle_gets_every_line_once(pair):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "for i in $(seq 1 2000); do echo line $i; done; sleep 1; for i in $(seq 2001 4000); do echo line $i; done")
    streams = []
    for _ in range(5):
        streams.append(Sse(gateway.url + gateway.subscribe("shell_output", "agent1", task)["stream_url"]))
        time.sleep(0.3)
    for stream in streams:
        stream.wait_end()
        lines = [e.json["data"]["line"] for e in stream.of("shell_output")][:-1]
        assert lines == [f"line {n}" for n in range(1, 4001)]


def test_a_broken_listener_resumes_after_its_last_event(pair):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "for i in $(seq 1 300); do echo $i; sleep 0.02; done")
    subscription = gateway.subscribe("shell_output", "agent1", task)
    seen, last = [], None
    for _ in range(4):
        stream = Sse(gateway.url + subscription["stream_url"], last_event_id=last)
        stream.wait(lambda s: len(s.of("shell_output")) >= 40 or s.ended.is_set())
        stream.close()
        stream.ended.wait(5)
        seen += [e.json["data"]["seq"] for e in stream.of("shell_output")]
        last = stream.last_id
    stream = Sse(gateway.url + subscription["stream_url"], last_event_id=last)
    stream.wait_end()
    seen += [e.json["data"]["seq"] for e in stream.of("shell_output")]
    assert seen == list(range(1, 302))


@pytest.mark.parametrize("command", ["sleep 60", "trap '' TERM; sleep 60 & wait; sleep 60"])
def test_a_cancelled_task_is_ended_with_its_whole_process_group(pair, command):
    gateway, _ = pair
    task = gateway.run_shell("agent1", f"echo $$; {command}")
    subscription = gateway.subscribe("shell_output", "agent1", task)
    stream = Sse(gateway.url + subscription["stream_url"])
    group = int(stream.wait_events("shell_output", 1)[0].json["data"]["line"])
    answer = gateway.delete(f"/tasks/{task}")
    assert answer.status_code == 200 and answer.json() == {"message": "task cancelled"}
    stream.wait_end(12)
    assert gateway.wait_task(task)["status"] == "cancelled"
    alive = lambda: subprocess.run(["ps", "-o", "pid=", "-g", str(group)], capture_output=True, text=True).stdout  # noqa: E731
    wait_for(lambda: alive().strip() == "", 2, "the end of all its processes")
    assert gateway.delete(f"/tasks/{task}").status_code == 409
    assert gateway.delete(f"/tasks/{task}").json()["code"] == "task_finished"


def test_a_task_over_its_timeout_is_ended(pair):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "echo started; sleep 60", timeout="3s")
    record = gateway.wait_task(task, 10)
    assert record["status"] == "timeout"
    assert gateway.get(f"/tasks/{task}/output").text == "started\n"


def test_hostile_output_arrives_as_valid_json_on_one_line(pair):
    gateway, _ = pair
    task = gateway.run_shell("agent1", r"""printf 'a\0b\n\xff\xfe\n\ndata: x\rsecond\r\n"quoted"\\\n'; head -c 150000 /dev/zero | tr '\0' x""")
    gateway.wait_task(task)
    stream = Sse(gateway.url + gateway.subscribe("shell_output", "agent1", task)["stream_url"])
    stream.wait_end()
    data = [e.json["data"] for e in stream.of("shell_output")][:-1]
    lines = [d["line"] for d in data]
    assert lines[:6] == ["a\0b", "\ufffd\ufffd", "", "data: x", "second", '"quoted"\\']
    long = data[6:]
    assert "".join(d["line"] for d in long) == "x" * 150000
    assert [d["truncated"] for d in long] == [True] * (len(long) - 1) + [False]
    assert all(len(d["line"]) <= 65536 for d in long)


def test_an_agent_that_does_not_allow_shell_says_so(launch):
    gateway = launch.gateway()
    launch.agent(gateway.agent_address, "agent1")
    answer = gateway.post("/tasks/shell", {"agent_id": "agent1", "cmd": "id"})
    assert answer.status_code == 403 and answer.json()["code"] == "not_allowed_by_agent"


def test_what_is_known_of_an_agent(pair):
    gateway, _ = pair
    agent = gateway.get("/agents/agent1").json()
    assert agent["connected"] is True and agent["hostname"] and "metrics" in agent["capabilities"]
    listing = gateway.get("/agents").json()
    assert listing["total"] == 1 and listing["page"] == 1 and listing["agents"][0]["agent_id"] == "agent1"
    system = wait_for(lambda: (lambda a: a if a.status_code == 200 else None)(gateway.get("/agents/agent1/system")), 5).json()
    assert system["hardware"]["thread_count"] == os.cpu_count()
    assert system["software"]["os"]["kernel_version"] == os.uname().release
    answer = gateway.post("/agents/agent1/system/refresh", {})
    assert answer.status_code == 202 and answer.json()["task_id"]
    stream = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="1s")["stream_url"])
    stream.wait_events("metrics")
    assert gateway.get("/agents/agent1/metrics").json()["memory"]["total_bytes"] > 0
    assert gateway.get("/metrics/agents").json()["agents"]["agent1"]["has_metrics"] is True
    stream.close()


def test_the_first_event_comes_at_once_to_a_second_listener_as_a_snapshot(pair):
    gateway, _ = pair
    first = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="30s")["stream_url"])
    first.wait_events("metrics")
    second = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="30s")["stream_url"])
    assert second.wait_events("metrics", 1, 2)[0].json["metadata"]["snapshot"] is True
    for stream in (first, second):
        stream.close()


def test_filters_shape_each_listeners_view(pair):
    gateway, _ = pair
    narrow = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="1s", filters=["cpu.usage_percent", "load"], snapshot=False)["stream_url"])
    wide = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="1s", metrics=["memory"], snapshot=False)["stream_url"])
    data = narrow.wait_events("metrics", 2)[1].json["data"]
    assert set(data) == {"timestamp", "cpu", "load"} and set(data["cpu"]) == {"usage_percent"}
    assert set(wide.wait_events("metrics", 2)[1].json["data"]) == {"timestamp", "memory"}
    for stream in (narrow, wide):
        stream.close()


def test_a_narrow_listener_does_not_make_the_gateway_forget_the_rest(pair):
    gateway, _ = pair
    wide = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="200ms", snapshot=False)["stream_url"])
    wide.wait_events("metrics", 1)
    wide.close()
    wait_for(lambda: not [s for s in gateway.streams() if s["stream_type"] == "metrics"])
    narrow = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="200ms", filters=["load"], snapshot=False)["stream_url"])
    narrow.wait_events("metrics", 2)
    known = gateway.get("/agents/agent1/metrics").json()
    assert known["cpu"]["usage_percent"] is not None and known["disks"] and known["load"]["load1"] is not None
    late = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="1h")["stream_url"])
    snapshot = late.wait_events("metrics", 1)[0].json
    assert snapshot["metadata"]["snapshot"] is True and snapshot["data"]["memory"]["total_bytes"] > 0
    for stream in (narrow, late):
        stream.close()


def test_a_client_that_falls_behind_gets_every_line_once_even_of_a_task_that_has_ended_meanwhile(pair):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "sleep 0.5; seq 1 40000")
    subscription = gateway.subscribe("shell_output", "agent1", task)
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
    reader.settimeout(30)
    reader.connect(("127.0.0.1", int(gateway.url.rsplit(":", 1)[1])))
    reader.sendall(f"GET {subscription['stream_url']} HTTP/1.1\r\nHost: gateway\r\n\r\n".encode())
    wait_for(lambda: gateway.get(f"/tasks/{task}").json()["status"] == "completed", 20, "the end of the task")
    data = b"".join(iter(lambda: reader.recv(1 << 20), b""))
    reader.close()
    seqs = [int(n) for n in re.findall(rb'"seq":(\d+)', data)]
    assert seqs == list(range(1, 40002))
    assert data.count(b"event: stream_end") == 1 and b"event: gap" not in data

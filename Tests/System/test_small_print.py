"""What clients of others find in the API's small print."""

import socket
import subprocess

import pytest

from programs import BUILT, wait_for
from sse import Sse


@pytest.mark.parametrize("option", ["--http-bind", "--agent-bind"])
def test_a_port_that_is_taken_is_said_and_exits_with_69(tmp_path, option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        binds = {"--http-bind": "127.0.0.1:0", "--agent-bind": "127.0.0.1:0"} | {option: address}
        command = [BUILT / "sluice", "serve", "--data-dir", tmp_path / "data", "--loops", "3", *(x for bind in binds.items() for x in bind)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 69, ended.stderr
    assert address in ended.stderr


def test_an_origin_that_no_browser_would_send_is_refused_at_the_start(tmp_path):
    for origin in ("bogus", "https://a.example/path", "https://", "null"):
        command = [BUILT / "sluice", "check-config", "--cors-origin", origin, "--data-dir", tmp_path]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 64 and "--cors-origin" in ended.stderr, (origin, ended.stderr)


def test_a_subscription_hears_by_its_name_that_the_gateway_goes_down(pair):
    gateway, _ = pair
    subscription = gateway.subscribe("metrics", "agent1")
    stream = Sse(gateway.url + subscription["stream_url"])
    stream.wait_events("metrics")
    gateway.stop()
    stream.wait_end()
    last = stream.of("stream_status")[-1].json
    assert last["state"] == "draining" and last["subscription_id"] == subscription["subscription_id"]


def test_start_and_stop_of_metrics_take_the_same_body(pair):
    gateway, _ = pair
    for verb in ("start", "stop"):
        answer = gateway.post(f"/agents/agent1/metrics/{verb}", {"interval_seconds": 5, "metrics": ["cpu"]})
        assert answer.status_code == 200, answer.text


def test_tasks_of_an_agent_that_does_not_exist_are_not_found(pair):
    gateway, _ = pair
    assert gateway.get("/agents/agent1/tasks").json()["total"] == 0
    answer = gateway.get("/agents/nobody/tasks")
    assert answer.status_code == 404 and answer.json()["code"] == "agent_not_found"


def test_what_is_read_from_a_finished_task_counts_as_delivered(pair):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "seq 8")
    gateway.wait_task(task)
    subscription = gateway.subscribe("shell_output", resource=task)
    stream = Sse(gateway.url + subscription["stream_url"])
    stream.wait_end()
    path = "/subscriptions/" + subscription["subscription_id"]
    assert wait_for(lambda: gateway.get(path).json()["delivered"], 5) == 9


def test_a_cursor_beyond_the_end_of_a_task_is_a_gap_and_then_all_of_it(pair):
    gateway, _ = pair
    running = gateway.run_shell("agent1", "seq 3; sleep 2; seq 4 5")
    stream = Sse(gateway.url + gateway.subscribe("shell_output", resource=running)["stream_url"], last_event_id="lrr")
    stream.wait_end()
    assert [e.json["missed"] for e in stream.of("gap")] == [None]
    assert [e.json["data"]["line"] for e in stream.of("shell_output")][:-1] == ["1", "2", "3", "4", "5"]
    assert stream.events[-1].kind == "stream_end"


def test_averages_of_bytes_are_whole_numbers(launch):
    gateway = launch.gateway("--recording", "metrics=1s")
    launch.agent(gateway.agent_address)

    def points():
        found = gateway.get("/agents/agent1/metrics/history", params={"max_points": 1}).json()
        return [p for p in found["data_points"] if p["min"]["memory.used_bytes"] != p["max"]["memory.used_bytes"]]

    for point in wait_for(points, 20, "values that differ"):
        assert all(isinstance(v, int) for part in ("values", "min", "max") for k, v in point[part].items() if "bytes" in k)


def test_a_self_test_ends_for_a_browser_too(launch):
    gateway = launch.gateway()
    first = Sse(gateway.url + "/selftest/sse")
    first.wait_end()
    assert first.retry and len(first.of("selftest")) == 10 and first.events[-1].kind == "stream_end"
    again = Sse(gateway.url + "/selftest/sse", last_event_id=first.last_id)
    assert again.wait(lambda s: s.status) == 204

"""Clients of the API before subscriptions, which know nothing of the one that there is now."""

import json
import signal
import subprocess

import pytest

from programs import BUILT, wait_for
from sse import Sse


def metrics(gateway, query="", **more):
    return Sse(gateway.url + "/agents/agent1/metrics/stream" + query, **more)


def task_stream(gateway, task, **more):
    return Sse(f"{gateway.url}/stream?ref={task}", **more)


def assert_deprecated(headers):
    assert headers["deprecation"].startswith("@") and headers["deprecation"][1:].isdigit()
    assert headers["link"] == '</subscriptions>; rel="successor-version"'


def whole(responses, name):
    return "".join(r["shellExecute"][name] for r in responses)


def metrics_streams(gateway):
    return [s for s in gateway.streams() if s["stream_type"] == "metrics"]


def test_metrics_are_bare_and_the_last_known_come_first(pair):
    gateway, _ = pair
    first = metrics(gateway, "?interval=1")
    events = first.wait_events("metrics", 3, 30)
    assert first.status == 200 and first.headers["content-type"].startswith("text/event-stream")
    assert_deprecated(first.headers)
    assert {"timestamp", "cpu", "memory", "disks", "network_interfaces", "processes", "load"} <= set(events[0].json)
    assert events[0].json["timestamp"] < events[2].json["timestamp"]
    known = gateway.get("/agents/agent1/metrics").json()["timestamp"]
    second = metrics(gateway, "?interval=3600")
    assert second.wait_events("metrics", 1, 30)[0].json["timestamp"] >= known
    assert {e.kind for e in first.events + second.events} == {"metrics"}


def test_old_and_new_listeners_share_one_stream_which_ends_with_the_last(launch):
    gateway = launch.gateway("--linger", "0ms")
    launch.agent(gateway.agent_address, "agent1")
    old = metrics(gateway, "?interval=not-a-number")
    old.wait_events("metrics", 1, 30)
    (stream,) = metrics_streams(gateway)
    assert stream["config"]["interval"] == "5s"
    new = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="500ms")["stream_url"])
    new.wait_events("metrics", 3, 30)
    (shared,) = metrics_streams(gateway)
    assert shared["stream_id"] == stream["stream_id"] and shared["active_since"] == stream["active_since"]
    assert shared["config"]["interval"] == "500ms" and [x["kind"] for x in shared["leases"]] == ["listener"] * 2
    new.close()
    wait_for(lambda: metrics_streams(gateway)[0]["config"]["interval"] == "5s", 30, "the older interval")
    old.close()
    wait_for(lambda: not metrics_streams(gateway), 30, "the end of the stream")
    assert all("legacy" not in s["view"] for s in gateway.get("/subscriptions").json()["subscriptions"])


def test_what_a_task_prints_comes_as_responses_early_and_late(pair):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "sleep 1; echo one; echo two >&2; printf 'three'; exit 3")
    early = task_stream(gateway, task)
    modern = Sse(gateway.url + gateway.subscribe("shell_output", resource=task)["stream_url"])
    early.wait_end(30)
    modern.wait_end(30)
    gateway.wait_task(task)
    late = task_stream(gateway, task)
    late.wait_end(30)
    for stream in (early, late):
        assert_deprecated(stream.headers)
        assert {e.kind for e in stream.events} == {"response"}
        responses = [e.json for e in stream.events]
        assert all(r["agentId"] == "agent1" and r["taskId"] == task and r["cancelled"] is False for r in responses)
        assert [r["status"] for r in responses] == ["IN_PROGRESS"] * 3 + ["FAILURE"]
        assert [r["isFinal"] for r in responses] == [False] * 3 + [True]
        assert whole(responses, "stdout") == "one\nthree\n" and whole(responses, "stderr") == "two\n"
        assert [r["shellExecute"]["exitCode"] for r in responses] == [0, 0, 0, 3]
    assert [e.id for e in early.events] == [e.id for e in late.events] == [e.id for e in modern.of("shell_output")]


def test_a_reconnect_continues_and_after_the_end_it_is_204(pair):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "for i in 1 2 3 4; do echo $i; done")
    gateway.wait_task(task)
    all_of_it = task_stream(gateway, task)
    all_of_it.wait_end(30)
    rest = task_stream(gateway, task, last_event_id=all_of_it.events[1].id)
    rest.wait_end(30)
    assert [e.data for e in rest.events] == [e.data for e in all_of_it.events[2:]]
    over = task_stream(gateway, task, last_event_id=all_of_it.events[-1].id)
    over.wait(lambda s: s.status, 30, "the answer")
    assert over.status == 204 and over.events == []
    assert_deprecated(over.headers)


def test_a_cancelled_task_says_so(pair):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "echo begun; sleep 60")
    stream = task_stream(gateway, task)
    stream.wait_events("response", 1, 30)
    assert gateway.delete(f"/tasks/{task}").json() == {"message": "task cancelled"}
    stream.wait_end(30)
    assert stream.events[-1].json["isFinal"] is True and stream.events[-1].json["cancelled"] is True


def test_what_newer_streams_are_told_is_a_comment(pair):
    gateway, _ = pair
    stream = metrics(gateway, "?interval=1")
    stream.wait_events("metrics", 1, 30)
    gateway.signal(signal.SIGTERM)
    stream.wait_end(30)
    assert {e.kind for e in stream.events} == {"metrics"} and 500 <= stream.retry <= 10_000
    states = [json.loads(c.removeprefix("stream_status "))["state"] for c in stream.comments if c.startswith("stream_status ")]
    assert states[0] == "active" and states[-1] == "draining"


def test_errors_have_details(pair):
    gateway, _ = pair
    task = gateway.post("/tasks/deployment", {"agent_id": "agent1", "name": "x", "cmd": "true"})
    refused = [
        ("/agents/nobody/metrics/stream", 404, "agent_not_found"), ("/stream?ref=nothing", 404, "task_not_found"),
        ("/stream", 400, "invalid_field"), ("/stream?ref=a/b", 400, "invalid_field"),
        ("/agents/nobody/metrics", 404, "agent_not_found"), ("/agents/nobody/system", 404, "agent_not_found"),
        ("/agents/nobody/metrics/history", 404, "agent_not_found"),
    ]  # fmt: skip
    if task.status_code == 201:
        refused.append((f"/stream?ref={task.json()['task_id']}", 400, "invalid_field"))
    for path, status, code in refused:
        answer = gateway.get(path)
        assert answer.status_code == status, (path, answer.text)
        body = answer.json()
        assert body["code"] == code and body["error"] and body["details"].startswith(code)


def test_with_tokens_the_older_streams_need_one_in_a_header(launch, tmp_path):
    data = tmp_path / "gateway"
    make = [BUILT / "sluice", "token", "create", "--data-dir", data, "--name"]
    viewer = subprocess.run([*make, "v", "--role", "viewer"], check=True, capture_output=True, text=True).stdout.strip()
    agent = tmp_path / "agent.token"
    agent.write_text(subprocess.run([*make, "a", "--role", "agent"], check=True, capture_output=True, text=True).stdout)
    gateway = launch.gateway(data=data)
    launch.agent(gateway.agent_address, "agent1", "--token-file", agent)
    refused = metrics(gateway)
    refused.wait(lambda s: s.status, 30, "the answer")
    assert refused.status == 401
    assert_deprecated(refused.headers)
    allowed = metrics(gateway, headers={"Authorization": f"Bearer {viewer}"})
    assert allowed.wait_events("metrics", 1, 30)


@pytest.mark.parametrize("path", ["/agents/agent1/metrics/start", "/agents/agent1/metrics/stop"])
def test_start_and_stop_name_what_replaces_them(pair, path):
    gateway, _ = pair
    answer = gateway.post(path, {})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Link"] == '</admin/streams/server>; rel="successor-version"'
    assert answer.headers["Deprecation"].startswith("@")

"""GET /openapi.json is the truth: what real programs answer and send is in it, and what is in it answers."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from description import Description
from line_files import log_line
from programs import wait_for
from sse import Sse


@pytest.fixture
def site(launch, tmp_path):
    """A gateway with an agent that can do everything, and the log that the agent reads."""
    gateway = launch.gateway()
    launch.agent(
        gateway.agent_address, "web1", "--allow", "shell", "--allow", "deploy", "--log-path", tmp_path / "*.log"
    )
    with open(tmp_path / "app.log", "ab", buffering=0) as log:
        yield gateway, log


@pytest.fixture
def description(site):
    return Description(site[0].get("/openapi.json").json())


def stream_of(gateway, stream_type, agent="web1", resource=None, **config):
    return Sse(gateway.url + gateway.subscribe(stream_type, agent, resource, **config)["stream_url"])


def test_it_is_valid_openapi(description):
    assert description.document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(description.document).validate()


def test_examples_are_valid(description):
    for pattern, path in description.document["paths"].items():
        for method, operation in path.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body:
                assert description.problems(body["schema"]["$ref"].rsplit("/", 1)[1], body["example"]) == []
            for response in operation["responses"].values():
                content = response.get("content", {}).get("application/json", {})
                if "example" in content and "$ref" in content["schema"]:
                    component = content["schema"]["$ref"].rsplit("/", 1)[1]
                    assert description.problems(component, content["example"]) == [], (pattern, method)


def test_a_path_that_is_described_answers(site, description):
    gateway, _ = site
    for pattern, path in description.document["paths"].items():
        known = pattern.replace("{agent_id}", "web1").replace("{", "").replace("}", "")
        allowed = gateway.request("OPTIONS", known).headers["Allow"].split(", ")
        assert {method.upper() for method in path} == set(allowed) - {"HEAD", "OPTIONS"}, pattern


def test_answers_are_as_described(site, description):
    gateway, log = site
    log.write((log_line(1, "ERROR", "docker", "Container failed to start") + "\n").encode())
    task = gateway.run_shell("web1", "echo one")
    made = gateway.post("/tasks/deployment", {"agent_id": "web1", "name": "x", "cmd": "echo pulling"}).json()
    assert gateway.post("/agents/web1/metrics/start", {"interval_seconds": 0.5}).status_code == 200
    gateway.wait_task(task)
    gateway.wait_task(made["task_id"])
    subscription = gateway.subscribe("metrics", "web1")["subscription_id"]
    wait_for(lambda: gateway.get("/agents/web1/metrics").status_code == 200, 30, "metrics")
    wait_for(lambda: gateway.get("/agents/web1/system").status_code == 200, 30, "system information")
    wait_for(lambda: gateway.get("/analytics/agents/web1/health").json()["last_check"], 30, "a health check")
    wait_for(lambda: gateway.get("/logs/search").json()["total"] > 0, 30, "the line")
    wait_for(lambda: gateway.get("/agents/web1/metrics/history").json()["total_points"] > 0, 60, "history")
    names = {
        "agent_id": "web1", "task_id": task, "deployment_id": made["resource"], "subscription_id": subscription,
    }  # fmt: skip
    checked = 0
    for pattern, path in description.document["paths"].items():
        content = path.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if "application/json" not in content or "schema" not in content["application/json"]:
            continue
        query = "?agent_id=web1" if pattern == "/logs/patterns" else ""
        answer = gateway.get(pattern.format(**names) + query)
        assert answer.status_code == 200, (pattern, answer.text)
        assert description.problems(description.answer_component("get", pattern), answer.json()) == [], pattern
        checked += 1
    assert checked >= 24


def test_events_are_as_described(site, description):
    gateway, log = site
    rule = {
        "name": "always", "source": "metrics", "metric": "memory.usage_percent", "op": ">=", "threshold": 0, "for": "0s",
        "cooldown": "0s", "level": "warning",
    }  # fmt: skip
    made = gateway.post(
        "/tasks/deployment", {"agent_id": "web1", "name": "x", "cmd": "echo 'Container web  Started'"}
    ).json()
    task = gateway.run_shell("web1", "echo one; exit 3")
    streams = {
        "metrics": stream_of(gateway, "metrics", interval="500ms"),
        "processed_metrics": stream_of(gateway, "processed_metrics", interval="500ms"),
        "alert_events": stream_of(gateway, "alert_events", interval="500ms"),
        "processed_logs": stream_of(gateway, "processed_logs", all=True),
        "shell_output": stream_of(gateway, "shell_output", None, task),
        "deployment_complete": stream_of(gateway, "deployment_status", None, made["resource"]),
    }
    for kind in ("processed_logs", "alert_events"):
        streams[kind].wait(lambda s: s.last_id is not None, 30, "the head")
    assert gateway.request("PUT", "/admin/alert-rules", json={"rules": [rule]}).status_code == 200
    log.write((log_line(1, "ERROR", "docker", "Container failed to start") + "\n").encode())
    for kind, stream in streams.items():
        stream.wait_events(kind, 1, 30)
    streams["shell_output"].wait_end(30)
    seen = set().union(*(description.check_stream("/streams/{subscription_id}", s) for s in streams.values()))
    assert seen >= {*streams, "deployment_status", "stream_status", "stream_end"}


def test_events_of_the_older_streams_are_as_described(site, description):
    gateway, _ = site
    task = gateway.run_shell("web1", "echo one; exit 3")
    output = Sse(f"{gateway.url}/stream?ref={task}")
    metrics = Sse(f"{gateway.url}/agents/web1/metrics/stream?interval=1")
    metrics.wait_events("metrics", 1, 30)
    output.wait_end(30)
    assert description.check_stream("/stream", output) == {"response"}
    assert description.check_stream("/agents/{agent_id}/metrics/stream", metrics) == {"metrics"}


@pytest.mark.parametrize(
    "pattern, path, status",
    [
        ("/streams/{subscription_id}", "/streams/none", 404), ("/streams/{subscription_id}", "/streams/a,b", 400),
        ("/streams/{subscription_id}", "/streams/none?last_event_id=1&last_event_id=2", 400),
        ("/sessions/{session_id}/events", "/sessions/none/events", 404),
        ("/sessions/{session_id}/events", "/sessions/a,b/events", 400),
        ("/agents/{agent_id}/metrics/stream", "/agents/none/metrics/stream", 404),
        ("/agents/{agent_id}/metrics/stream", "/agents/a,b/metrics/stream", 400),
        ("/stream", "/stream?ref=none", 404), ("/stream", "/stream", 400), ("/stream", "/stream?ref=a,b", 400),
    ],
)  # fmt: skip
def test_what_streams_refuse_is_as_described(site, description, pattern, path, status):
    answer = site[0].get(path)
    assert answer.status_code == status, answer.text
    assert description.problems("Error", answer.json()) == []
    schema = description.operation("get", pattern)["responses"][str(status)]["content"]["application/json"]["schema"]
    assert answer.json()["code"] in schema["allOf"][1]["properties"]["code"]["enum"]

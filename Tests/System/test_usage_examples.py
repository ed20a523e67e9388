"""The examples of the specification, as they are written there, against the real programs."""

import re

import pytest

from line_files import log_line
from programs import Gateway, wait_for
from sse import Sse
from usage_examples import Example, compile_examples



@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A directory with the compiled examples."""
    directory = tmp_path_factory.mktemp("examples")
    gateway = Gateway(directory / "gateway")
    try:
        compile_examples(gateway, directory)
    finally:
        gateway.kill()
    return directory


@pytest.fixture
def example(launch, compiled):
    return lambda name, gateway: launch.keep(Example(compiled, name, gateway))


@pytest.fixture
def site(launch, tmp_path):
    gateway = launch.gateway("--linger", "0ms")
    log = open(tmp_path / "app.log", "ab", buffering=0)
    agent = launch.agent(
        gateway.agent_address, "agent1", "--allow", "shell", "--allow", "deploy", "--log-path", tmp_path / "*.log"
    )
    yield gateway, agent, log
    log.close()


def missing(example, actual, path=""):
    """Members of the specification's example that are not in an answer, or are of another kind."""
    if isinstance(example, dict):
        if not isinstance(actual, dict):
            return [path]
        return [m for k, v in example.items() for m in (missing(v, actual[k], f"{path}.{k}") if k in actual else [f"{path}.{k}"])]
    if isinstance(example, list):
        if not isinstance(actual, list):
            return [path]
        return [m for item in actual for m in missing(example[0], item, path + "[]")] if example else []
    if actual is None:
        return []
    number = isinstance(example, (int, float))
    return [] if number == isinstance(actual, (int, float)) and not isinstance(actual, (dict, list)) else [path]


# -- Usage Examples


def test_1_server_processing_with_client_relay(site, example):
    gateway, _, _ = site
    always = {
        "name": "always", "source": "metrics", "metric": "memory.usage_percent", "op": ">=", "threshold": 0, "for": "0s",
        "cooldown": "0s", "level": "warning",
    }  # fmt: skip
    assert gateway.request("PUT", "/admin/alert-rules", json={"rules": [always]}).status_code == 200
    page = example("enhanced_monitoring.ts", gateway)
    shown = page.wait_call("updateDashboard", 2)[-1][0]
    assert set(shown) == {"trends", "alerts", "recommendations"}
    assert isinstance(shown["trends"], dict) and isinstance(shown["recommendations"], list)
    notified = page.wait_call("showAlertNotifications")[0][0]
    assert notified[0]["rule"] == "always" and notified[0]["level"] == "warning"
    assert page.process.poll() is None, page.error_text()


def test_1_alerts_of_other_levels_are_not_shown(site, example):
    gateway, _, _ = site
    quiet = {
        "name": "quiet", "source": "metrics", "metric": "memory.usage_percent", "op": ">=", "threshold": 0, "for": "0s",
        "cooldown": "0s", "level": "info",
    }  # fmt: skip
    assert gateway.request("PUT", "/admin/alert-rules", json={"rules": [quiet]}).status_code == 200
    page = example("enhanced_monitoring.ts", gateway)
    page.wait_call("updateDashboard", 2)
    assert page.of("showAlertNotifications") == []


def test_2_deployment_monitoring_with_server_analysis(site, example):
    gateway, _, _ = site
    steps = [
        {"name": "pull", "cmd": "sleep 1; echo 'Pulling web'; sleep 0.3"},
        {"name": "start", "cmd": "echo 'Container web  Starting'; sleep 0.3; echo 'Container web  Started'"},
    ]
    body = {"agent_id": "agent1", "deployment_id": "deploy-42", "name": "web", "steps": steps}
    assert gateway.post("/tasks/deployment", body).status_code == 201
    page = example("deployment_monitoring.ts", gateway)
    summary = page.wait_call("showDeploymentSummary")[0][0]
    assert summary["success"] is True and summary["duration"] >= 1.6 and summary["summary"]
    progress = [a[0] for a in page.of("updateDeploymentProgress")]
    assert progress and all(set(p) == {"progress", "currentPhase", "services", "health"} for p in progress)
    assert progress[-1]["progress"] == 100 and [s["name"] for s in progress[-1]["services"]] == ["web"]
    assert page.of("showDeploymentSummary") == [[summary]]


def test_3_alert_processing_and_relay(site):
    gateway, _, _ = site
    rule = {
        "name": "always", "source": "metrics", "metric": "cpu.usage_percent", "op": ">=", "threshold": 0, "for": "0s",
        "cooldown": "0s", "level": "warning",
    }  # fmt: skip
    stream = Sse(gateway.url + gateway.subscribe("alert_events", "agent1")["stream_url"])
    stream.wait(lambda s: s.last_id is not None, 10, "the head")
    assert gateway.request("PUT", "/admin/alert-rules", json={"rules": [rule]}).status_code == 200
    event = stream.wait_events("alert_events", 1, 20)[0].json
    assert (event["type"], event["stream_type"], event["agent_id"]) == ("alert_events", "alert_events", "agent1")
    collection = event["data"]
    assert collection["agent_id"] == "agent1" and collection["source"] in ("metrics_analysis", "health_check")
    assert len(collection["alerts"]) == 1 and collection["alerts"][0]["rule"] == "always"


def test_4_multi_stage_processing_pipeline(site):
    gateway, _, log = site
    stream = Sse(gateway.url + gateway.subscribe("processed_logs", "agent1", all=True)["stream_url"])
    stream.wait(lambda s: s.last_id is not None, 10, "the head")
    log.write((log_line(1, "ERROR", "docker", "Container failed to start") + "\n").encode())
    event = stream.wait_events("processed_logs", 1, 20)[0].json
    assert (event["type"], event["stream_type"], event["agent_id"]) == ("processed_logs", "processed_logs", "agent1")
    assert set(event["data"]) >= {"original", "structured", "threats", "severity", "category", "actionable"}
    assert event["data"]["actionable"] is (len(event["data"]["threats"]) > 0)
    assert "Container failed to start" in event["data"]["original"]["message"]


# -- Enhanced API Design


def test_a_server_stream_is_made_as_in_the_specification(site):
    gateway, _, _ = site
    request = {"stream_type": "health_check", "agent_id": "agent1", "config": {"interval": "30s", "metrics": ["cpu", "memory", "disk"]}}
    answer = gateway.post("/admin/streams/server", request)
    assert answer.status_code in (200, 201), answer.text
    body = answer.json()
    example = {"stream_id": "srv_12345", "status": "active", "processor": "health_check", "started_at": "2025-01-29T..."}
    assert missing(example, body) == []
    assert re.fullmatch(r"srv_\w+", body["stream_id"])
    assert (body["status"], body["processor"]) == ("active", "health_check")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["started_at"])
    assert gateway.post("/admin/streams/server", request).json()["stream_id"] == body["stream_id"]


def test_processed_analytics_data_is_as_in_the_specification(site):
    gateway, _, _ = site
    example = {
        "agent_id": "agent1", "current_health": "healthy", "last_check": "2025-01-29T...",
        "metrics": {"cpu_usage": 25.4, "memory_usage": 65.2, "disk_usage": 45.8},
        "predictions": {"risk_level": "low", "estimated_capacity_remaining": "72h"}, "alerts": [],
    }  # fmt: skip
    health = lambda: gateway.get("/analytics/agents/agent1/health").json()  # noqa: E731
    body = wait_for(lambda: (lambda h: h if h.get("last_check") else None)(health()), 20, "the first health check")
    assert missing(example, body) == []
    assert body["agent_id"] == "agent1" and body["current_health"] in ("healthy", "degraded", "critical")
    assert all(0 <= value <= 100 for value in body["metrics"].values() if value is not None)
    assert body["predictions"]["risk_level"] in ("low", "medium", "high")
    left = body["predictions"]["estimated_capacity_remaining"]
    assert left is None or re.fullmatch(r"\d+[hdm]", left)


def test_aggregated_logs_are_as_in_the_specification(site):
    gateway, _, log = site
    wait_for(lambda: any(s["stream_type"] == "log_aggregation" for s in gateway.streams()), what="the stream")
    for number in range(1, 16):
        log.write((log_line(number, "ERROR", "docker", "Container failed to start") + "\n").encode())
        log.write((log_line(number, "INFO", "docker", "Container started") + "\n").encode())
    found = lambda: gateway.get("/logs/search?agent_id=agent1&level=ERROR&since=1h").json()  # noqa: E731
    body = wait_for(lambda: (lambda f: f if f.get("total") == 15 else None)(found()), 20, "15 errors")
    example = {
        "logs": [{"timestamp": "2025-01-29T...", "level": "ERROR", "component": "docker",
                  "message": "Container failed to start", "agent_id": "agent1"}],
        "total": 15, "page": 1,
    }  # fmt: skip
    assert missing(example, body) == []
    assert body["page"] == 1 and len(body["logs"]) == 15
    for line in body["logs"]:
        assert (line["level"], line["component"], line["agent_id"]) == ("ERROR", "docker", "agent1")
        assert "Container failed to start" in line["message"]


# -- Complete Migration Examples


def test_metrics_before_the_migration(site, example):
    gateway, _, _ = site
    page = example("metrics_before.ts", gateway)
    shown = page.wait_call("updateDashboard", 3, 30)
    assert all(s[0]["memory"]["total_bytes"] > 0 for s in shown)
    assert shown[0][0]["timestamp"] < shown[2][0]["timestamp"]


def test_metrics_after_the_migration(site, example):
    gateway, _, _ = site
    page = example("metrics_after.ts", gateway)
    shown = page.wait_call("updateDashboard")[0][0]
    assert set(shown) >= {"cpu", "memory"} and "disks" not in shown
    assert page.wait_call("unsubscribed") == page.of("subscribed")
    assert page.wait(20) == 0
    wait_for(lambda: all(s["stream_type"] != "metrics" for s in gateway.streams()), 10, "nothing to stream")


def test_the_metrics_client_of_the_migration_is_an_event_source_at_once(site, example):
    gateway, _, _ = site
    page = example("metrics_client.ts", gateway)
    shown = page.wait_call("updateDashboard", 2)
    assert all(set(values[0]) >= {"cpu", "memory", "disks", "load"} for values in shown)
    assert "streamMetrics is deprecated. Use subscribeToMetrics instead." in page.error_text()

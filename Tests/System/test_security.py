"""Closed by default: loopback without tokens, roles and scopes with them, stream URLs as capabilities."""

import json
import subprocess
import time
from datetime import datetime

import pytest
import requests

from programs import BUILT, Agent, Program, wait_for
from sse import Sse


def token(data, *arguments):
    made = subprocess.run([BUILT / "sluice", "token", *arguments, "--data-dir", data], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return made.stdout


def create(data, name, role, *more):
    printed = token(data, "create", "--name", name, "--role", role, *more)
    assert len(printed.splitlines()) == 1
    return printed.strip()


def serve(*options):
    return Program([BUILT / "sluice", "serve", *options])


@pytest.mark.parametrize("option", ["--http-bind", "--agent-bind"])
def test_without_tokens_an_open_address_is_refused_with_what_to_do(tmp_path, option):
    other = "--agent-bind" if option == "--http-bind" else "--http-bind"
    program = serve(option, "0.0.0.0:0", other, "127.0.0.1:0", "--data-dir", tmp_path)
    assert program.wait() == 78
    assert "sluice token create" in program.error_text()


@pytest.fixture
def secured(launch, tmp_path):
    data = tmp_path / "gateway"
    tokens = {
        "viewer": create(data, "watcher", "viewer"),
        "operator": create(data, "oncall", "operator"),
        "admin": create(data, "boss", "admin"),
        "scoped": create(data, "one-host", "operator", "--agents", "agent1"),
        "agent1": create(data, "host1", "agent", "--agents", "agent1"),
        "agent2": create(data, "host2", "agent", "--agents", "agent2"),
    }
    gateway = launch.gateway(data=data)
    for name in ("agent1", "agent2"):
        file = tmp_path / f"{name}.token"
        file.write_text(tokens[name] + "\n")
        launch.agent(gateway.agent_address, name, "--allow", "shell", "--token-file", file)
    return gateway, tokens


def test_open_and_closed_routes(secured):
    gateway, tokens = secured
    for path in ("/healthz", "/readyz", "/"):
        assert gateway.get(path).status_code == 200, path
    for path in ("/agents", "/subscriptions", "/stream-types", "/tasks", "/metrics", "/admin/streams", "/metrics/agents"):
        answer = gateway.get(path)
        assert answer.status_code == 401 and "Bearer" in answer.headers["WWW-Authenticate"], path
        assert gateway.get(path, token="slc_wrong").status_code == 401
    assert gateway.get("/agents?token=" + tokens["admin"]).status_code == 401
    assert gateway.get("/agents", token=tokens["agent1"]).status_code in (401, 403)


def test_a_browser_logs_in_with_a_cookie_and_other_sites_cannot_use_it(secured):
    gateway, tokens = secured
    shell = {"agent_id": "agent1", "cmd": "true"}
    with requests.Session() as browser:
        own = {"Origin": gateway.url}
        assert browser.post(gateway.url + "/login", json={"token": "slc_wrong"}, headers=own).status_code == 401
        assert browser.post(gateway.url + "/login", json={"token": tokens["operator"]}, headers=own).status_code == 204
        assert browser.get(gateway.url + "/agents").status_code == 200
        with browser.get(gateway.url + "/agents/agent1/metrics/stream", stream=True) as stream:
            assert stream.status_code == 200 and next(stream.iter_lines())
        assert browser.post(gateway.url + "/tasks/shell", json=shell, headers=own).status_code == 201
        for headers in ({}, {"Origin": "http://elsewhere"}, {"Sec-Fetch-Site": "cross-site"}):
            assert browser.post(gateway.url + "/tasks/shell", json=shell, headers=headers).status_code == 403, headers
        assert browser.post(gateway.url + "/logout", headers=own).status_code == 204
        assert browser.get(gateway.url + "/agents").status_code == 401


def test_the_self_test_needs_no_token_and_shows_that_nothing_is_held_back(secured):
    gateway, _ = secured
    with requests.get(gateway.url + "/selftest/sse", stream=True) as stream:
        frames = [(time.time(), json.loads(line[6:])) for line in stream.iter_lines(chunk_size=1) if line.startswith(b"data: ")]
    assert [data.get("n") for _, data in frames] == [*range(1, 11), None] and frames[-1][1]["reason"] == "completed"
    assert frames[9][0] - frames[0][0] > 3
    sent = [datetime.fromisoformat(data["sent_at"]).timestamp() for _, data in frames[:10]]
    assert sent == sorted(sent) and sent[9] - sent[0] > 3


def test_roles(secured):
    gateway, tokens = secured
    shell = {"agent_id": "agent1", "cmd": "true"}
    assert gateway.get("/metrics", token=tokens["viewer"]).status_code == 200
    assert gateway.get("/agents", token=tokens["viewer"]).json()["total"] == 2
    answer = gateway.post("/tasks/shell", shell, token=tokens["viewer"])
    assert answer.status_code == 403 and answer.json()["code"] == "forbidden"
    assert gateway.post("/tasks/shell", shell, token=tokens["operator"]).status_code == 201
    assert gateway.get("/admin/streams", token=tokens["operator"]).status_code == 403
    assert gateway.get("/admin/streams", token=tokens["admin"]).status_code == 200


def test_an_agent_outside_the_scope_does_not_exist(secured):
    gateway, tokens = secured
    listing = gateway.get("/agents", token=tokens["scoped"]).json()
    assert [a["agent_id"] for a in listing["agents"]] == ["agent1"] and listing["total"] == 1
    for answer in (
        gateway.get("/agents/agent2", token=tokens["scoped"]),
        gateway.post("/subscriptions", {"stream_type": "metrics", "agent_id": "agent2"}, token=tokens["scoped"]),
        gateway.post("/tasks/shell", {"agent_id": "agent2", "cmd": "id"}, token=tokens["scoped"]),
    ):
        assert answer.status_code == 404 and answer.json()["code"] == "agent_not_found"
    task = gateway.post("/tasks/shell", {"agent_id": "agent2", "cmd": "echo secret"}, token=tokens["operator"]).json()["task_id"]
    assert gateway.get(f"/tasks/{task}", token=tokens["scoped"]).status_code == 404
    assert gateway.get(f"/tasks/{task}/output", token=tokens["scoped"]).status_code == 404
    assert gateway.delete(f"/tasks/{task}", token=tokens["scoped"]).status_code == 404


def test_a_stream_url_is_a_capability_that_ends_with_its_token(secured):
    gateway, tokens = secured
    subscription = gateway.subscribe("metrics", "agent1", token=tokens["viewer"], interval="200ms")
    stream = Sse(gateway.url + subscription["stream_url"])
    stream.wait_events("metrics", 2)
    token(gateway.data, "revoke", "watcher")
    end = stream.wait_events("stream_end", 1, 5)[0].json
    assert end["reason"] == "token_expired"
    assert Sse(gateway.url + subscription["stream_url"]).wait(lambda s: s.status) in (401, 403, 404)
    assert gateway.get("/agents", token=tokens["viewer"]).status_code == 401


def test_a_new_token_works_within_two_seconds_and_secrets_are_nowhere(secured):
    gateway, tokens = secured
    fresh = create(gateway.data, "fresh", "viewer", "--expires", "90d")
    wait_for(lambda: gateway.get("/agents", token=fresh).status_code == 200, 3)
    listed = token(gateway.data, "list", "--json")
    names = [t["name"] for t in json.loads(listed)["tokens"]] if isinstance(json.loads(listed), dict) else [t["name"] for t in json.loads(listed)]
    assert {"watcher", "oncall", "boss", "fresh"} <= set(names)
    for secret in (*tokens.values(), fresh):
        assert secret not in listed
        for file in gateway.data.rglob("*"):
            if file.is_file():
                assert secret.encode() not in file.read_bytes(), file
        assert not any(secret in line for line in gateway.errors)


def test_agents_with_wrong_credentials_end_with_77(secured, tmp_path):
    gateway, tokens = secured
    wrong = tmp_path / "wrong.token"
    wrong.write_text("slc_wrong\n")
    program = Agent(gateway.agent_address, "agent1", tmp_path / "s1", "--token-file", wrong, wait=False)
    assert program.wait() == 77 and program.error_text()
    other = tmp_path / "other.token"
    other.write_text(tokens["agent2"])
    assert Agent(gateway.agent_address, "agent1", tmp_path / "s2", "--token-file", other, wait=False).wait() == 77
    assert Agent(gateway.agent_address, "agent1", tmp_path / "s3", wait=False).wait() == 77
    assert gateway.agent_connected("agent1") if gateway.token else gateway.get("/agents/agent1", token=tokens["admin"]).json()["connected"]


def test_a_one_time_enrolment_token_becomes_the_agents_own(secured, launch, tmp_path):
    gateway, tokens = secured
    enrol = tmp_path / "enrol.token"
    enrol.write_text(create(gateway.data, "newcomer", "enrol"))
    later = create(gateway.data, "later", "viewer")
    wait_for(lambda: gateway.get("/agents", token=later).status_code == 200, what="the new tokens")
    state = tmp_path / "new-agent"
    agent = launch.agent(gateway.agent_address, "agent3", "--token-file", enrol, state=state)
    agent.stop()
    launch.agent(gateway.agent_address, "agent3", "--token-file", enrol, state=state)  # with the token it was given
    assert Agent(gateway.agent_address, "agent4", tmp_path / "thief", "--token-file", enrol, wait=False).wait() == 77

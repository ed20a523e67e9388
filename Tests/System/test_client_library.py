"""The client library in node: whatever happens to the gateway or the connection ends in a state or an event."""

import json
import pathlib
import subprocess

import pytest

from programs import BUILT, ROOT, Program, wait_for

METRICS = {"stream_type": "metrics", "agent_id": "agent1", "config": {"interval": "200ms", "filters": ["load"]}}


class Watch(Program):
    def __init__(self, directory, gateway, *requests, token=""):
        library = directory / "library.mjs"
        library.write_bytes(gateway.get("/client/sluice.js").content)
        script = pathlib.Path(__file__).parent / "client" / "watch.mjs"
        super().__init__(["node", script, library, gateway.url, token, *map(json.dumps, requests)])
        self.seen = []

    def of(self, event, number=0):
        while not self.lines.empty():
            self.seen.append(json.loads(self.lines.get()))
        return [s.get("value", s) for s in self.seen if s["event"] == event and s["number"] == number]

    def wait_event(self, event, count=1, number=0, timeout=40):
        def enough():
            assert self.process.poll() in (None, 0), self.error_text()
            return (lambda found: found if len(found) >= count else None)(self.of(event, number))

        return wait_for(enough, timeout, f"{count} of {event}: {self.seen[-3:]} {self.error_text()}")

    def wait_state(self, state, count=1, number=0):
        return wait_for(
            lambda: [s["state"] for s in self.of("status", number)].count(state) >= count, 40, f"{state}: {self.seen[-3:]}")

    def lines_of(self, number):
        return [e["data"]["seq"] for e in self.of("shell_output", number)]


@pytest.fixture
def watch(launch, tmp_path):
    return lambda gateway, *requests, **more: launch.keep(Watch(tmp_path, gateway, *requests, **more))


def test_a_restart_of_the_gateway_is_told_and_costs_no_line(pair, launch, watch):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "for i in $(seq 1 40); do echo $i; sleep 0.1; done; exit 3")
    seen = watch(gateway, METRICS, {"stream_type": "shell_output", "resource": task})
    seen.wait_event("metrics", 3)
    seen.wait_event("shell_output", 3, number=1)
    gateway.kill()
    seen.wait_state("reconnecting")
    launch.gateway(http=gateway.http_address, agents=gateway.agent_address, data=gateway.data)
    seen.wait_state("active")
    count = len(seen.of("metrics"))
    seen.wait_event("metrics", count + 3)
    assert [gap["missed"] for gap in seen.of("gap")] == [None]
    end = seen.wait_event("stream_end", number=1)
    assert [(e["reason"], e["exit_code"]) for e in end] == [("completed", 3)]
    assert seen.lines_of(1) == list(range(1, 42)) and seen.of("gap", 1) == []


def test_a_session_that_is_gone_is_made_anew_with_a_gap_and_without_a_line_twice(pair, watch):
    gateway, _ = pair
    task = gateway.run_shell("agent1", "for i in $(seq 1 40); do echo $i; sleep 0.1; done")
    seen = watch(gateway, METRICS, {"stream_type": "shell_output", "resource": task})
    seen.wait_event("metrics", 3)
    seen.wait_event("shell_output", 3, number=1)
    session = gateway.get("/subscriptions").json()["subscriptions"][0]["session_id"]
    assert gateway.delete(f"/sessions/{session}").status_code == 204
    assert seen.wait_event("gap")[0]["missed"] is None
    count = len(seen.of("metrics"))
    seen.wait_event("metrics", count + 3)
    assert "reconnecting" in [s["state"] for s in seen.of("status")]
    seen.wait_event("stream_end", number=1)
    assert seen.lines_of(1) == list(range(1, 42)) and seen.of("gap", 1) == []


def test_a_subscription_that_somebody_ends_is_over(pair, watch):
    gateway, _ = pair
    seen = watch(gateway, METRICS)
    seen.wait_event("metrics")
    assert gateway.delete("/subscriptions/" + seen.of("subscribed")[0]["id"]).status_code == 204
    assert seen.wait_event("stream_end")[0]["reason"] == "unsubscribed"
    seen.wait_state("ended")
    assert seen.wait(30) == 0  # nothing is left that would keep a program running


def test_an_agent_that_goes_and_comes_is_told(pair, launch, watch):
    gateway, agent = pair
    seen = watch(gateway, METRICS)
    seen.wait_event("metrics")
    agent.kill()
    seen.wait_state("agent_lost")
    launch.agent(gateway.agent_address, "agent1")
    seen.wait_state("active")


def token(data, *arguments):
    made = subprocess.run([BUILT / "sluice", "token", *arguments, "--data-dir", data], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def test_the_end_of_a_token_ends_its_subscriptions_and_nobody_gets_in_with_it(launch, watch, tmp_path):
    data = tmp_path / "gateway"
    mine = token(data, "create", "--name", "mine", "--role", "viewer")
    own = token(data, "create", "--name", "agent1", "--role", "agent")
    (tmp_path / "agent.token").write_text(own)
    gateway = launch.gateway(data=data)
    launch.agent(gateway.agent_address, "agent1", "--token-file", tmp_path / "agent.token")
    seen = watch(gateway, METRICS, token=mine)
    seen.wait_event("metrics")
    token(data, "revoke", "mine")
    assert seen.wait_event("stream_end")[0]["reason"] in ("token_revoked", "token_expired")
    seen.wait_state("ended")
    refused = watch(gateway, METRICS, token=mine).wait_event("refused")[0]
    assert (refused["name"], refused["status"], refused["code"]) == ("SluiceError", 401, "unauthorized")


def test_what_is_wrong_with_a_request_is_told_by_its_promise(pair, watch):
    gateway, _ = pair
    seen = watch(gateway, {**METRICS, "agent_id": "nobody"}, {"stream_type": "shell_output"}, METRICS)
    assert [seen.wait_event("refused", number=n)[0]["code"] for n in (0, 1)] == ["agent_not_found", "resource_required"]
    seen.wait_event("metrics", number=2)


def test_the_types_of_the_library_are_those_of_the_api_description(pair, tmp_path):
    gateway, _ = pair
    answer = gateway.get("/openapi.json")
    assert answer.status_code == 200
    (tmp_path / "openapi.json").write_bytes(answer.content)
    check = [ROOT / "Scripts" / "generate-types", "--check", tmp_path / "openapi.json"]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

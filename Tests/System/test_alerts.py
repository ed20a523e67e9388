"""Alerts from beginning to end: rules, live events, webhooks, people who take them on, restarts, and nobody watching."""

import hashlib
import hmac
import subprocess
import sys

import pytest

from programs import wait_for
from sse import Sse
from webhook_receiver import WebhookReceiver

# Children that have ended and that nobody waits for, until it is told to stop: a host's value that a test can set.
# It buries them itself: who else does it takes his time, in which the next test would count them.
ZOMBIES = """
import os, sys
for _ in range(40):
    if os.fork() == 0: os._exit(0)
print(flush=True)
sys.stdin.readline()
for _ in range(40): os.wait()
"""


class Zombies:
    """Forty zombie processes, from begin() to end()."""

    process = None

    def begin(self):
        self.process = subprocess.Popen([sys.executable, "-c", ZOMBIES], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def end(self):
        if self.process:
            self.process.communicate(b"\n")
            self.process = None


@pytest.fixture
def zombies():
    zombies = Zombies()
    yield zombies
    zombies.end()


@pytest.fixture
def hook():
    hook = WebhookReceiver()
    yield hook
    hook.close()


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "secret"
    file.write_text("a secret\n")
    return file


@pytest.fixture
def site(launch, hook, secret):
    """A gateway that tells the hook, and an agent whose metrics it asks for twice a second."""
    gateway = launch.gateway(
        "--webhook-url", hook.url, "--webhook-secret-file", secret, "--agent-heartbeat", "500ms", "--linger", "0ms"
    )
    agent = launch.agent(gateway.agent_address, "agent1")
    body = {"stream_type": "metrics", "agent_id": "agent1", "config": {"interval": "500ms"}}
    assert gateway.post("/admin/streams/server", body).status_code == 201
    return gateway, agent


def put_rules(gateway, *rules):
    answer = gateway.request("PUT", "/admin/alert-rules", json={"rules": list(rules)})
    assert answer.status_code == 200, answer.text
    return answer.json()["rules"]


def zombie_rule(gateway, **more):
    """Twenty zombies more than there are."""
    now = wait_for(lambda: gateway.get("/agents/agent1/metrics").json().get("processes"), 10, "metrics")
    return {
        "name": "zombies", "source": "metrics", "metric": "processes.zombie", "op": ">",
        "threshold": now["zombie_processes"] + 20, "for": "0s", "cooldown": "0s", "level": "warning",
        "labels": {"team": "core"}, **more,
    }  # fmt: skip


def alerts(gateway, state="all", rule="zombies"):
    answer = gateway.get("/alerts", params={"state": state})
    assert answer.status_code == 200, answer.text
    return [a for a in answer.json()["alerts"] if a["rule"] == rule]


def wait_state(gateway, state, rule="zombies", timeout=15.0):
    """The alert of the rule, once its newest occurrence is in this state."""
    newest = lambda: (alerts(gateway, rule=rule) or [None])[0]  # noqa: E731
    return wait_for(lambda: (lambda a: a if a and a["state"] == state else None)(newest()), timeout, f"{rule} {state}")


def live(stream, rule="zombies"):
    """(state, acknowledged_by) of the rule's alerts, as they came."""
    found = [a for e in stream.of("alert_events") for a in e.json["data"]["alerts"] if a["rule"] == rule]
    return [(a["state"], a["acknowledged_by"]) for a in found]


def test_an_alert_goes_from_pending_to_firing_to_resolved_and_everybody_hears_of_it(site, hook, zombies):
    gateway, _ = site
    stream = Sse(gateway.url + gateway.subscribe("alert_events", "agent1")["stream_url"])
    stream.wait(lambda s: s.last_id is not None, 10, "the head")
    put_rules(gateway, zombie_rule(gateway, **{"for": "6s"}))
    zombies.begin()
    pending = wait_state(gateway, "pending")
    assert pending["agent_id"] == "agent1" and pending["resolved_at"] is None
    assert alerts(gateway, "firing") == []
    firing = wait_state(gateway, "firing")
    assert firing["alert_id"] == pending["alert_id"] and firing["value"] > firing["threshold"]
    assert firing["labels"] == {"team": "core"} and firing["level"] == "warning" and firing["message"]
    assert [a["alert_id"] for a in alerts(gateway, "firing")] == [firing["alert_id"]]
    stream.wait(lambda s: live(s) == [("firing", None)], 10, "the alert, live")
    envelope = stream.of("alert_events")[-1].json
    assert envelope["type"] == envelope["stream_type"] == "alert_events" and envelope["agent_id"] == "agent1"
    assert envelope["data"]["source"] == "metrics_analysis" and envelope["data"]["agent_id"] == "agent1"
    # What ends while it waits to be delivered is delivered as ended.
    wait_for(lambda: hook.alerts("zombies"), 15, "the first webhook")
    zombies.end()
    resolved = wait_state(gateway, "resolved")
    assert resolved["alert_id"] == firing["alert_id"] and resolved["resolved_at"] >= resolved["started_at"]
    stream.wait(lambda s: live(s) == [("firing", None), ("resolved", None)], 10, "its end, live")
    wait_for(lambda: [a["status"] for a in hook.alerts("zombies")] == ["firing", "resolved"], 15, "both webhooks")


def test_a_webhook_is_signed_and_has_the_form_of_alertmanager(site, hook, zombies):
    gateway, _ = site
    put_rules(gateway, zombie_rule(gateway))
    zombies.begin()
    wait_for(lambda: hook.alerts("zombies"), 15, "the webhook")
    headers, raw, body = next(r for r in hook.received if r[2]["groupLabels"]["alertname"] == "zombies")
    assert headers["Content-Type"].startswith("application/json")
    digest = hmac.new(b"a secret", raw, hashlib.sha256).hexdigest()
    assert headers["X-Sluice-Signature"] == "sha256=" + digest
    assert body["version"] == "4" and body["status"] == "firing" and body["commonLabels"]["alertname"] == "zombies"
    alert = body["alerts"][0]
    assert alert["labels"]["agent_id"] == "agent1" and alert["labels"]["team"] == "core"
    assert alert["labels"]["severity"] == "warning" and alert["annotations"]["summary"]


def test_who_takes_an_alert_on_is_shown_with_it(site, zombies):
    gateway, _ = site
    stream = Sse(gateway.url + gateway.subscribe("alert_events", "*")["stream_url"])
    put_rules(gateway, zombie_rule(gateway))
    zombies.begin()
    alert = wait_state(gateway, "firing")
    assert alert["acknowledged_by"] is None
    answer = gateway.post(f"/alerts/{alert['alert_id']}/acknowledge", {})
    assert answer.status_code == 200, answer.text
    who = wait_state(gateway, "firing")["acknowledged_by"]
    assert who
    stream.wait(lambda s: ("firing", who) in live(s), 10, "the acknowledgement, live")
    zombies.end()
    wait_state(gateway, "resolved")
    assert gateway.post(f"/alerts/{alert['alert_id']}/acknowledge", {}).status_code == 409
    assert gateway.post("/alerts/alr_nothing/acknowledge", {}).json()["code"] == "alert_not_found"


def test_a_silenced_alert_is_listed_and_told_to_nobody(site, hook, zombies):
    gateway, _ = site
    silence = {"matchers": {"rule": "zom*", "agent_id": "agent1"}, "duration": "10m", "comment": "known"}
    answer = gateway.post("/alerts/silences", silence)
    assert answer.status_code == 201 and answer.json()["until"], answer.text
    stream = Sse(gateway.url + gateway.subscribe("alert_events", "agent1")["stream_url"])
    loud = {**zombie_rule(gateway), "name": "loud"}
    put_rules(gateway, zombie_rule(gateway), loud)
    zombies.begin()
    assert wait_state(gateway, "firing")["silence_id"] == answer.json()["silence_id"]
    wait_for(lambda: hook.alerts("loud"), 15, "the webhook of the other rule")
    stream.wait(lambda s: live(s, "loud") == [("firing", None)], 10, "the other alert, live")
    assert hook.alerts("zombies") == [] and live(stream) == []


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_rules_and_a_firing_alert_are_kept_over_a_restart(launch, site, hook, secret, zombies, how):
    gateway, _ = site
    rules = put_rules(gateway, zombie_rule(gateway))
    zombies.begin()
    before = wait_state(gateway, "firing")
    gateway.post(f"/alerts/{before['alert_id']}/acknowledge", {})
    wait_for(lambda: hook.alerts("zombies"), 15, "the webhook")
    getattr(gateway, how)()
    gateway = launch.gateway(
        "--webhook-url", hook.url, "--webhook-secret-file", secret, "--agent-heartbeat", "500ms",
        http=gateway.http_address, agents=gateway.agent_address, data=gateway.data,
    )  # fmt: skip
    assert gateway.get("/admin/alert-rules").json()["rules"] == rules
    after = wait_state(gateway, "firing")
    assert (after["alert_id"], after["started_at"]) == (before["alert_id"], before["started_at"])
    assert after["acknowledged_by"]
    zombies.end()
    wait_state(gateway, "resolved", timeout=30)
    wait_for(lambda: hook.alerts("zombies", "resolved"), 15, "the webhook of its end")
    assert len(hook.alerts("zombies", "firing")) == 1


def test_rules_are_taken_as_a_whole_or_not_at_all(site):
    gateway, _ = site
    good = zombie_rule(gateway)
    before = put_rules(gateway, good)
    bad = {**good, "name": "bad", "threshold": "many"}
    answer = gateway.request("PUT", "/admin/alert-rules", json={"rules": [{**good, "level": "critical"}, bad]})
    assert answer.status_code == 400 and answer.json()["code"] == "invalid_field"
    assert answer.json()["field"] == "rules[1].threshold"
    assert gateway.get("/admin/alert-rules").json()["rules"] == before


def test_a_lost_agent_is_an_alert_with_nobody_watching(launch, hook):
    gateway = launch.gateway("--webhook-url", hook.url, "--agent-heartbeat", "500ms")
    agent = launch.agent(gateway.agent_address, "agent1")
    agent.kill()
    alert = wait_state(gateway, "firing", "agent_lost")
    assert alert["agent_id"] == "agent1" and alert["level"] == "critical"
    wait_for(lambda: hook.alerts("agent_lost", "firing"), 15, "the webhook")
    assert gateway.get("/analytics/agents/agent1/health").json()["current_health"] == "offline"
    launch.agent(gateway.agent_address, "agent1")
    wait_state(gateway, "resolved", "agent_lost")
    wait_for(lambda: hook.alerts("agent_lost", "resolved"), 15, "the webhook of its end")


def test_threshold_rules_see_health_checks_with_nobody_watching(launch):
    gateway = launch.gateway()
    rule = {
        "name": "used", "source": "metrics", "metric": "memory.usage_percent", "op": ">=", "threshold": 0, "for": "0s",
        "level": "info", "agents": "*", "enabled": True,
    }  # fmt: skip
    put_rules(gateway, rule)
    launch.agent(gateway.agent_address, "agent1")
    assert wait_state(gateway, "firing", "used")["level"] == "info"
    assert [s["stream_type"] for s in gateway.streams() if s["stream_type"] == "metrics"] == []


def test_a_webhook_that_fails_is_tried_again(launch, hook, zombies):
    hook.status = 503
    gateway = launch.gateway("--webhook-url", hook.url, "--agent-heartbeat", "500ms")
    agent = launch.agent(gateway.agent_address, "agent1")
    agent.kill()
    wait_for(lambda: hook.alerts("agent_lost"), 20, "the first attempt")
    hook.status = 200
    wait_for(lambda: len(hook.received) >= 2, 30, "the second attempt")
    first, second = hook.received[0], hook.received[1]
    assert first[0]["X-Sluice-Delivery"] == second[0]["X-Sluice-Delivery"] and first[1] == second[1]


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_what_a_webhook_was_not_told_before_the_gateway_ended_it_is_told_afterwards(launch, hook, how):
    hook.status = 503
    gateway = launch.gateway("--webhook-url", hook.url, "--agent-heartbeat", "500ms")
    launch.agent(gateway.agent_address, "agent1").kill()
    wait_for(lambda: hook.received, 20, "an attempt")
    getattr(gateway, how)()
    hook.status, tried = 200, len(hook.received)
    gateway = launch.gateway(
        "--webhook-url", hook.url, "--agent-heartbeat", "500ms",
        http=gateway.http_address, agents=gateway.agent_address, data=gateway.data,
    )  # fmt: skip
    wait_for(lambda: len(hook.received) > tried, 20, "the attempt of the next gateway")
    assert hook.received[tried][0]["X-Sluice-Delivery"] == hook.received[0][0]["X-Sluice-Delivery"]
    sent, repeated = (r[2]["alerts"] for r in (hook.received[0], hook.received[tried]))
    for alert in sent + repeated:
        del alert["generatorURL"]  # the first gateway was told port 0
    assert repeated == sent
    wait_for(lambda: "\nsluice_webhook_queued 0\n" in gateway.get("/metrics").text, 10, "an empty queue")
    gateway.stop()
    tried = len(hook.received)
    launch.gateway("--webhook-url", hook.url, data=gateway.data)
    assert not [r for r in hook.received[tried:] if r[0]["X-Sluice-Delivery"] == hook.received[0][0]["X-Sluice-Delivery"]]

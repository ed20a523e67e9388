"""Sessions: many subscriptions on one connection, by the one id that EventSource keeps."""

import itertools
import os
import random
import time

import pytest
from playwright.sync_api import sync_playwright

from programs import wait_for
from sse import Sse

# test_client_tabs.py does the same for longer, with the client library.
SECONDS = float(os.environ.get("SLUICE_SESSION_SECONDS", 3))
PARTS = ["cpu.usage_percent", "cpu.core_usage", "memory.total_bytes", "memory.used_bytes", "disks", "network_interfaces",
         "load", "processes", "memory.usage_percent"]
FILTERS = [list(c) for n in (1, 2, 3, 4) for c in itertools.combinations(PARTS, n)]


def create_session(gateway):
    answer = gateway.post("/sessions", {})
    assert answer.status_code == 201, answer.text
    return answer.json()


def add(gateway, session, stream_type, agent=None, resource=None, **config):
    body = {"stream_type": stream_type, "session_id": session["session_id"], "config": config}
    body |= {"agent_id": agent} if agent else {}
    body |= {"resource": resource} if resource else {}
    answer = gateway.post("/subscriptions", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


class Reader:
    """What a browser has seen of a session, over all its connections."""

    def __init__(self, gateway, session):
        self.path = session["events_url"]
        self.events = []
        self.last_id = None
        self.connect(gateway)

    def connect(self, gateway):
        self.stream = Sse(gateway.url + self.path, last_event_id=self.last_id)

    def break_off(self):
        self.stream.close()
        self.stream.wait_end()
        self.events += self.stream.events
        self.last_id = self.stream.last_id

    def seen(self):
        return self.events + self.stream.events

    def lines(self, task):
        return [e.json["data"]["seq"] for e in self.seen() if e.kind == "shell_output" and e.json["resource"] == task]

    def ends(self, subscription):
        return [e for e in self.seen() if e.kind == "stream_end" and e.json.get("subscription_id") == subscription]


def test_every_line_comes_once_over_broken_connections_and_killed_gateways(launch, pair):
    gateway, _ = pair
    seed = int(os.environ.get("SLUICE_SEED", random.randrange(10**9)))
    print(f"SLUICE_SEED={seed}")
    chance = random.Random(seed)
    session = create_session(gateway)
    reader = Reader(gateway, session)
    metrics = add(gateway, session, "metrics", "agent1", interval="100ms")
    tasks = {}
    for pause in (0.01, 0.02, 0.03):
        task = gateway.run_shell("agent1", f"for i in $(seq 1 250); do echo $i; sleep {pause}; done")
        tasks[task] = add(gateway, session, "shell_output", resource=task)["subscription_id"]
    kills = 0
    for turn in range(25):
        time.sleep(chance.uniform(0, 0.3))
        if turn % 8 == 7:
            http, agents = gateway.http_address, gateway.agent_address
            gateway.kill()
            gateway = launch.gateway(http=http, agents=agents, data=gateway.data)
            kills += 1
        reader.break_off()
        reader.connect(gateway)
    wait_for(lambda: all(reader.ends(s) for s in tasks.values()), 60, "the ends of all tasks")
    reader.break_off()
    reader.connect(gateway)
    reader.stream.wait(lambda s: s.status == 200 and s.retry, what="the opening")
    for task, subscription in tasks.items():
        assert reader.lines(task) == list(range(1, 252))
        assert len(reader.ends(subscription)) == 1
    gaps = [e.json for e in reader.seen() if e.kind == "gap"]
    assert all(gap["subscription_id"] == metrics["subscription_id"] for gap in gaps)
    assert kills <= sum(gap["missed"] is None for gap in gaps)
    reader.stream.close()


SCRIPT = """url => {
    window.seen = { opened: 0, errors: 0, gaps: [], ends: [], views: {}, lines: {} };
    const source = new EventSource(url);
    source.onopen = () => seen.opened++;
    source.onerror = () => seen.errors++;
    source.addEventListener("gap", event => seen.gaps.push(JSON.parse(event.data)));
    source.addEventListener("stream_end", event => seen.ends.push(JSON.parse(event.data)));
    source.addEventListener("metrics", event => {
        const sample = JSON.parse(event.data);
        if (!sample.metadata.snapshot) (seen.views[sample.view] ??= []).push(sample.timestamp);
    });
    source.addEventListener("shell_output", event => {
        const line = JSON.parse(event.data);
        (seen.lines[line.resource] ??= []).push(line.data.seq);
    });
}"""


@pytest.fixture
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def churn(gateway, session, finished):
    """Ten subscriptions a second come, live for a second, and go. Returns those to the finished task."""
    alive, replayed = [], []
    begin = time.monotonic()
    for number in range(int(SECONDS * 10)):
        if number % 10 == 0:
            made = add(gateway, session, "shell_output", resource=finished)
            replayed.append(made["subscription_id"])
        else:
            made = add(gateway, session, "metrics", "agent1", interval="500ms", filters=FILTERS[200 + number % 30])
        alive.append(made["subscription_id"])
        if len(alive) > 10:
            answer = gateway.delete(f"/subscriptions/{alive.pop(0)}")
            assert answer.status_code == 204
        time.sleep(max(0, begin + (number + 1) / 10 - time.monotonic()))
    return replayed


def test_200_subscriptions_share_one_connection_of_a_browser_while_others_come_and_go(pair, page):
    gateway, _ = pair
    finished = gateway.run_shell("agent1", "seq 1 20")
    gateway.wait_task(finished)
    session = create_session(gateway)
    page.goto(gateway.url + "/healthz")
    page.evaluate(SCRIPT, session["events_url"])
    page.wait_for_function("seen.opened === 1")
    views = [add(gateway, session, "metrics", "agent1", interval="500ms", filters=f)["view"] for f in FILTERS[:180]]
    tasks = [gateway.run_shell("agent1", f"i=0; while :; do i=$((i+1)); echo $i; sleep 0.2; done") for _ in range(20)]
    for task in tasks:
        add(gateway, session, "shell_output", resource=task)
    page.wait_for_function("n => Object.keys(seen.views).length === n", arg=len(set(views)))
    whole = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="500ms", snapshot=False)["stream_url"])
    first = whole.wait_events("metrics", 3)[2].json["timestamp"]  # views of one interval are in step by now
    replayed = churn(gateway, session, finished)
    last = whole.wait_events("metrics", len(whole.of("metrics")) + 4)[-1].json["timestamp"]
    page.wait_for_function(
        "([views, last]) => views.every(view => seen.views[view].at(-1) >= last)", arg=[views, last])
    seen = page.evaluate("seen")
    assert (seen["opened"], seen["errors"], seen["gaps"]) == (1, 0, [])
    expected = [e.json["timestamp"] for e in whole.of("metrics") if first <= e.json["timestamp"] <= last]
    assert len(expected) > SECONDS
    for view in views:
        assert [t for t in seen["views"][view] if first <= t <= last] == expected, view
    for task in tasks:
        assert seen["lines"][task] == list(range(1, len(seen["lines"][task]) + 1)) and len(seen["lines"][task]) > SECONDS
    # Each of these began with the first line and had its own end, or was deleted before that.
    assert seen["lines"][finished] == list(range(1, 22)) * len(replayed)
    told = [end["subscription_id"] for end in seen["ends"] if end["reason"] == "completed"]
    assert sorted(told) == sorted(replayed)
    whole.close()

"""The client library in a real browser: many subscriptions, several tabs, one connection."""

import itertools
import os
import re

import pytest

from programs import wait_for
from sse import Sse

SECONDS = float(os.environ.get("SLUICE_SESSION_SECONDS", 10))
PARTS = ["cpu.usage_percent", "cpu.core_usage", "memory.total_bytes", "memory.used_bytes", "disks", "network_interfaces",
         "load", "processes", "memory.usage_percent"]
FILTERS = [list(c) for n in (1, 2, 3, 4) for c in itertools.combinations(PARTS, n)]
COUNT = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.2; done"

# What a page has seen of each of its subscriptions, by a name that the test gives it.
SCRIPT = """async () => {
    const { StreamingClient } = await import('/client/sluice.js');
    window.client = new StreamingClient(location.origin);
    window.seen = {};
    window.subscriptions = {};
    window.add = async (name, request) => {
        const subscription = await client.subscribe(request);
        const mine = seen[name] = { times: [], lines: [], gaps: [], ends: [], states: [subscription.state] };
        subscriptions[name] = subscription;
        subscription.on('metrics', ({ timestamp, metadata }) => { if (!metadata.snapshot) mine.times.push(timestamp); });
        subscription.on('shell_output', ({ data }) => mine.lines.push(data.seq));
        subscription.on('gap', (gap) => mine.gaps.push(gap));
        subscription.on('status', ({ state }) => mine.states.push(state));
        subscription.on('stream_end', (end) => mine.ends.push(end));
    };
}"""


def metrics(filters, interval="500ms"):
    return {"stream_type": "metrics", "agent_id": "agent1", "config": {"interval": interval, "filters": filters}}


def output(task):
    return {"stream_type": "shell_output", "resource": task}


class Tabs:
    """Pages of one browser, and the connections that they have made for events."""

    def __init__(self, browser, gateway):
        self.context = browser.new_context()
        self.gateway = gateway
        self.opened = []  # the page that made each connection

    def open(self):
        page = self.context.new_page()
        page.set_default_timeout(60_000)
        page.on("request", lambda r: self.opened.append(page) if re.search(r"/sessions/\w+/events", r.url) else None)
        page.goto(self.gateway.url + "/healthz")
        page.evaluate(SCRIPT)
        return page


@pytest.fixture
def tabs(browser, pair):
    tabs = Tabs(browser, pair[0])
    yield tabs
    tabs.context.close()


def add(page, requests):
    page.evaluate("requests => Promise.all(Object.entries(requests).map(([name, request]) => add(name, request)))", requests)


def event_connections(gateway):
    return int(re.search(r"^sluice_sse_clients (\d+)$", gateway.get("/metrics").text, re.M)[1])


def reference(gateway):
    """All samples of the same interval, and the first of those that everybody is in step with."""
    whole = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="500ms", snapshot=False)["stream_url"])
    return whole, whole.wait_events("metrics", 3)[2].json["timestamp"]


def check_samples(whole, first, pages):
    """Each once and in order; those that came while nobody was connected, which the gateway does not keep, are told."""
    # Some after what the test has done, however quickly it did it.
    last = whole.wait_events("metrics", len(whole.of("metrics")) + 4)[-1].json["timestamp"]
    expected = [e.json["timestamp"] for e in whole.of("metrics") if first <= e.json["timestamp"] <= last]
    assert len(expected) > 3
    for page, names in pages.items():
        page.wait_for_function("([names, last]) => names.every(name => seen[name].times.at(-1) >= last)", arg=[names, last])
        seen = page.evaluate("seen")
        for name in names:
            received = [t for t in seen[name]["times"] if first <= t <= last]
            assert received == [t for t in expected if t in received], name
            assert len(expected) - len(received) == sum(gap["missed"] for gap in seen[name]["gaps"]), name
            assert seen[name]["ends"] == []


def check_lines(page, names, at_least):
    page.wait_for_function("([names, n]) => names.every(name => seen[name].lines.length >= n)", arg=[names, at_least])
    seen = page.evaluate("seen")
    for name in names:
        lines = seen[name]["lines"]
        assert lines == list(range(1, len(lines) + 1)), name


def test_300_subscriptions_of_four_tabs_take_one_connection_and_survive_the_tab_that_holds_it(tabs):
    gateway = tabs.gateway
    pages = [tabs.open() for _ in range(4)]
    tasks = [gateway.run_shell("agent1", COUNT) for _ in range(20)]
    samples = {}
    outputs = {}
    for number, page in enumerate(pages):
        own = FILTERS[50 + 20 * number : 70 + 20 * number]
        samples[page] = {f"m{i}": metrics(f) for i, f in enumerate(FILTERS[:50] + own)}
        outputs[page] = {task: output(task) for task in tasks[5 * number : 5 * number + 5]}
        add(page, samples[page] | outputs[page])
    assert sum(len(samples[p]) + len(outputs[p]) for p in pages) == 300
    assert gateway.get("/subscriptions").json()["total"] == 50 + 80 + 20  # the same views are shared
    assert len(tabs.opened) == 1 and event_connections(gateway) == 1
    whole, first = reference(gateway)
    for page in pages:
        check_lines(page, list(outputs[page]), 5)

    holder = tabs.opened[0]
    holder.close()
    rest = [page for page in pages if page is not holder]
    wait_for(lambda: len(tabs.opened) == 2 or rest[0].wait_for_timeout(20), 30, "another tab that connects")
    reached = max(len(rest[0].evaluate("seen")[name]["lines"]) for name in outputs[rest[0]])
    for page in rest:
        check_lines(page, list(outputs[page]), reached + 5)
    check_samples(whole, first, {page: list(samples[page]) for page in rest})
    assert len(tabs.opened) == 2
    # What only the closed tab read is read no more.
    wait_for(lambda: gateway.get("/subscriptions").json()["total"] == 50 + 60 + 15 + 1, 30, "the end of what the closed tab read")
    whole.close()
    assert wait_for(lambda: event_connections(gateway) == 1, 10, "one connection")


def test_200_subscriptions_of_a_page_stay_whole_while_others_come_and_go(tabs):
    gateway = tabs.gateway
    page = tabs.open()
    finished = gateway.run_shell("agent1", "seq 1 20")
    gateway.wait_task(finished)
    tasks = [gateway.run_shell("agent1", COUNT) for _ in range(20)]
    samples = {f"m{i}": metrics(f) for i, f in enumerate(FILTERS[:180])}
    add(page, samples | {task: output(task) for task in tasks})
    whole, first = reference(gateway)
    page.evaluate(
        """async ([seconds, finished, filters]) => {
            const alive = [];
            const begin = performance.now();
            for (let number = 0; number < seconds * 10; number += 1) {
                const name = `churn${number}`;
                const config = { interval: '500ms', filters: filters[number % filters.length] };
                const request = number % 10 === 0 ? { stream_type: 'shell_output', resource: finished }
                    : { stream_type: 'metrics', agent_id: 'agent1', config };
                await add(name, request);
                alive.push(name);
                if (alive.length > 10) await subscriptions[alive.shift()].unsubscribe();
                await new Promise(resolve => setTimeout(resolve, begin + (number + 1) * 100 - performance.now()));
            }
        }""",
        [SECONDS, finished, FILTERS[200:230]],
    )
    check_samples(whole, first, {page: list(samples)})
    check_lines(page, tasks, 5)
    seen = page.evaluate("seen")
    replayed = [value for name, value in seen.items() if name.startswith("churn") and int(name[5:]) % 10 == 0]
    for value in replayed:  # each begins with the first line, and has its end, or was ended before
        assert value["lines"] == list(range(1, 22)) and value["ends"][0]["reason"] == "completed", value
    assert tabs.opened == [page]
    # What is over takes no room: 200, those that the last second brought, and the reference.
    wait_for(lambda: gateway.get("/subscriptions").json()["total"] <= 200 + 10 + 1, 20, "no subscriptions that are over")
    assert all(value["gaps"] == [] and "reconnecting" not in value["states"] for value in seen.values())
    whole.close()


def test_a_page_whose_network_is_back_connects_at_once_and_goes_on_where_it_was(tabs):
    page = tabs.open()
    task = tabs.gateway.run_shell("agent1", COUNT)
    add(page, {task: output(task)})
    check_lines(page, [task], 5)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_for(lambda: len(tabs.opened) == 2 or page.wait_for_timeout(20), 30, "another connection")
    check_lines(page, [task], len(page.evaluate("task => seen[task].lines", task)) + 5)
    assert event_connections(tabs.gateway) == 1


def test_a_hidden_page_pauses_what_it_does_not_show(tabs):
    page = tabs.open()
    page.evaluate("request => client.subscribe(request, { pausesWhenHidden: true }).then(s => { window.shown = s; s.on('metrics', () => {}); })",
                  metrics([], "1s"))  # fmt: skip
    page.wait_for_function("shown.state === 'active'")
    hide = """hidden => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(hide, True)
    assert page.evaluate("shown.state") == "paused"
    wait_for(lambda: all(s["stream_type"] != "metrics" for s in tabs.gateway.streams()), 15, "nothing to stream")
    page.evaluate(hide, False)
    page.wait_for_function("shown.state === 'active'")


def test_a_page_without_web_locks_has_a_connection_of_its_own(browser, pair):
    tabs = Tabs(browser, pair[0])
    tabs.context.add_init_script("delete Navigator.prototype.locks;")
    for page in (tabs.open(), tabs.open()):
        add(page, {"m": metrics(["load"])})
        page.wait_for_function("seen.m.times.length > 0")
    assert len(tabs.opened) == 2
    tabs.context.close()

"""A real browser: a page of somebody else with a plain EventSource."""

import functools
import http.server
import pathlib
import statistics
import threading
import urllib.parse

import pytest
from playwright.sync_api import expect

PAGE = pathlib.Path(__file__).parent / "page"
CLOSED = 2  # EventSource.CLOSED


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def site():
    """The origin that serves the page: another one than the gateway's."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=PAGE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def gateway(launch, site):
    """A gateway that lets the site's pages call it, and one agent."""
    gateway = launch.gateway("--cors-origin", site)
    launch.agent(gateway.agent_address, "agent1", "--allow", "shell")
    return gateway


def visit(page, site, gateway):
    page.goto(site + "/?" + urllib.parse.urlencode({"gateway": gateway.url, "agent": "agent1"}))


def run(page, command):
    page.fill("#command", command)
    page.click("#run")


def test_metrics_change_every_second_in_a_foreign_page(page, site, gateway):
    visit(page, site, gateway)
    page.wait_for_function("seen.samples.length >= 7")
    samples = page.evaluate("seen.samples")
    pauses = [b["arrived"] - a["arrived"] for a, b in zip(samples[1:], samples[2:])]
    assert 900 < statistics.median(pauses) < 1100, pauses
    assert len({(s["idle"], s["used"]) for s in samples}) > 2
    assert float(page.inner_text("#cpu")) >= 0
    assert page.problems == []


def test_a_command_shows_its_lines_as_they_come_and_eventsource_stops_after_the_end(page, site, gateway):
    visit(page, site, gateway)
    answers = []
    page.on("response", lambda r: answers.append((r.url, r.status)) if "/streams/" in r.url else None)
    page.evaluate("""() => {
        const lines = document.getElementById('lines');
        window.shown = [];
        new MutationObserver(() => shown.push({ text: lines.textContent, at: performance.now() }))
            .observe(lines, { childList: true, characterData: true, subtree: true });
    }""")
    run(page, "for i in 1 2 3; do echo $i; sleep 1; done")
    expect(page.locator("#lines")).to_have_text("1\n2\n3\n", use_inner_text=False)
    at = {change["text"]: change["at"] for change in page.evaluate("shown")}
    assert at["1\n2\n"] - at["1\n"] > 500 and at["1\n2\n3\n"] - at["1\n2\n"] > 500, at
    expect(page.locator("#exit")).to_have_text("0")
    assert page.evaluate("seen.lines.map(line => line.seq)") == [1, 2, 3, 4]
    assert page.evaluate("seen.ends[0].reason") == "completed"
    url = page.evaluate("seen.output.url")
    page.wait_for_function("closed => seen.output.readyState === closed", arg=CLOSED)
    # It came back once, and was told that there is no more.
    assert [status for of, status in answers if of == url] == [200, 204]
    assert page.evaluate("seen.lines.length") == 4 and page.evaluate("seen.ends.length") == 1
    assert page.evaluate("seen.metrics.readyState") != CLOSED


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_page_survives_a_restart_of_the_gateway_by_itself(page, site, gateway, launch, how):
    visit(page, site, gateway)
    run(page, "for i in $(seq 1 60); do echo $i; sleep 0.1; done; exit 3")
    page.wait_for_function("seen.samples.length >= 2 && seen.lines.length >= 5")
    getattr(gateway, how)()
    page.wait_for_function("seen.errors >= 2")  # both streams have noticed
    before = page.evaluate("seen.samples.length")
    launch.gateway(
        "--cors-origin", site, http=gateway.http_address, agents=gateway.agent_address, data=gateway.data)
    page.wait_for_function("before => seen.samples.length >= before + 3", arg=before, timeout=40_000)
    assert page.evaluate("seen.gaps.map(gap => gap.missed)") == [None]  # of the metrics; the output has none
    assert page.evaluate("seen.states").count("draining") == (2 if how == "stop" else 0)
    page.wait_for_function("closed => seen.output.readyState === closed", arg=CLOSED, timeout=40_000)
    assert page.evaluate("seen.lines.map(line => line.seq)") == list(range(1, 62))
    expect(page.locator("#exit")).to_have_text("3")

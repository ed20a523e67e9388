"""A page that is left open: what comes is shown, and nothing piles up.

SLUICE_HEAP_EVENTS says for how many samples, ten a second; an hour's worth, at one a second, is 3600. Few find gross leaks only.
"""

import os
import statistics
import time

from playwright.sync_api import expect

EVENTS = int(os.environ.get("SLUICE_HEAP_EVENTS", "200"))
LOOK = 2  # seconds from one look to the next
CHARTS_ARE_FULL = 60  # seconds


def heap_mib(session):
    session.send("HeapProfiler.collectGarbage")
    return session.send("Runtime.getHeapUsage")["usedSize"] / 2**20


def test_the_heap_of_an_open_page_is_flat(page, pair):
    gateway, _ = pair
    page.goto(f"{gateway.url}/#/agents/agent1")
    expect(page.locator("#state")).to_have_text("live")
    page.select_option("#interval", "100ms")
    session = page.context.new_cdp_session(page)
    began, heaps = time.monotonic(), []
    first = received(gateway)
    while (count := received(gateway) - first) < EVENTS:
        page.wait_for_timeout(LOOK * 1000)
        heaps.append(heap_mib(session))
        assert time.monotonic() - began < EVENTS, f"{count} of {EVENTS} samples have come"
    # The charts fill in the first minute, where there is one.
    later = heaps[min(CHARTS_ARE_FULL // LOOK, len(heaps) // 3) :]
    half = len(later) // 2
    before, after = statistics.median(later[:half]), statistics.median(later[half:])
    print(f"{count} samples in {time.monotonic() - began:.0f} s: heap {min(later):.1f} to {max(later):.1f} MiB, medians {before:.1f}, then {after:.1f}")
    assert after < before + 1 and max(later) < 32
    assert page.problems == []


def received(gateway):
    """Events that have gone out, which here are samples for the page."""
    lines = gateway.get("/metrics").text.splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("sluice_deliveries_total "))

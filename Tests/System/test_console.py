"""The gateway's own page at `/`, in a real browser."""

import re
import subprocess
import time
from urllib.parse import urlsplit

from playwright.sync_api import expect

from programs import BUILT, wait_for

SIZES = {"wide": {"width": 1280, "height": 860}, "narrow": {"width": 360, "height": 740}}


def look(page, directory, name):
    """Screenshots for people, light and dark, wide and narrow; nothing may stick out of a narrow screen."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for size, viewport in SIZES.items():
            page.set_viewport_size(viewport)
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=directory / f"{name}-{scheme}-{size}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, size)
    page.set_viewport_size(SIZES["wide"])
    page.evaluate("scrollTo(0, 0)")


def host(page, agent):
    return page.locator(f'.host[href="#/agents/{agent}"]')


def test_the_fleet_is_live_and_follows_what_comes_and_goes(page, pair, launch, tmp_path):
    gateway, _ = pair
    foreign = []
    page.on("request", lambda r: foreign.append(r.url) if not r.url.startswith(gateway.url + "/") else None)
    page.goto(gateway.url)
    expect(page.locator("#state")).to_have_text("live")
    expect(host(page, "agent1")).to_contain_text(re.compile(r"\d+\.\d%"))
    second = launch.agent(gateway.agent_address, "agent2")
    expect(host(page, "agent2")).to_contain_text(re.compile(r"\d+\.\d%"))
    expect(host(page, "agent2").locator("polyline")).to_have_attribute("points", re.compile(r"\d+,\d+\.\d \d+,"))
    second.kill()
    expect(host(page, "agent2")).to_contain_text("offline")
    expect(page.get_by_text("1 of 2 connected")).to_be_visible()
    page.get_by_label("Find a host").fill("agent2")
    expect(host(page, "agent1")).to_be_hidden()
    page.get_by_label("Find a host").fill("")
    look(page, tmp_path, "fleet")
    assert page.problems == [] and foreign == []


def has_line(page, number):
    """Whether a chart shows something in the colour of its first line."""
    return page.evaluate(
        """number => {
            const canvas = document.querySelectorAll('canvas')[number];
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const color = getComputedStyle(document.documentElement).getPropertyValue('--series-1').trim();
            const wanted = [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16));
            for (let at = 0; at < data.length; at += 4) {
                if (data[at + 3] > 240 && wanted.every((value, part) => Math.abs(data[at + part] - value) < 12)) return true;
            }
            return false;
        }""",
        number,
    )


def test_a_host_is_chosen_by_keyboard_and_shows_charts_and_the_output_of_a_command(page, pair, tmp_path):
    gateway, _ = pair
    page.goto(gateway.url)
    expect(host(page, "agent1")).to_be_visible()
    page.get_by_label("Find a host").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="agent1")).to_be_visible()
    assert page.evaluate("scrollY") == 0
    expect(page.locator("#state")).to_have_text("live")
    expect(page.locator("#memory")).to_contain_text(re.compile(r"%of \d"))
    page.select_option("#interval", "500ms")
    for chart in range(4):
        wait_for(lambda: has_line(page, chart), 30, f"a line on chart {chart}")
    page.get_by_label("Command", exact=True).fill("echo $((6 * 7)); echo '<b>oops</b>' >&2; exit 3")
    page.keyboard.press("Enter")
    expect(page.locator(".result")).to_have_text("exit code 3")
    expect(page.locator(".output")).to_have_text("42\n<b>oops</b>\n")
    expect(page.locator(".output .stderr")).to_have_text("<b>oops</b>\n")
    look(page, tmp_path, "agent")
    page.get_by_label("Command", exact=True).fill("sleep 60")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".result")).to_have_text(re.compile("^(cancelled|exit code -?[0-9]+)$"))
    page.get_by_role("link", name="Sluice").click()
    expect(host(page, "agent1")).to_be_visible()
    assert page.problems == []
    wait_for(lambda: all(s["config"].get("interval") != "500ms" for s in gateway.streams()), 15, "no more than the fleet needs")


def test_an_open_page_goes_on_after_a_restart_of_the_gateway(page, pair, launch):
    gateway, _ = pair
    page.goto(gateway.url + "/#/agents/agent1")
    expect(page.locator("#state")).to_have_text("live")
    page.get_by_label("Command", exact=True).fill("for i in $(seq 1 50); do echo $i; sleep 0.1; done; exit 3")
    page.keyboard.press("Enter")
    expect(page.locator(".output")).to_contain_text("5\n")
    gateway.kill()
    expect(page.locator("#state")).to_have_text("reconnecting")
    launch.gateway(http=gateway.http_address, agents=gateway.agent_address, data=gateway.data)
    expect(page.locator("#state")).to_have_text("live")
    before = page.inner_text("#cpu")
    expect(page.locator(".result")).to_have_text("exit code 3")
    expect(page.locator(".output")).to_have_text("".join(f"{i}\n" for i in range(1, 51)))
    page.wait_for_function("before => document.getElementById('cpu').innerText !== before", arg=before)


def test_without_chart_js_the_page_says_what_to_install_and_the_rest_works(page, pair):
    gateway, _ = pair
    page.route("**/assets/chart.js", lambda route: route.fulfill(status=404, json={"error": "none", "code": "not_found"}))
    page.goto(gateway.url + "/#/agents/agent1")
    expect(page.get_by_text("apt install libjs-chart.js")).to_be_visible()
    expect(page.locator("#memory")).to_contain_text("%")
    expect(page.locator("canvas").first).to_be_hidden()


def test_where_tokens_are_needed_the_page_asks_for_one(page, launch, tmp_path):
    data = tmp_path / "gateway"
    made = subprocess.run(
        [BUILT / "sluice", "token", "create", "--name", "me", "--role", "viewer", "--data-dir", data], capture_output=True, text=True)
    gateway = launch.gateway(data=data)
    page.goto(gateway.url)
    for token, says in (("wrong", "The token was not accepted."), (made.stdout.strip(), None)):
        page.get_by_label("Token", exact=True).fill(token)
        page.get_by_role("button", name="Continue").click()
        if says:
            expect(page.get_by_role("alert")).to_have_text(says)
    expect(page.get_by_text("No host has connected yet.")).to_be_visible()
    expect(page.locator("#state")).to_have_text("waiting for an agent")
    assert "wrong" not in page.url and made.stdout.strip() not in page.url
    # No script can read the cookie, and nothing else has the token.
    kept = page.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])")
    assert made.stdout.strip() not in kept and "sluice_token" not in kept
    cookie, = page.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["value"] == made.stdout.strip()
    other = page.context.new_page()
    other.goto(gateway.url)
    expect(other.get_by_text("No host has connected yet.")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    for each in (page, other):
        expect(each.get_by_label("Token", exact=True)).to_be_visible()
    assert page.context.cookies() == []


def test_below_a_path_the_console_and_its_streams_are_all_there(page, launch):
    gateway = launch.gateway("--path-prefix", "/tools/sluice")
    launch.agent(gateway.agent_address, "agent1")
    paths = []
    page.on("request", lambda request: paths.append(urlsplit(request.url).path))
    page.goto(gateway.url + "/tools/sluice")
    page.locator(".host").first.click()
    wait_for(lambda: page.locator("canvas").count() == 4 and has_line(page, 1), 30, "a line on a chart")
    assert page.problems == []
    others = [path for path in paths if not path.startswith("/tools/sluice/")]
    assert others == ["/tools/sluice"] and any("/events" in path for path in paths), paths


def test_the_demo_shows_a_live_chart_of_this_host(page, launch, tmp_path):
    demo = launch.demo(tmp_path / "demo")
    began = time.monotonic()
    page.goto(demo.url)
    page.locator(".host").first.click()
    wait_for(lambda: page.locator("canvas").count() == 4 and has_line(page, 1), 30, "a line on a chart")
    print(f"a chart after {time.monotonic() - began:.2f} s")
    expect(page.locator("#cpu")).to_contain_text("%")

import pathlib
import sys

import pytest
from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "Conformance"))

from programs import Agent, Demo, Gateway  # noqa: E402

expect.set_options(timeout=30_000)


@pytest.fixture
def launch(tmp_path):
    """Starts programs that are ended with the test: launch.gateway(options), launch.agent(gateway, id, options)."""

    class Launcher:
        def __init__(self):
            self.programs = []
            self.count = 0

        def keep(self, program):
            self.programs.append(program)
            return program

        def gateway(self, *options, **more):
            data = more.pop("data", tmp_path / "gateway")
            return self.keep(Gateway(data, *options, **more))

        def agent(self, address, agent_id="agent1", *options, **more):
            self.count += 1
            state = more.pop("state", tmp_path / f"agent-{agent_id}")
            return self.keep(Agent(address, agent_id, state, *options, **more))

        def demo(self, data):
            return self.keep(Demo(data))

    launcher = Launcher()
    yield launcher
    for program in reversed(launcher.programs):
        program.kill()


@pytest.fixture
def pair(launch):
    """A gateway and one connected agent that allows shell tasks."""
    gateway = launch.gateway()
    agent = launch.agent(gateway.agent_address, "agent1", "--allow", "shell")
    return gateway, agent


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page of its own; `page.problems` collects what a person would see in red in the console."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    yield page
    context.close()

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "Conformance"))

from programs import Agent, Gateway  # noqa: E402


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

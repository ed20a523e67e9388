"""What floods an agent from all sides at once does not make it larger than its unit allows."""

import pathlib
import re
import signal
import time

from programs import wait_for
from sse import Sse
from stored_lines import search

UNIT = pathlib.Path(__file__).parents[2] / "Scripts" / "systemd" / "sluice-agent.service"
TASKS, TASK_LINES = 8, 150_000
LOG_LINES = 300_000
LONG = 120  # seconds


def limit_kib():
    """From where on the unit has the kernel slow it down."""
    return int(re.search(r"^MemoryHigh=(\d+)M$", UNIT.read_text(), re.M)[1]) * 1024


def peak_kib(program):
    status = pathlib.Path(f"/proc/{program.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


def test_an_agent_that_everything_floods_stays_below_the_limit_of_its_unit(launch, tmp_path):
    gateway = launch.gateway("--agent-heartbeat", "1s")
    log = tmp_path / "flood.log"
    log.touch()
    agent = launch.agent(gateway.agent_address, "agent1", "--allow", "shell", "--log-path", log)
    wait_for(lambda: any(s["stream_type"] == "log_aggregation" for s in gateway.streams()), what="the stream of lines")
    metrics = Sse(gateway.url + gateway.subscribe("metrics", "agent1", interval="100ms")["stream_url"])
    metrics.wait_events("metrics", 2)
    tasks = [gateway.run_shell("agent1", f"seq -f 'line %09.0f {'x' * 84}' 1 {TASK_LINES}") for _ in range(TASKS)]
    log.write_bytes(b"".join(b"an order was accepted mark%dx %s\n" % (n, b"y" * 60) for n in range(LOG_LINES)))
    for _ in range(3):
        gateway.process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)
        gateway.process.send_signal(signal.SIGCONT)
        time.sleep(1)
    assert [gateway.wait_task(task, LONG)["line_count"] for task in tasks] == [TASK_LINES] * TASKS
    wait_for(lambda: search(gateway, agent_id="agent1", per_page=1)["total"] >= LOG_LINES, LONG, "all lines")
    print(f"at most {peak_kib(agent) / 1024:.1f} MiB")
    assert agent.process.poll() is None and peak_kib(agent) < limit_kib()
    metrics.close()

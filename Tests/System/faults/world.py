"""A gateway and an agent with a bad line between them, and what must hold when all is well again."""

import collections
import datetime
import os
import re
import signal
import time

from programs import Agent, Gateway, wait_for
from stored_lines import search, stored_lines, text

from .network import Namespace, unavailable
from .proxy import FaultyRelay
from .work import FINAL, GONE, LogWork, MetricsWork

HEARTBEAT = 1
LINGER = 0.5
MARK = re.compile(r"mark(\d+)x")


class World:
    agent_id = "host1"

    def __init__(self, directory, seed, log_rate):
        self.directory = directory
        self.began = datetime.datetime.now(datetime.timezone.utc)
        self.agent_lives = 0
        self.is_over = False
        self.tasks = []
        self.problems = []
        self.namespace = self.gateway = self.relay = self.agent = self.log = self.metrics = None
        self.no_network = unavailable()
        try:
            self.start(seed, log_rate)
        except BaseException:
            self.close()
            raise

    def start(self, seed, log_rate):
        self.namespace = None if self.no_network else Namespace()
        self.gateway = Gateway(self.directory / "gateway", *self.options)
        outside = self.namespace.outside if self.namespace else "127.0.0.1"
        self.relay = FaultyRelay(self.gateway.agent_address, outside, seed)
        (self.directory / "logs").mkdir()
        self.start_agent()
        # What is in a file before the agent comes for the first time is not new.
        wait_for(lambda: any(s["stream_type"] == "log_aggregation" for s in self.gateway.streams()), 30, "the stream of lines")
        self.log = LogWork(self.directory / "logs" / "app.log", log_rate, seed)
        self.metrics = MetricsWork(self, seed)

    options = ("--agent-heartbeat", f"{HEARTBEAT}s", "--linger", f"{int(LINGER * 1000)}ms")

    def start_agent(self):
        prefix = self.namespace.prefix if self.namespace else []
        self.agent_lives += 1
        self.agent = Agent(
            self.relay.address, self.agent_id, self.directory / "agent", "--allow", "shell",
            "--log-path", self.directory / "logs" / "app.log*", "--spool-bytes", "128KiB", prefix=prefix, wait=False,
        )  # fmt: skip

    # Ends by force

    def kill_agent(self):
        self.check_alive()
        self.agent.kill()
        self.start_agent()

    def kill_gateway(self):
        self.check_alive()
        old = self.gateway
        old.kill()
        self.gateway = Gateway(old.data, *self.options, http=old.http_address, agents=old.agent_address)

    def check_alive(self):
        for program in (self.agent, self.gateway):
            if program.process.poll() is not None:
                self.problems.append(f"ended with {program.process.returncode}: {program.error_text()}")

    # When all is well again

    def heal(self):
        for part in (self.relay, self.namespace):
            if part:
                part.heal()
        for program in (self.gateway, self.agent):
            if program and program.process.poll() is None:
                program.signal(signal.SIGCONT)

    def is_connected(self):
        try:
            return self.gateway.agent_connected(self.agent_id)
        except GONE:
            return False

    def settle(self):
        """Seconds until the agent was there again. Its backoff may take 30 s."""
        self.heal()
        began = time.monotonic()
        try:
            wait_for(self.is_connected, 120, "the agent to come back")
        except AssertionError as error:
            ends = [f"{p.process.args}: {p.process.poll()}: {p.error_text()[-2000:]}" for p in (self.agent, self.gateway)]
            raise AssertionError("\n".join([str(error), *ends])) from None
        return time.monotonic() - began

    def finish(self):
        """Ends the work, and returns what did not hold: sentences."""
        self.settle()
        self.check_alive()
        lines = self.log.finish()
        self.metrics.finish()
        self.check_streams()
        self.check_tasks()
        self.check_lines(lines)
        self.check_alive()
        return self.problems

    def check_streams(self):
        """Nothing runs that nobody leased."""
        deadline = LINGER + HEARTBEAT + 30  # a listener whose connection broke while a program was frozen
        try:
            wait_for(lambda: not [s for s in self.gateway.streams() if s["stream_type"] == "metrics"], deadline, "the end of metrics")
        except AssertionError:
            self.problems.append(f"a stream goes on: {self.gateway.streams()}")
            return
        time.sleep(LINGER + HEARTBEAT)
        before = len(self.relay.samples)
        time.sleep(1.5)
        if len(self.relay.samples) != before:
            self.problems.append(f"{len(self.relay.samples) - before} samples came that nobody leased")

    def check_tasks(self):
        def have_ended():
            for task in self.tasks:
                task.cancel_when_done()
            return all(task.ended or task.problems for task in self.tasks)

        try:
            wait_for(have_ended, 90, "the end of all streams of tasks")
        except AssertionError:
            pass  # which ones is told below
        for task in self.tasks:
            self.problems += [f"{task.id}: {problem}" for problem in self.wrong(task)]
        try:
            wait_for(lambda: not any(task.processes() for task in self.tasks), 15, "the end of all processes of tasks")
        except AssertionError:
            left = {task.id: task.processes() for task in self.tasks if task.processes()}
            self.problems.append(f"processes of tasks that have ended: {left}")

    def wrong(self, task):
        """What did not hold of a task and of what its listener got."""
        yield from task.problems
        record = self.gateway.task(task.id)
        status = record["status"]
        if not task.ended:
            yield f"the stream of a task that is {status} did not end: line {task.next} of {task.lines} is due, {task.stream.status}"
        if status not in FINAL:
            yield f"it is {status}"
        if status == "completed" and task.next != task.lines + 2:
            yield f"it printed {task.lines} lines, the last one that came was {task.next - 2}"
        if status == "completed" and not task.gaps and self.gateway.get(f"/tasks/{task.id}/output").text.count("\n") != task.lines:
            yield "the whole output has another number of lines"
        if status == "failed" and record.get("reason") != "agent_restarted":
            yield f"it failed: {record.get('reason')}"
        # A task may end by itself before it hears that it is cancelled; its processes are looked for in any case.

    def check_lines(self, lines):
        try:
            wait_for(lambda: search(self.gateway, agent_id=self.agent_id, per_page=1)["total"] >= lines, 60, f"{lines} stored lines")
        except AssertionError as error:
            self.problems.append(str(error))
        stored = [int(MARK.search(line["message"])[1]) for line in self.stored()]
        counts = collections.Counter(stored)
        missing = [n for n in range(1, lines + 1) if n not in counts]
        repeated = [n for n, count in counts.items() if count > 1]
        if missing:
            self.problems.append(f"{len(missing)} of {lines} lines are missing: {missing[:10]}")
        if repeated:
            self.problems.append(f"{len(repeated)} lines are stored twice: {repeated[:10]}")
        if stored != sorted(stored):
            first = next(n for n, (a, b) in enumerate(zip(stored, stored[1:])) if a > b)
            self.problems.append(f"lines are out of order: {stored[first - 2 : first + 4]}")

    def stored(self):
        """All lines, oldest first: a window of time after the other, so that no page is far down."""
        begin, step = self.began, datetime.timedelta(seconds=5)
        while begin < datetime.datetime.now(datetime.timezone.utc) + step:
            window = stored_lines(self.gateway, self.agent_id, since=text(begin), until=text(begin + step))
            yield from reversed(window)
            begin += step

    def close(self):
        self.is_over = True
        self.heal()
        for work in (self.log, self.metrics):
            if work:
                work.ended.set()
        for program in (self.agent, self.gateway):
            if program:
                program.kill()
        if self.relay:
            self.relay.close()
        for task in self.tasks:
            task.drop_listener()
            for pid in task.processes():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        if self.namespace:
            self.namespace.close()

"""What goes on while everything breaks: log files that are written and rotated, tasks that print and are listened to,
tasks that are cancelled, streams of metrics that are opened and closed. Each knows what must have come in the end."""

import os
import pathlib
import random
import threading
import time

import requests

from line_files import LogFile
from sse import Sse

FINAL = ("completed", "failed", "timeout", "cancelled")
GONE = (requests.RequestException, OSError)


class LogWork(threading.Thread):
    """One file; rotated now and then by rename, all parts kept."""

    def __init__(self, path, per_second, seed, rotate_every=4.0):
        super().__init__(daemon=True)
        self.file = LogFile(path)
        self.per_second, self.rotate_every = per_second, rotate_every
        self.chance = random.Random(seed)
        self.ended = threading.Event()
        self.rotations = 0
        self.start()

    def run(self):
        next_rotation = time.monotonic() + self.rotate_every
        began, written = time.monotonic(), 0
        while not self.ended.is_set():
            due = int((time.monotonic() - began) * self.per_second)
            self.file.write(due - written)
            written = due
            if time.monotonic() > next_rotation:
                self.file.rotate()
                self.rotations += 1
                next_rotation = time.monotonic() + self.rotate_every * self.chance.uniform(0.5, 1.5)
            time.sleep(0.02)

    def finish(self):
        self.ended.set()
        self.join()
        return self.file.count


class TaskWork(threading.Thread):
    """A task that prints numbered lines, and its listener, who comes back with its last id until the stream has ended."""

    def __init__(self, world, lines, pause=None, sleeps=False):
        super().__init__(daemon=True)
        self.world = world
        self.lines = lines
        self.mark = "fault-%016x" % random.getrandbits(64)
        last = f"(exec -a {self.mark} sleep 300) & wait" if sleeps else ":"
        # The mark names the processes of the task: `bash -c` has it among its arguments.
        printing = f"for i in $(seq {lines}); do echo line $i; sleep {pause}; done" if pause else f"seq -f 'line %.0f' {lines}"
        self.command = f": {self.mark}; {printing}; {last}"
        self.id = None
        self.cancelled = False
        self.generation = world.agent_lives
        self.next = 1
        self.gaps = 0
        self.connections = 0
        self.final = None
        self.ended = False
        self.problems = []
        self.stream = None

    def begin(self):
        """False when nobody could be asked, or nobody knows whether it began."""
        try:
            answer = self.world.gateway.post("/tasks/shell", {"agent_id": self.world.agent_id, "cmd": self.command, "timeout": "1h"})
        except GONE:
            return False
        if answer.status_code != 201:
            return False
        self.id = answer.json()["task_id"]
        self.start()
        return True

    def cancel(self):
        try:
            answer = self.world.gateway.delete(f"/tasks/{self.id}")
        except GONE:
            return
        self.cancelled = self.cancelled or answer.status_code == 200

    def cancel_when_done(self):
        """Those that sleep behind their lines end in no other way."""
        if self.next > self.lines and not self.ended and not self.cancelled:
            self.cancel()

    def drop_listener(self):
        if self.stream:
            self.stream.close()

    def run(self):
        url, last_id = None, None
        while not self.ended and not self.world.is_over:
            try:
                url = url or self.world.gateway.subscribe("shell_output", resource=self.id)["stream_url"]
                self.stream = Sse(self.world.gateway.url + url, last_event_id=last_id)
            except (*GONE, AssertionError):
                time.sleep(0.2)
                continue
            self.connections += 1
            taken = 0
            while not self.stream.ended.wait(0.05) or taken < len(self.stream.events):
                for event in self.stream.events[taken:]:
                    self.take(event)
                    taken += 1
            last_id = self.stream.last_id
            if self.stream.status == 204 and not self.ended:
                self.problems.append("204 before the end")
                return
            if self.stream.status == 404:
                url = None
            time.sleep(0.05)

    def take(self, event):
        data = event.json.get("data", event.json)
        if event.kind == "shell_output":
            if data["seq"] != self.next:
                self.problems.append(f"{data['seq']} came where {self.next} was due")
            self.next = data["seq"] + 1
            if data["is_final"]:
                self.final = data
            elif data["line"] != f"line {data['seq']}":
                self.problems.append(f"line {data['seq']} is {data['line']!r}")
        elif event.kind == "gap":
            if data["from"] != self.next or data["missed"] != data["to"] - data["from"] + 1:
                self.problems.append(f"a gap {data} where {self.next} was due")
            self.gaps += data["missed"] or 0
            self.next = (data["to"] or self.next - 1) + 1
        elif event.kind == "stream_end":
            self.ended = True

    def processes(self):
        """Of the task, that live."""
        return processes_with(self.mark)


def processes_with(mark):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # A zombie has no command line.
            if mark.encode() in (entry / "cmdline").read_bytes() and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


class MetricsWork(threading.Thread):
    """Opens a stream of metrics, reads it for a while, closes it, waits."""

    def __init__(self, world, seed):
        super().__init__(daemon=True)
        self.world = world
        self.chance = random.Random(seed)
        self.ended = threading.Event()
        self.opened = self.events = 0
        self.start()

    def run(self):
        while not self.ended.is_set():
            try:
                subscription = self.world.gateway.subscribe("metrics", self.world.agent_id, interval="200ms")
                stream = Sse(self.world.gateway.url + subscription["stream_url"])
            except (*GONE, AssertionError):
                self.ended.wait(0.3)
                continue
            self.opened += 1
            self.ended.wait(self.chance.uniform(0.3, 4))
            self.events += len(stream.of("metrics"))
            stream.close()
            self.ended.wait(self.chance.uniform(0, 3))

    def finish(self):
        self.ended.set()
        self.join()

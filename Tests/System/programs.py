"""Starts and stops the built programs the way a person or an init system would."""

import json
import os
import pathlib
import queue
import signal
import socket
import subprocess
import threading
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = pathlib.Path(os.environ.get("SLUICE_BIN", ROOT / ".build" / "release"))


# Times to wait are those of a machine that has little else to do; a busy one gets more.
PATIENCE = 3


def wait_for(condition, timeout=10.0, what="condition"):
    """Polls until `condition()` is true and returns its value."""
    timeout *= PATIENCE
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain for {what}")
        time.sleep(0.01)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Program:
    """A child process whose stdout lines and stderr text are collected."""

    def __init__(self, arguments, environment=None):
        env = {k: v for k, v in os.environ.items() if not k.startswith("SLUICE_")}
        env.update(environment or {})
        self.process = subprocess.Popen(
            [str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
        )
        self.lines = queue.Queue()
        self.errors = []
        self._threads = [
            threading.Thread(target=self._read_lines, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read_lines(self):
        for line in self.process.stdout:
            self.lines.put(line.decode(errors="replace").rstrip("\n"))

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line.decode(errors="replace").rstrip("\n"))

    def event(self, name, timeout=15.0):
        """The next stdout line that is the JSON object of this event."""
        timeout *= PATIENCE
        deadline = time.monotonic() + timeout
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, min(0.2, deadline - time.monotonic())))
                value = json.loads(line)
                if value.get("event") == name:
                    return value
            except queue.Empty:
                if self.process.poll() is not None:
                    raise AssertionError(f"ended with {self.process.returncode}: {self.error_text()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"no {name!r} within {timeout} s: {self.error_text()}")

    def error_text(self):
        return "\n".join(self.errors[-30:])

    @property
    def pid(self):
        return self.process.pid

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=15.0):
        code = self.process.wait(timeout * PATIENCE)
        for thread in self._threads:
            thread.join(2)
        return code

    def stop(self, timeout=15.0):
        """SIGTERM, and what it exits with."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.wait(timeout)

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        return self.wait()

    def rss_kib(self):
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def cpu_seconds(self):
        fields = open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Gateway(Program):
    tls = None

    def __init__(self, data, *options, http="127.0.0.1:0", agents="127.0.0.1:0", environment=None, tls=None):
        """`tls`: the file of the CA that has signed its certificate, where it has one."""
        self.data = data
        self.tls = tls
        self.start(
            [BUILT / "sluice", "serve", "--http-bind", http, "--agent-bind", agents, "--data-dir", data, *options],
            environment,
        )

    def start(self, arguments, environment=None):
        """Runs the program and waits until it is ready."""
        super().__init__(arguments, environment)
        ready = self.event("ready")
        self.http_address, self.agent_address = ready["http"], ready["agents"]
        self.version = ready["version"]
        self.url = ("https://" if self.tls else "http://") + self.http_address
        self.session = requests.Session()
        self.token = None

    def request(self, method, path, json=None, token=None, **more):
        headers = dict(more.pop("headers", {}))
        token = token or self.token
        if token:
            headers["Authorization"] = "Bearer " + token
        # With each request: REQUESTS_CA_BUNDLE counts before what the session says.
        more.setdefault("verify", self.tls or True)
        return self.session.request(method, self.url + path, json=json, headers=headers, timeout=60, **more)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, json, **more):
        return self.request("POST", path, json=json, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def subscribe(self, stream_type, agent=None, resource=None, token=None, **config):
        body = {"stream_type": stream_type, "config": config}
        if agent is not None:
            body["agent_id"] = agent
        if resource is not None:
            body["resource"] = resource
        answer = self.post("/subscriptions", body, token=token)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def run_shell(self, agent, command, **more):
        answer = self.post("/tasks/shell", {"agent_id": agent, "cmd": command, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()["task_id"]

    def task(self, task_id):
        return self.get(f"/tasks/{task_id}").json()

    def wait_task(self, task_id, timeout=20.0):
        final = ("completed", "failed", "timeout", "cancelled")
        return wait_for(
            lambda: (lambda t: t if t["status"] in final else None)(self.task(task_id)), timeout, f"the end of {task_id}"
        )

    def streams(self):
        return self.get("/admin/streams").json()["streams"]

    def agent_connected(self, agent):
        answer = self.get(f"/agents/{agent}")
        return answer.status_code == 200 and answer.json()["connected"]


class Demo(Gateway):
    """`sluice demo`: a gateway with an agent for this host, as Scripts/run starts it."""

    def __init__(self, data):
        self.data = data
        self.start([BUILT / "sluice", "demo", "--http-bind", "127.0.0.1:0", "--agent-bind", "127.0.0.1:0", "--data-dir", data])

    def kill(self):
        return self.stop()  # it ends its agent


class Agent(Program):
    def __init__(self, gateway_address, agent_id, state, *options, environment=None, wait=True, prefix=()):
        self.agent_id = agent_id
        super().__init__(
            [*prefix, BUILT / "sluice-agent", "--gateway", gateway_address, "--id", agent_id, "--state-dir", state, *options],
            environment,
        )
        if wait:
            self.event("connected")

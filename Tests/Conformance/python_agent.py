#!/usr/bin/env python3
"""A small agent in Python, written from Sources/CWire/sluice.proto alone: the proof that others can write one.

It says Hello, beats, streams made-up metrics while they are desired, runs shell tasks, keeps their output until it is
acknowledged and sends it again after a reconnect. This file is the conversation; sluice_frames.py is what goes over the
wire and sluice_task.py a running command.

Needs protoc (apt install protobuf-compiler) and the Python package protobuf of the same series (pip install
'protobuf<5'). The code for the messages is generated when it starts.

    python3 Tests/Conformance/python_agent.py --gateway 127.0.0.1:9090 --id py1 [--token TOKEN] [--no-shell]
        [--announce TYPE]

Exit codes: 0 after SIGTERM or SIGINT, 77 where the gateway refuses for good. As a module: Agent(...).run() in a thread
or process of its own, agent.stop() from anywhere.
"""

import argparse
import os
import random
import selectors
import signal
import socket
import sys
import time

from sluice_frames import delimited, load_protocol, take_frame
from sluice_task import Task

FINAL_REFUSAL = 77
TICK = 0.1  # seconds: how soon stop() and the end of a process are noticed


class Agent:
    """One agent. Everything happens on the thread that calls run(); stop() may be called from any."""

    def __init__(self, gateway, agent_id, token=None, shell=True, announce=()):
        host, port = gateway.rsplit(":", 1)
        self.address = (host.strip("[]"), int(port))
        self.wire = load_protocol()
        self.id, self.token, self.shell = agent_id, token, shell
        self.stream_types = ["metrics", *announce]
        self.boot_id = random.getrandbits(63)
        self.stopping = False
        self.connected = False
        self.last_heard = 0.0
        self.selector = selectors.DefaultSelector()
        self.socket = None
        self.buffer = bytearray()
        self.tasks = {}
        self.streams = {}  # stream_ref -> [DesiredStream, time of the next sample]
        self.generation = 0
        self.stay_away = 0.0

    def stop(self):
        self.stopping = True

    def run(self):
        """Returns after stop(). Raises SystemExit(77) where the gateway refuses for good."""
        delay = 0.5
        while not self.stopping:
            try:
                self.converse()
            except OSError:
                pass  # ConnectionError is one too
            delay = 0.5 if self.connected else min(delay * 2, 30)
            self.disconnect()
            until = time.monotonic() + max(self.stay_away, random.uniform(0, delay))
            self.stay_away = 0.0
            while time.monotonic() < until and not self.stopping:
                self.step(TICK)
        for task in self.tasks.values():
            task.signal(signal.SIGKILL)

    # -- the connection

    def send(self, **member):
        self.socket.sendall(delimited(self.wire.AgentMessage(**member)))

    def disconnect(self):
        self.connected = False
        if self.socket:
            self.selector.unregister(self.socket)
            self.socket.close()
        self.socket = None

    def converse(self):
        self.buffer.clear()
        self.streams.clear()
        self.generation = 0
        connection = socket.create_connection(self.address, timeout=10)
        self.socket = connection
        self.selector.register(connection, selectors.EVENT_READ, None)
        self.send(hello=self.hello())
        while not self.stopping:
            self.step(TICK)
            while (payload := take_frame(self.buffer)) is not None:
                message = self.wire.ServerMessage.FromString(payload)
                kind = message.WhichOneof("message")
                if kind == "goodbye":
                    replaced = message.goodbye.reason == self.wire.Goodbye.REPLACED
                    self.stay_away = 300 if replaced else message.goodbye.retry_after_ms / 1000
                    return
                handler = getattr(self, f"on_{kind}", None)  # kinds that are not known are ignored
                if handler:
                    handler(getattr(message, kind))
            if self.connected:
                self.send_what_is_due()
        self.send(goodbye=self.wire.Goodbye(reason="STOPPING"))

    def hello(self):
        state = self.wire.TaskState
        return self.wire.Hello(
            protocol_version=1,
            agent_id=self.id,
            token=self.token,
            hostname=socket.gethostname(),
            agent_version="python_agent 1",
            stream_types=self.stream_types,
            task_kinds=["shell"] if self.shell else [],
            tasks=[state(task_id=t.id, last_seq=t.last_seq, is_final=t.final is not None) for t in self.tasks.values()],
            boot_id=self.boot_id,
        )

    def step(self, timeout):
        """Reads what there is to read of the connection and of tasks, and looks after processes."""
        for task in self.tasks.values():
            if task.is_full != task.paused:
                self.watch(task, reading=task.paused)
        for key, _ in self.selector.select(timeout):
            if key.data is None:
                piece = self.socket.recv(65536)
                if not piece:
                    raise ConnectionError("closed by the gateway")
                self.buffer += piece
                self.last_heard = time.monotonic()
            else:
                self.read_pipe(key.fileobj, *key.data)
        now = time.monotonic()
        for task in self.tasks.values():
            if task.deadline and now >= task.deadline and task.kill_at is None and not task.final:
                task.timed_out = True
                task.end()
            if task.kill_at and now >= task.kill_at:
                task.signal(signal.SIGKILL)
            if task.process and not task.final and not task.open and task.process.poll() is not None:
                task.finish()

    # -- messages of the gateway

    def on_welcome(self, welcome):
        self.connected = True
        self.heartbeat = welcome.heartbeat_ms / 1000
        self.last_heard = time.monotonic()
        self.next_heartbeat = time.monotonic() + self.heartbeat
        if welcome.agent_token:
            self.token = welcome.agent_token
        stored = {state.task_id: state for state in welcome.tasks}
        for task in list(self.tasks.values()):
            state = stored.get(task.id)
            if state is None or state.is_final:
                task.signal(signal.SIGKILL)
                self.forget(task)
            else:
                task.resend_after(state.last_seq)

    def on_refusal(self, refusal):
        if refusal.code not in (self.wire.Refusal.BUSY, self.wire.Refusal.DRAINING, self.wire.Refusal.UNKNOWN):
            print(f"refused: {refusal.message}", file=sys.stderr)
            raise SystemExit(FINAL_REFUSAL)
        self.stay_away = refusal.retry_after_ms / 1000

    def on_desired_streams(self, desired):
        if desired.generation < self.generation:
            return
        self.generation = desired.generation
        rejected, running, now = [], {}, time.monotonic()
        for stream in desired.streams:
            if stream.stream_type == "metrics":
                due = self.streams.get(stream.stream_ref, (None, now))[1]
                running[stream.stream_ref] = [stream, min(due, now + stream.metrics_request.interval_ms / 1000)]
            else:
                rejected.append(self.wire.RejectedStream(stream_ref=stream.stream_ref, code="unsupported"))
        self.streams = running
        states = self.wire.StreamStates(applied_generation=self.generation, running_refs=running, rejected=rejected)
        self.send(stream_states=states)

    def on_task_request(self, request):
        if request.task_id in self.tasks:
            return
        task = self.tasks[request.task_id] = Task(self.wire, request)
        if request.WhichOneof("task") != "shell_execute" or not self.shell:
            task.refuse("not_allowed", "this agent does not run tasks of this kind")
            return
        try:
            task.start(request.shell_execute.cmd)
        except OSError as error:
            task.refuse("spawn_failed", str(error))
            return
        for stream in task.open:
            os.set_blocking(task.pipe(stream).fileno(), False)
        self.watch(task, reading=True)

    def on_task_cancel(self, cancel):
        task = self.tasks.get(cancel.task_id)
        if task and not task.final:
            task.cancelled = True
            task.end()

    def on_ack(self, ack):
        task = self.tasks.get(ack.task_id)
        if task:
            task.acknowledge(ack.up_to_seq)
            if ack.is_final:
                self.forget(task)

    def on_system_info_request(self, request):
        info = self.wire.SystemInfo(timestamp=int(time.time()))
        if request.include_software:
            info.software.hostname = socket.gethostname().encode()
            info.software.os.name = sys.platform.encode()
        self.send(system_info=self.wire.SystemInfoResponse(request_id=request.request_id, info=info))

    # -- what is sent

    def send_what_is_due(self):
        now = time.monotonic()
        if now - self.last_heard > 3 * self.heartbeat:
            raise ConnectionError("the gateway is silent")
        if now >= self.next_heartbeat:
            beat = self.wire.Heartbeat(sent_at_unix_ns=time.time_ns(), applied_generation=self.generation)
            self.send(heartbeat=beat)
            self.next_heartbeat = now + self.heartbeat
        for reference, entry in self.streams.items():
            stream, due = entry
            if now >= due:
                entry[1] = max(due + stream.metrics_request.interval_ms / 1000, now)
                self.send(stream_data=self.sample(reference, stream.metrics_request))
        for task in self.tasks.values():
            self.send_output(task)

    def sample(self, reference, request):
        wanted = {name.split(".")[0] for name in request.metrics} or {"cpu", "memory", "load"}
        metrics = self.wire.MetricsDataResponse(timestamp=int(time.time()))
        if "cpu" in wanted:
            metrics.cpu.usage_percent = random.uniform(0, 100)
        if "memory" in wanted:
            metrics.memory.total_bytes = 8 << 30
            metrics.memory.usage_percent = 42.5
        if "load" in wanted:
            metrics.load.load1, metrics.load.load5, metrics.load.load15 = os.getloadavg()
        return self.wire.StreamData(
            stream_ref=reference, generation=self.generation, at_unix_ns=time.time_ns(), metrics=metrics
        )

    def send_output(self, task):
        while lines := task.next_lines():
            self.send(task_response=self.wire.TaskResponse(task_id=task.id, status="IN_PROGRESS", lines=lines))
            task.unsent -= len(lines)
        if task.final and not task.final_sent:
            self.send(task_response=task.final)
            task.final_sent = True

    # -- tasks

    def watch(self, task, reading):
        """Starts or stops reading a task's pipes."""
        for stream in task.open:
            if reading:
                self.selector.register(task.pipe(stream), selectors.EVENT_READ, (task, stream))
            else:
                self.selector.unregister(task.pipe(stream))
        task.paused = not reading

    def read_pipe(self, pipe, task, stream):
        data = pipe.read(65536)
        if data is None:
            return
        task.add_output(stream, data, at_end=not data)
        if not data:
            self.selector.unregister(pipe)
            pipe.close()
            task.open.discard(stream)

    def forget(self, task):
        if not task.paused:
            self.watch(task, reading=False)
        for stream in task.open:
            task.pipe(stream).close()
        del self.tasks[task.id]


def main():
    parser = argparse.ArgumentParser(description="A Sluice agent in Python.")
    parser.add_argument("--gateway", required=True, metavar="HOST:PORT")
    parser.add_argument("--id", required=True)
    parser.add_argument("--token")
    parser.add_argument("--no-shell", action="store_true", help="allow no shell tasks")
    parser.add_argument(
        "--announce", metavar="TYPE", action="append", default=[], help="also announce a stream type, and reject it then"
    )
    options = parser.parse_args()
    agent = Agent(options.gateway, options.id, options.token, not options.no_shell, options.announce)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.stop())
    agent.run()


if __name__ == "__main__":
    main()

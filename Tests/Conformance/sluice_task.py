"""A shell command that an agent runs for the gateway."""

import collections
import os
import re
import signal
import subprocess
import time

MAX_LINE = 65536
MAX_UNACKNOWLEDGED = 5000  # lines; the pipes are not read beyond that, so the command waits
LINES_PER_FRAME = 200
BYTES_PER_FRAME = 256 << 10


class Task:
    """A command and what is not acknowledged of its output."""

    def __init__(self, wire, request):
        self.wire = wire
        self.id = request.task_id
        self.last_seq = 0
        self.unsent = 0  # how many at the end of `lines` this connection has not carried yet
        self.lines = collections.deque()
        self.final = None  # the last TaskResponse, once the process has ended
        self.final_sent = False
        self.rest = {"STDOUT": b"", "STDERR": b""}
        self.open = set()
        self.cancelled = self.timed_out = False
        self.process = None
        self.paused = False  # its pipes are not being read
        self.kill_at = None
        self.started_at = time.time_ns()
        self.deadline = time.monotonic() + request.timeout_ms / 1000 if request.HasField("timeout_ms") else None

    def start(self, cmd):
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen([b"bash", b"-c", cmd], start_new_session=True, **pipes)
        self.open = {"STDOUT", "STDERR"}

    def pipe(self, stream):
        return self.process.stdout if stream == "STDOUT" else self.process.stderr

    @property
    def is_full(self):
        return len(self.lines) >= MAX_UNACKNOWLEDGED

    def signal(self, number):
        if self.process and self.process.returncode is None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                pass

    def end(self):
        """SIGTERM now, SIGKILL in five seconds."""
        if self.kill_at is None:
            self.signal(signal.SIGTERM)
            self.kill_at = time.monotonic() + 5

    def add_output(self, stream, data, at_end=False):
        """Lines end at a line feed, at CR LF, or at a CR that rewrites the line."""
        *whole, rest = re.split(rb"\r\n|\n|\r(?!\Z)", self.rest[stream] + data)
        for line in whole:
            self.add_line(stream, line)
        while len(rest) > MAX_LINE:
            self.add_line(stream, rest[:MAX_LINE], more_follows=True)
            rest = rest[MAX_LINE:]
        if at_end and rest:
            self.add_line(stream, rest.rstrip(b"\r"))
            rest = b""
        self.rest[stream] = rest

    def add_line(self, stream, text, more_follows=False):
        parts = [text[at : at + MAX_LINE] for at in range(0, len(text), MAX_LINE)] or [b""]
        for index, part in enumerate(parts):
            self.last_seq += 1
            self.unsent += 1
            line = self.wire.OutputLine(seq=self.last_seq, stream=stream, line=part, at_unix_ns=time.time_ns())
            line.truncated = more_follows or index + 1 < len(parts)
            self.lines.append(line)

    def finish(self):
        code = self.process.returncode
        done = code == 0 and not self.cancelled and not self.timed_out
        self.final = self.wire.TaskResponse(
            task_id=self.id,
            status="COMPLETED" if done else "FAILURE",
            is_final=True,
            cancelled=self.cancelled,
            timed_out=self.timed_out,
            exit_code=code if code >= 0 else 128 - code,
            final_seq=self.last_seq + 1,
            started_at_unix_ns=self.started_at,
            finished_at_unix_ns=time.time_ns(),
        )

    def refuse(self, reason, message):
        self.final = self.wire.TaskResponse(
            task_id=self.id, status="FAILURE", is_final=True, reason=reason, message=message, final_seq=1
        )

    def acknowledge(self, up_to_seq):
        while self.lines and self.lines[0].seq <= up_to_seq:
            self.lines.popleft()
        self.unsent = min(self.unsent, len(self.lines))

    def resend_after(self, stored_seq):
        self.acknowledge(stored_seq)
        self.unsent = len(self.lines)
        self.final_sent = False

    def next_lines(self):
        """The next lines for a frame that stays far below the limit; empty when all are sent."""
        chosen, size = [], 0
        for index in range(len(self.lines) - self.unsent, len(self.lines)):
            size += len(self.lines[index].line) + 50
            if len(chosen) == LINES_PER_FRAME or (chosen and size > BYTES_PER_FRAME):
                break
            chosen.append(self.lines[index])
        return chosen

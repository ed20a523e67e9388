"""A small event-stream reader on a plain socket: parses by the WHATWG rules and notes when each event arrived."""

import json
import socket
import threading
import time
from urllib.parse import urlsplit

from programs import PATIENCE


class Event:
    def __init__(self, kind, data, event_id, arrived):
        self.kind, self.data, self.id, self.arrived = kind, data, event_id, arrived
        self.json = json.loads(data)

    def __repr__(self):
        return f"<{self.kind} {self.id} {self.data[:100]}>"


def evenly(events, low, high, gaps=2):
    """Whether so many gaps in a row are of this length, in seconds: a busy machine may delay one."""
    at = [e.arrived for e in events]
    lengths = [b - a for a, b in zip(at, at[1:])]
    return any(all(low < g < high for g in lengths[i : i + gaps]) for i in range(len(lengths) - gaps + 1))


def live(events):
    """Those that are no snapshots."""
    return [e for e in events if not e.json["metadata"].get("snapshot")]


class Sse:
    """One connection to a stream URL. Reads in a thread until the server or close() ends it."""

    def __init__(self, url, last_event_id=None, headers=None, http="1.1", receive_buffer=None, read=True, pause=0):
        parts = urlsplit(url)
        self.pause = pause  # seconds between two reads
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(60)
        self.socket.connect((parts.hostname, parts.port))
        lines = [f"GET {parts.path}{'?' + parts.query if parts.query else ''} HTTP/{http}", f"Host: {parts.netloc}"]
        lines.append("Accept: text/event-stream")
        if last_event_id is not None:
            lines.append(f"Last-Event-ID: {last_event_id}")
        lines += [f"{k}: {v}" for k, v in (headers or {}).items()]
        self.opened = time.monotonic()
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.status = None
        self.headers = {}
        self.events = []
        self.comments = []
        self.retry = None
        self.last_id = last_event_id
        self.raw = bytearray()
        self.ended = threading.Event()
        self.changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)
        if read:
            self.begin()

    def begin(self):
        """Reads from now on, where it was made with read=False."""
        self._thread.start()

    def _run(self):
        try:
            self._read()
        except OSError:
            pass
        finally:
            self.ended.set()
            with self.changed:
                self.changed.notify_all()

    def _read(self):
        buffer = b""
        while b"\r\n\r\n" not in buffer:
            piece = self.socket.recv(65536)
            if not piece:
                return
            buffer += piece
        head, buffer = buffer.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        with self.changed:
            self.status = int(lines[0].split()[1])
            self.headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
            self.changed.notify_all()
        self.socket.settimeout(None)
        kind, data, pending = "", [], buffer
        last_id = self.last_id  # counts from the end of its event on
        while True:
            while b"\n" in pending:
                line, pending = pending.split(b"\n", 1)
                line = line.rstrip(b"\r").decode("utf-8")
                if line == "":
                    self.last_id = last_id
                    if data:
                        event = Event(kind or "message", "\n".join(data), self.last_id, time.monotonic())
                        with self.changed:
                            self.events.append(event)
                            self.changed.notify_all()
                    kind, data = "", []
                elif line.startswith(":"):
                    with self.changed:
                        self.comments.append(line[1:].strip())
                        self.changed.notify_all()
                else:
                    name, _, value = line.partition(":")
                    value = value[1:] if value.startswith(" ") else value
                    if name == "event":
                        kind = value
                    elif name == "data":
                        data.append(value)
                    elif name == "id":
                        last_id = value
                    elif name == "retry":
                        self.retry = int(value)
            if self.pause:
                time.sleep(self.pause)
            piece = self.socket.recv(65536)
            if not piece:
                return
            self.raw += piece
            pending += piece

    def wait(self, condition, timeout=10.0, what="an event"):
        """Waits until condition(self) is true and returns its value."""
        deadline = time.monotonic() + timeout * PATIENCE
        with self.changed:
            while True:
                value = condition(self)
                if value:
                    return value
                left = deadline - time.monotonic()
                if left <= 0 or (self.ended.is_set() and not condition(self)):
                    raise AssertionError(f"no {what}: status {self.status}, ended {self.ended.is_set()}, {self.events[-5:]}")
                self.changed.wait(min(left, 0.2))

    def of(self, kind):
        return [e for e in self.events if e.kind == kind]

    def wait_events(self, kind, count=1, timeout=10.0):
        return self.wait(lambda s: s.of(kind) if len(s.of(kind)) >= count else None, timeout, f"{count} {kind}")

    def wait_end(self, timeout=15.0):
        assert self.ended.wait(timeout * PATIENCE), f"still open: {self.events[-3:]}"

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

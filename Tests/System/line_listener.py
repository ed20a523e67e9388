"""Reads the stream of a task that prints `line 000000001 ...` and says exactly what came: a program of its own, so that
several read at once and none of them waits for the test.

    line_listener.py [--rate BYTES_PER_SECOND] [--cut-after LINES] [--last-event-id ID] URL

A line on stdin ends the rate, and the listener goes on as fast as it can. A connection that breaks is opened again with
the last id, as EventSource does, until the stream has ended. On stdout: one JSON object per report.
"""

import argparse
import json
import re
import select
import socket
import sys
import time
from urllib.parse import urlsplit

LINE = re.compile(rb'"line":"line (\d{9})[^"\\]*","seq":(\d+),')
CONTROL = re.compile(rb"event: (gap|stream_end|stream_status)\ndata: ([^\n]*)\n\n")
ID = re.compile(rb"(?:^|\n)id: ([^\n]*)\n")
FINAL = re.compile(rb'"stream":"status","line":"","seq":(\d+),[^\n]*')
RECONNECT_DELAY = 0.1


class Listener:
    def __init__(self, url, rate=None, cut_after=None, last_event_id=None):
        self.url, self.rate, self.cut_after, self.last_id = url, rate, cut_after, last_event_id
        self.pieces = []  # ["lines" | "gap", first, last] in the order of their arrival, neighbours joined
        self.wrong = []  # what no stream may contain
        self.bytes = self.lines = self.connections = 0
        self.final = self.end = None
        self.started = time.monotonic()
        self.first_line_at = None

    # One connection

    def connect(self):
        parts = urlsplit(self.url)
        self.socket = socket.socket()
        if self.rate:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        self.socket.settimeout(60)
        self.socket.connect((parts.hostname, parts.port))
        cursor = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id is not None else ""
        self.socket.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{cursor}\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.socket.recv(4096)
            if not piece:
                raise ConnectionError("no answer")
            head += piece
        self.connections += 1
        head, rest = head.split(b"\r\n\r\n", 1)
        return int(head.split()[1]), rest

    def run(self):
        while self.end is None:
            try:
                status, rest = self.connect()
                if status != 200:
                    self.end = {"status": status}
                    break
                self.read(rest)
            except OSError:
                pass
            self.socket.close()
            if self.end is None:
                time.sleep(RECONNECT_DELAY)
        return self.report("end")

    def read(self, pending):
        while True:
            whole = pending.rfind(b"\n\n") + 2
            if whole > 1:
                self.take(pending[:whole])
                pending = pending[whole:]
            if self.end is not None:
                return
            if self.cut_after is not None and self.lines >= self.cut_after:
                self.cut_after = None
                return  # in the middle of an event, as a rule
            piece = self.pace()
            if not piece:
                return
            self.bytes += len(piece)
            pending += piece

    def pace(self):
        if not self.rate:
            return self.socket.recv(1 << 20)
        step = max(1024, self.rate // 20)
        if select.select([sys.stdin], [], [], step / self.rate)[0]:
            sys.stdin.readline()
            self.rate = None
            step = 1 << 20
        return self.socket.recv(step)

    # What came

    def take(self, events):
        """Whole events."""
        at = 0
        for control in CONTROL.finditer(events):
            self.take_lines(events[at : control.start()])
            at = control.end()
            self.take_control(control[1].decode(), json.loads(control[2]))
        self.take_lines(events[at:])

    def take_lines(self, events):
        if not events:
            return
        ids = ID.findall(events)
        if ids:
            self.last_id = ids[-1].decode()
        found = LINE.findall(events)
        if found:
            first, count = int(found[0][1]), len(found)
            if found != [(b"%09d" % n, b"%d" % n) for n in range(first, first + count)]:
                self.wrong.append(f"lines that do not follow each other from {first} on")
            self.first_line_at = self.first_line_at or time.monotonic() - self.started
            self.note("lines", first, first + count - 1)
            self.lines += count
        final = FINAL.search(events)
        if final:
            self.final = int(final[1])
        expected = len(found) + (1 if final else 0)
        if events.count(b"event: shell_output\n") != expected:
            self.wrong.append(f"{events.count(b'event: shell_output')} events with {expected} lines")

    def take_control(self, kind, data):
        if kind == "gap":
            if data["missed"] != data["to"] - data["from"] + 1:
                self.wrong.append(f"a gap that does not add up: {data}")
            self.note("gap", data["from"], data["to"])
        elif kind == "stream_end":
            self.end = data

    def note(self, what, first, last):
        if self.pieces and self.pieces[-1][0] == what and self.pieces[-1][2] + 1 == first:
            self.pieces[-1][2] = last
        else:
            self.pieces.append([what, first, last])

    def report(self, event):
        return {
            "event": event, "pieces": self.pieces, "wrong": self.wrong[:5], "lines": self.lines, "bytes": self.bytes,
            "connections": self.connections, "final": self.final, "end": self.end, "last_id": self.last_id,
            "seconds": round(time.monotonic() - self.started, 3), "first_line_at": self.first_line_at,
        }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=int)
    parser.add_argument("--cut-after", type=int)
    parser.add_argument("--last-event-id")
    parser.add_argument("url")
    options = parser.parse_args()
    listener = Listener(options.url, options.rate, options.cut_after, options.last_event_id)
    print(json.dumps(listener.run()), flush=True)

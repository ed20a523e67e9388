"""A gateway as far as sluice-load's hosts need one, with a log store that makes mistakes on purpose: what sluice-load must
find."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from sluice_frames import delimited, load_protocol, take_frame

LOG_REFERENCE, TOPIC_REFERENCE = 7, 8


class Position:
    """Where the stream of one agent stands, and its lines as the store has them."""

    def __init__(self):
        self.origin, self.seq, self.lines = None, 0, []


class LyingStore:
    """`keep(agent_id, number, line)` returns what is stored in place of a line. Acknowledged is what has come, unless
    `acknowledge(seq)` says another number, or none."""

    def __init__(self, keep=lambda agent, number, line: [line], acknowledge=lambda seq: seq):
        self.protocol = load_protocol()
        self.keep, self.acknowledge = keep, acknowledge
        self.lock = threading.RLock()
        self.holes = 0  # in the numbers of what came
        self.positions, self.connections, self.resources = {}, {}, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.agents_address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        for target in (self.server.serve_forever, self._accept):
            threading.Thread(target=target, daemon=True).start()

    def arguments(self):
        return ["--gateway", self.url, "--agents-address", self.agents_address]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.cut()
        self.server.shutdown()
        self.server.server_close()

    # -- what a test does to it

    @property
    def count(self):
        with self.lock:
            return sum(len(p.lines) for p in self.positions.values())

    def cut(self):
        """Ends the connections of all agents."""
        with self.lock:
            for connection in self.connections.values():
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.connections.clear()  # what is still on its way is lost

    def forget(self, count):
        """As a store does that was restored from a backup."""
        with self.lock:
            for position in self.positions.values():
                del position.lines[-count:]
                position.seq -= count

    def ask_again(self, count):
        """Has the last lines of every agent sent once more, though they are there."""
        with self.lock:
            for agent, position in self.positions.items():
                resend = self.protocol.Resend(stream_ref=LOG_REFERENCE, from_seq=position.seq - count + 1)
                self._send(self.connections[agent], resend=resend)

    # -- agents

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _send(self, connection, **message):
        connection.sendall(delimited(self.protocol.ServerMessage(**message)))

    def _serve(self, connection):
        buffer, agent = bytearray(), None
        try:
            while piece := connection.recv(1 << 20):
                buffer += piece
                while (frame := take_frame(buffer)) is not None:
                    message = self.protocol.AgentMessage.FromString(frame)
                    with self.lock:
                        agent = self._take(connection, agent, message)
        except OSError:
            pass
        connection.close()

    def _take(self, connection, agent, message):
        kind = message.WhichOneof("message")
        if kind == "hello":
            agent = message.hello.agent_id
            self.connections[agent] = connection
            self._send(connection, welcome=self.protocol.Welcome(heartbeat_ms=1000, stream_window_bytes=64 << 10))
            self._send(connection, desired_streams=self._desired(message.hello))
        elif kind == "stream_data" and self.connections.get(agent) is connection and message.stream_data.WhichOneof("payload") == "logs":
            self._store(connection, self.positions[agent], agent, message.stream_data)
        return agent

    def _desired(self, hello):
        streams = self.protocol.DesiredStreams(generation=1)
        if "log_aggregation" in hello.stream_types:
            position = self.positions.setdefault(hello.agent_id, Position())
            stream = streams.streams.add(stream_ref=LOG_REFERENCE, stream_type="log_aggregation")
            stream.log_request.interval_ms = 1000
            if position.origin is not None:
                stream.log_request.origin, stream.log_request.after_seq = position.origin, position.seq
        return streams

    def _store(self, connection, position, agent, data):
        position.origin = data.origin
        first = data.seq - len(data.logs.events) + 1
        self.holes += first > position.seq + 1
        for number, event in enumerate(data.logs.events, first):
            if number > position.seq:
                position.lines += self.keep(agent, number, event.message.decode())
        position.seq = max(position.seq, data.seq)
        seq = self.acknowledge(position.seq)
        if seq is not None:
            self._send(connection, ack=self.protocol.Ack(stream_ref=LOG_REFERENCE, up_to_seq=seq))

    # -- HTTP

    def _subscribe(self, resource):
        """The agent is to have its topic wanted, or sluice-load does not begin."""
        with self.lock:
            self.resources.append(resource)
            streams = self.protocol.DesiredStreams(generation=1 + len(self.resources))
            for number, name in enumerate(self.resources):
                streams.streams.add(stream_ref=TOPIC_REFERENCE + number, stream_type="container_logs", resource=name)
            self._send(self.connections["load-0"], desired_streams=streams)

    def _search(self, query):
        with self.lock:
            agent = query.get("agent_id", [None])[0]
            lines = [(a, line) for a, p in self.positions.items() if agent in (None, a) for line in p.lines]
        if "q" in query:
            phrase = query["q"][0].strip('"')
            lines = [(a, line) for a, line in lines if phrase in line.replace('"', " ").split()]
        shown = lines[::-1][: int(query.get("per_page", ["100"])[0])]
        return {"logs": [{"message": line, "agent_id": a} for a, line in shown], "total": len(lines), "page": 1}

    def _handler(self):
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, value):
                body = json.dumps(value, separators=(",", ":")).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                store._subscribe(body["resource"])
                self.answer(201, {"subscription_id": "sub_1", "stream_url": "/streams/sub_1"})

            def do_GET(self):
                parts = urlsplit(self.path)
                if parts.path == "/logs/search":
                    return self.answer(200, store._search(parse_qs(parts.query)))
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                self.wfile.write(b"retry: 3000\nid: 1\n\n")
                self.wfile.flush()
                threading.Event().wait(60)  # nothing more comes; the client goes first

        return Handler

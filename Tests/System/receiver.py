"""A gateway of a few lines for one agent: wants streams, stores their items exactly once, acknowledges them."""

import socket
import threading

from wiretap import frames, load_protocol


class Receiver:
    """Listens on a port of its own; point the agent at `address`. Wants one reliable stream."""

    REF = 1

    def __init__(self, stream_type="log_aggregation", acknowledges=True, interval_ms=100):
        self.protocol = load_protocol()
        self.stream_type = stream_type
        self.acknowledges = acknowledges
        self.interval_ms = interval_ms
        self.lock = threading.Lock()
        self.items = []  # messages, in the order of their numbers
        self.origin, self.stored = None, 0
        self.problems = []
        self.frames = self.received = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.peer = None
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                self.peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(self.peer,), daemon=True).start()

    def _send(self, peer, message):
        payload = message.SerializeToString()
        length, prefix = len(payload), bytearray()
        while length >= 0x80:
            prefix.append(length & 0x7F | 0x80)
            length >>= 7
        prefix.append(length)
        peer.sendall(bytes(prefix) + payload)

    def _serve(self, peer):
        buffer = bytearray()
        try:
            while True:
                piece = peer.recv(1 << 18)
                if not piece:
                    return
                buffer += piece
                for frame in frames(buffer):
                    self._take(peer, self.protocol.AgentMessage.FromString(frame))
        except OSError:
            pass

    def _take(self, peer, message):
        answer = self.protocol.ServerMessage()
        kind = message.WhichOneof("message")
        if kind == "hello":
            answer.welcome.session_id = "test"
            self._send(peer, answer)
            self._send(peer, self._desired())
        elif kind == "heartbeat":
            answer.heartbeat.SetInParent()
            self._send(peer, answer)
        elif kind == "stream_data":
            with self.lock:
                self._store(message.stream_data)
            if self.acknowledges:
                answer.ack.stream_ref, answer.ack.up_to_seq = self.REF, self.stored
                self._send(peer, answer)

    def _desired(self):
        wanted = self.protocol.ServerMessage()
        wanted.desired_streams.generation = 1
        stream = wanted.desired_streams.streams.add(stream_ref=self.REF, stream_type=self.stream_type)
        request = stream.log_request if self.stream_type == "log_aggregation" else stream.event_request
        request.SetInParent()
        if self.stream_type == "log_aggregation":
            request.interval_ms = self.interval_ms
        if self.origin is not None:
            request.after_seq, request.origin = self.stored, self.origin
        return wanted

    def _store(self, data):
        events = data.logs.events if data.WhichOneof("payload") == "logs" else data.system_events.events
        self.frames += 1
        self.received += len(events)
        first = data.seq - len(events) + 1
        if self.origin is None:
            self.origin, self.stored = data.origin, first - 1
        if data.origin != self.origin:
            self.problems.append(f"another count at {self.stored}")
            self.origin, self.stored = data.origin, first - 1
        if data.HasField("gap"):
            self.problems.append(f"a gap {data.gap.from_seq}...{data.gap.to_seq} at {self.stored}")
            self.stored = max(self.stored, data.gap.to_seq)
        if first > self.stored + 1:
            self.problems.append(f"{first} after {self.stored}")
        self.items += [bytes(event.message) for event in events[max(0, self.stored + 1 - first) :]]
        self.stored = max(self.stored, data.seq)

    def disconnect(self):
        if self.peer:
            try:
                self.peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()
        self.disconnect()

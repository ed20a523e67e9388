"""A relay between agents and a gateway that delays, stalls and cuts, in the middle of a frame if it so happens."""

import random
import socket
import struct
import threading
import time

from wiretap import frames, load_protocol


class FaultyRelay:
    """Listens on a port of its own; point the agent at `address`. Counts what agents say of streams."""

    def __init__(self, target, host="127.0.0.1", seed=0):
        host_of_target, port = target.rsplit(":", 1)
        self.target = (host_of_target, int(port))
        self.chance = random.Random(seed)
        self.protocol = load_protocol()
        self.listener = socket.create_server((host, 0), backlog=1024)
        self.address = "%s:%d" % self.listener.getsockname()[:2]
        self.delay = 0.0  # seconds before each piece
        self.stalled = threading.Event()  # nothing is relayed, nothing is closed
        self.refuses = False  # new connections are closed at once
        self.lock = threading.Lock()
        self.pairs = []  # [agent's socket, gateway's socket, bytes that may still pass, or None]
        self.connections = self.cuts = 0
        self.samples = []  # times at which a sample of metrics passed
        threading.Thread(target=self._accept, daemon=True).start()

    # What goes wrong

    def cut(self, within=8192):
        """Each connection ends within so many more bytes, by FIN or by RST; a silent one ends at once."""
        with self.lock:
            pairs = list(self.pairs)
            for pair in pairs:
                pair[2] = self.chance.randrange(within)
        self.cuts += len(pairs)
        threading.Timer(0.2, lambda: [self._end(pair) for pair in pairs]).start()

    def cut_now(self):
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            self._end(pair)

    def heal(self):
        self.delay, self.refuses = 0.0, False
        self.stalled.clear()

    def close(self):
        self.listener.close()
        self.heal()
        self.cut_now()

    # What passes

    def _accept(self):
        while True:
            try:
                agent, _ = self.listener.accept()
            except OSError:
                return
            if self.refuses:
                agent.close()
                continue
            try:
                gateway = socket.create_connection(self.target, timeout=5)
                gateway.settimeout(None)
            except OSError:
                agent.close()
                continue
            for end in (agent, gateway):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = [agent, gateway, None]
            with self.lock:
                self.pairs.append(pair)
                self.connections += 1
            threading.Thread(target=self._relay, args=(pair, agent, gateway, True), daemon=True).start()
            threading.Thread(target=self._relay, args=(pair, gateway, agent, False), daemon=True).start()

    def _relay(self, pair, source, sink, from_agent):
        buffer = bytearray()
        try:
            while piece := source.recv(65536):
                if self.delay:
                    time.sleep(self.delay)
                while self.stalled.is_set():
                    time.sleep(0.02)
                left = pair[2]  # looked at once: nothing may pass behind what was cut off
                if left is not None:
                    piece, pair[2] = piece[:left], max(0, left - len(piece))
                sink.sendall(piece)
                if from_agent:
                    self._note(buffer, piece)
                if left is not None and left <= len(piece):
                    break
        except OSError:
            pass
        self._end(pair)

    def _note(self, buffer, piece):
        buffer += piece
        for frame in frames(buffer):
            message = self.protocol.AgentMessage.FromString(frame)
            if message.WhichOneof("message") == "stream_data" and message.stream_data.HasField("metrics"):
                self.samples.append(time.monotonic())

    def _end(self, pair):
        with self.lock:
            if pair not in self.pairs:
                return
            self.pairs.remove(pair)
            resets = self.chance.random() < 0.5
        for end in pair[:2]:
            try:
                if resets:  # close() sends RST
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

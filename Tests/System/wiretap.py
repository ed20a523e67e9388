"""A TCP relay between agent and gateway that decodes what passes: what is on the agent's socket, by kind and time."""

import importlib
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import socket

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load_protocol():
    """The Python module that protoc makes of the published schema."""
    if "sluice_pb2" not in sys.modules:
        out = tempfile.mkdtemp(prefix="sluice-proto-")
        subprocess.run(
            ["protoc", f"--proto_path={ROOT / 'Sources' / 'CWire'}", f"--python_out={out}", "sluice.proto"], check=True
        )
        sys.path.insert(0, out)
        importlib.invalidate_caches()
    return importlib.import_module("sluice_pb2")


def frames(buffer):
    """Splits delimited frames off the front of a bytearray, in place."""
    found = []
    while True:
        length = shift = index = 0
        while True:
            if index >= len(buffer):
                return found
            byte = buffer[index]
            index += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        if len(buffer) < index + length:
            return found
        found.append(bytes(buffer[index : index + length]))
        del buffer[: index + length]


class Wiretap:
    """Listens on a port of its own; point the agent at `address`."""

    def __init__(self, gateway_address):
        self.protocol = load_protocol()
        host, port = gateway_address.rsplit(":", 1)
        self.target = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.seen = []  # (time, "agent" | "gateway", message)
        self.sockets = []
        self.cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                agent, _ = self.listener.accept()
            except OSError:
                return
            if self.cut:
                agent.close()
                continue
            try:
                gateway = socket.create_connection(self.target)
            except OSError:
                agent.close()
                continue
            self.sockets += [agent, gateway]
            for source, sink, who, kind in (
                (agent, gateway, "agent", self.protocol.AgentMessage),
                (gateway, agent, "gateway", self.protocol.ServerMessage),
            ):
                threading.Thread(target=self._relay, args=(source, sink, who, kind), daemon=True).start()

    def _relay(self, source, sink, who, kind):
        buffer = bytearray()
        try:
            while True:
                piece = source.recv(65536)
                if not piece:
                    break
                now = time.monotonic()
                buffer += piece
                for frame in frames(buffer):
                    self.seen.append((now, who, kind.FromString(frame)))
                sink.sendall(piece)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def messages(self, who, since=0.0):
        """Names of the message kinds that one side sent since a time, stream data as stream_data.<payload>."""
        names = []
        for at, sender, message in list(self.seen):
            if sender == who and at >= since:
                name = message.WhichOneof("message")
                if name == "stream_data":
                    name += "." + message.stream_data.WhichOneof("payload")
                names.append(name)
        return names

    def desired(self):
        """Every DesiredStreams the gateway sent, in order."""
        return [
            m.desired_streams
            for _, who, m in list(self.seen)
            if who == "gateway" and m.WhichOneof("message") == "desired_streams"
        ]

    def disconnect(self):
        for end in self.sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.sockets = []

    def close(self):
        self.listener.close()
        self.disconnect()

"""Frames of the Sluice agent protocol, and the Python code for its messages."""

import importlib
import pathlib
import subprocess
import sys
import tempfile

PROTO = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "CWire"


def load_protocol():
    """The module that protoc makes of sluice.proto."""
    if "sluice_pb2" not in sys.modules:
        out = tempfile.mkdtemp(prefix="sluice-proto-")
        subprocess.run(["protoc", f"--proto_path={PROTO}", f"--python_out={out}", "sluice.proto"], check=True)
        sys.path.insert(0, out)
        importlib.invalidate_caches()
    return importlib.import_module("sluice_pb2")


def delimited(message):
    """The bytes of a frame: a varint with the length, then the message."""
    payload = message.SerializeToString()
    length, prefix = len(payload), bytearray()
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + payload


def take_frame(buffer):
    """Takes a whole frame's payload off the front of a bytearray; None while there is none."""
    length = 0
    for index, byte in enumerate(buffer[:5]):
        length |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            start = index + 1
            if len(buffer) < start + length:
                return None
            payload = bytes(buffer[start : start + length])
            del buffer[: start + length]
            return payload
    if len(buffer) >= 5:
        raise ConnectionError("not a length")
    return None

"""A container engine of its own: its socket, its data and its images are in a directory that goes with it."""

import http.client
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
from urllib.parse import quote, urlencode

BUSYBOX = pathlib.Path("/bin/busybox")
APPLETS = ("sh", "echo", "sleep", "seq", "cat", "true", "false", "yes", "kill", "dd")


class Unavailable(Exception):
    """Why there is no engine here."""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("docker", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Engine:
    """What a test itself asks of the engine."""

    def __init__(self, path):
        self.path = str(path)

    def call(self, method, path, body=None, content_type="application/json", **query):
        connection = UnixConnection(self.path)
        try:
            if query:
                path += "?" + urlencode(query, quote_via=quote)
            data = body if isinstance(body, bytes) else json.dumps(body) if body is not None else None
            connection.request(method, path, data, {"Content-Type": content_type})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise AssertionError(f"{method} {path}: {answer.status} {text[:500]}")
        try:
            return json.loads(text) if text else None
        except ValueError:
            return text.decode(errors="replace")

    def answers(self):
        try:
            return self.call("GET", "/_ping") is not None
        except (OSError, AssertionError, http.client.HTTPException):
            return False

    def names(self):
        return {c["Names"][0].lstrip("/") for c in self.call("GET", "/containers/json", all=1)}

    def state(self, name):
        return self.call("GET", f"/containers/{name}/json")["State"]

    def create(self, name, *command, **more):
        """A container that runs, with `more` of the engine's configuration."""
        self.call("POST", "/containers/create", {"Image": "bb:latest", "Cmd": list(command), **more}, name=name)
        self.call("POST", f"/containers/{name}/start")

    def remove(self, name):
        self.call("DELETE", f"/containers/{name}", force=1, v=1)


def image():
    """The root of a file system with nothing but busybox, as a tar archive."""
    if not BUSYBOX.exists():
        raise Unavailable(f"{BUSYBOX} (Debian's busybox-static) is missing")
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        tar.add(BUSYBOX, "bin/busybox")
        for applet in APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return data.getvalue()


class Given(Engine):
    """One that runs already, such as Podman's service, and has the image `bb`."""

    def stop(self):
        pass


class Docker(Engine):
    """dockerd, started for the tests: without networks, so that it changes nothing on the host."""

    def __init__(self):
        if shutil.which("dockerd") is None:
            raise Unavailable("dockerd (Debian's docker.io) is not installed")
        if os.geteuid() != 0:
            raise Unavailable("only root can start dockerd")
        archive = image()
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sluice-docker-"))
        super().__init__(self.root / "docker.sock")
        configuration = {
            "data-root": str(self.root / "data"),
            "exec-root": str(self.root / "exec"),
            "pidfile": str(self.root / "pid"),
            "hosts": [f"unix://{self.path}"],
            "iptables": False, "ip6tables": False, "ip-forward": False, "bridge": "none", "ip-masq": False,
            "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 20000, "Hard": 20000}},
        }  # fmt: skip
        (self.root / "daemon.json").write_text(json.dumps(configuration))
        self.log = open(self.root / "log", "w+b")
        self.process = subprocess.Popen(
            ["dockerd", "--config-file", str(self.root / "daemon.json")],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            self.wait()
            self.call("POST", "/images/create", archive, "application/x-tar", fromSrc="-", repo="bb", tag="latest")
        except Exception:
            self.stop()
            raise

    def wait(self):
        deadline = time.monotonic() + 30
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.log.seek(0)
                said = self.log.read().decode(errors="replace").splitlines()[-3:]
                raise Unavailable(f"dockerd does not come up here: {' / '.join(said)}")
            time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None and self.answers():
            for container in self.call("GET", "/containers/json", all=1):
                self.remove(container["Id"])
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        for mount in sorted(self.mounts(), reverse=True):
            subprocess.run(["umount", "-l", mount], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.root, ignore_errors=True)

    def mounts(self):
        with open("/proc/self/mounts") as file:
            return [m for m in (line.split()[1] for line in file) if m.startswith(str(self.root))]

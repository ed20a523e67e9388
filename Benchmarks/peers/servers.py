"""The servers that are compared: how each is started, where it listens, and which processes are its own."""

import os
import pathlib
import re
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 15  # seconds for a server to start or to end
SERVER_CORE, LOAD_CORE = "0", "1"


def on_core(core, command):
    """The command on one core, ended when this program ends in whatever way."""
    return ["setpriv", "--pdeathsig", "TERM", "taskset", "-c", core, *map(str, command)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def first_line(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return done.stdout.splitlines()[0]


class Server:
    """One server, running while the `with` block lasts."""

    name = ""

    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.port = free_port()

    def command(self):
        raise NotImplementedError

    environment = {}

    def __enter__(self):
        self.log = open(self.directory / f"{self.name}.log", "wb")
        self.process = subprocess.Popen(
            on_core(SERVER_CORE, self.command()), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env=os.environ | self.environment, start_new_session=True,
        )
        try:
            self._wait_until_it_listens()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_until_it_listens(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{self.name} did not start:\n{self.output()}")
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def output(self):
        return (self.directory / f"{self.name}.log").read_text(errors="replace")[-2000:]

    def pids(self):
        """Those that do the work."""
        return [self.process.pid]

    def load_arguments(self):
        """What tells sluice-load about it."""
        base = f"http://127.0.0.1:{self.port}"
        return ["--peer-subscribe", f"{base}/subscribe/{{topic}}", "--peer-publish", f"{base}/publish/{{topic}}"]


class Sluice(Server):
    """The whole way: simulated agents, the gateway, event streams."""

    name = "Sluice"

    def __init__(self, options, directory):
        super().__init__(options, directory)
        self.agents_port = free_port()

    def command(self):
        return [
            self.options.bin / "sluice", "serve", "--http-bind", f"127.0.0.1:{self.port}",
            "--agent-bind", f"127.0.0.1:{self.agents_port}", "--data-dir", self.directory / "sluice-data",
        ]  # fmt: skip

    def load_arguments(self):
        return ["--gateway", f"http://127.0.0.1:{self.port}", "--agents-address", f"127.0.0.1:{self.agents_port}"]

    @staticmethod
    def version(options):
        return first_line(options.bin / "sluice", "--version")


class Nchan(Server):
    name = "nginx + nchan"

    def command(self):
        modules = pathlib.Path("/usr/lib/nginx/modules")
        text = (HERE / "servers" / "nginx.conf").read_text()
        for key, value in {"DIRECTORY": self.directory, "PORT": self.port, "MODULES": modules}.items():
            text = text.replace(f"@{key}@", str(value))
        configuration = self.directory / "nginx.conf"
        configuration.write_text(text)
        return ["nginx", "-c", configuration, "-e", self.directory / "error.log"]

    def pids(self):
        """Its one worker; the master only waits."""
        parent = self.process.pid
        return [int(pid) for pid in pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]

    @staticmethod
    def version(_):
        nginx = first_line("nginx", "-v").removeprefix("nginx version: ").replace("/", " ")
        package = first_line("dpkg-query", "-W", "-f", "${Version}\n", "libnginx-mod-nchan")
        return f"{nginx}, nchan {re.sub(r'^[0-9]+:|[+-].*$', '', package)}"


class Go(Server):
    name = "Go"
    environment = {"GOMAXPROCS": "1"}

    def command(self):
        return [self.options.built / "broadcaster", self.port]

    @staticmethod
    def version(_):
        return first_line("go", "version").split()[2]


class Node(Server):
    name = "Node"

    def command(self):
        return ["node", HERE / "servers" / "broadcaster.mjs", self.port]

    @staticmethod
    def version(_):
        return first_line("node", "--version")


SERVERS = (Nchan, Go, Node, Sluice)
